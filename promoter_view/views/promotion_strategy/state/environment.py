"""One environment of a strategy, as it is decided to stand. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol

from promoter_view.views.promotion_strategy.restores import Restore
from promoter_view.views.promotion_strategy.state.kinds import ReasonKind
from promoter_view.views.promotion_strategy.state.reasons import Reason, Situation
from promoter_view.views.promotion_strategy.state.standing import Standing
from promoter_view.views.promotion_strategy.state.table import decide
from promoter_view.views.promotion_strategy.state.words import StateWord

#: Environments of which what is decided is kept: those of the largest strategies, or of a thousand usual ones.
KEPT = 4096
#: What others that wait for an environment in these states are told is why it is in them.
_HOLDS_OTHERS = frozenset(StateWord) - {
    StateWord.UNKNOWN,
    StateWord.BEHIND,
    StateWord.PROMOTING,
    StateWord.UP_TO_DATE,
}


class HeldBack(Protocol):
    """Why the order gate holds an environment back (waiting.Awaiting)."""

    @property
    def awaited(self) -> tuple[str, ...]:
        """The branches that it waits for."""

    @property
    def words(self) -> str:
        """Why, in a sentence."""

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """A reason for each of the first of them."""

    @property
    def causes(self) -> frozenset[ReasonKind]:
        """Why any of them is held."""


@dataclass(frozen=True, slots=True, eq=False)
class EnvironmentFacts:
    """One environment of a strategy; the same object as long as nothing of it changes.

    ``standing``: what its policy says. ``reasons`` say what it waits for, the foremost first; there is none where it is
    up to date. ``message`` is the foremost in one sentence. ``awaits``: the branches for which the order gate holds it
    back, and ``causes`` why these are held. ``restore`` keeps other commits out, and nothing worse is the matter.
    """

    standing: Standing
    state: StateWord
    reasons: tuple[Reason, ...] = ()
    message: str = ""
    awaits: tuple[str, ...] = ()
    causes: frozenset[ReasonKind] = frozenset()
    restore: Restore | None = None

    @property
    def branch(self) -> str:
        """The active branch."""
        return self.standing.branch

    @property
    def messages(self) -> tuple[str, ...]:
        """All that it waits for, a sentence each, the foremost first; all that it is queued behind in one."""
        others = [each.message for each in self.reasons if each.kind is not ReasonKind.ORDER]
        queued = len(others) < len(self.reasons)
        return (self.message, *others) if queued else tuple(others)

    @property
    def hold(self) -> Reason | None:
        """What keeps others waiting for this environment, but those that it waits for itself; None for nothing."""
        told = (each for each in self.reasons if each.says) if self.state in _HOLDS_OTHERS else iter(())
        return next(told, None)

    @property
    def began(self) -> int | None:
        """Since when it is in its state as far as objects tell, in seconds since 1970."""
        standing = self.standing
        if not standing.is_open or self.restore is not None:
            return standing.deployed.time
        return standing.request.opened if standing.request.state == "open" else standing.prepared.time

    @property
    def held_by(self) -> str:
        """The RestoreActiveCommit that keeps others out, "" for none."""
        return self.restore.name if self.restore is not None else ""


def environment_facts(it: Situation) -> EnvironmentFacts:
    """An environment by itself: for whom it is queued is told of later."""
    word, found = decide(it)
    message = found[0].message if found else ""
    return EnvironmentFacts(it.standing, word, found, message, restore=it.restore if word is StateWord.HELD else None)


@lru_cache(maxsize=KEPT)
def queued(facts: EnvironmentFacts, wait: HeldBack) -> EnvironmentFacts:
    """With whom it waits for, a reason each in place of the order gate's."""
    others = (each for each in facts.reasons if each.kind is not ReasonKind.ORDER)
    return replace(facts, reasons=(*wait.reasons, *others), message=wait.words, awaits=wait.awaited, causes=wait.causes)
