"""Retention in a real etcd: what is too old or too much really goes, and who asks for it is told so, never nothing."""

from __future__ import annotations

import base64
import random
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import pytest

from promoter_view.journal.etcd.layout import JournalKeys, decode_head
from promoter_view.journal.shared.head import JournalHead
from tests.replicas.company import Company, company
from tests.support.journal.promoting import Promoter
from tests.support.log.etcds import Etcds
from tests.support.program.client import GROUP_PATH, Client, RefusedError, path_of
from tests.support.program.program import Program
from tests.support.program.simulated import simulated
from tests.support.program.truth import wait
from tests.support.soaking import SOAKS, lasting, soak

pytestmark = pytest.mark.controlplane

#: A checkpoint comes every 10,000 events, and the last two are kept: whole, the log is compacted.
_WRITES = lasting(100, 16_000)
_MOST_BYTES = 8192
_AGE = lasting("1d", "600s")
_SECONDS = lasting(120.0, 900.0)
#: Small, so that moments are read from the log; more than is written at once, so that the journal has no gap.
_HISTORY = lasting("16Mi", "1Mi")
_EVENTS = f"{GROUP_PATH}/promotionevents"
_KEYS = JournalKeys("promoter-view")
_PAGE = 200


def journal_head(etcd: Etcds) -> JournalHead:
    """As it stands in etcd."""
    found = etcd.call(0, "kv/range", {"key": _encoded(_KEYS.head)})["kvs"][0]
    return decode_head(_KEYS.head, base64.b64decode(found["value"]))


def sizes(etcd: Etcds) -> Sequence[int]:
    """Of the values of the keys with entries that are there."""
    found: list[int] = []
    first, more = _KEYS.entries.key, True
    while more:
        asked = {"key": _encoded(first), "range_end": _encoded(_KEYS.entries.end), "limit": _PAGE}
        page = etcd.call(0, "kv/range", asked)
        items = page.get("kvs", [])
        found += [len(base64.b64decode(each["value"])) for each in items]
        more = bool(page.get("more"))
        first = base64.b64decode(items[-1]["key"]) + b"\0" if items else first
    return found


def refusal(replica: Program, path: str) -> str:
    """How it refuses that; "" where it does not."""
    try:
        with Client(replica.endpoint).open(path) as answer:
            for line in answer.documents():
                return str(line["object"]) if line.get("type") == "ERROR" else ""
    except RefusedError as error:
        return str(error)
    return ""


def listed(replica: Program) -> Sequence[Any]:
    """Its events, all that there are."""
    found: Sequence[Any] = orjson.loads(Client(replica.endpoint).get(f"{_EVENTS}?since=-7d"))["items"]
    return found


def watched(replica: Program, after: str, count: int) -> Sequence[str]:
    """The names of so many events behind that."""
    with Client(replica.endpoint).open(f"{_EVENTS}?watch=1&resourceVersion={after}&timeoutSeconds=30") as watch:
        return [line["object"]["metadata"]["name"] for line in islice(watch.documents(), count)]


def _encoded(key: bytes) -> str:
    return base64.b64encode(key).decode()


@soak
def test_what_is_beyond_retention_goes(etcd: Etcds, tmp_path: Path) -> None:
    """The keys of the journal are deleted, and both replicas tell the same of what is left.

    A watch goes on from the first event that is left, and one from before it gets 410. In the whole run etcd is
    compacted too: a moment that is gone gets 410, which names the earliest. At last all is too old.
    """
    options = ("--journal", "etcd:copy.sqlite", "--journal-retention-bytes", str(_MOST_BYTES))
    kept = ("--journal-retention-age", _AGE, "--history-bytes", _HISTORY, "--event-log-retention-events", "1000")
    with (
        simulated(tmp_path / "cluster") as cluster,
        company(tmp_path, cluster, etcd.log_url(), *options, *kept, count=2) as replicas,
    ):
        promoter = Promoter(cluster.written, random.Random(5), 8)
        wait(lambda: len(listed(replicas.replicas[0])) >= 8, _SECONDS, "the strategies are told")
        first = listed(replicas.replicas[0])[0]["metadata"]["resourceVersion"]
        moment = orjson.loads(Client(replicas.replicas[0].endpoint).get(path_of("")))["metadata"]["resourceVersion"]
        for _ in range(_WRITES):
            promoter.write()
        newest = max(sha for found in promoter.live.values() for sha in found)
        for replica in replicas.replicas:
            wait(lambda it=replica: newest in str(listed(it)), _SECONDS, "the newest promotion is told")
        wait(lambda: is_small(etcd, int(first)), _SECONDS, "what is too much is deleted")
        for replica in replicas.replicas:
            wait(lambda it=replica: len(listed(it)) == journal_head(etcd).count, _SECONDS, "it has what is left")
        checked(etcd, replicas, first)
        if SOAKS:
            wait(lambda: "410" in refusal(replicas.leader(), f"{path_of('')}?at={moment}"), _SECONDS, "it is compacted")
            for replica in replicas.replicas:
                assert "earliest" in (told := refusal(replica, f"{path_of('')}?at={moment}")), told
            wait(lambda: not sizes(etcd), _SECONDS, "all is too old")
            for replica in replicas.replicas:
                wait(lambda it=replica: not listed(it), _SECONDS, "nothing is left")
        status = etcd.call(0, "maintenance/status", {})
    sys.stdout.write(f"etcd takes {status['dbSizeInUse']} bytes of {status['dbSize']}\n")


def is_small(etcd: Etcds, first: int) -> bool:
    """Whether the journal is within its bound, and the event of that resourceVersion gone."""
    head = journal_head(etcd)
    return head.expired.resource_version > first and head.bytes <= _MOST_BYTES


def checked(etcd: Etcds, replicas: Company, first: str) -> None:
    """All that is there is told, and nothing else; the cluster rests."""
    head, found = journal_head(etcd), sizes(etcd)
    left = listed(replicas.replicas[0])
    assert (sum(found), len(left)) == (head.bytes, head.count)
    edge = left[0]["metadata"]["resourceVersion"]
    names = [each["metadata"]["name"] for each in left]
    later = [name for name in names if int(name.partition("-")[0]) > int(edge)]
    for replica in replicas.replicas:
        assert listed(replica) == left
        assert watched(replica, edge, len(later)) == later
        for gone in (first, str(head.expired.resource_version - 1)):
            told = refusal(replica, f"{_EVENTS}?watch=1&resourceVersion={gone}&timeoutSeconds=5")
            assert "410" in told, told
    sys.stdout.write(f"{head.count} events are left in {len(found)} keys, {head.bytes} bytes\n")
