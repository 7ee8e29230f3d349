"""How long a lease a replica takes: a longer one after it has lost one while it ran. Pure values.

A machine that is short of time keeps no lease of three seconds. If it lost each term before it has listed the cluster
once, it would begin again for ever. So it is given more time, and with it the others wait longer for one that is dead.
"""

from __future__ import annotations

from dataclasses import dataclass

#: A lease is doubled so often at most: 12 s. Beyond 10 s a leader gives up by itself (PATIENCE_SECONDS).
MOST_DOUBLINGS = 2
#: A loss so long ago counts no more.
FORGET_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Losses:
    """``count`` leases ended while this replica ran, one soon after the other, the last one at ``last`` (seconds)."""

    count: int = 0
    last: float = 0.0

    def one_more(self, now: float) -> Losses:
        """Another one ended."""
        return Losses(self.doublings(now) + 1, now)

    def doublings(self, now: float) -> int:
        """How often the next lease is to be doubled."""
        return min(self.count, MOST_DOUBLINGS) if now - self.last < FORGET_SECONDS else 0
