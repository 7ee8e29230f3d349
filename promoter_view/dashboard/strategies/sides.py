"""One side of an environment, the active or the proposed: its commits and the checks on them. Pure; raises nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from promoter_view.dashboard.strategies.checks import Checks, read_checks
from promoter_view.dashboard.strategies.commits import ShownCommit, read_commit
from promoter_view.decoded import mapping
from promoter_view.views.promotion_strategy.order_gate import OrderCheck


@dataclass(frozen=True, slots=True)
class Side:
    """The active or the proposed branch: its dry and its hydrated commit, and the checks on it."""

    dry: ShownCommit | None
    hydrated: ShownCommit | None
    checks: Checks


def read_side(state: Mapping[str, Any], side: str, order: OrderCheck) -> Side:
    """``active`` or ``proposed`` of a status, or of an entry of a history."""
    found = mapping(state, side)
    checks = read_checks(found, order)
    return Side(read_commit(mapping(found, "dry")), read_commit(mapping(found, "hydrated")), checks)
