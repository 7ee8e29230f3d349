"""The last deployments of a strategy in the space of a word: a stroke each, as high as its lead time is long. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from heapq import nlargest
from operator import attrgetter
from statistics import median

from promoter_view.dashboard.rendering import span
from promoter_view.views.promotion_strategy.estimates.deliveries import Delivery

MOST_STROKES = 12
#: Pixels from one stroke to the next, and the height of the longest.
_APART, _HEIGHT = 4, 13


@dataclass(frozen=True, slots=True)
class Sparkline:
    """SVG paths of those that went well and of those with a failed check; ``words`` say the same."""

    well: str
    failed: str
    words: str


def sparkline_of(deployments: Iterable[Delivery]) -> Sparkline | None:
    """Of the last twelve, the oldest first; None where of none it is known how long it took."""
    timed = (each for each in deployments if each.committed is not None and each.live >= each.committed)
    shown = nlargest(MOST_STROKES, timed, key=attrgetter("live"))[::-1]
    times = [(each.live - each.committed).total_seconds() for each in shown if each.committed is not None]
    if not times:
        return None
    longest = max(*times, 1.0)
    strokes: dict[bool, list[str]] = {False: [], True: []}
    for place, (each, time) in enumerate(zip(shown, times, strict=True)):
        strokes[each.failed].append(f"M{place * _APART + 1.5} 14v-{max(round(_HEIGHT * time / longest), 1)}")
    return Sparkline("".join(strokes[False]), "".join(strokes[True]), _said(times, len(strokes[True])))


def _said(times: list[float], failed: int) -> str:
    of = "the last deployment" if len(times) == 1 else f"the last {len(times)} deployments"
    said = [f"Lead times of {of}", f"median {span(timedelta(seconds=median(times)))}"]
    said.append(f"newest {span(timedelta(seconds=times[-1]))}")
    return ", ".join([*said, f"{failed} failed"] if failed else said)
