"""What the past of an environment tells of what is on its way: how long it usually takes, when it is stalled. Pure.

No present time is in it: pages say what has passed by now, and a browser goes on saying it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from promoter_view.views.promotion_strategy.estimates.hops import UNKNOWN_HOP, Hop
from promoter_view.views.promotion_strategy.estimates.likely import Likely, likely
from promoter_view.views.promotion_strategy.estimates.stalled import stalled_at


@dataclass(frozen=True, slots=True)
class Outlook:
    """Of one environment. ``likely`` is when what is proposed will be live, None where too little is known.

    ``waits_since``: what is proposed was proposed then, or what the environment depends on has had it since then.
    ``stalled_at``: from then on it is stalled, should its state last; None: never.
    """

    hop: Hop = UNKNOWN_HOP
    waits_since: datetime | None = None
    likely: Likely | None = None
    stalled_at: datetime | None = None


NO_OUTLOOK = Outlook()


def read_outlook(
    hop: Hop, state: str, *, since: datetime | None, proposed: datetime | None, arrived: datetime | None
) -> Outlook:
    """Of an environment that is in that state since then.

    ``proposed``: when what comes next was proposed, None for nothing; ``arrived``: since when all that the environment
    depends on have it, None where they do not.
    """
    if proposed is None:
        return Outlook(hop, stalled_at=stalled_at(state, since, hop))
    waits_since = proposed if arrived is None else max(arrived, proposed)
    return Outlook(hop, waits_since, likely(hop, arrived=arrived, proposed=proposed), stalled_at(state, since, hop))
