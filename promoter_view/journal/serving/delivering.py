"""Delivery figures of the journal for one reader: whose they are, and the events that he may see, counted in slices."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from twisted.internet.defer import DeferredSemaphore
from twisted.internet.interfaces import IReactorTime

from promoter_view.decoded import text, texts
from promoter_view.journal.entries import JournalEntry
from promoter_view.journal.figures.counting import (
    Delivering,
    DeliveryCount,
    DeliveryReport,
    ends_of,
    report_steps,
    upstream_of,
)
from promoter_view.journal.figures.meters import STAGE_EVENTS, STRATEGY_EVENTS, Calendar, delivery_event
from promoter_view.journal.keeping import Journal
from promoter_view.journal.serving.asking import judge
from promoter_view.journal.store import JournalQuery
from promoter_view.kubernetes.selectors import LabelSelector
from promoter_view.reading.sight import Sight
from promoter_view.records import Bundle, BundleKey
from promoter_view.slices import outcome_in_slices
from promoter_view.views.bundle_cache import BundleCache
from promoter_view.views.contents import BundleContents, Readings
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS

_PAGE = 1000
#: Whole journals that are counted at a time; others wait.
_AT_ONCE = 2
#: The members that tell what is counted.
_TELLING = frozenset(("ChangeTransferPolicy", "RestoreActiveCommit", "Promotion", "Application"))


@dataclass(frozen=True, slots=True)
class DeliveryQuestion:
    """Of what, and of when: from ``since`` on, before ``until``. Texts "" and None: whichever."""

    since: datetime
    until: datetime
    namespace: str = ""
    name: str = ""
    labels: LabelSelector | None = None

    def query(self) -> JournalQuery:
        """The first events that may count."""
        return JournalQuery(
            events=STRATEGY_EVENTS | STAGE_EVENTS,
            namespace=self.namespace,
            name=self.name,
            since=self.since,
            until=self.until,
            limit=_PAGE,
        )

    def fits(self, bundle: Bundle) -> bool:
        """Whether that is one of those that are asked for."""
        return self._names(bundle.key.namespace, bundle.key.name) and (
            self.labels is None or self.labels.matches(bundle.labels)
        )

    def may_be_of(self, entry: JournalEntry) -> bool:
        """The same of what need not be there any more: nobody knows which labels it had."""
        return self.labels is None and self._names(entry.key.namespace, entry.key.name)

    def _names(self, namespace: str, name: str) -> bool:
        return self.namespace in ("", namespace) and self.name in ("", name)


class DeliveryAnswer(NamedTuple):
    """The figures, and what is drawn of them."""

    report: DeliveryReport
    calendar: Calendar


class DeliveryReader:
    """``plurals``: the views whose objects are counted."""

    def __init__(self, journal: Journal, plurals: Collection[str], *, reactor: IReactorTime) -> None:
        self._journal = journal
        self._plurals = frozenset(plurals)
        self._reactor = reactor
        self._readings = Readings()
        self._kept = BundleCache[Delivering](lambda bundle: Delivering(bundle.key))
        self._places = DeferredSemaphore(_AT_ONCE)

    async def measure(self, question: DeliveryQuestion, bundles: Iterable[Bundle], sight: Sight) -> DeliveryAnswer:
        """``bundles`` are all that the reader may see, taken one a step. Errors: JournalError, ReviewUnavailable."""
        await self._places.acquire()
        try:
            return await self._measure(question, bundles, sight)
        finally:
            self._places.release()

    async def _measure(self, question: DeliveryQuestion, bundles: Iterable[Bundle], sight: Sight) -> DeliveryAnswer:
        known, fitting = await outcome_in_slices(self._read(bundles, question), reactor=self._reactor)
        asked = [known[key] for key in fitting]
        beside = list(_beside(asked, {(each.key.namespace, each.key.name): each for each in known.values()}))
        count = DeliveryCount(asked, beside, known)
        # Freight comes from Stages of other names.
        wanted = replace(question, name="") if beside else question
        await self._count(wanted.query(), lambda it: it.key in known or question.may_be_of(it), count, sight)
        hidden = frozenset[str]().union(*fitting.values()) & _TELLING
        steps = report_steps(count, question.since, question.until, hidden)
        return DeliveryAnswer(await outcome_in_slices(steps, reactor=self._reactor), count.calendar)

    async def _count(
        self, query: JournalQuery, wanted: Callable[[JournalEntry], bool], count: DeliveryCount, sight: Sight
    ) -> None:
        while True:
            entries = await self._journal.query(query)
            mine = [each for each in entries if each.key.view in self._plurals and _counts(each) and wanted(each)]
            may_see = await judge(mine, sight)
            for entry in filter(may_see, mine):
                count.take(entry.key, delivery_event(entry))
            if len(entries) < query.limit:
                return
            query = replace(query, after=entries[-1].identity)

    def _read(
        self, bundles: Iterable[Bundle], question: DeliveryQuestion
    ) -> Generator[None, None, tuple[dict[BundleKey, Delivering], dict[BundleKey, frozenset[str]]]]:
        """All, and what is hidden of those that are asked for."""
        found, fitting = dict[BundleKey, Delivering](), dict[BundleKey, frozenset[str]]()
        for bundle in bundles:
            if not self._kept.has(bundle):
                self._kept.keep(bundle, _delivering(bundle, self._readings))
            found[bundle.key] = self._kept.of(bundle)
            if question.fits(bundle):
                fitting[bundle.key] = bundle.hidden
            yield
        return found, fitting


def _counts(entry: JournalEntry) -> bool:
    is_strategy = entry.key.view == PROMOTION_STRATEGY_DETAILS.plural
    return entry.happening.event in (STRATEGY_EVENTS if is_strategy else STAGE_EVENTS)


def _delivering(bundle: Bundle, readings: Readings) -> Delivering:
    contents = BundleContents(bundle, readings)
    if bundle.key.view != PROMOTION_STRATEGY_DETAILS.plural:
        return Delivering(bundle.key, upstream=contents.root(upstream_of))
    return Delivering(bundle.key, ends=ends_of(contents.environments(_environment)))


def _environment(found: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    return text(found, "branch"), tuple(texts(found, "dependsOn"))


def _beside(asked: Iterable[Delivering], stages: Mapping[tuple[str, str], Delivering]) -> Iterable[Delivering]:
    """The Stages that Freight comes from to those that are asked for, and that are not asked for themselves."""
    mine = {each.key for each in asked}
    found = {(each.key.namespace, name): None for each in asked for name in each.upstream if not each.is_strategy}
    there = (stages[place] for place in found if place in stages)
    return [each for each in there if each.key not in mine]
