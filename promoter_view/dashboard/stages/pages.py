"""The pages of Stages: what their templates are given. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from promoter_view.dashboard.rows_page import STAGES, fill_rows, rows_page
from promoter_view.dashboard.stages.rows import Health
from promoter_view.dashboard.stages.showing import StageShowing
from promoter_view.dashboard.strategies.fleet import read_query
from promoter_view.records import Bundle


class StagePages:
    """All Stages in rows, and one in full."""

    def __init__(self, showing: StageShowing) -> None:
        self._showing = showing

    def listing(
        self, query: Mapping[str, str], bundles: Sequence[Bundle], *, refused: bool, absent: bool, withheld: bool
    ) -> dict[str, Any]:
        """The rows; ``refused``, ``absent`` and ``withheld`` as ``rows_page`` has them."""
        page = rows_page(read_query(query, Health), STAGES, refused=refused, absent=absent, withheld=withheld)
        shown = [self._showing.shown(bundle) for bundle in bundles]
        fill_rows(page, [(each.row, each.html) for each in shown])
        return {"fleet": page}

    def one(self, bundle: Bundle) -> dict[str, Any]:
        """One Stage."""
        return {
            "namespace": bundle.key.namespace,
            "name": bundle.key.name,
            "detail": Markup(self._showing.detail(bundle)),  # noqa: S704 - of a template, which escapes
        }
