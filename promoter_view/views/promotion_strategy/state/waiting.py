"""Why the order gate holds an environment back, in words: for whom it waits, and what holds those. Pure.

A reason is never second-hand: where staging waits for development, production is told what holds development. Each has
25 words and 300 characters at most.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

from promoter_view.views.promotion_strategy.order import Order, Vertex
from promoter_view.views.promotion_strategy.order_gate import GateView, OrderGate
from promoter_view.views.promotion_strategy.state.environment import KEPT, EnvironmentFacts
from promoter_view.views.promotion_strategy.state.kinds import ReasonKind
from promoter_view.views.promotion_strategy.state.reasons import Reason
from promoter_view.views.promotion_strategy.state.words import StateWord
from promoter_view.views.status.messages import MOST_OF_A_NAME, clipped

_MOST_WORDS = 25
_MOST_NAMES = 3
_MOST_CAUSES = 2
_MOST_REASONS = 100
_MOST_CHARACTERS = 300


class Awaiting(NamedTuple):
    """The branches that an environment waits for, why in words, and why for each of the first of them. ``causes``: why
    any of them is held, from which the words come.
    """

    awaited: tuple[str, ...]
    words: str
    reasons: tuple[Reason, ...]
    causes: frozenset[ReasonKind] = frozenset()


class Holdup(NamedTuple):
    """What holds a branch back; the lower its ``rank`` the more it tells.

    ``what`` goes behind the branch's name, in the genitive where ``its``; behind nothing where ``branch`` is "".
    ``reason``: why the branch itself is held, where it is that.
    """

    rank: int
    branch: str
    what: str
    its: bool = False
    reason: Reason | None = None


def queued_environments(
    order: Order, gate: OrderGate, facts: Mapping[str, EnvironmentFacts], names: Mapping[str, str]
) -> Generator[None, None, Mapping[str, Awaiting]]:
    """For each branch that the order gate holds back, its wait: one a step.

    ``facts`` are those of environments with a policy; ``names`` are what branches are called.
    """
    held: dict[str, Holdup] = {}
    waits: dict[str, Awaiting] = {}
    for vertex in order.vertices:
        found = facts.get(vertex.branch)
        if found is None or found.state is not StateWord.QUEUED:
            continue
        view = gate.of(vertex.branch)
        awaited = _awaited(vertex, found, view, facts)
        # In promotion order, so what holds those that are held back themselves is known.
        causes = tuple(held.get(each) or _cause(each, found, view, gate, facts) for each in awaited)
        if causes:
            held[vertex.branch] = _own(vertex.branch, found) or min(causes, key=attrgetter("rank"))
            called = tuple(names[each] for each in awaited), tuple(names.get(cause.branch, "") for cause in causes)
            waits[vertex.branch] = _awaiting(tuple(awaited), causes, *called, gate.check.key)
        yield
    return waits


@lru_cache(maxsize=KEPT)
def _awaiting(
    awaited: tuple[str, ...], causes: tuple[Holdup, ...], called: tuple[str, ...], holders: tuple[str, ...], key: str
) -> Awaiting:
    """In words: ``called`` are the names of those that are waited for, ``holders`` of the branches of the causes."""
    held_by = ((cause.branch, name) for cause, name in zip(causes, holders, strict=True))
    names = dict([*zip(awaited, called, strict=True), *held_by])
    foremost = sorted(dict.fromkeys(causes), key=attrgetter("rank"))
    one_by_one = zip(awaited[:_MOST_REASONS], causes, strict=False)
    reasons = tuple(_reason(each, cause, key, names) for each, cause in one_by_one)
    kinds = frozenset(cause.reason.kind for cause in causes if cause.reason is not None)
    return Awaiting(awaited, _said(awaited, foremost, names), reasons, kinds)


def _reason(awaited: str, cause: Holdup, key: str, names: Mapping[str, str]) -> Reason:
    message = _said([awaited], [cause], names)
    until, kind = (cause.reason.until, cause.reason.kind) if cause.reason is not None else (None, None)
    return Reason(ReasonKind.ORDER, message, key, environment=awaited, until=until, cause=kind)


def _awaited(
    vertex: Vertex, waiting: EnvironmentFacts, view: GateView, facts: Mapping[str, EnvironmentFacts]
) -> Sequence[str]:
    """Of those that it depends on, the ones that are not done: by the gate where it tells, else as they stand.

    What comes before another one that is waited for is left out. All are named where none is found wanting.
    """
    if view.unsatisfied is not None:
        # The few that the gate names are looked for among the many that it may depend on.
        wanting = {each for each in view.unsatisfied if each in vertex.depends_on}
    else:
        wanting = {each for each in vertex.depends_on if not _is_done(facts.get(each), waiting)}
    nearest = [each for each in vertex.nearest if each in wanting]
    return nearest or [each for each in vertex.depends_on if each in wanting] or vertex.nearest


def _is_done(found: EnvironmentFacts | None, waiting: EnvironmentFacts) -> bool:
    """It has what the other waits to get, and nothing fails or is pending on it."""
    return found is not None and found.standing.has(waiting.standing.hydrated_sha) and found.hold is None


def _cause(
    branch: str, waiting: EnvironmentFacts, view: GateView, gate: OrderGate, facts: Mapping[str, EnvironmentFacts]
) -> Holdup:
    """What holds a branch that waits for nobody itself: first-hand, else in the gate's words."""
    found = facts.get(branch)
    if found is None:
        own_view = gate.of(branch)
        says = f"check {clipped(own_view.wanting, MOST_OF_A_NAME)} {'failed' if own_view.failed else 'is pending'}"
        return Holdup(0, branch, says, its=True) if own_view.wanting else _told(view, branch)
    own = _own(branch, found)
    if own is not None:
        return own
    if found.state is StateWord.PROMOTING:
        return Holdup(2, branch, "is being promoted")
    told = _told(view, branch)
    lacks = not found.standing.has(waiting.standing.hydrated_sha)
    return Holdup(3, branch, "does not have that commit yet") if lacks and not told.what else told


