"""A resource that is not there, asked for by whoever may not read it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from twisted.internet.defer import Deferred

from promoter_view.kubernetes.outcomes import ApiError, ClusterError, Outcome, Unreachable, Withheld
from promoter_view.kubernetes.reflecting.discovered import DiscoveredCluster
from promoter_view.kubernetes.reflecting.needs import Need, Needs
from promoter_view.records import ListPath

STAGES = "/apis/kargo.akuity.io/v1alpha1/stages"
NEAR = "/apis/kargo.akuity.io/v1alpha1/namespaces/shop/stages"
DISCOVERY = "/apis/kargo.akuity.io/v1alpha1"
FORBIDDEN = ApiError(403, "Forbidden", "stages is forbidden")
NOT_SERVED = ApiError(404, "", "404 page not found")


class Cluster:
    """Answers each path by what is written for it."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    async def get(self, path: str, parameters: Any = ()) -> bytes:
        self.asked.append(path)
        answer = self.answers[path]
        if isinstance(answer, Exception):
            raise answer
        return orjson.dumps(answer)

    async def stream(self, path: str, parameters: Any = (), *, idle_seconds: float) -> Any:
        return await self.get(path, parameters)


def failure(cluster: Cluster, path: str, *, stream: bool = False) -> ClusterError:
    """The error of a request."""
    asked = DiscoveredCluster(cluster, Needs((), (), lambda _: None))
    coroutine = asked.stream(path, idle_seconds=1) if stream else asked.get(path)
    errors: list[Any] = []
    Deferred.fromCoroutine(coroutine).addErrback(lambda failed: errors.append(failed.value))
    (error,) = errors
    return error


def resources(*names: str) -> dict[str, Any]:
    """A discovery document."""
    return {"kind": "APIResourceList", "resources": [{"name": name} for name in names]}


ANSWERS = [
    (NOT_SERVED, True),
    (resources(), True),
    (resources("promotions", "stages/status"), True),
    ({"resources": "wrong"}, True),
    (resources("promotions", "stages"), False),
    (FORBIDDEN, False),
    (Unreachable(Outcome.RESET, "cut"), False),
]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("path", [STAGES, NEAR])
@pytest.mark.parametrize(("answer", "absent"), ANSWERS)
def test_forbidden_or_absent(answer: Any, absent: bool, path: str, stream: bool) -> None:
    """A 403 counts as not served where discovery does not know the resource, and stays a 403 anywhere else."""
    error = failure(Cluster({path: FORBIDDEN, DISCOVERY: answer}), path, stream=stream)
    assert isinstance(error, ApiError)
    assert error.not_served is absent
    assert absent or error is FORBIDDEN


def test_forbidden_and_not_needed() -> None:
    """A 403 for what is there, and what nothing that is served can use, is told as such."""
    paths = {kind: ListPath(kind, *group) for kind, group in GROUPS.items()}
    needs = Needs([Need("Stage", frozenset({"Stage"})), Need("Strategy", frozenset({"Strategy"}))], paths.values(), at)
    cluster = DiscoveredCluster(Cluster({STAGES: FORBIDDEN, DISCOVERY: resources("stages")}), needs)
    errors: list[Any] = []
    Deferred.fromCoroutine(cluster.get(STAGES)).addErrback(lambda failed: errors.append(failed.value))
    [error] = errors
    assert isinstance(error, Withheld)
    assert (str(error), error.outcome) == (str(FORBIDDEN), Outcome.WITHHELD)


GROUPS = {"Stage": ("kargo.akuity.io", "v1alpha1", "stages"), "Strategy": ("g", "v1", "strategies")}


def at(path: ListPath) -> str | None:
    """Only strategies could be listed."""
    return "7" if path.kind == "Strategy" else None


def test_other_errors_pass() -> None:
    """Discovery is asked after a 403 only."""
    for error in (NOT_SERVED, ApiError(500, "", "broken"), Unreachable(Outcome.RESET, "cut")):
        cluster = Cluster({STAGES: error})
        assert failure(cluster, STAGES) is error
        assert cluster.asked == [STAGES]
