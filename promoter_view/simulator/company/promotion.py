"""How a promotion goes on: which moves a strategy can make now, and what each does. Pure.

The order is the promoter's: a dry commit is hydrated for every environment, a pull request opens, checks report, and it
is merged once all succeed; the order succeeds only when the environments before have the same dry commit active
and healthy. So no environment is skipped, and nothing becomes active that was not proposed, or restored.
"""

from __future__ import annotations

import enum
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from promoter_view.simulator.company.gates.checks import failed, pending, succeeded
from promoter_view.simulator.company.model import (
    APPROVAL,
    HISTORY_LENGTH,
    LINT,
    ORDER,
    TIMER,
    WINDOW,
    Check,
    CheckPhase,
    Commit,
    CommitChange,
    Environment,
    Past,
    Request,
    SimulatedRestore,
    Strategy,
)
from promoter_view.simulator.company.naming import new_sha
from promoter_view.simulator.company.restoring import advanced, is_due

#: Seconds that pass before a check reports, a failure is mended, an approval is given, a person merges.
_CHECK_SECONDS = 3.0
_MEND_SECONDS = 45.0
_APPROVAL_SECONDS = 60.0
_PERSON_SECONDS = 40.0
_FAILURE_ODDS = 0.5
#: Each so many-th pull request that a person merges is merged on the source code host, past the promoter.
_MERGED_ELSEWHERE_EVERY = 4


class MoveKind(enum.Enum):
    """What kinds of moves there are."""

    COMMIT = "a new dry commit"
    HYDRATE = "hydrated for an environment"
    OPEN = "a pull request is opened"
    CHECK = "a check of the proposed branch reports"
    MERGE = "a pull request is merged"
    HEAL = "a check of the active branch reports"
    ASK = "a person asks for an earlier commit"
    RESTORE = "an earlier commit is made live again"
    LIFT = "a person lets others in again"
    FORGET = "a restore that is lifted goes"


_OF_RESTORES = frozenset({MoveKind.ASK, MoveKind.RESTORE, MoveKind.LIFT, MoveKind.FORGET})


@dataclass(frozen=True, slots=True)
class Move:
    """One thing that can happen now, to one environment and one check where that applies."""

    step: MoveKind
    index: int = 0
    key: str = ""


def moves(strategy: Strategy, now: float) -> list[Move]:
    """What can happen to a strategy at that time, in seconds since 1970."""
    found = [move for index in range(len(strategy.environments)) for move in _moves_of(strategy, index, now)]
    newest = max(environment.active.time for environment in strategy.environments)
    if strategy.settled and now - newest >= strategy.rest_seconds:
        found.append(Move(MoveKind.COMMIT))
    return found


def _moves_of(strategy: Strategy, index: int, now: float) -> Iterator[Move]:
    environment = strategy.environments[index]
    if environment.restore is not None:
        yield from _moves_of_restore(environment.restore, index, now)
        if not environment.restore.active_sha:
            return
    for key, check in environment.active_checks.items():
        if check.phase is not CheckPhase.SUCCESS and now - check.since >= _active_wait(environment, key):
            yield Move(MoveKind.HEAL, index, key)
    if environment.proposed.dry.sha != strategy.head.sha:
        yield Move(MoveKind.HYDRATE, index)
    elif environment.promoted:
        return
    elif _is_kept_out(environment):
        yield from _reports(strategy, index, now)
    elif environment.request is None or environment.request.merged is not None:
        yield Move(MoveKind.OPEN, index)
    else:
        yield from _moves_of_open(strategy, index, now)


def _reports(strategy: Strategy, index: int, now: float) -> Iterator[Move]:
    environment = strategy.environments[index]
    for key, check in environment.proposed_checks.items():
        is_good = check.phase is CheckPhase.SUCCESS
        if environment.window is not None and key == WINDOW:
            has_news = environment.window.is_open(now) is not is_good
        else:
            has_news = not is_good and _can_report(strategy, index, key, now - check.since)
        if has_news:
            yield Move(MoveKind.CHECK, index, key)


