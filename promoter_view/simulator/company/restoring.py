"""A commit that was live is made live again, and keeps others out until somebody lifts that. Pure.

A person asks for it, and the controller does it; later the person lets others in, and the controller takes it away.
"""

from __future__ import annotations

import random
from dataclasses import replace

from promoter_view.simulator.company.gates.checks import pending
from promoter_view.simulator.company.model import (
    HISTORY_LENGTH,
    CommitChange,
    Environment,
    Past,
    SimulatedRestore,
    Strategy,
)
from promoter_view.simulator.company.naming import new_sha

#: Seconds from the wish until others are let in again.
_HELD_SECONDS = 180.0


def restorable(strategy: Strategy) -> list[int]:
    """The places of the environments in which an earlier commit can be asked for; all is well there."""
    return [
        place
        for place, found in enumerate(strategy.environments)
        if found.restore is None and found.promoted and found.healthy and _earlier(found) is not None
    ]


def is_due(restore: SimulatedRestore, now: float) -> bool:
    """Whether the next move of a restore can be made, in seconds since 1970; only people let it wait."""
    is_on = restore.active_sha and restore.blocks
    return not is_on or now - restore.asked >= _HELD_SECONDS


def advanced(environment: Environment, now: float, random: random.Random) -> Environment:
    """What comes next: it is asked for, made live, lifted, gone."""
    restore = environment.restore
    if restore is None:
        return _asked(environment, now)
    if not restore.active_sha:
        return _restored(environment, restore, now, random)
    return replace(environment, restore=replace(restore, blocks=False) if restore.blocks else None)


def _asked(environment: Environment, now: float) -> Environment:
    past = _earlier(environment)
    assert past is not None
    return replace(environment, restore=SimulatedRestore(past, now, blocked_sha=environment.active.dry.sha))


def _restored(environment: Environment, restore: SimulatedRestore, now: float, random: random.Random) -> Environment:
    """A new commit is live, and what is proposed is one too, now that it was taken back; all checks look anew."""
    change = CommitChange(restore.past.change.dry, new_sha(random), now)
    entry = replace(restore.past, change=change, restored_from=restore.past.change.hydrated_sha)
    return replace(
        environment,
        active=change,
        active_checks=pending(environment.active_keys, now),
        proposed=CommitChange(environment.proposed.dry, new_sha(random), now),
        proposed_checks=pending(environment.proposed_keys, now),
        history=(entry, *environment.history)[:HISTORY_LENGTH],
        restore=replace(restore, active_sha=change.hydrated_sha),
    )


def _earlier(environment: Environment) -> Past | None:
    """The last promotion of another commit than the live one."""
    live = environment.active.dry.sha
    return next((past for past in environment.history if past.change.dry.sha != live), None)
