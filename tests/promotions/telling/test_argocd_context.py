"""The Applications of a Promotion, and the annotation that names them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from promoter_view.promotions.telling.argocd_context import applications_of, argocd_context
from promoter_view.promotions.values import Promotion, read_promotion
from tests.promotions.kargo import promotion


def told(*uses: str, **status: Any) -> Promotion:
    found = promotion("p", "Succeeded", **status)
    found["spec"]["steps"] = [{"uses": each, "as": each} for each in uses]
    return read_promotion(found)


def apps(*names: str) -> dict[str, Any]:
    return {"apps": [{"name": name, "namespace": "argocd"} for name in names]}


def test_outputs_and_checks() -> None:
    """The outputs of both steps in their order, then health checks; each Application once, and none without a name."""
    state = {"argocd-wait": apps("c", "a", ""), "argocd-update": apps("a", "b"), "http": apps("z")}
    checks = [{"uses": "argocd-update", "config": apps("b", "d")}]
    found = told("argocd-update", "http", "argocd-wait", state=state, healthChecks=checks)
    assert applications_of(found) == [("argocd", name) for name in "abcd"]
    assert json.loads(argocd_context(found) or "") == [{"name": name, "namespace": "argocd"} for name in "abcd"]


@pytest.mark.parametrize("state", [None, {}, {"argocd-update": {"apps": "a"}}, {"argocd-update": {"apps": [1, {}]}}])
def test_none(state: Any) -> None:
    """A Promotion that has to do with no Application has no annotation."""
    assert argocd_context(told("argocd-update", state=state)) is None
