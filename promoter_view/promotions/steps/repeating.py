"""When an Application is synced again that did not come to what is desired: in growing distances. Pure.

A branch may be late, so it is worth trying again; it may also never give that revision. What is counted is part of the
step's output while the step runs, and so of the Promotion: neither a restart nor another instance begins anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from promoter_view.decoded import mapping, number, rfc3339, text
from promoter_view.promotions.documents import seconds_of
from promoter_view.promotions.steps.decisions import Decision, NextMove

#: The key of a step's output under which it is kept, by ``namespace/name``: {"syncs": 2, "since": a moment}.
RESYNCS = "resyncs"
#: Seconds between one sync in vain and the next, the last of them for all that follow: five syncs in five minutes.
_DISTANCES = (10.0, 20.0, 60.0, 180.0, 300.0)


@dataclass(frozen=True, slots=True)
class Resync:
    """``syncs``: how many were in vain, or are under way after such. ``since``: when that was last counted up."""

    syncs: int
    since: str

    def left(self, now: float) -> float:
        """Seconds until the next one. A clock that was set back keeps nobody waiting."""
        passed = now - (seconds_of(self.since) or 0.0)
        distance = _DISTANCES[min(self.syncs, len(_DISTANCES)) - 1]
        return distance - passed if 0 <= passed < distance else 0.0

    def next_moment(self, now: float) -> str:
        """When the next one may begin."""
        return rfc3339((seconds_of(self.since) or now) + _DISTANCES[min(self.syncs, len(_DISTANCES)) - 1])


def read_resyncs(output: Any) -> dict[str, Resync]:
    """What a step's output remembers, by ``namespace/name``."""
    found = mapping(output, RESYNCS)
    read = {name: Resync(number(each, "syncs"), text(each, "since")) for name, each in found.items()}
    return {name: each for name, each in read.items() if each.syncs > 0}


def written_resyncs(resyncs: Mapping[str, Resync]) -> dict[str, Any]:
    """The part of a step's output that remembers them; empty for none."""
    found = {name: {"syncs": each.syncs, "since": each.since} for name, each in resyncs.items()}
    return {RESYNCS: found} if found else {}


def paced(decision: Decision, earlier: Resync | None, now: float) -> tuple[Decision, Resync | None]:
    """The decision with its distance kept, and what is to be remembered from now on, if anything."""
    if decision.move is not NextMove.RESYNC and (decision.move is not NextMove.SYNC or earlier is None):
        return decision, earlier
    if earlier is None:
        earlier = Resync(1, rfc3339(now))
    elif earlier.left(now) <= 0:
        return decision, Resync(earlier.syncs + 1, rfc3339(now))
    words = f"{decision.words}: it is synced again at {earlier.next_moment(now)}"
    return replace(decision, move=NextMove.WAIT, words=words), earlier