def _moves_of_open(strategy: Strategy, index: int, now: float) -> Iterator[Move]:
    yield from _reports(strategy, index, now)
    environment = strategy.environments[index]
    since = max((check.since for check in environment.proposed_checks.values()), default=0.0)
    if environment.let_through and not environment.held and (environment.auto_merge or now - since >= _PERSON_SECONDS):
        yield Move(MoveKind.MERGE, index)


def _moves_of_restore(restore: SimulatedRestore, index: int, now: float) -> Iterator[Move]:
    if not is_due(restore, now):
        return
    if not restore.active_sha:
        yield Move(MoveKind.RESTORE, index)
    else:
        yield Move(MoveKind.LIFT if restore.blocks else MoveKind.FORGET, index)


def _is_kept_out(environment: Environment) -> bool:
    restore = environment.restore
    return restore is not None and restore.blocks and environment.proposed.dry.sha == restore.blocked_sha


def _can_report(strategy: Strategy, index: int, key: str, waited: float) -> bool:
    environment = strategy.environments[index]
    if key == ORDER:
        return all(strategy.environments[place].has(environment.proposed.dry.sha) for place in environment.upstreams)
    if environment.stalls and key == LINT:
        return False
    if key == APPROVAL:
        return waited >= _APPROVAL_SECONDS
    if environment.proposed_checks[key].phase is CheckPhase.FAILURE:
        return waited >= _MEND_SECONDS
    return waited >= _CHECK_SECONDS


def _active_wait(environment: Environment, key: str) -> float:
    return environment.soak_seconds if key == TIMER else _CHECK_SECONDS


def perform(
    strategy: Strategy, move: Move, now: float, random: random.Random, commit: Commit | None = None
) -> Strategy:
    """The strategy after a move. A COMMIT takes the new dry commit from ``commit``."""
    if move.step is MoveKind.COMMIT:
        assert commit is not None
        return replace(strategy, head=commit)
    environment = strategy.environments[move.index]
    if move.step is MoveKind.OPEN:
        opened = replace(environment, request=Request(strategy.next_request, now))
        return replace(strategy.with_environment(move.index, opened), next_request=strategy.next_request + 1)
    return strategy.with_environment(move.index, _changed(strategy, move, now, random))


def _changed(strategy: Strategy, move: Move, now: float, random: random.Random) -> Environment:
    environment = strategy.environments[move.index]
    if move.step in _OF_RESTORES:
        return advanced(environment, now, random)
    if move.step is MoveKind.HYDRATE:
        return _hydrated(strategy, move.index, now, random)
    if move.step is MoveKind.MERGE:
        return _merged(environment, now)
    if move.step is MoveKind.HEAL:
        return environment.with_check(move.key, succeeded([move.key], now)[move.key], active=True)
    return environment.with_check(move.key, _reported(strategy, move, now, random), active=False)


def _hydrated(strategy: Strategy, index: int, now: float, random: random.Random) -> Environment:
    environment = strategy.environments[index]
    return replace(
        environment,
        proposed=CommitChange(strategy.head, new_sha(random), now),
        proposed_checks=pending(environment.proposed_keys, now),
    )


def _merged(environment: Environment, now: float) -> Environment:
    request = environment.request
    assert request is not None
    elsewhere = not environment.auto_merge and request.number % _MERGED_ELSEWHERE_EVERY == 0
    merged = replace(request, merged=now, merged_sha=environment.proposed.hydrated_sha, past_the_promoter=elsewhere)
    past = Past(
        change=environment.proposed,
        active_checks=tuple(succeeded(environment.active_keys, now).items()),
        proposed_checks=tuple(environment.proposed_checks.items()),
        request=merged,
    )
    return replace(
        environment,
        active=replace(environment.proposed, time=now),
        active_checks=pending(environment.active_keys, now),
        request=merged,
        history=(past, *environment.history)[:HISTORY_LENGTH],
    )


def _reported(strategy: Strategy, move: Move, now: float, random: random.Random) -> Check:
    check = strategy.environments[move.index].proposed_checks[move.key]
    if move.key == WINDOW and check.phase is CheckPhase.SUCCESS:
        return pending([move.key], now)[move.key]
    may_fail = strategy.flaky and move.key == LINT and check.phase is CheckPhase.PENDING
    if may_fail and random.random() < _FAILURE_ODDS:
        return failed(now)
    return succeeded([move.key], now)[move.key]
