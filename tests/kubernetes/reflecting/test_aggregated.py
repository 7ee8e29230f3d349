"""404s of an aggregated API: an outage, unless its group says that there is no such resource."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from twisted.internet.defer import Deferred

from promoter_view.kubernetes.documents import Parameters
from promoter_view.kubernetes.outcomes import ApiError, ClusterError, Outcome, Unreachable
from promoter_view.kubernetes.reflecting.aggregated import AggregatedCluster

GROUP = "/apis/view.promoter.argoproj.io/v1alpha1"
PATHS = (f"{GROUP}/promotionstrategydetails", f"{GROUP}/namespaces/team/promotionstrategydetails")
MISSING = ApiError(404, "NotFound", "the server could not find the requested resource")
AWAY = ApiError(503, "ServiceUnavailable", "service unavailable")


def discovery(*names: str) -> bytes:
    return orjson.dumps({"kind": "APIResourceList", "resources": [{"name": name} for name in names]})


class Cluster:
    """Answers by path, or raises."""

    def __init__(self, **answers: Any) -> None:
        self._answers = answers

    async def get(self, path: str, parameters: Parameters = ()) -> bytes:
        answer = self._answers["group" if path == GROUP else "resource"]
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, bytes)
        return answer

    async def stream(self, path: str, parameters: Parameters = (), *, idle_seconds: float) -> Any:
        return await self.get(path, parameters)


def outcome(cluster: Cluster, path: str, *, watch: bool) -> bytes | ClusterError:
    """What a reflector would be told."""
    aggregated = AggregatedCluster(cluster)
    work = aggregated.stream(path, idle_seconds=1.0) if watch else aggregated.get(path)
    found: list[Any] = []
    Deferred.fromCoroutine(work).addBoth(found.append)  # type: ignore[arg-type]
    return found[0].value if hasattr(found[0], "value") else found[0]  # type: ignore[no-any-return]


@pytest.mark.parametrize("watch", [False, True])
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("answers", "not_served"),
    [
        ({"resource": MISSING, "group": discovery("stagedetails")}, True),
        ({"resource": MISSING, "group": discovery("promotionstrategydetails")}, False),
        ({"resource": MISSING, "group": b"<html>"}, False),
        ({"resource": MISSING, "group": b'{"resources": 1}'}, False),
        ({"resource": MISSING, "group": MISSING}, False),
        ({"resource": MISSING, "group": AWAY}, False),
        ({"resource": AWAY}, False),
    ],
    ids=["no such resource", "a moment ago", "a proxy's page", "no list", "no such group", "not there", "503"],
)
def test_absence(answers: dict[str, Any], path: str, watch: bool, not_served: bool) -> None:
    """Only the group's own word that it has no such resource is believed; all else is waited for."""
    error = outcome(Cluster(**answers), path, watch=watch)
    assert isinstance(error, ClusterError)
    assert (isinstance(error, ApiError) and error.not_served) is not_served


def test_words() -> None:
    """Who looks for the reason is told that there is no APIService."""
    error = outcome(Cluster(resource=MISSING, group=MISSING), PATHS[0], watch=False)
    assert isinstance(error, Unreachable)
    assert (error.outcome, str(error)) == (
        Outcome.NOT_FOUND,
        f"the cluster does not serve {GROUP}: there is no such APIService",
    )


def test_answers_pass() -> None:
    """What is answered is handed on."""
    assert outcome(Cluster(resource=b"{}"), PATHS[0], watch=False) == b"{}"
