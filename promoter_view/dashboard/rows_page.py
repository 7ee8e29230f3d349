"""What a page of rows shows: strategies or Stages, through filters and in an order. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from operator import attrgetter
from typing import Any

from markupsafe import Markup

from promoter_view.dashboard.strategies.fleet import ORDERS, ROWS_A_STEP, FleetQuery, Listed, in_order
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


def fill_rows(page: RowsPage, found: Sequence[Shown]) -> Iterator[None]:
    """Those that the query does not ask for are hidden; an outline has the others' ids. In steps."""
    ordered = yield from in_order(found, page.query.sort, attrgetter("row"))
    placed, counts, namespaces = list[tuple[Shown, bool]](), Counter[StrEnum](), set[str]()
    for each in ordered:
        placed.append((each, page.query.admits(each.row)))
        counts[each.row.state] += 1
        namespaces.add(each.row.namespace)
        if len(placed) % ROWS_A_STEP == 0:
            yield
    page.total, page.shown = len(placed), sum(admitted for _, admitted in placed)
    page.counts, page.namespaces = counts, sorted(namespaces)
    if page.query.outline:
        page.rows = (_place(each.row) for each, admitted in placed if admitted)
    else:
        page.rows = (_hidden(each.html, hide=not admitted) for each, admitted in placed)


def _place(row: Listed) -> Markup:
    """Where a row stands, for a page that has it."""
    return Markup('<li id="{}/{}"></li>').format(row.namespace, row.name)


def _hidden(html: str, *, hide: bool) -> Markup:
    return Markup(html.replace('<li class="row', '<li hidden class="row', 1) if hide else html)  # noqa: S704
