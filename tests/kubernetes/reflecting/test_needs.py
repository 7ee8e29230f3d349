"""Which refusals hold something back: by what is served, what is installed, and what was read before."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from promoter_view.kubernetes.kinds import APPLICATION, KARGO_KINDS, PROMOTER_KINDS
from promoter_view.kubernetes.outcomes import ApiError, Withheld
from promoter_view.kubernetes.paths import reflected_paths
from promoter_view.kubernetes.reflecting.needs import Need, Needs
from promoter_view.records import ABSENT, ListPath

STRATEGIES = Need("PromotionStrategy", frozenset({"PromotionStrategy", "PullRequest"}))
STAGES = Need("Stage", frozenset({"Stage", "Promotion", "Application"}))
SHARD = Need("", frozenset({"Stage", "Promotion", "Warehouse", "Application"}))
PATHS = {path.kind: path for path in reflected_paths((*PROMOTER_KINDS, *KARGO_KINDS, APPLICATION), (), None, ())}
REFUSED = ApiError(403, "Forbidden", "no")


def spared(needs: tuple[Need, ...], positions: Mapping[str, str | None], *refused: str) -> list[str]:
    """Of the kinds that are refused, in that order and once more, those that nothing needs."""
    known = {PATHS[kind]: position for kind, position in positions.items()}
    judged = Needs(needs, PATHS.values(), lambda path: known.get(path))
    for kind in refused:
        judged.judge(REFUSED, PATHS[kind].url)
    return [kind for kind in refused if isinstance(judged.judge(REFUSED, PATHS[kind].url), Withheld)]


BOTH = (STRATEGIES, STAGES)
LISTED = {"PromotionStrategy": "7"}


@pytest.mark.parametrize(
    ("needs", "positions", "refused", "expected"),
    [
        (BOTH, LISTED, ["Stage", "Promotion", "Application", "Warehouse"], 4),
        (BOTH, LISTED, ["Promotion", "Application"], 0),
        (BOTH, {**LISTED, "Stage": "7"}, ["Promotion", "Stage"], 0),
        (BOTH, {**LISTED, "Stage": "7"}, ["Warehouse"], 1),
        (BOTH, {**LISTED, "Stage": ABSENT}, ["Application"], 1),
        (BOTH, {"PromotionStrategy": ABSENT, "Stage": ABSENT}, ["Application"], 1),
        (BOTH, {"PromotionStrategy": ABSENT}, ["Stage", "Application"], 0),
        (BOTH, {}, ["Stage", "Application"], 0),
        (BOTH, {}, ["Stage", "PromotionStrategy"], 0),
        (BOTH, LISTED, ["PullRequest"], 0),
        ((STAGES,), {}, ["Stage"], 0),
        ((*BOTH, SHARD), LISTED, ["Stage", "Application", "Warehouse"], 0),
        ((), LISTED, ["Stage"], 0),
    ],
)
def test_what_is_needed(
    needs: tuple[Need, ...], positions: dict[str, str | None], refused: list[str], expected: int
) -> None:
    """Nothing is spared while a view that has a root could use it, or while there would be nothing to serve."""
    assert len(spared(needs, positions, *refused)) == expected


def test_paths_of_several_namespaces() -> None:
    """A view is empty only where its root may be read in none of them."""
    paths = reflected_paths((*PROMOTER_KINDS, *KARGO_KINDS, APPLICATION), ("a", "b"), None, ("argocd",))
    stages: list[ListPath] = [path for path in paths if path.kind == "Stage"]
    known = {path: "7" for path in paths if path.kind == "PromotionStrategy"}
    judged = Needs(BOTH, paths, known.get)
    assert not isinstance(judged.judge(REFUSED, stages[0].url), Withheld)
    assert isinstance(judged.judge(REFUSED, stages[1].url), Withheld)
    known[stages[1]] = "7"
    assert not isinstance(judged.judge(REFUSED, stages[0].url), Withheld)
