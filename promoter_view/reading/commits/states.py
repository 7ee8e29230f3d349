"""How a strategy's environments and a Stage stand, as far as it is said of a commit. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from promoter_view.decoded import text
from promoter_view.views.contents import BundleContents
from promoter_view.views.promotion_strategy.order_gate import POLICIES
from promoter_view.views.promotion_strategy.state.standing import by_branch, read_standing
from promoter_view.views.promotion_strategy.state.summary import (
    read_rules,
    rules_steps,
    short_names,
    summarize_strategy,
)
from promoter_view.views.stage.columns import read_status


@dataclass(frozen=True, slots=True)
class EnvironmentState:
    """In one word, since when (RFC 3339, "" where that is not told), and what it waits for, as ``status`` has it."""

    branch: str
    name: str
    state: str
    since: str = ""
    message: str = ""
    waiting_for: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class WholeState:
    """Of a strategy, its environments in promotion order; of a Stage, which has none."""

    state: str
    since: str = ""
    message: str = ""
    environments: tuple[EnvironmentState, ...] = ()


def strategy_state_steps(contents: BundleContents) -> Iterator[None]:
    """Reads what ``read_strategy_state`` wants, a member a step."""
    yield from rules_steps(contents)
    yield from contents.steps(POLICIES, read_rules(contents).kinds.reading(read_standing))


def read_strategy_state(contents: BundleContents) -> WholeState:
    """Of a strategy."""
    rules = read_rules(contents)
    standings = by_branch(contents.each(POLICIES, rules.kinds.reading(read_standing)))
    summary = summarize_strategy(contents, rules, standings)
    names = short_names(summary.order.branches)
    found = tuple(
        EnvironmentState(
            each.branch,
            names[each.branch],
            each.state.value,
            message=each.message,
            waiting_for=[{"kind": reason.kind, "message": reason.message} for reason in each.reasons],
        )
        for each in summary.environments
    )
    return WholeState(summary.state.value, environments=found)


def read_stage_state(contents: BundleContents) -> WholeState:
    """Of a Stage."""
    return contents.status(_read_stage) or WholeState(contents.one("health", read_status) or "Unknown")


def _read_stage(status: Mapping[str, Any]) -> WholeState | None:
    state = text(status, "state")
    return WholeState(state, text(status, "since"), text(status, "message")) if state else None
