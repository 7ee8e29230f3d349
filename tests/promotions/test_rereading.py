"""What is read past the log: one object that cannot be read hides no other, and is not taken for gone."""

from __future__ import annotations

import orjson
import pytest
from twisted.internet.defer import Deferred

from promoter_view.kubernetes.outcomes import Outcome, Unreachable
from promoter_view.metrics import Metrics
from promoter_view.promotions.objects import APPLICATION, KnownObjects
from promoter_view.promotions.rereading import Rereading
from promoter_view.promotions.writes import Writes
from promoter_view.records import Change, ChangeType, ObjectKey, Record
from tests.support.views.stages import application

VALUES = b'{"a":' * 1_500 + b"1" + b"}" * 1_500


class Answering:
    """Answers every request with those bytes."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    async def request(
        self, method: str, path: str, *, body: bytes | None = None, content_type: str = "application/json"
    ) -> bytes:
        return self.body


def sent(name: str, version: int, *, deep: bool = False) -> bytes:
    """An Application as the cluster sends it, with values for Helm that no decoder reads."""
    document = application(name)
    document["metadata"]["resourceVersion"] = str(version)
    body = orjson.dumps(document)
    return body[:-1] + b',"helm":' + VALUES + b"}" if deep else body


def known(*names: str) -> KnownObjects:
    """What the log holds: those Applications at version 1."""
    found = KnownObjects()
    keys = [ObjectKey(APPLICATION, "argocd", name) for name in names]
    changes = [Change(ChangeType.ADDED, key, sent(key.name, 1), "1", "path") for key in keys]
    found.apply([Record(at, 0, change) for at, change in enumerate(changes, 1)])
    return found


def reread(found: KnownObjects, body: bytes) -> Deferred[bool]:
    cluster = Answering(body)
    writes = Writes(cluster, cluster, may_write=lambda: False, metrics=Metrics())
    return Deferred.fromCoroutine(Rereading(found, writes).applications((), ["argocd"]))


def versions(found: KnownObjects) -> dict[str, str]:
    return {each.name: each.document["metadata"].get("resourceVersion", "") for each in found.applications("argocd")}


def test_one_that_cannot_be_read_hides_no_other() -> None:
    """The others are learned, those that are gone are known to be, and it stays as it was known."""
    found = known("a", "deep", "gone")
    items = [sent("a", 7), sent("deep", 8, deep=True), sent("new", 9)]
    done = reread(found, b'{"metadata":{"resourceVersion":"9"},"items":[%b]}' % b",".join(items))
    assert done.result is True
    assert versions(found) == {"a": "7", "deep": "1", "new": "9"}


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"items":7}', b'{"metadata":{"resourceVersion":"9"},"items":[{}']
)
def test_what_is_no_list_is_an_error(body: bytes) -> None:
    """Nothing is taken for gone by an answer that was cut short, or is a proxy's."""
    found = known("a")
    failures: list[Unreachable] = []
    reread(found, body).addErrback(lambda failure: failures.append(failure.value))
    assert [failure.outcome for failure in failures] == [Outcome.NOT_JSON]
    assert list(versions(found)) == ["a"]
