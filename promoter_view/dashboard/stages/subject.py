"""Stages as a subject of pages: their rows, one in full, what a change of one means. Pure."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Any, TypeVar

import orjson
from markupsafe import Markup

from promoter_view.dashboard.events import Item
from promoter_view.dashboard.journal.earlier import Earlier, WantedEntries
from promoter_view.dashboard.journal.page import event_line
from promoter_view.dashboard.page_table import page_path
from promoter_view.dashboard.pictures.pipeline import draw_pipeline
from promoter_view.dashboard.rendering import Renderer
from promoter_view.dashboard.stages.activity import compare_stages
from promoter_view.dashboard.stages.detail import read_stage, shown_promotions, stage_steps
from promoter_view.dashboard.stages.earlier import ended_before, wanted_ends
from promoter_view.dashboard.stages.freight_flow import read_flow
from promoter_view.dashboard.stages.pipeline import STAGE_ORDERS, levels_of
from promoter_view.dashboard.stages.project import PipelineStage, read_piece, read_pipeline_stage
from promoter_view.dashboard.stages.rows import (
    ShownHealth,
    StageRow,
    nameless_stage_row,
    read_stage_row,
    stage_row_steps,
)
from promoter_view.dashboard.strategies.fleet import FleetQuery, read_query
from promoter_view.dashboard.subject import Chip, Reading, Shown, Subject, Wording
from promoter_view.dashboard.unshown import Unshown
from promoter_view.records import Bundle, BundleKey
from promoter_view.views.contents import Readings
from promoter_view.views.isolation import Isolation
from promoter_view.views.stage.details import STAGE_DETAILS

_Made = TypeVar("_Made")
#: Of a Stage's page, each a macro of its template.
_SECTIONS = ("head", "next", "applications", "freight", "promotions")


class Stages(Subject):
    """``argocd_url``: where Applications are shown, "" for no links."""

    view = STAGE_DETAILS
    told_by = frozenset({"Promotion", "Freight", "Application"})
    has_figures = False
    wording = Wording(
        "Stages",
        "Stage",
        "Stages",
        "name, Freight, Promotion, Application, sha, tag",
        "There is no Stage yet. If one is created that you may see, it appears on this page.",
        tuple(Chip(health, health.word, health.css) for health in ShownHealth),
        "Stage",
        STAGE_DETAILS,
        STAGE_DETAILS,
        " · Stage",
        STAGE_ORDERS,
    )

    def __init__(
        self, renderer: Renderer, isolation: Isolation, *, readings: Readings | None = None, argocd_url: str = ""
    ) -> None:
        super().__init__(isolation)
        self._row = renderer.macro("_stage_row.html", "row")
        self._pipeline = renderer.macro("_pipeline.html", "pipeline")
        self._flow = renderer.macro("_freight_flow.html", "flow")
        self._detail = renderer.macro("_stage.html", "detail")
        self._sections = {part: renderer.macro("_stage.html", part) for part in _SECTIONS}
        self._earlier = renderer.macro("_earlier_stage.html", "earlier")
        self._unshown = Unshown(renderer)
        self._reading = Reading(readings or Readings(), lambda contents, _: read_stage_row(contents))
        self._argocd_url = argocd_url

    def read_query(self, query: Mapping[str, str]) -> FleetQuery:
        """A state is a Stage's health."""
        return read_query(query, ShownHealth, STAGE_ORDERS)

    def read_steps(self, bundle: Bundle | None) -> Iterator[None]:
        """An Application a step."""
        if bundle is not None:
            yield from stage_row_steps(self._reading.contents(bundle))

    def compare(self, before: Bundle | None, after: Bundle | None) -> tuple[Item, ...]:
        """Promotions that begin and end, Freight that comes, health."""
        rows = [None if bundle is None else self._reading.model(bundle) for bundle in (before, after)]
        return tuple(compare_stages(*rows))

    def detail_steps(self, bundle: Bundle, now: datetime) -> Iterator[None]:  # noqa: ARG002
        """Reads it, an Application a step: the rest is little."""
        yield from self.row_steps(bundle)
        yield from self._isolation.steps(bundle.key, "page", stage_steps(self._reading.contents(bundle)))

    def detail(self, bundle: Bundle, now: datetime) -> bytes:  # noqa: ARG002
        """The same whenever it is made."""
        return orjson.dumps(self._html(bundle))

    def in_full(
        self,
        bundle: Bundle,
        query: Mapping[str, str],  # noqa: ARG002
        now: datetime,
    ) -> Generator[bytes, None, Mapping[str, Any]]:
        """``detail``: all of it."""
        for _ in self.detail_steps(bundle, now):
            yield b""
        detail = Markup(self._html(bundle))  # noqa: S704 - of a template, which escapes
        yield b""
        return {"detail": detail}

    def _html(self, bundle: Bundle) -> str:
        """All of it, section by section: one that cannot be shown says so, and the others are there."""
        key = bundle.key
        return self._isolation.of(key, "page", lambda: self._whole(bundle), lambda: self._unshown.page(key))

    def beside(self, bundle: Bundle, others: Iterable[Bundle]) -> Generator[bytes, None, Mapping[str, Any]]:
        """``pipeline`` and ``flow``: the project's, as HTML."""
        found: list[tuple[PipelineStage, StageRow]] = []
        for other in [each for each in others if each.key.namespace == bundle.key.namespace]:
            contents = self._reading.contents(other)
            for _ in chain(self.row_steps(other), contents.steps("freight", read_piece)):
                yield b""
            row = self.shown(other).row
            assert isinstance(row, StageRow)
            found.append((read_pipeline_stage(contents), row))
        levels = yield from _stepping(levels_of(row for _, row in found))
        found.sort(key=lambda each: (levels[each[1].namespace, each[1].name], each[1].name))
        own, rows = bundle.key.name, {row.name: row for _, row in found}
        made = {
            "pipeline": lambda: self._pipeline(draw_pipeline(found), own),
            "flow": lambda: self._flow(read_flow([stage for stage, _ in found], rows), own),
        }
        html = {}
        for part, make in made.items():
            html[part] = Markup(self._isolation.of(bundle.key, part, make, lambda: ""))  # noqa: S704 - of a template
            yield b""
        return html

    def wanted(self, key: BundleKey) -> WantedEntries:
        """How Promotions ended."""
        return wanted_ends(key)

    def past(
        self,
        bundle: Bundle,
        query: Mapping[str, str],  # noqa: ARG002
        told: Earlier,
    ) -> Generator[bytes, None, Sequence[Markup]]:
        """Those that are gone, a line each."""
        yield b""
        made = self._isolation.of(
            bundle.key, "earlier", lambda: self._gone(bundle, told), lambda: self._unshown.section("earlier")
        )
        return (Markup(made),)  # noqa: S704 - of a template, which escapes

    def _gone(self, bundle: Bundle, told: Earlier) -> str:
        gone = ended_before(told, shown_promotions(self._reading.contents(bundle)))
        return self._earlier(bundle.key, [event_line(each) for each in gone], told.problem)

    def _whole(self, bundle: Bundle) -> str:
        found = read_stage(self._reading.contents(bundle), self._argocd_url)
        made = [
            self._isolation.of(bundle.key, part, partial(section, found), partial(self._unshown.section, part))
            for part, section in self._sections.items()
        ]
        return self._detail(found, Markup("\n".join(made)))  # noqa: S704 - of templates, which escape

    def _show(self, bundle: Bundle) -> Shown:
        row = self._reading.model(bundle)
        return Shown(row, self._row(row))

    def _name(self, key: BundleKey) -> Shown:
        row = nameless_stage_row(key.namespace, key.name)
        return Shown(row, self._unshown.row(row, page_path(*key), row.state.css))


def _stepping(steps: Generator[None, None, _Made]) -> Generator[bytes, None, _Made]:
    """What they return; b"" for each."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            made: _Made = done.value
            return made
        yield b""
