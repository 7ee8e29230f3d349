"""Where a commit is, for one who asks: what he may list is looked at, and no more. Thin: others decide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Protocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from promoter_view.access.admission import Admission
from promoter_view.boundaries import ViewReader
from promoter_view.reading.commits.found import Findings
from promoter_view.reading.commits.index import CommitIndex, ViewPlace, place_of
from promoter_view.reading.commits.question import CommitQuestion
from promoter_view.reading.commits.search import MOST_BUNDLES, Searched, look
from promoter_view.reading.commits.words import SCANNERS
from promoter_view.reading.past.commits import PastCommits
from promoter_view.reading.sighted import SightedViews
from promoter_view.reading.sights import Sights
from promoter_view.slices import outcome_in_slices
from promoter_view.views.contents import Readings
from promoter_view.web.errors import NotReady


class IndexKeeper(Protocol):
    """Keeps an index of what bundles name."""

    @property
    def index(self) -> CommitIndex:
        """As far as it is made."""

    def current(self) -> Deferred[None]:
        """Fires once it has all that there is now."""


class CommitFinder:
    """``plurals`` are the views that are looked at; ``sights`` know who may list what."""

    def __init__(
        self,
        views: ViewReader,
        plurals: Sequence[str],
        follower: IndexKeeper,
        *,
        sights: Sights,
        readings: Readings,
        reactor: IReactorTime,
    ) -> None:
        self._views = views
        self._plurals = tuple(plurals)
        self._follower = follower
        self._sights = sights
        self._readings = readings
        self._reactor = reactor

    def over(self, views: ViewReader, sights: Sights) -> CommitFinder:
        """The same of other views that stay as they are: those of a moment of the past."""
        keeper = PastCommits(views, self._plurals, reactor=self._reactor)
        return CommitFinder(views, self._plurals, keeper, sights=sights, readings=self._readings, reactor=self._reactor)

    async def find(self, admission: Admission, asked: str, question: CommitQuestion, namespace: str = "") -> Findings:
        """``namespace`` "": in all that may be listed. Errors: NotReady, ReviewUnavailable."""
        if not self._views.ready:
            raise NotReady()
        await self._follower.current()
        sighted = self._sights.of(admission, *self._plurals)
        places = [place for place in self._follower.index.places if self._is_looked_at(place, namespace)]
        if namespace and places:
            await sighted.sight.examine({namespace})
        elif not namespace:
            await sighted.sight.look()
        searched = await sighted.see(lambda: self._search(sighted, asked, question, namespace))
        return await outcome_in_slices(look(searched, question, self._readings), reactor=self._reactor)

    def _is_looked_at(self, place: ViewPlace, namespace: str) -> bool:
        return place.view in self._plurals and namespace in ("", place.namespace)

    def _search(self, sighted: SightedViews, asked: str, question: CommitQuestion, namespace: str) -> Searched:
        """Errors: Unseen."""
        index, sight = self._follower.index, sighted.sight
        looked = [place for place in index.places if self._is_looked_at(place, namespace)]
        seen = frozenset(place for place in looked if sight.sees(*place))
        keys = [key for key in index.candidates(question) if place_of(key) in seen]
        # Last what may be found by members that are not seen: nothing depends on how many of those there are.
        told = frozenset(place for place in seen if self._sees_all(sighted, place))
        keys.sort(key=lambda key: place_of(key) not in told)
        counted = sum(place_of(key) in told for key in keys)
        found = ((sighted.views.get(key), index.overtaken(key)) for key in islice(keys, MOST_BUNDLES))
        beginning = Findings(
            asked,
            namespace,
            self._views.head,
            known_since=index.oldest(self._telling(sighted, seen)),
            left_out=max(counted - MOST_BUNDLES, 0),
            blind=bool(looked) and not seen,
        )
        return Searched(beginning, [(bundle, proposals) for bundle, proposals in found if bundle is not None])

    def _sees_all(self, sighted: SightedViews, place: ViewPlace) -> bool:
        hidden = sighted.sight.hidden(*place)
        return hidden is not None and hidden.isdisjoint(SCANNERS[place.view].every_kind)

    def _telling(self, sighted: SightedViews, seen: Iterable[ViewPlace]) -> Iterable[ViewPlace]:
        """Those whose members may be seen that tell of times."""
        for place in seen:
            hidden = sighted.sight.hidden(*place)
            if hidden is not None and hidden.isdisjoint(SCANNERS[place.view].kinds):
                yield place
