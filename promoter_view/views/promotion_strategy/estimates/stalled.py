"""When an environment that should move by itself counts as stalled. Pure: who asks knows what time it is.

Stalled is no state of the object, for it depends on the clock. Pages, metrics and the command add it to the state.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from promoter_view.views.promotion_strategy.estimates.hops import Estimate, Hop
from promoter_view.views.promotion_strategy.estimates.likely import later
from promoter_view.views.promotion_strategy.state.words import StateWord

#: The states of which one that lasts too long is said to be stalled: nobody is asked to do anything, and no clock runs.
MOVING = frozenset({StateWord.CHECKING, StateWord.PROMOTING, StateWord.VERIFYING})
_TIMES = 3
_SHORTEST = timedelta(minutes=15)
_WHERE_UNKNOWN = timedelta(hours=1)


def patience(usual: Estimate | None) -> timedelta:
    """How long such a state may last: three times the 90th percentile, 15 minutes at least; where unknown 1 hour."""
    return _WHERE_UNKNOWN if usual is None else max(_TIMES * usual.ninetieth, _SHORTEST)


def stalled_at(state: str, since: datetime | None, hop: Hop) -> datetime | None:
    """From when on an environment that has been in that state since then is stalled; None: never, or not known.

    It does not change while the state lasts: keep it, and compare it with the time.
    """
    if since is None or state not in MOVING:
        return None
    return later(since, patience(hop.usual))
