"""The fleet: every strategy a row, and which rows a query asks for, in which order. Pure."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from heapq import merge
from itertools import islice
from typing import Any, TypeVar

from promoter_view.dashboard.nearest import first_unknown
from promoter_view.dashboard.search import Search, joined, read_search, sha_of
from promoter_view.dashboard.strategies.environments import ShownStrategy, Station, first_stall
from promoter_view.kubernetes.selectors import LabelSelector, SelectorError, parse_label_selector
from promoter_view.views.contents import Contents
from promoter_view.views.promotion_strategy.state.words import StateWord

_NEVER = datetime(1, 1, 1, tzinfo=UTC)
_MAX_TEXT = 200
#: Rows that are sorted, or filtered, in one step: about a millisecond.
ROWS_A_STEP = 500

_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Listed:
    """What a row is chosen and sorted by. ``changed`` is when something last happened to its object.

    ``words``: what a search for text looks at, in small letters.
    """

    namespace: str
    name: str
    state: StrEnum
    labels: Mapping[str, str]
    changed: datetime | None
    words: str

    @property
    def rank(self) -> int:
        """The place of its state, the worst first."""
        return _rank(self.state)

    @property
    def upstream(self) -> Sequence[str]:
        """Names of those of its namespace that it takes something from."""
        return ()


@dataclass(frozen=True, slots=True)
class Row(Listed):
    """A strategy in one line. ``changed`` is when something last went live or was proposed."""

    state: StateWord
    since: datetime | None
    where: str
    reason: str
    more_reasons: int
    promoted: int
    newest: str
    stations: tuple[Station, ...]

    @property
    def stalled_at(self) -> datetime | None:
        """From when on one of its environments is stalled, should nothing change."""
        return first_stall(self.stations)

    def without_stations(self) -> Row:
        """The same for whoever chooses and sorts only."""
        return replace(self, stations=())


@dataclass(frozen=True, slots=True)
class FleetQuery:
    """What the page's address asks for. What of it cannot be read is left out, and said.

    ``problem`` says what is wrong with the labels, ``unknown`` which parameter, or which value of one, there is not.
    ``favourites``: only those; which, the browser knows. ``outline``: rows are wanted by their ids, for a page that
    has them. ``group``: what rows stand together by, "" for nothing. ``compact``: a row is one line.
    """

    text: str = ""
    search: Search = Search()  # noqa: RUF009 - frozen, and finds everything
    namespaces: frozenset[str] = frozenset()
    states: frozenset[StrEnum] = frozenset()
    labels: LabelSelector = LabelSelector()  # noqa: RUF009 - frozen, and selects everything
    label: str = ""
    sort: str = "state"
    favourites: bool = False
    outline: bool = False
    group: str = ""
    compact: bool = False
    problem: str = ""
    unknown: tuple[str, ...] = ()

    @property
    def sha(self) -> str:
        """What was typed, where it can be a commit: its page says where it is."""
        return sha_of(self.text)

    def admits(self, row: Listed) -> bool:
        """Whether that row is asked for."""
        if self.namespaces and row.namespace not in self.namespaces:
            return False
        if self.states and row.state not in self.states:
            return False
        return self.labels.matches(row.labels) and self.search.finds(row.words)


@cache
def _rank(state: StrEnum) -> int:
    return list(type(state)).index(state)


def read_row(contents: Contents, strategy: ShownStrategy) -> Row:
    """The row of a strategy."""
    status, stations = strategy.status, strategy.stations
    foremost = status.foremost
    messages = foremost.messages if foremost is not None else ()
    where = next((each.name for each in stations if foremost is not None and each.branch == foremost.branch), "")
    return Row(
        namespace=contents.namespace,
        name=contents.name,
        state=status.state,
        since=status.whole.since,
        where=where if messages else "",
        reason=messages[0] if messages else "",
        more_reasons=max(len(messages) - 1, 0),
        promoted=status.whole.promoted,
        newest=status.whole.newest_sha,
        stations=stations,
        labels=contents.labels,
        changed=_changed(stations),
        words=_words(contents.namespace, contents.name, stations),
    )


def nameless_row(namespace: str, name: str) -> Row:
    """The row of a strategy of which nothing can be shown but that it is there."""
    where = f"{namespace}/{name}".lower()
    return Row(namespace, name, StateWord.UNKNOWN, {}, None, where, None, "", "", 0, 0, "", ())


#: What can be on or off, and what says so; anything else counts as off.
_SWITCHES = {"density": ("compact",), "favourites": ("1", "0"), "rows": ("outline",)}
_KNOWN = ("text", "namespace", "state", "label", "sort", "group", *_SWITCHES, "at")


def read_query(
    query: Mapping[str, str], states: Iterable[StrEnum] = StateWord, orders: Mapping[str, Order] | None = None
) -> FleetQuery:
    """The query of a page of rows: ``text``, ``namespace`` and ``state`` (comma-separated), ``label``, ``sort``,
    ``group``, ``density=compact``, ``favourites=1``, ``rows=outline``.

    ``states`` are those that rows may have, ``orders`` those in which they may stand: ORDERS where there are no others.
    """
    known = {state.value.lower(): state for state in states}
    label, problem = query.get("label", "").strip(), ""
    try:
        labels = parse_label_selector(label)
    except SelectorError as error:
        labels, problem = LabelSelector(), str(error)
    wanted = list(filter(None, query.get("state", "").lower().split(",")))
    orders = orders or ORDERS
    sort, group = query.get("sort", "") or "state", query.get("group", "")
    unknown = (
        first_unknown(wanted, known, "state"),
        first_unknown([sort], orders, "order"),
        first_unknown([group], GROUPS, "group"),
        *(first_unknown(filter(None, [query.get(name, "")]), values, name) for name, values in _SWITCHES.items()),
        first_unknown(query, _KNOWN, "query parameter"),
    )
    return FleetQuery(
        text=query.get("text", "")[:_MAX_TEXT],
        search=read_search(query.get("text", "")[:_MAX_TEXT]),
        namespaces=frozenset(filter(None, query.get("namespace", "").split(","))),
        states=frozenset(known[word] for word in wanted if word in known),
        labels=labels,
        label=label,
        sort=sort if sort in orders else "state",
        group=group if group in GROUPS else "",
        compact=query.get("density") == "compact",
        favourites=query.get("favourites") == "1",
        outline=query.get("rows") == "outline",
        problem=problem,
        unknown=tuple(filter(None, unknown)),
    )


def _by_name(row: Listed) -> Any:
    return row.name, row.namespace


def _by_namespace(row: Listed) -> Any:
    return row.namespace, row.name


def _by_state(row: Listed) -> Any:
    return row.rank, row.namespace, row.name


def _by_change(row: Listed) -> Any:
    return (_NEVER - (row.changed or _NEVER), row.namespace, row.name)


#: How rows can be sorted: how that is called, and a row's place.
Order = tuple[str, Callable[[Listed], Any]]
ORDERS: Mapping[str, Order] = {
    "state": ("worst state first", _by_state),
    "changed": ("latest change first", _by_change),
    "name": ("name", _by_name),
    "namespace": ("namespace", _by_namespace),
}
#: What rows can stand together by: how that is called, and the place of a row's group.
GROUPS: Mapping[str, Order] = {
    "": ("nothing", lambda _: ""),
    "namespace": ("namespace", lambda row: row.namespace),
    "state": ("state", lambda row: row.rank),
}


def in_order(found: Iterable[_Found], place: Callable[[_Found], Any]) -> Generator[None, None, list[_Found]]:
    """Returns them by their places, in steps: there may be many thousands."""
    waiting, runs, ordered = iter(found), list[list[_Found]](), list[_Found]()
    while run := sorted(islice(waiting, ROWS_A_STEP), key=place):
        runs.append(run)
        yield
    for each in merge(*runs, key=place):
        ordered.append(each)
        if len(ordered) % ROWS_A_STEP == 0:
            yield
    return ordered


def _changed(stations: Sequence[Station]) -> datetime | None:
    times = [station.live_since for station in stations]
    times += [station.proposed.hydrated.time for station in stations if station.proposed.hydrated is not None]
    return max((time for time in times if time is not None), default=None)


def _words(namespace: str, name: str, stations: Sequence[Station]) -> str:
    """What a search for text looks at, in small letters."""
    words = [f"{namespace}/{name}"]
    for station in stations:
        words.append(station.branch)
        for commit in (station.active.dry, station.upcoming):
            if commit is not None:
                words += [commit.author, commit.subject]
        words += station.policy.words
        words += station.past.words
    return joined(words)
