"""How much one user may have under way at once. Pure.

Counted by user and never by address: behind the aggregator everybody comes from the same few addresses.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from promoter_view.web.errors import TooManyRequests


@dataclass(frozen=True, slots=True)
class Limits:
    """For one user: requests under way, watches not counted, and open watches."""

    requests: int = 200
    watches: int = 1000


@dataclass(frozen=True, slots=True)
class Claim:
    """What one request takes of its user's share. ``user`` None: it is not counted."""

    user: str | None
    watch: bool


class Shares:
    """What each user has under way. A user who has nothing takes no memory."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._requests: Counter[str] = Counter()
        self._watches: Counter[str] = Counter()

    def take(self, claim: Claim) -> None:
        """The request begins; ``give_back`` when it is over. Errors: TooManyRequests."""
        if claim.user is None:
            return
        if claim.watch and self._watches[claim.user] >= self._limits.watches:
            raise TooManyRequests(f"{claim.user} has {self._limits.watches} watches open, and may not have more", 10)
        if not claim.watch and self._requests[claim.user] >= self._limits.requests:
            raise TooManyRequests(f"{claim.user} has {self._limits.requests} requests under way: try again later", 1)
        self._counter(claim)[claim.user] += 1

    def give_back(self, claim: Claim) -> None:
        """The request is over."""
        if claim.user is None:
            return
        counter = self._counter(claim)
        counter[claim.user] -= 1
        if not counter[claim.user]:
            del counter[claim.user]

    def _counter(self, claim: Claim) -> Counter[str]:
        return self._watches if claim.watch else self._requests
