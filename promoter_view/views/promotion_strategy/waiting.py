"""Why the order gate holds an environment back, in words: for whom it waits, and what holds those. Pure.

A reason is never second-hand: where staging waits for development, production is told what holds development. Each has
25 words and 300 characters at most.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

from promoter_view.views.promotion_strategy.order import Order, Vertex
from promoter_view.views.promotion_strategy.order_gate import GateView, OrderGate
from promoter_view.views.promotion_strategy.standing import Standing, StateWord

_MOST_WORDS = 25
_MOST_NAMES = 3
_MOST_CAUSES = 2
_MOST_OF_A_NAME = 60
_MOST_CHARACTERS = 300


class Awaiting(NamedTuple):
    """The branches that an environment waits for, and why in words."""

    awaited: tuple[str, ...]
    words: str


class Holdup(NamedTuple):
    """What holds a branch back; the lower its ``rank`` the more it tells.

    ``what`` goes behind the branch's name, in the genitive where ``its``; behind nothing where ``branch`` is "".
    """

    rank: int
    branch: str
    what: str
    its: bool = False


def queued_environments(
    order: Order, gate: OrderGate, standings: Mapping[str, Standing], names: Mapping[str, str]
) -> Mapping[str, Awaiting]:
    """For each branch that the order gate holds back, its wait; ``names`` are what branches are called."""
    held: dict[str, Holdup] = {}
    waits: dict[str, Awaiting] = {}
    for vertex in order.vertices:
        standing = standings.get(vertex.branch)
        if standing is None or not standing.queued:
            continue
        view = gate.of(vertex.branch)
        awaited = _awaited(vertex, standing, view, standings)
        # In promotion order, so what holds those that are held back themselves is known.
        found = [held.get(each) or _cause(each, standing, view, gate, standings) for each in awaited]
        causes = sorted(dict.fromkeys(found), key=attrgetter("rank"))
        if causes:
            held[vertex.branch] = _own(vertex.branch, standing) or causes[0]
            waits[vertex.branch] = Awaiting(tuple(awaited), _said(awaited, causes, names))
    return waits


def _awaited(vertex: Vertex, standing: Standing, view: GateView, standings: Mapping[str, Standing]) -> Sequence[str]:
    """Of those that it depends on, the ones that are not done: by the gate where it tells, else as they stand.

    What comes before another one that is waited for is left out. All are named where none is found wanting.
    """
    if view.unsatisfied is not None:
        wanting = {each for each in vertex.depends_on if each in view.unsatisfied}
    else:
        wanting = {each for each in vertex.depends_on if not _is_done(standings.get(each), standing)}
    nearest = [each for each in vertex.nearest if each in wanting]
    return nearest or [each for each in vertex.depends_on if each in wanting] or vertex.nearest


def _is_done(found: Standing | None, waiting: Standing) -> bool:
    """It has what the other waits to get, and nothing fails or is pending on it."""
    return found is not None and found.environment.has(waiting.environment.hydrated_sha) and not found.holding


def _cause(
    branch: str, waiting: Standing, view: GateView, gate: OrderGate, standings: Mapping[str, Standing]
) -> Holdup:
    """What holds a branch that waits for nobody itself: first-hand, else in the gate's words."""
    found = standings.get(branch)
    if found is None:
        own_view = gate.of(branch)
        says = f"check {_clipped(own_view.wanting)} {'failed' if own_view.failed else 'is pending'}"
        return Holdup(0, branch, says, its=True) if own_view.wanting else _told(view, branch)
    own = _own(branch, found)
    if own is not None:
        return own
    if found.environment.state is StateWord.PROMOTING:
        return Holdup(2, branch, "is being promoted")
    told = _told(view, branch)
    lacks = not found.environment.has(waiting.environment.hydrated_sha)
    return Holdup(3, branch, "does not have that commit yet") if lacks and not told.what else told


def _own(branch: str, standing: Standing) -> Holdup | None:
    return Holdup(0, branch, standing.holding, its=True) if standing.holding else None


def _told(view: GateView, branch: str) -> Holdup:
    return Holdup(1, "", (view.unsatisfied or {}).get(branch, ""))


def _said(awaited: Sequence[str], causes: Sequence[Holdup], names: Mapping[str, str]) -> str:
    """``waits for e2e and perf: perf's check load-test is pending``."""
    alone = awaited[0] if len(awaited) == 1 else ""
    head = f"waits for {_listed([_clipped(names[each]) for each in awaited])}"
    parts = list(filter(None, (_phrase(cause, alone, names) for cause in causes)))
    for shown in range(min(len(parts), _MOST_CAUSES), 0, -1):
        rest = f"; {len(parts) - shown} more" if len(parts) > shown else ""
        words = f"{head}: {'; '.join(parts[:shown])}{rest}".split()
        if len(words) <= _MOST_WORDS or shown == 1:
            return _clipped(" ".join(words[:_MOST_WORDS]), _MOST_CHARACTERS)
    return head


def _phrase(cause: Holdup, alone: str, names: Mapping[str, str]) -> str:
    if not cause.branch:
        return cause.what
    if cause.branch == alone:
        return f"its {cause.what}" if cause.its else f"it {cause.what}"
    name = _clipped(names[cause.branch])
    return f"{name}'s {cause.what}" if cause.its else f"{name} {cause.what}"


def _listed(names: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``, ``a, b, c and 4 more``."""
    shown = [*names[:_MOST_NAMES], *([f"{len(names) - _MOST_NAMES} more"] if len(names) > _MOST_NAMES else [])]
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def _clipped(words: str, most: int = _MOST_OF_A_NAME) -> str:
    return words if len(words) <= most else words[: most - 3] + "..."
