"""Delivery figures as they are told: what the page shows, JSON and CSV. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

import orjson

from promoter_view.dashboard.page_table import page_path
from promoter_view.dashboard.pictures.delivery_chart import DeliveryChart
from promoter_view.dashboard.rendering import span
from promoter_view.journal.figures.counting import DeliveryReport, ObjectFigures
from promoter_view.journal.figures.samples import DeliveryFigures, Spread
from promoter_view.records import BundleKey

_ROWS = 500
_ITEMS_A_PIECE = 50


@dataclass(frozen=True, slots=True)
class ShownFigure:
    """A figure in words: its median, and in ``more`` what it is of. "" where there are no samples."""

    words: str
    more: str


@dataclass(frozen=True, slots=True)
class FiguresLine:
    """The figures of an object, or of all. ``path`` is that of its page, "" for all."""

    path: str
    namespace: str
    name: str
    deployments: int
    lead_time: ShownFigure
    hops: ShownFigure
    failed: ShownFigure
    time_to_restore: ShownFigure


@dataclass(frozen=True, slots=True)
class FiguresShown:
    """All that the page shows. ``given``: the filters as they were written. ``lines``: the objects with most
    deployments, ``more`` so many others.
    """

    report: DeliveryReport
    whole: FiguresLine
    lines: Sequence[FiguresLine]
    more: int
    chart: DeliveryChart | None
    given: Mapping[str, str]


def figures_shown(report: DeliveryReport, chart: DeliveryChart | None, given: Mapping[str, str]) -> FiguresShown:
    """What the page shows."""
    rows = sorted(report.objects, key=lambda each: (-each.figures.deployments, each.key))
    lines = [_line(page_path(*each.key), each) for each in rows[:_ROWS]]
    whole = _line("", ObjectFigures(BundleKey("", "", ""), report.whole))
    return FiguresShown(report, whole, lines, len(rows[_ROWS:]), chart, given)


def _line(path: str, it: ObjectFigures) -> FiguresLine:
    figures = it.figures
    times = map(_time, (figures.lead_time, figures.hops, figures.time_to_restore))
    lead_time, hops, time_to_restore = times
    failed = _share(figures)
    return FiguresLine(
        path, it.key.namespace, it.key.name, figures.deployments, lead_time, hops, failed, time_to_restore
    )


def _time(found: Spread) -> ShownFigure:
    if found.median is None:
        return ShownFigure("", "")
    p90 = "" if found.p90 is None else f"p90 {span(timedelta(seconds=found.p90))}, "
    return ShownFigure(span(timedelta(seconds=found.median)), f"{p90}of {found.samples}")


def _share(figures: DeliveryFigures) -> ShownFigure:
    share = figures.failure_share
    return (
        ShownFigure("", "") if share is None else ShownFigure(f"{share:.0%}", f"{figures.failed} of {figures.judged}")
    )


def json_pieces(report: DeliveryReport) -> Iterator[bytes]:
    """``DeliveryReport.document``, some objects at a time."""
    yield orjson.dumps(report.head())[:-1]
    for name, found in report.lists().items():
        yield b',"%b":[' % name.encode()
        items, between = iter(found), b""
        while some := [each.document() for each in islice(items, _ITEMS_A_PIECE)]:
            yield between + orjson.dumps(some)[1:-1]
            between = b","
        yield b"]"
    yield b"}\n"


def csv_pieces(report: DeliveryReport) -> Iterator[bytes]:
    """``DeliveryReport.csv``, some lines at a time."""
    lines = report.csv()
    while some := list(islice(lines, _ITEMS_A_PIECE)):
        yield "".join(f"{line}\r\n" for line in some).encode()
