"""Delivery figures for people: events read from the API, figures for each strategy, rows. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from promoter_view.command.deciding.events import stamp
from promoter_view.command.reading.status import StrategyStatus
from promoter_view.command.telling.exports import csv_cells, csv_row
from promoter_view.command.telling.tables import NONE
from promoter_view.decoded import mapping, moment, number, text
from promoter_view.journal.entries import EventType
from promoter_view.journal.figures import DeliveryEvent, DeliverySamples, Spread, measure, spread
from promoter_view.views.ages import human_duration
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS

_COUNTED = {
    each.value: each for each in (EventType.PROMOTED, EventType.RESTORED, EventType.FAILED, EventType.RECOVERED)
}
_SPREAD = ("median", "p90", "samples")
_FIGURES = {"leadTime": _SPREAD, "hops": _SPREAD, "failureShare": ("share", "failed", "samples")} | {
    "timeToRestore": _SPREAD
}
_COLUMNS = (
    "namespace",
    "name",
    "deployments",
    *(f"{figure}.{part}" for figure, parts in _FIGURES.items() for part in parts),
)
HEADINGS = ("NAME", "DEPLOYMENTS", "LEAD TIME", "HOP", "FAILED", "RESTORED IN")


class StrategyEvent(NamedTuple):
    """An event, and whose it is."""

    strategy: tuple[str, str]
    event: DeliveryEvent


def read_event(document: Mapping[str, Any]) -> StrategyEvent | None:
    """Of a PromotionEvent; None for one that no figure is made of."""
    event, time = _COUNTED.get(text(document, "event")), moment(document, "time")
    if event is None or time is None or text(document, "view") != PROMOTION_STRATEGY_DETAILS.plural:
        return None
    seconds = mapping(document, "seconds")
    told = DeliveryEvent(
        time,
        event,
        text(document, "environment"),
        text(document, "commit", "sha"),
        text(document, "check", "key"),
        number(seconds, "leadTime") if "leadTime" in seconds else None,
        number(seconds, "hop") if "hop" in seconds else None,
        backfilled=document.get("backfilled") is True,
    )
    return StrategyEvent((text(document, "metadata", "namespace"), text(document, "name")), told)


@dataclass(frozen=True, slots=True)
class StrategyFigures:
    """The figures of strategies, by namespace and name. ``gone``: how many that there were are not there now."""

    since: datetime
    until: datetime
    strategies: Mapping[tuple[str, str], DeliverySamples]
    gone: int

    @property
    def whole(self) -> DeliverySamples:
        """Of all of them together: of their samples, not of their figures."""
        found = DeliverySamples()
        for each in self.strategies.values():
            found.add(each)
        return found

    def document(self) -> dict[str, Any]:
        """As JSON."""
        items = [
            {"namespace": namespace, "name": name, **each.document()}
            for (namespace, name), each in self.strategies.items()
        ]
        return {
            "since": stamp(self.since),
            "until": stamp(self.until),
            "strategies": items,
            "all": self.whole.document(),
        }

    def csv(self) -> list[str]:
        """A heading, and a line for each strategy. Times are in seconds."""
        return [csv_row(_COLUMNS), *(csv_row(csv_cells(each, _COLUMNS)) for each in self.document()["strategies"])]

    def rows(self, *, wide: bool) -> list[list[str]]:
        """A row for each, and the last for all where there are several. Namespaces come first."""
        rows = [[namespace, name, *_cells(each, wide=wide)] for (namespace, name), each in self.strategies.items()]
        return [*rows, ["", "all of them", *_cells(self.whole, wide=wide)]] if len(rows) > 1 else rows


def deliveries(
    statuses: Iterable[StrategyStatus],
    events: Iterable[StrategyEvent],
    since: datetime,
    until: datetime,
) -> StrategyFigures:
    """The figures of the strategies that there are."""
    ends = {(each.namespace, each.name): ends_of(each) for each in statuses}
    told: dict[tuple[str, str], list[DeliveryEvent]] = {strategy: [] for strategy in sorted(ends)}
    gone = set[tuple[str, str]]()
    for strategy, event in events:
        if strategy in told:
            told[strategy].append(event)
        else:
            gone.add(strategy)
    found = {strategy: measure(each, ends[strategy]) for strategy, each in told.items()}
    return StrategyFigures(since, until, found, len(gone))


def ends_of(status: StrategyStatus) -> frozenset[str]:
    """The branches of the last environments: those that no other one depends on."""
    awaited = {branch for each in status.environments for branch in each.depends_on}
    return frozenset(each.branch for each in status.environments) - awaited


def _cells(samples: DeliverySamples, *, wide: bool) -> Sequence[str]:
    failed = f"{samples.failed} of {samples.judged}" if samples.judged else NONE
    share = f" ({samples.failed / samples.judged:.0%})" if samples.judged else ""
    lead, hop, restore = (_times(spread(each), wide=wide) for each in (samples.leads, samples.hops, samples.restores))
    return [str(samples.deployments), lead, hop, failed + share, restore]


def _times(found: Spread, *, wide: bool) -> str:
    if found.median is None:
        return NONE
    p90 = f", p90 {_human(found.p90)}" if wide and found.p90 is not None else ""
    return f"{_human(found.median)}{p90} ({found.samples})"


def _human(seconds: int) -> str:
    return human_duration(timedelta(seconds=seconds))
