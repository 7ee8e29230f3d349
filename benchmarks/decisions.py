"""``python -m benchmarks.decisions``: what deciding for a selector of 300 Applications takes. No process, no cluster.

The baseline is reading the same Applications from JSON once: what the decision cannot do without.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from benchmarks.report import Row, table
from promoter_view.kubernetes.selectors import LabelSelector
from promoter_view.promotions.steps.catalogue import known_steps
from promoter_view.promotions.steps.step import StepContext
from promoter_view.stages.application import Application, read_application
from promoter_view.stages.authorization import ANNOTATION, StageKey
from promoter_view.stages.checks import check_config, run_checks
from promoter_view.stages.health import WantedApplication

COUNT = 300
_ROUNDS = 20
_NAMESPACE = "argocd"
_REPOSITORY = "https://git.example.com/org/app.git"
_REVISION = "0123456789abcdef0123456789abcdef01234567"
_STAGE = StageKey("kargo-demo", "test")


class _Applications:
    """Applications by name."""

    def __init__(self, documents: Sequence[Mapping[str, Any]]) -> None:
        self._documents = {document["metadata"]["name"]: document for document in documents}

    def get(self, namespace: str, name: str) -> Application | None:
        """See promoter_view.promotions.steps.step.Applications."""
        found = self._documents.get(name) if namespace == _NAMESPACE else None
        return None if found is None else read_application(found)

    def select(self, namespace: str, selector: LabelSelector) -> Sequence[Application]:
        """See promoter_view.promotions.steps.step.Applications."""
        found = [read_application(each) for each in self._documents.values()] if namespace == _NAMESPACE else []
        return [each for each in found if selector.matches(each.labels)]


def main() -> None:
    """Prints the table."""
    bodies = [orjson.dumps(_application(number)) for number in range(COUNT)]
    applications = _Applications([orjson.loads(body) for body in bodies])
    read = _milliseconds(lambda: [orjson.loads(body) for body in bodies])
    steps, checks = known_steps(), [check_config(list(map(_wanted, range(COUNT))))]
    works: dict[str, Callable[[], object]] = {
        f"argocd-update of {COUNT}": lambda: steps["argocd-update"].run(_context(applications, _UPDATE)),
        f"argocd-wait for {COUNT}": lambda: steps["argocd-wait"].run(_context(applications, _WAIT)),
        f"health of {COUNT}": lambda: run_checks(checks, applications.get, default_namespace=_NAMESPACE),
    }
    print(table([Row(name, "ms", _milliseconds(work), read) for name, work in works.items()]))


def _milliseconds(work: Callable[[], object]) -> float:
    """The best of some rounds: what else the machine does only adds."""
    best = float("inf")
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best * 1000


def _context(applications: _Applications, config: Mapping[str, Any]) -> StepContext:
    return StepContext(_STAGE, "test.01", "step-1", config, applications, _NAMESPACE, now=0.0)


_SELECTOR = {"matchLabels": {"tier": "front"}}
_UPDATE = {"apps": [{"selector": _SELECTOR, "sources": [{"repoURL": _REPOSITORY, "desiredRevision": _REVISION}]}]}
_WAIT = {"apps": [{"selector": _SELECTOR}]}


def _wanted(number: int) -> WantedApplication:
    return WantedApplication(_NAMESPACE, _name(number), (_REVISION,))


def _name(number: int) -> str:
    return f"app-{number:03d}"


def _application(number: int) -> dict[str, Any]:
    moment = "2026-11-25T10:00:00Z"
    return {
        "metadata": {
            "name": _name(number),
            "namespace": _NAMESPACE,
            "labels": {"tier": "front"},
            "annotations": {ANNOTATION: str(_STAGE)},
        },
        "spec": {"source": {"repoURL": _REPOSITORY, "path": "deploy", "targetRevision": "main"}},
        "status": {
            "health": {"status": "Healthy"},
            "sync": {"status": "Synced", "revision": _REVISION},
            "reconciledAt": moment,
            "operationState": {
                "phase": "Succeeded",
                "finishedAt": moment,
                "operation": {"info": [{"name": "kargo.akuity.io/promotion", "value": "test.01"}]},
                "syncResult": {"revision": _REVISION},
            },
        },
    }


if __name__ == "__main__":
    main()
