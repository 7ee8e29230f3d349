"""The commits that a strategy's environments have had, as far as its objects tell. Pure; reading is total.

The kept history is what GitOps Promoter keeps: 5 promotions of an environment, 20 from 0.41 on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from promoter_view.dashboard.strategies.commits import ShownCommit
from promoter_view.dashboard.strategies.past import EnvironmentPast, read_past
from promoter_view.dashboard.strategies.sides import Side, read_side
from promoter_view.decoded import mapping, mappings, text
from promoter_view.views.promotion_strategy.estimates.deliveries import choose_pasts
from promoter_view.views.promotion_strategy.order_gate import HISTORIES, POLICIES, PREVIOUS_ENVIRONMENT


@dataclass(frozen=True, slots=True)
class Trail:
    """One environment: what is live and what is proposed, and what was, the newest first.

    Not ``is_told``: something is live, and nothing says what was before.
    """

    branch: str
    active: Side
    proposed: Side
    past: tuple[EnvironmentPast, ...] = ()
    is_told: bool = True

    @property
    def sides(self) -> Iterator[Side]:
        """Of now and of then."""
        return chain((self.active, self.proposed), (each.active for each in self.past))

    def had(self, wanted: str) -> ShownCommit | None:
        """The commit of that sha which was live here, and is no more."""
        return next((found for each in self.past if (found := matching(each.active, wanted)) is not None), None)


def read_trails(document: Mapping[str, Any]) -> Mapping[str, Trail]:
    """By branch."""
    policies = [each for each in mappings(document, POLICIES) if text(each, "spec", "activeBranch")]
    pasts = choose_pasts(map(read_past, policies), map(read_past, mappings(document, HISTORIES)))
    trails: dict[str, Trail] = {}
    for policy in policies:
        branch, status = text(policy, "spec", "activeBranch"), mapping(policy, "status")
        active, proposed = (read_side(status, side, PREVIOUS_ENVIRONMENT) for side in ("active", "proposed"))
        past = pasts[branch]
        trails.setdefault(branch, Trail(branch, active, proposed, past.entries, past.is_told))
    return trails


def matching(side: Side, wanted: str) -> ShownCommit | None:
    """The dry commit of a side, where it is the one that somebody asks for by any of its shas."""
    if side.dry is None:
        return None
    hydrated = (side.hydrated.sha,) if side.hydrated is not None else ()
    shas = (side.dry.sha, *hydrated, *(each.sha for each in side.dry.references))
    return side.dry if any(sha.startswith(wanted) for sha in shas) else None


def find(trails: Iterable[Trail], wanted: str) -> ShownCommit | None:
    """The dry commit that somebody asks for, wherever it is or was."""
    sides = (side for trail in trails for side in trail.sides)
    return next((found for side in sides if (found := matching(side, wanted)) is not None), None)
