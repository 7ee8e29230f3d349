"""A Stage as fragments of pages: made once for each state of it, shared by pages and streams. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from promoter_view.dashboard.reading import Reading
from promoter_view.dashboard.rendering import Renderer
from promoter_view.dashboard.stage_detail import read_stage
from promoter_view.dashboard.stage_rows import StageRow
from promoter_view.records import Bundle
from promoter_view.views.bundle_cache import BundleCache


@dataclass(frozen=True, slots=True)
class ShownStage:
    """What the list of Stages wants of a bundle."""

    row: StageRow
    html: str


class StageShowing:
    """Fragments of Stages. ``argocd_url``: where Applications are shown, "" for no links."""

    def __init__(self, renderer: Renderer, reading: Reading, argocd_url: str) -> None:
        self._row = renderer.macro("_stage_row.html", "row")
        self._detail = renderer.macro("_stage.html", "detail")
        self._reading = reading
        self._argocd_url = argocd_url
        self._shown = BundleCache(self._show)

    def shown(self, bundle: Bundle) -> ShownStage:
        """Its row."""
        return self._shown.of(bundle)

    def is_shown(self, bundle: Bundle) -> bool:
        """``shown`` costs nothing."""
        return self._shown.has(bundle)

    def detail(self, bundle: Bundle) -> str:
        """All of it."""
        return self._detail(read_stage(self._reading.contents(bundle), self._argocd_url))

    def _show(self, bundle: Bundle) -> ShownStage:
        row = self._reading.stage_row(bundle)
        return ShownStage(row, self._row(row))
