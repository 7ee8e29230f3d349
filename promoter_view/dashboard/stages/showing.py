"""A Stage as fragments of pages: made once for each state of it, shared by pages and streams. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from markupsafe import Markup

from promoter_view.dashboard.links import page_path
from promoter_view.dashboard.reading import Reading
from promoter_view.dashboard.rendering import Renderer
from promoter_view.dashboard.stages.detail import read_stage
from promoter_view.dashboard.stages.rows import StageRow, nameless_stage_row
from promoter_view.dashboard.unshown import Unshown
from promoter_view.records import Bundle, BundleKey
from promoter_view.views.bundle_cache import BundleCache
from promoter_view.views.isolation import Isolation

#: Of a Stage's page, each a macro of its template.
_SECTIONS = ("head", "applications", "freight", "promotions")


@dataclass(frozen=True, slots=True)
class ShownStage:
    """What the list of Stages wants of a bundle."""

    row: StageRow
    html: str


class StageShowing:
    """Fragments of Stages. ``argocd_url``: where Applications are shown, "" for no links."""

    def __init__(self, renderer: Renderer, reading: Reading, isolation: Isolation, argocd_url: str) -> None:
        self._row = renderer.macro("_stage_row.html", "row")
        self._detail = renderer.macro("_stage.html", "detail")
        self._sections = {part: renderer.macro("_stage.html", part) for part in _SECTIONS}
        self._unshown = Unshown(renderer)
        self._reading = reading
        self._isolation = isolation
        self._argocd_url = argocd_url
        self._shown = BundleCache(self._show_or_name)

    def shown(self, bundle: Bundle) -> ShownStage:
        """Its row."""
        return self._shown.of(bundle)

    def steps(self, bundle: Bundle) -> Iterator[None]:
        """Makes what ``shown`` gives, an Application a step."""
        if not self._shown.has(bundle):
            yield from self._isolation.steps(bundle.key, "row", self._reading.steps(bundle))
            self._shown.of(bundle)
            yield

    def detail(self, bundle: Bundle) -> str:
        """All of it, section by section: one that cannot be shown says so, and the others are there."""
        key = bundle.key
        return self._isolation.of(key, "page", lambda: self._in_full(bundle), lambda: self._unshown.page(key))

    def _in_full(self, bundle: Bundle) -> str:
        found = read_stage(self._reading.contents(bundle), self._argocd_url)
        made = [
            self._isolation.of(bundle.key, part, partial(section, found), partial(self._unshown.section, part))
            for part, section in self._sections.items()
        ]
        return self._detail(found, Markup("\n".join(made)))  # noqa: S704 - of templates, which escape

    def _show_or_name(self, bundle: Bundle) -> ShownStage:
        return self._isolation.of(bundle.key, "row", lambda: self._show(bundle), lambda: self._name(bundle.key))

    def _show(self, bundle: Bundle) -> ShownStage:
        row = self._reading.stage_row(bundle)
        return ShownStage(row, self._row(row))

    def _name(self, key: BundleKey) -> ShownStage:
        row = nameless_stage_row(key.namespace, key.name)
        return ShownStage(row, self._unshown.row(row, page_path(*key), row.state.css))
