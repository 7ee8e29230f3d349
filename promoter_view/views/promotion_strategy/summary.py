"""A promotion strategy in short: its environments in promotion order, its state in one word, where it stands. Pure.

Table columns and pages use the same functions. Everything is read from the contents of a PromotionStrategyDetails; a
member of the wrong shape counts as absent, so nothing here raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from promoter_view.views.contents import Contents
from promoter_view.views.promotion_strategy.order import Order, read_order
from promoter_view.views.promotion_strategy.order_gate import OrderGate
from promoter_view.views.promotion_strategy.restores import held_standings
from promoter_view.views.promotion_strategy.standing import (
    DryCommit,
    EnvironmentFacts,
    Standing,
    StateWord,
    unknown,
    unseen,
)
from promoter_view.views.promotion_strategy.waiting import Awaiting, queued_environments

_POLICY = "ChangeTransferPolicy"


@dataclass(frozen=True, slots=True)
class Summary:
    """A strategy in short, its environments in promotion order. ``newest_sha`` is "" where none names a dry commit."""

    state: StateWord
    environments: tuple[EnvironmentFacts, ...]
    newest_sha: str
    order: Order

    @property
    def promoted_count(self) -> int:
        """How many environments have the newest dry commit."""
        return sum(environment.has(self.newest_sha) for environment in self.environments)

    @property
    def foremost(self) -> EnvironmentFacts | None:
        """The environment to look at: the first in the strategy's state, if there is one that waits for no other."""
        alike = [each for each in self.environments if each.state is self.state]
        return next((each for each in alike if not each.awaits), next(iter(alike), None))

    @property
    def front(self) -> frozenset[str]:
        """The branches that are next: not there yet, or not well, while all that they wait for are."""
        settled = {each.branch for each in self.environments if self._is_settled(each)}
        return frozenset(self.order.front(settled.__contains__))

    def _is_settled(self, environment: EnvironmentFacts) -> bool:
        return environment.state is StateWord.PROMOTED and environment.has(self.newest_sha)


def summarize_strategy(contents: Contents, gate: OrderGate, standings: Mapping[str, Standing]) -> Summary:
    """The summary of a strategy whose policies say that, by branch."""
    order, missing = contents.root(read_order), missing_of(contents)
    standings = held_standings(contents, standings)
    waits = queued_environments(order, gate, standings, short_names(order.branches))
    found = [standings.get(branch) or missing(branch) for branch in order.branches]
    environments = tuple(_queued(each.environment, waits.get(each.branch)) for each in found)
    newest = max((each.newest for each in found), key=lambda commit: commit.time, default=DryCommit())
    return Summary(worst({each.state for each in environments}), environments, newest.sha, order)


def missing_of(contents: Contents) -> Callable[[str], Standing]:
    """What tells of environments without a policy: that there is none, or that its reader may not see any."""
    return unseen if _POLICY in contents.hidden else unknown


def short_names(branches: Sequence[str]) -> Mapping[str, str]:
    """For each branch its last part (``environment/staging``), or the whole where two would look alike."""
    names = {branch: branch.rpartition("/")[2] or branch for branch in branches}
    return names if len(set(names.values())) == len(names) else {branch: branch for branch in names}


def worst(states: Iterable[StateWord]) -> StateWord:
    """The state of a whole whose parts are in those; Unknown where there is no part."""
    order = list(StateWord)
    return min(states, key=order.index, default=StateWord.UNKNOWN)


def _queued(environment: EnvironmentFacts, wait: Awaiting | None) -> EnvironmentFacts:
    """With whom it waits for; the order gate's is the first of its reasons."""
    if wait is None:
        return environment
    return replace(environment, reasons=(wait.words, *environment.reasons[1:]), awaits=wait.awaited)
