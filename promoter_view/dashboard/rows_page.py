"""What a page of rows shows: strategies or Stages, through filters and in an order. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from markupsafe import Markup

from promoter_view.dashboard.strategies.fleet import ORDERS, FleetQuery, Listed, in_order
from promoter_view.dashboard.subject import Shown, Wording


@dataclass(slots=True)
class RowsPage:
    """Filled once its rows are there: the head of the page is sent before."""

    query: FleetQuery
    wording: Wording
    orders: Mapping[str, Any]
    total: int = 0
    shown: int = 0
    counts: Mapping[StrEnum, int] = field(default_factory=dict)
    namespaces: Sequence[str] = ()
    rows: Iterable[Markup] = ()
    nothing: str = ""


def rows_page(
    query: FleetQuery, wording: Wording, *, refused: bool = False, absent: bool = False, withheld: bool = False
) -> RowsPage:
    """A page without its rows. Where there are none it says why.

    ``refused``: there are some, and its reader may see none; ``absent``: the cluster does not know their kind;
    ``withheld``: promoter-view itself may not list it.
    """
    nothing = wording.nothing
    if refused:
        nothing = f"You may not list {wording.resource} in any namespace that has some. Ask for a Role that allows it."
    elif absent:
        nothing = f"The cluster does not know the kind {wording.kind}: it is not installed."
    elif withheld:
        nothing = f"promoter-view may not list the kind {wording.kind}. The page Program says which right is missing."
    return RowsPage(query, wording, ORDERS, nothing=nothing)


def fill_rows(page: RowsPage, found: Sequence[Shown]) -> None:
    """Those that the query does not ask for are hidden; an outline has the others' ids."""
    html = {(each.row.namespace, each.row.name): each.html for each in found}
    rows = in_order([each.row for each in found], page.query.sort)
    wanted = [page.query.admits(row) for row in rows]
    page.total, page.shown = len(rows), sum(wanted)
    page.counts = Counter(row.state for row in rows)
    page.namespaces = sorted({row.namespace for row in rows})
    placed = zip(rows, wanted, strict=True)
    if page.query.outline:
        page.rows = (_place(row) for row, admitted in placed if admitted)
    else:
        page.rows = (_hidden(html[row.namespace, row.name], hide=not admitted) for row, admitted in placed)


def _place(row: Listed) -> Markup:
    """Where a row stands, for a page that has it."""
    return Markup('<li id="{}/{}"></li>').format(row.namespace, row.name)


def _hidden(html: str, *, hide: bool) -> Markup:
    return Markup(html.replace('<li class="row', '<li hidden class="row', 1) if hide else html)  # noqa: S704
