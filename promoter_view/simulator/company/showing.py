"""What there is to be seen of a company at a moment: the state of each strategy, and how many that makes. Pure.

The words are those by which people will look for them; they are told here from the model alone.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence

from promoter_view.simulator.company.model import (
    APPROVAL,
    LINT,
    ORDER,
    WINDOW,
    CheckPhase,
    Environment,
    SimulatedRestore,
    Strategy,
)


class ShownState(enum.Enum):
    """The states of an environment, and of a strategy: what needs a person, then the least settled first."""

    FAILED = "a check failed"
    HELD = "a restore keeps others out"
    NEEDS_APPROVAL = "waits for a person"
    BEHIND = "another environment has a newer commit"
    QUEUED = "waits for another environment"
    CHECKING = "a check is pending"
    WAITING = "waits for a window"
    PROMOTING = "all is green"
    VERIFYING = "what is live is looked at"
    UP_TO_DATE = "has the newest commit"


#: Of a strategy, when one environment is in it.
_OF_ANY = (ShownState.FAILED, ShownState.HELD, ShownState.NEEDS_APPROVAL)
_WHILE_PENDING = (
    (ORDER, ShownState.QUEUED),
    (LINT, ShownState.CHECKING),
    (WINDOW, ShownState.WAITING),
    (APPROVAL, ShownState.NEEDS_APPROVAL),
)


def shown_state(strategy: Strategy) -> ShownState:
    """That of a strategy: of who needs a person, else of its front, the first level that lacks the newest commit."""
    newest = _newest(strategy)
    states = [_state(environment, newest) for environment in strategy.environments]
    levels = _levels(strategy)
    lacking = [place for place, each in enumerate(strategy.environments) if each.active.dry.sha != newest]
    first = min((levels[place] for place in lacking), default=0)
    front = [states[place] for place in lacking if levels[place] == first]
    return min([state for state in states if state in _OF_ANY] or front or states, key=list(ShownState).index)


def stays_varied(states: Sequence[ShownState], place: int, state: ShownState, *, least: int) -> bool:
    """Whether at least so many states are there still, if there were, once the strategy there has another one."""
    after = [*states[:place], state, *states[place + 1 :]]
    return len(set(after)) >= min(least, len(set(states)))


def _levels(strategy: Strategy) -> list[int]:
    """Of each environment, one more than of those that it waits for, which stand before it."""
    levels: list[int] = []
    for environment in strategy.environments:
        levels.append(1 + max((levels[place] for place in environment.upstreams), default=-1))
    return levels


def _newest(strategy: Strategy) -> str:
    changes = [change for found in strategy.environments for change in (found.proposed, found.active)]
    return max(changes, key=lambda change: change.dry.time).dry.sha


def _state(environment: Environment, newest: str) -> ShownState:
    if _is_held(environment.restore, environment.active.hydrated_sha):
        return ShownState.HELD
    if not environment.promoted:
        return _state_of_open(environment)
    if not environment.healthy:
        return ShownState.VERIFYING
    return ShownState.UP_TO_DATE if environment.active.dry.sha == newest else ShownState.BEHIND


def _is_held(restore: SimulatedRestore | None, live: str) -> bool:
    return restore is not None and restore.blocks and restore.active_sha in ("", live)


def _state_of_open(environment: Environment) -> ShownState:
    phases = {key: check.phase for key, check in environment.proposed_checks.items()}
    if CheckPhase.FAILURE in phases.values():
        return ShownState.FAILED
    for key, state in _WHILE_PENDING:
        if phases.get(key) is CheckPhase.PENDING:
            return state
    return ShownState.PROMOTING if environment.auto_merge else ShownState.NEEDS_APPROVAL
