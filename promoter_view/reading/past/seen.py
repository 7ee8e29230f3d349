"""When things happened, as a moment of the past tells it to whoever may not see all of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING

from promoter_view.reading.looks import looks_of
from promoter_view.records import Bundle
from promoter_view.views.versions import LAST_PLACE, join, moment, split

if TYPE_CHECKING:
    from promoter_view.reading.past.state import PastState


@dataclass(frozen=True, slots=True)
class SeenMoment:
    """``recorded``: when the last change of what is seen was written; None, and all else 0, where nothing is seen.

    ``version`` is the resourceVersion of a list of the moment; ``before`` and ``after`` are those of the states with
    one change less, and more, 0 where these are not known.
    """

    recorded: datetime | None = None
    version: int = 0
    before: int = 0
    after: int = 0


def seen_of(past: PastState, found: Iterable[Sequence[Bundle]], *, whole: bool) -> SeenMoment:
    """What a moment tells to whoever sees those bundles of it. ``whole``: that is all there is, also of what is gone.

    To others it tells what their bundles' resourceVersions say already, and nothing of changes that they cannot see.
    """
    if whole:
        return SeenMoment(past.time, past.views.head, past.before, past.after)
    looks = chain.from_iterable(map(looks_of, found))
    newest = max((look.whole.resource_version for look in looks), default=0)
    if not newest:
        return SeenMoment()
    last = split(newest)
    before = join(last.offset - 1, last.generation, LAST_PLACE)
    return SeenMoment(min(moment(newest), past.time), past.views.head, before)
