"""When a commit that is on its way to an environment is likely to be live there. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from promoter_view.views.promotion_strategy.estimates.hops import Estimate, Hop


@dataclass(frozen=True, slots=True)
class Likely:
    """Half of those before it were live by ``earliest``, nine of ten by ``latest``; it has waited since ``since``."""

    since: datetime
    earliest: datetime
    latest: datetime
    estimate: Estimate


def likely(hop: Hop, *, arrived: datetime | None, proposed: datetime | None) -> Likely | None:
    """Of a commit that is proposed, by that hop; None where too little is known.

    ``arrived``: since when the environments that this one depends on have it, None where they do not, or there are
    none. Then it counts from when it was proposed here.
    """
    for since, estimate in ((arrived, hop.awaited), (proposed, hop.proposed)):
        if since is not None and estimate is not None:
            earliest, latest = later(since, estimate.median), later(since, estimate.ninetieth)
            return Likely(since, earliest, latest, estimate) if earliest is not None and latest is not None else None
    return None


def later(moment: datetime, length: timedelta) -> datetime | None:
    """That much later; None where that is beyond the year 9999."""
    try:
        return moment + length
    except OverflowError:
        return None
