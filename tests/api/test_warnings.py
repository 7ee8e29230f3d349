"""Who reads an empty view is told when its root is not installed, may not be read, or no state is so called."""

from __future__ import annotations

import pytest

from promoter_view.api.warnings import EmptyViews, unknown_state
from promoter_view.kubernetes.kinds import KARGO_KINDS, PROMOTER_KINDS
from promoter_view.kubernetes.paths import list_paths
from promoter_view.kubernetes.selectors import parse_field_selector
from promoter_view.records import ABSENT, LOST
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from promoter_view.views.stage.details import stage_details
from tests.support.api.world import BASE, VIEW, World, in_namespace

STAGES = "stagedetails"
NOT_INSTALLED = "stages.kargo.akuity.io is not installed in this cluster: there are no StageDetails until it is"
NOT_PERMITTED = (
    "stages.kargo.akuity.io cannot be read at the moment, or this server lacks the permission to list and watch it"
)

_UNKNOWN = "the field selector status.state has a value that no"


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


@pytest.mark.parametrize(
    ("view", "selector", "words"),
    [
        (VIEW, "status.state=Behind,metadata.name=x", ""),
        (VIEW, "status.state=", ""),
        (VIEW, "status.state!=Behnid", f"{_UNKNOWN} PromotionStrategyDetails has: did you mean Behind"),
        (
            VIEW,
            "status.state=Failed,status.state=behind",
            f"{_UNKNOWN} PromotionStrategyDetails has: did you mean Behind",
        ),
        (STAGES, "status.state=Healty", f"{_UNKNOWN} StageDetails has: did you mean Healthy"),
        (
            STAGES,
            'status.state="\r\nX: y',
            f"{_UNKNOWN} StageDetails has: there are Healthy, NotApplicable, Progressing, Unknown, Unhealthy",
        ),
    ],
)
def test_a_state_that_there_is_not(view: str, selector: str, words: str) -> None:
    """The nearest one, or all there are; never the value itself."""
    definition = {VIEW: PROMOTION_STRATEGY_DETAILS, STAGES: stage_details("argocd")}[view]
    assert unknown_state(parse_field_selector(selector, definition.selectors), definition) == words


@pytest.mark.parametrize("query", ["", "watch=1&timeoutSeconds=1&"])
def test_the_header_of_an_unknown_state(query: str) -> None:
    """Lists and watches have it, beside why a view is empty; a state that there is has none."""
    world = World(warn=lambda view: f"no {view}")
    answer = world.open(f"{BASE}?{query}fieldSelector=status.state%3DBehnid").answer()
    assert [f"no {VIEW}" in answer.head.decode(), "did you mean Behind" in answer.head.decode()] == [True, True]
    assert (
        world.open(f"{BASE}?{query}fieldSelector=status.state%3DBehind").answer().header("warning")
        == f'299 - "no {VIEW}"'
    )
