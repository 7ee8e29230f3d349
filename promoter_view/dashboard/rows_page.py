"""What a page of rows shows: strategies or Stages, through filters and in an order. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from markupsafe import Markup

from promoter_view.dashboard.rendering import STATE_WORDS
from promoter_view.dashboard.stages.rows import Health
from promoter_view.dashboard.strategies.fleet import ORDERS, FleetQuery, Listed, in_order


@dataclass(frozen=True, slots=True)
class Chip:
    """A state by which rows are filtered: its value, its word, the class of its shape."""

    value: StrEnum
    word: str
    css: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What the rows of a page are of. ``path`` is the page's, below the root; ``view`` is named in its frames."""

    title: str
    path: str
    noun: str
    nouns: str
    hint: str
    nothing: str
    chips: tuple[Chip, ...]
    kind: str
    resource: str
    view: str = ""


FLEET = Subject(
    "Fleet",
    "",
    "strategy",
    "strategies",
    "name, branch, author, subject, sha, #42",
    "There is no PromotionStrategy here yet. As soon as one is created that you may see, it appears on this page.",
    tuple(Chip(state, word, state.value.lower()) for state, word in STATE_WORDS.items()),
    "PromotionStrategy",
    "promotionstrategydetails",
)
STAGES = Subject(
    "Stages",
    "stages",
    "Stage",
    "Stages",
    "name, Freight, Promotion, Application, sha, tag",
    "There is no Stage here yet. As soon as one is created that you may see, it appears on this page.",
    tuple(Chip(health, health.word, health.css) for health in Health),
    "Stage",
    "stagedetails",
    "stagedetails",
)


@dataclass(slots=True)
class RowsPage:
    """Filled once its rows are there: the head of the page is sent before."""

    query: FleetQuery
    subject: Subject
    orders: Mapping[str, Any]
    total: int = 0
    shown: int = 0
    counts: Mapping[StrEnum, int] = field(default_factory=dict)
    namespaces: Sequence[str] = ()
    rows: Iterable[Markup] = ()
    nothing: str = ""


def rows_page(
    query: FleetQuery, subject: Subject, *, refused: bool = False, absent: bool = False, withheld: bool = False
) -> RowsPage:
    """A page without its rows. Where there are none it says why.

    ``refused``: there are some, and its reader may see none; ``absent``: the cluster does not know their kind;
    ``withheld``: promoter-view itself may not list it.
    """
    nothing = subject.nothing
    if refused:
        nothing = f"You may not list {subject.resource} in any namespace that has some. Ask for a Role that allows it."
    elif absent:
        nothing = f"The cluster does not know the kind {subject.kind}: it is not installed."
    elif withheld:
        nothing = f"promoter-view may not list the kind {subject.kind}. The page Program says which right is missing."
    return RowsPage(query, subject, ORDERS, nothing=nothing)


def fill_rows(page: RowsPage, found: Sequence[tuple[Listed, str]]) -> None:
    """Rows with their HTML, which a template has escaped; those that the query does not ask for are hidden."""
    html = {(row.namespace, row.name): text for row, text in found}
    rows = in_order([row for row, _ in found], page.query.sort)
    wanted = [page.query.admits(row) for row in rows]
    page.total, page.shown = len(rows), sum(wanted)
    page.counts = Counter(row.state for row in rows)
    page.namespaces = sorted({row.namespace for row in rows})
    page.rows = (
        _hidden(html[row.namespace, row.name], hide=not admitted) for row, admitted in zip(rows, wanted, strict=True)
    )


def _hidden(html: str, *, hide: bool) -> Markup:
    return Markup(html.replace('<li class="row', '<li hidden class="row', 1) if hide else html)  # noqa: S704
