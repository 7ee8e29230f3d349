"""The one table by which the state of an environment is decided. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from promoter_view.views.promotion_strategy.state import reasons
from promoter_view.views.promotion_strategy.state.kinds import ReasonKind
from promoter_view.views.promotion_strategy.state.reasons import Reason, Situation
from promoter_view.views.promotion_strategy.state.words import StateWord

_ORDER, _CLOCKS, _APPROVAL = ReasonKind.ORDER, {ReasonKind.TIMER, ReasonKind.WINDOW}, ReasonKind.APPROVAL
#: Kinds of checks for which no machine is at work.
_NOT_CHECKED = _CLOCKS | {_APPROVAL}


class StateRow(NamedTuple):
    """A state, when it holds (``condition`` in words), and what is waited for then."""

    word: StateWord
    condition: str
    holds: Callable[[Situation], bool]
    why: Callable[[Situation], Iterable[Reason]]


#: The first that holds.
TABLE: tuple[StateRow, ...] = (
    StateRow(
        StateWord.UNKNOWN,
        "there is no ChangeTransferPolicy, or neither an active nor a proposed dry commit",
        lambda it: not it.standing.active_sha and not it.standing.proposed_sha,
        reasons.nothing_known,
    ),
    StateRow(
        StateWord.FAILED,
        "an active check failed",
        lambda it: bool(it.standing.active.failed),
        reasons.failed,
    ),
    StateRow(
        StateWord.HELD,
        "a RestoreActiveCommit keeps other commits out",
        lambda it: it.restore is not None,
        reasons.held,
    ),
    StateRow(
        StateWord.FAILED,
        "open, and a proposed check failed",
        lambda it: it.is_open and bool(it.proposed.failed),
        reasons.failed,
    ),
    StateRow(
        StateWord.QUEUED,
        "open, and the order check is pending",
        lambda it: it.is_open and _ORDER in it.pending,
        reasons.pending,
    ),
    StateRow(
        StateWord.CHECKING,
        "open, and a check or gate is pending that is neither a clock nor an approval",
        lambda it: it.is_open and not it.pending <= _NOT_CHECKED,
        reasons.pending,
    ),
    StateRow(
        StateWord.WAITING,
        "open, and a timer or window is pending",
        lambda it: it.is_open and not it.pending.isdisjoint(_CLOCKS),
        reasons.pending,
    ),
    StateRow(
        StateWord.NEEDS_APPROVAL,
        "open, and only approvals are pending; or nothing is, and autoMerge is false",
        lambda it: it.is_open and (_APPROVAL in it.pending or not it.standing.auto_merge),
        reasons.unapproved,
    ),
    StateRow(
        StateWord.PROMOTING,
        "open, and all green",
        lambda it: it.is_open,
        reasons.coming_in,
    ),
    StateRow(
        StateWord.VERIFYING,
        "not open, and an active check is pending",
        lambda it: bool(it.standing.active.pending),
        reasons.verified,
    ),
    StateRow(
        StateWord.BEHIND,
        "not open, and it does not have the newest commit",
        lambda it: not it.has_newest,
        reasons.behind,
    ),
    StateRow(
        StateWord.UP_TO_DATE,
        "it has the newest commit, and no active check is pending or failed",
        lambda it: it.has_newest,
        reasons.nothing,
    ),
)


def decide(it: Situation) -> tuple[StateWord, tuple[Reason, ...]]:
    """The state of an environment, and what it waits for, the foremost first."""
    row = next(row for row in TABLE if row.holds(it))
    return row.word, tuple(row.why(it))
