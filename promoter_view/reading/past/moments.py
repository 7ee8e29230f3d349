"""Moments of the past as whoever asks may see them: by the permissions of now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from weakref import WeakKeyDictionary

from promoter_view.reading.commits.finder import CommitFinder
from promoter_view.reading.pages import Page, Part, page
from promoter_view.reading.past.asked import AskedMoment, moment_of, parse_at
from promoter_view.reading.past.pasts import Pasts
from promoter_view.reading.past.state import PastState
from promoter_view.reading.pump import Pump
from promoter_view.reading.selection import Selection
from promoter_view.reading.sighted import SightedViews
from promoter_view.reading.sights import Sights
from promoter_view.views.history import Expired
from promoter_view.web.errors import BadRequest, ContinueExpired, MomentGone
from promoter_view.web.parameters import Parameters, first


@dataclass(frozen=True, slots=True)
class AskedPast:
    """A moment that was asked for, and the state of then."""

    moment: AskedMoment
    state: PastState

    @property
    def now(self) -> datetime:
        """As of when ages are told: the moment itself, or the last record's time where it is a resourceVersion."""
        return datetime.fromtimestamp(self.moment.time_ms / 1000, UTC) if self.moment.time_ms else self.state.time


class Moments:
    """``sights`` are those of the views of now: what they allow of these they allow of those of then.

    ``now`` is what people read.
    """

    def __init__(self, pasts: Pasts, sights: Sights, *, now: Callable[[], datetime]) -> None:
        self._pasts = pasts
        self._sights = sights
        self._then: WeakKeyDictionary[PastState, Sights] = WeakKeyDictionary()
        self._finders: WeakKeyDictionary[PastState, CommitFinder] = WeakKeyDictionary()
        self.now = now

    async def asked(self, parameters: Parameters, parameter: str = "at") -> AskedPast | None:
        """The moment that is asked for; None: that of now. Errors: BadRequest, those of Pasts."""
        if parameter not in parameters:
            return None
        moment = parse_at(first(parameters, parameter), self.now(), parameter)
        return AskedPast(moment, await self._pasts.at(moment))

    def sights(self, past: PastState) -> Sights:
        """What may be seen of it."""
        found = self._then.get(past)
        if found is None:
            definitions = past.definitions  # of the moment nothing may be kept: it is forgotten with its last reader
            found = self._then[past] = self._sights.over(past.views, lambda: definitions)
        return found

    def finder(self, finder: CommitFinder, past: PastState) -> CommitFinder:
        """The same, of that moment."""
        found = self._finders.get(past)
        if found is None:
            found = self._finders[past] = finder.over(past.views, self.sights(past))
        return found

    async def page(
        self, sighted: SightedViews, wanted: Selection, part: Part, past: AskedPast | None, pump: Pump
    ) -> Page:
        """A page of a list: of ``past``, or of ``sighted``, or where these no longer have its state, as it was then.

        Errors: BadRequest, Expired, Ahead, ContinueExpired, ReviewUnavailable, those of Pasts.
        """
        if past is not None:
            if part.token is not None:
                raise BadRequest("at: leave it out with continue, which stays in the state of the first page")
            return await self._page(sighted, wanted, part, past.state)
        try:
            return await pump.fresh(sighted.see, lambda: page(sighted.views, wanted, part))
        except (Expired, ContinueExpired) as error:
            then = await self._then_of(part, error)
        return await self._page(sighted, wanted, part, then)

    async def _then_of(self, part: Part, error: Expired | ContinueExpired) -> PastState:
        """Errors: that one where the log has no more of it, in the words that clients of Kubernetes know."""
        version = part.exact if part.token is None else part.token.resource_version
        assert version is not None
        try:
            return await self._pasts.at(moment_of(version))
        except (Expired, MomentGone) as gone:
            raise error from gone

    async def _page(self, sighted: SightedViews, wanted: Selection, part: Part, past: PastState) -> Page:
        if not wanted.fields.by_name_only:
            await self._pasts.make(past)
        then = self.sights(past).of(sighted.admission, *wanted.views)
        await then.sight.look()
        return await then.see(lambda: page(then.views, wanted, part))
