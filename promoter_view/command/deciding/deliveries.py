"""Delivery figures for people: events read from the API, figures of each strategy and Stage, rows. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from promoter_view.command.reading.status import read_strategy
from promoter_view.command.telling.tables import NONE
from promoter_view.decoded import mapping, moment, number, text
from promoter_view.journal.figures.counting import (
    Delivering,
    DeliveryCount,
    DeliveryReport,
    ObjectFigures,
    ends_of,
    report_steps,
    upstream_of,
)
from promoter_view.journal.figures.meters import STAGE_EVENTS, STRATEGY_EVENTS, DeliveryEvent
from promoter_view.journal.figures.samples import DeliveryFigures, Spread
from promoter_view.records import BundleKey
from promoter_view.slices import outcome
from promoter_view.views.ages import human_duration
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from promoter_view.views.stage.details import STAGE_DETAILS

_EVENTS = {
    PROMOTION_STRATEGY_DETAILS.plural: {each.value: each for each in STRATEGY_EVENTS},
    STAGE_DETAILS: {each.value: each for each in STAGE_EVENTS},
}
HEADINGS = ("NAME", "DEPLOYMENTS", "LEAD TIME", "HOP", "FAILED", "RESTORED IN")


class ObjectEvent(NamedTuple):
    """An event, and whose it is."""

    key: BundleKey
    event: DeliveryEvent


def read_event(document: Mapping[str, Any]) -> ObjectEvent | None:
    """Of a PromotionEvent; None for one that no figure is made of."""
    view, time = text(document, "view"), moment(document, "time")
    event = _EVENTS.get(view, {}).get(text(document, "event"))
    if event is None or time is None:
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
        after=text(document, "after"),
    )
    return ObjectEvent(BundleKey(view, text(document, "metadata", "namespace"), text(document, "name")), told)


def read_delivering_strategy(document: Mapping[str, Any]) -> Delivering:
    """Of PromotionStrategyDetails."""
    status = read_strategy(document)
    key = BundleKey(PROMOTION_STRATEGY_DETAILS.plural, status.namespace, status.name)
    return Delivering(key, ends=ends_of((each.branch, each.depends_on) for each in status.environments))


def read_delivering_stage(document: Mapping[str, Any]) -> Delivering:
    """Of StageDetails."""
    namespace, name = (text(document, "metadata", field) for field in ("namespace", "name"))
    return Delivering(BundleKey(STAGE_DETAILS, namespace, name), upstream=upstream_of(document))


class AskedObjects(NamedTuple):
    """Whose figures are asked for. ``beside``: other Stages, which Freight may come from; ``whole``: the objects are
    all that there are, so that events of others are of objects that were deleted.
    """

    objects: Sequence[Delivering]
    beside: Sequence[Delivering] = ()
    whole: bool = True


def deliveries(asked: AskedObjects, events: Iterable[ObjectEvent], since: datetime, until: datetime) -> DeliveryReport:
    """The figures of those."""
    count = DeliveryCount(asked.objects, asked.beside)
    for key, event in events:
        count.take(key, event)
    report = outcome(report_steps(count, since, until))
    return report if asked.whole else replace(report, gone=0)


def rows(found: Sequence[ObjectFigures], whole: DeliveryFigures, *, wide: bool) -> list[list[str]]:
    """A row for each, and the last for all where there are several. Namespaces come first."""
    told = [[each.key.namespace, each.key.name, *_cells(each.figures, wide=wide)] for each in found]
    return [*told, ["", "all of them", *_cells(whole, wide=wide)]] if len(told) > 1 else told


def _cells(found: DeliveryFigures, *, wide: bool) -> Sequence[str]:
    share = found.failure_share
    failed = NONE if share is None else f"{found.failed} of {found.judged} ({share:.0%})"
    lead, hop, restore = (_times(each, wide=wide) for each in (found.lead_time, found.hops, found.time_to_restore))
    return [str(found.deployments), lead, hop, failed, restore]


def _times(found: Spread, *, wide: bool) -> str:
    if found.median is None:
        return NONE
    p90 = f", p90 {_human(found.p90)}" if wide and found.p90 is not None else ""
    return f"{_human(found.median)}{p90} ({found.samples})"


def _human(seconds: int) -> str:
    return human_duration(timedelta(seconds=seconds))
