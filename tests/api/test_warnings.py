"""Who reads an empty view is told when its root is not installed, or may not be read."""

from __future__ import annotations

import pytest

from promoter_view.api.warnings import EmptyViews
from promoter_view.kubernetes.kinds import KARGO_KINDS, PROMOTER_KINDS
from promoter_view.kubernetes.paths import list_paths
from promoter_view.records import ABSENT, LOST
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from promoter_view.views.stage.details import stage_details
from tests.support.api.world import BASE, VIEW, World, in_namespace

STAGES = "stagedetails"
NOT_INSTALLED = "stages.kargo.akuity.io is not installed in this cluster: there are no StageDetails until it is"
NOT_PERMITTED = (
    "stages.kargo.akuity.io cannot be read at the moment, or this server lacks the permission to list and watch it"
)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ([ABSENT, ABSENT], NOT_INSTALLED),
        ([LOST, LOST], NOT_PERMITTED),
        ([ABSENT, LOST], NOT_PERMITTED),
        (["7", ABSENT], ""),
        (["7", LOST], ""),
        (["7", "8"], ""),
        ([None, None], ""),
    ],
)
def test_a_view_without_its_root(found: list[str | None], words: str) -> None:
    """Of several namespaces each counts, and of the other view's root none does; what is shown is no reason to warn."""
    kinds = [kind for kind in (*PROMOTER_KINDS, *KARGO_KINDS) if kind.kind in ("PromotionStrategy", "Stage")]
    paths = list_paths(kinds, ("a", "b"), None)
    roots = [path.id for path in paths if path.kind == "Stage"]
    positions = {path.id: "5" for path in paths} | dict(zip(roots, found, strict=True))
    definitions, count = (PROMOTION_STRATEGY_DETAILS, stage_details("argocd")), {VIEW: 0, STAGES: 0}
    views = EmptyViews(definitions, paths, position=positions.get, count=count.__getitem__)
    assert (views.warning(STAGES), views.warning(VIEW)) == (words, "")
    count[STAGES] = 1
    assert views.warning(STAGES) == ""


@pytest.mark.parametrize("path", [BASE, f"{BASE}?watch=1&timeoutSeconds=1", f"{in_namespace('n')}/nobody"])
def test_the_header(path: str) -> None:
    """Lists, watches and gets have it; without a reason to warn there is none."""
    world = World(warn=lambda view: f"no {view}")
    assert world.open(path).answer().header("warning") == f'299 - "no {VIEW}"'
    assert World().open(path).answer().header("warning") == ""