def _own(branch: str, found: EnvironmentFacts) -> Holdup | None:
    return Holdup(0, branch, found.hold.says, its=True, reason=found.hold) if found.hold is not None else None


def _told(view: GateView, branch: str) -> Holdup:
    return Holdup(1, "", (view.unsatisfied or {}).get(branch, ""))


def _said(awaited: Sequence[str], causes: Sequence[Holdup], names: Mapping[str, str]) -> str:
    """``waits for e2e and perf: perf's check load-test is pending``."""
    alone = awaited[0] if len(awaited) == 1 else ""
    head = f"waits for {_listed([clipped(names[each], MOST_OF_A_NAME) for each in awaited])}"
    parts = list(filter(None, (_phrase(cause, alone, names) for cause in causes)))
    for shown in range(min(len(parts), _MOST_CAUSES), 0, -1):
        rest = f"; {len(parts) - shown} more" if len(parts) > shown else ""
        words = f"{head}: {'; '.join(parts[:shown])}{rest}".split()
        if len(words) <= _MOST_WORDS or shown == 1:
            return clipped(" ".join(words[:_MOST_WORDS]), _MOST_CHARACTERS)
    return head


def _phrase(cause: Holdup, alone: str, names: Mapping[str, str]) -> str:
    if not cause.branch:
        return cause.what
    if cause.branch == alone:
        return f"its {cause.what}" if cause.its else f"it {cause.what}"
    name = clipped(names[cause.branch], MOST_OF_A_NAME)
    return f"{name}'s {cause.what}" if cause.its else f"{name} {cause.what}"


def _listed(names: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``, ``a, b, c and 4 more``."""
    shown = [*names[:_MOST_NAMES], *([f"{len(names) - _MOST_NAMES} more"] if len(names) > _MOST_NAMES else [])]
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))
