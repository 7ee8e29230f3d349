"""What a page of rows shows: strategies or Stages, through filters and in an order. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from markupsafe import Markup, escape

from promoter_view.dashboard.stages.pipeline import PIPELINE, STAGE_ORDERS, levels_of
from promoter_view.dashboard.strategies.fleet import GROUPS, ROWS_A_STEP, FleetQuery, Listed, in_order
from promoter_view.dashboard.subject import Shown, Wording


@dataclass(slots=True)
class RowsPage:
    """Filled once its rows are there: the head of the page is sent before."""

    query: FleetQuery
    wording: Wording
    groups: Mapping[str, Any] = field(default_factory=lambda: GROUPS)
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
        nothing = (
            f"promoter-view may not list the kind {wording.kind}. The page System says which permission is missing."
        )
    return RowsPage(query, wording, nothing=nothing)


def fill_rows(page: RowsPage, found: Sequence[Shown]) -> Iterator[None]:
    """Those that the query does not ask for are hidden; an outline has the others' ids. In steps."""
    place = yield from _place(page.query, found)
    ordered = yield from in_order(found, lambda each: place(each.row))
    placed, counts, namespaces = list[tuple[Shown, bool]](), Counter[StrEnum](), set[str]()
    sizes = Counter[str]()
    for each in ordered:
        admitted = page.query.admits(each.row)
        placed.append((each, admitted))
        sizes[_group(page, each.row)] += admitted
        counts[each.row.state] += 1
        namespaces.add(each.row.namespace)
        if len(placed) % ROWS_A_STEP == 0:
            yield
    page.total, page.shown = len(placed), sum(admitted for _, admitted in placed)
    page.counts, page.namespaces = counts, sorted(namespaces)
    page.rows = _lines(page, placed, sizes)


def _place(query: FleetQuery, found: Sequence[Shown]) -> Generator[None, None, Callable[[Listed], Any]]:
    """Where a row stands: with its group, then in the order that is asked for."""
    together, order = GROUPS[query.group][1], STAGE_ORDERS[query.sort][1]
    if query.sort != PIPELINE:
        return lambda row: (together(row), order(row))
    levels = yield from levels_of(each.row for each in found)
    return lambda row: (together(row), row.namespace, levels[row.namespace, row.name], row.name)


def _group(page: RowsPage, row: Listed) -> str:
    """The name of its group: by project, where a pipeline is asked for and nothing else is."""
    group = page.query.group or ("namespace" if page.query.sort == PIPELINE else "")
    if group == "state":
        return page.wording.words.get(row.state, row.state.value)
    return row.namespace if group else ""


def _lines(page: RowsPage, placed: Iterable[tuple[Shown, bool]], sizes: Mapping[str, int]) -> Iterator[Markup]:
    group, outline = "", page.query.outline
    for each, admitted in placed:
        now = _group(page, each.row)
        if admitted and now != group:
            group = now
            yield _heading(group, sizes[group])
        if not outline:
            yield _hidden(each.html, hide=not admitted)
        elif admitted:
            yield Markup(f'<li id="{escape(f"{each.row.namespace}/{each.row.name}")}"></li>')  # noqa: S704 - escaped


def _heading(group: str, size: int) -> Markup:
    return Markup(
        '<li class="group" data-group="{group}"><h2>{group}</h2><span class="count">{size}</span></li>'
    ).format(group=group, size=size)


def _hidden(html: str, *, hide: bool) -> Markup:
    return Markup(html.replace('<li class="row', '<li hidden class="row', 1) if hide else html)  # noqa: S704
