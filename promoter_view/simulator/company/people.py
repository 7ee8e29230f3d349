"""What is done next in a company, by whom it may be: one move at a time, and never all of the same sort. Pure."""

from __future__ import annotations

import random
from collections.abc import Sequence

from promoter_view.simulator.company.fleet import make_move
from promoter_view.simulator.company.model import Strategy
from promoter_view.simulator.company.promotion import Move, MoveKind, moves
from promoter_view.simulator.company.release import Release
from promoter_view.simulator.company.restoring import restorable
from promoter_view.simulator.company.showing import shown_state, stays_varied

#: So many states of strategies there are to be seen of a company, once there have been.
LEAST_STATES = 6
#: How often a new dry commit overtakes one that is still on its way, and how old that is then at least.
_OVERTAKE_ODDS = 0.01
_OVERTAKE_SECONDS = 60.0
#: How often somebody asks for an earlier commit, while nobody else has.
_RESTORE_ODDS = 0.004
#: Moves that are thought of before nothing is done.
_THOUGHTS = 20


class People:
    """Those who move ``strategies``, which only they change."""

    def __init__(self, strategies: Sequence[Strategy], *, release: Release, random: random.Random) -> None:
        self.strategies = list(strategies)
        self._states = [shown_state(strategy) for strategy in strategies]
        self._has_restores = release.has_restores
        self._random = random

    def act(self, now: float) -> tuple[int, Move] | None:
        """Makes a move, in seconds since 1970; whose it was, and which. None where there is none to make."""
        able = [(index, found) for index, strategy in enumerate(self.strategies) if (found := moves(strategy, now))]
        for _ in range(_THOUGHTS if able else 0):
            index, possible = self._random.choice(able)
            move = self._unforced(index, now) or self._random.choice(possible)
            after = make_move(self.strategies[index], move, now, self._random)
            state = shown_state(after)
            if stays_varied(self._states, index, state, least=LEAST_STATES):
                self.strategies[index], self._states[index] = after, state
                return index, move
        return None

    def _unforced(self, index: int, now: float) -> Move | None:
        """What people do now and then, whatever else could be done."""
        strategy = self.strategies[index]
        overtakes = now - strategy.head.time >= _OVERTAKE_SECONDS and not strategy.stalls
        if overtakes and self._random.random() < _OVERTAKE_ODDS:
            return Move(MoveKind.COMMIT)
        is_quiet = self._has_restores and not any(map(_is_restored, self.strategies))
        able = restorable(strategy) if is_quiet else []
        if able and self._random.random() < _RESTORE_ODDS:
            return Move(MoveKind.ASK, self._random.choice(able))
        return None


def _is_restored(strategy: Strategy) -> bool:
    return any(environment.restore is not None for environment in strategy.environments)
