"""A promotion strategy in short: its environments in promotion order, its state in one word, where it stands. Pure.

Everything is read from the contents of a PromotionStrategyDetails; a member of the wrong shape counts as absent, so
nothing here raises.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from promoter_view.decoded import mapping, mappings, text
from promoter_view.views.contents import Contents
from promoter_view.views.promotion_strategy.order import Order, Vertex, read_order
from promoter_view.views.promotion_strategy.order_gate import OrderCheck, OrderGate, gate_steps, order_gate
from promoter_view.views.promotion_strategy.restores import RESTORES, Restore, holding_restore, read_restore
from promoter_view.views.promotion_strategy.state.clock_gates import ClockKey, clock_steps, clock_untils
from promoter_view.views.promotion_strategy.state.environment import KEPT, EnvironmentFacts, environment_facts, queued
from promoter_view.views.promotion_strategy.state.kinds import CheckKinds, check_kinds, kind_steps
from promoter_view.views.promotion_strategy.state.reading import headline
from promoter_view.views.promotion_strategy.state.reasons import Situation
from promoter_view.views.promotion_strategy.state.standing import (
    DryCommit,
    PolicyChecks,
    Standing,
    read_keys,
    unknown,
)
from promoter_view.views.promotion_strategy.state.waiting import queued_environments
from promoter_view.views.promotion_strategy.state.words import StateWord

_NO_CHECKS = PolicyChecks()


@dataclass(frozen=True, slots=True)
class Summary:
    """A strategy in short, its environments in promotion order. ``newest`` has no sha where none names a dry commit.

    ``foremost``: the environment to look at, one that the state comes from; None where there is none.
    """

    state: StateWord
    environments: tuple[EnvironmentFacts, ...]
    newest: DryCommit
    order: Order
    foremost: EnvironmentFacts | None = None

    @property
    def promoted_count(self) -> int:
        """How many environments have the newest dry commit."""
        return sum(environment.standing.has(self.newest.sha) for environment in self.environments)

    @property
    def message(self) -> str:
        """What the foremost environment waits for, in one sentence that names it; "" for nothing."""
        if self.foremost is None:
            return ""
        name = short_names(self.order.branches)[self.foremost.branch]
        return headline(name, self.foremost.message, queued=bool(self.foremost.awaits))


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for all environments of a strategy: its order gate, and which checks are of which kind."""

    gate: OrderGate
    kinds: CheckKinds


def read_rules(contents: Contents) -> Rules:
    """The rules of a strategy, as far as its bundle tells."""
    gate = order_gate(contents)
    return Rules(gate, check_kinds(contents, gate.check))


def rule_steps(contents: Contents) -> Iterator[None]:
    """Reads what ``read_rules`` wants, a member a step."""
    yield from gate_steps(contents)
    yield from kind_steps(contents)


def summarize_strategy(
    contents: Contents, rules: Rules, standings: Mapping[str, Standing]
) -> Generator[None, None, Summary]:
    """The summary of a strategy whose policies say that, by branch: an environment a step."""
    order = contents.root(read_order)
    found = [standings.get(branch) or unknown(branch) for branch in order.branches]
    newest = max((each.newest for each in found), key=lambda commit: commit.time, default=DryCommit())
    yield from clock_steps(contents)
    yield from contents.steps(RESTORES, read_restore)
    facts: list[EnvironmentFacts] = []
    for each in _environments(contents, rules, found, newest.sha):
        facts.append(each)
        yield
    known = {each.branch: each for each in facts if each.standing.exists}
    waits = yield from queued_environments(order, rules.gate, known, short_names(order.branches))
    environments = tuple(each if (wait := waits.get(each.branch)) is None else queued(each, wait) for each in facts)
    state, alike = _strategy(environments, order.vertices, newest.sha)
    foremost = next((each for each in alike if not each.awaits), next(iter(alike), None))
    return Summary(state, environments, newest, order, foremost)


def short_names(branches: Sequence[str]) -> Mapping[str, str]:
    """For each branch its last part (``environment/staging``), or the whole where two would look alike."""
    names = {branch: branch.rpartition("/")[2] or branch for branch in branches}
    return names if len(set(names.values())) == len(names) else {branch: branch for branch in names}


def read_asked(root: Mapping[str, Any]) -> Mapping[str, frozenset[str]]:
    """For each branch of a PromotionStrategy the keys of the proposed checks that it asks for there."""
    everywhere = frozenset(read_keys(mapping(root, "spec")))
    environments = mappings(root, "spec", "environments")
    return {text(each, "branch"): everywhere.union(read_keys(each)) for each in environments}


def _environments(
    contents: Contents, rules: Rules, standings: Sequence[Standing], newest: str
) -> Iterator[EnvironmentFacts]:
    """Each by itself."""
    asked, restores = contents.root(read_asked), defaultdict[str, list[Restore]](list)
    for each in contents.each(RESTORES, read_restore):
        restores[each.branch].append(each)
    untils, order = clock_untils(contents), rules.gate.check
    for standing in standings:
        branch = standing.branch
        restore = holding_restore(restores[branch], standing.deployed.sha) if branch in restores else None
        until = tuple(untils[branch].items()) if branch in untils else ()
        yield _facts(standing, order, rules.kinds, asked[branch], restore, newest, until)


@lru_cache(maxsize=KEPT)
def _facts(
    standing: Standing,
    order: OrderCheck,
    kinds: CheckKinds,
    asked: frozenset[str],
    restore: Restore | None,
    newest: str,
    untils: tuple[tuple[ClockKey, int], ...],
) -> EnvironmentFacts:
    """What it is decided by is compared by value, what its policy says by identity: that is read once."""
    proposed = standing.proposed if standing.is_open else _NO_CHECKS
    if standing.is_open and not asked <= standing.keys:
        proposed = proposed.asking(asked - standing.keys, kinds)
    return environment_facts(Situation(standing, order, proposed, restore, newest, dict(untils)))


def _strategy(
    environments: Sequence[EnvironmentFacts], vertices: Sequence[Vertex], newest: str
) -> tuple[StateWord, Sequence[EnvironmentFacts]]:
    """The state of a whole, and the environments from which it comes."""
    urgent = [each for each in environments if each.state.needs_a_person]
    lacking = [
        (at.level, each) for at, each in zip(vertices, environments, strict=True) if not each.standing.has(newest)
    ]
    front = [each for level, each in lacking if level == lacking[0][0]]
    unverified = [each for each in environments if each.state is StateWord.VERIFYING]
    for some in (urgent, front, unverified):
        if some:
            word = min((each.state for each in some), key=list(StateWord).index)
            return word, [each for each in some if each.state is word]
    return (StateWord.UP_TO_DATE if environments else StateWord.UNKNOWN), ()
