"""The page of what happened, and the entries of other pages: those that their user may see. Pure."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from markupsafe import Markup

from promoter_view.dashboard.activity import Activity, Entry, Reach, reach_before, told_before
from promoter_view.dashboard.journal.activity_query import EVENTS, ActivityQuery, read_activity_query
from promoter_view.dashboard.journal.earlier import Earlier, WantedEntries
from promoter_view.dashboard.journal.page import event_line
from promoter_view.dashboard.journal.windows import ActivityWindow, shown_of, window_of
from promoter_view.dashboard.page_input import PageInput
from promoter_view.dashboard.pictures.delivery_chart import chart_steps
from promoter_view.dashboard.rendering import Renderer
from promoter_view.dashboard.strategies.figures import Deliveries, figure_steps
from promoter_view.dashboard.subject import Subjects
from promoter_view.dashboard.unshown import Unshown
from promoter_view.journal.entries import JournalEntry
from promoter_view.journal.serving.asking import AskedEntries, beyond, is_behind
from promoter_view.journal.store import JournalQuery
from promoter_view.records import BundleKey
from promoter_view.views.isolation import Isolation
from promoter_view.views.versions import moment

_ENTRIES_OF_ONE = 20
#: The word of what is asked of the journal.
_ASKED = "activity"


@dataclass(frozen=True, slots=True)
class Visit:
    """What happened since a reader was last here. ``whole`` False: some of it is no longer held."""

    position: str
    changes: int
    objects: int
    whole: bool


class EntryLines:
    """Entries as HTML."""

    def __init__(self, renderer: Renderer, isolation: Isolation) -> None:
        self._entry = renderer.macro("_entry.html", "entry")
        self._line = renderer.macro("_event_line.html", "event_line")
        self._unshown = Unshown(renderer)
        self._isolation = isolation

    def of(self, entry: Entry, now: datetime) -> str:
        """An entry of the activity. The clock may have been ahead when it was recorded: none is in the future."""
        key = BundleKey(entry.view, entry.namespace, entry.name)
        told = told_before(entry, now)
        return self._isolation.of(key, "entry", lambda: self._entry(told), lambda: self._unshown.entry(told))

    def told(self, entry: JournalEntry) -> Markup:
        """An entry of the journal."""
        made = self._isolation.of(entry.key, "entry", lambda: self._line(event_line(entry)), lambda: "")
        return Markup(made)  # noqa: S704 - of a template, which escapes


class ActivityPage:
    """What the templates are given that show entries."""

    def __init__(self, activity: Activity, subjects: Subjects, lines: EntryLines) -> None:
        self._activity = activity
        self._subjects = subjects
        self._lines = lines

    def wanted_of_one(self, key: BundleKey, view: PageInput) -> Mapping[str, WantedEntries]:
        """What is asked of the journal for ``of_one``."""
        room = _ENTRIES_OF_ONE - len(self._of_one(key, view))
        query = JournalQuery(view=key.view, namespace=key.namespace, name=key.name, newest_first=True)
        edge = self._edge(view)
        asked = AskedEntries(
            query, (key.view,), matches=lambda entry: not is_behind(entry, edge[0]), parts=beyond(*edge)
        )
        return {_ASKED: WantedEntries(asked, room)}

    def of_one(self, key: BundleKey, view: PageInput) -> Mapping[str, Any]:
        """The latest of one bundle."""
        found, told = self._of_one(key, view), self._told(view)
        return {
            "entries": self._rendered(found, view.now),
            "since": self._since(view),
            "earlier": [self._lines.told(entry) for entry in told.entries],
            "problem": told.problem,
        }

    def _of_one(self, key: BundleKey, view: PageInput) -> list[Entry]:
        found = (entry for entry in self._seen(view) if (entry.view, entry.namespace, entry.name) == key)
        return list(islice(found, _ENTRIES_OF_ONE))

    def wanted_of_all(self, query: Mapping[str, str], view: PageInput) -> Mapping[str, WantedEntries]:
        """What is asked of the journal for ``of_all``."""
        asked = read_activity_query(query)
        entries = asked.entries(tuple(self._subjects), *self._edge(view))
        return {_ASKED: WantedEntries(entries, self._window(asked, view).wanted)}

    def of_all(self, query: Mapping[str, str], view: PageInput) -> Generator[bytes, None, Mapping[str, Any]]:
        """Those that the query asks for; b"" for each step until then."""
        asked = read_activity_query(query)
        kept = yield from self._deliveries(asked.namespace, asked.name, view)
        delivered = yield from figure_steps(kept, view.now)
        chart = yield from chart_steps(kept, view.now)
        window = self._window(asked, view)
        told = self._told(view)
        shown = shown_of(window, asked, told)
        yield b""
        return {
            "query": {"namespace": asked.namespace, "name": asked.name, "event": asked.event},
            "in_journal": _in_journal(asked, view),
            "page_of": shown,
            "entries": self._rendered(shown.entries, view.now),
            "earlier": map(self._lines.told, shown.told),
            "problem": told.problem,
            "events": EVENTS,
            "unknown": asked.unknown,
            "visit": self._visit(asked, view) if asked.visited else None,
            "namespaces": sorted(view.namespaces),
            "since": self._since(view),
            "figures": delivered,
            "chart": chart,
        }

    def _window(self, asked: ActivityQuery, view: PageInput) -> ActivityWindow:
        return window_of(self._fitting(asked, view), asked, self._activity.floor)

    def _fitting(self, asked: ActivityQuery, view: PageInput) -> list[Entry]:
        return [entry for entry in self._seen(view) if _fits(entry, asked)]

    def _told(self, view: PageInput) -> Earlier:
        """What the journal has told, but for what has come into memory meanwhile."""
        told, (floor, _) = view.told(_ASKED), self._edge(view)
        kept = (each for each in told.entries if not is_behind(each, floor))
        return replace(told, entries=tuple(kept))

    def _edge(self, view: PageInput) -> tuple[int, datetime]:
        """The resourceVersion behind which changes are in memory, and when that was; none are: the head."""
        return self._activity.floor or view.head, self._activity.since or view.now

    def _visit(self, asked: ActivityQuery, view: PageInput) -> Visit:
        """As far as memory reaches."""
        entries = self._fitting(asked, view)
        objects = {(entry.view, entry.namespace, entry.name) for entry in entries}
        since = self._activity.since
        return Visit(
            str(asked.visited), len(entries), len(objects), since is not None and since <= moment(asked.visited)
        )

    def _deliveries(self, namespace: str, name: str, view: PageInput) -> Generator[bytes, None, list[Deliveries]]:
        kept = []
        for bundle in view.every:
            subject = self._subjects[bundle.key.view]
            if not subject.has_figures:
                continue
            for _ in subject.row_steps(bundle):
                yield b""
            if namespace in ("", bundle.key.namespace) and name in bundle.key.name:
                kept.append(subject.shown(bundle).deliveries)
            yield b""
        return kept

    def _seen(self, view: PageInput) -> Iterator[Entry]:
        """The entries that the user may see, and of them what he may: they tell what members say.

        Where members are hidden from somebody, a namespace without a bundle to judge by is left out too.
        """
        hidden = {look.key[:2]: look.hidden for look in view.looks}
        nothing = frozenset[str]() if not any(hidden.values()) else None
        for entry in self._activity.newest_first(view.now):
            if view.past is not None and entry.resource_version > view.head:
                continue
            unseen = hidden.get((entry.view, entry.namespace), nothing)
            if unseen is None or not view.admits(entry.view, entry.namespace):
                continue
            seen = entry.without(unseen)
            if seen.items and not unseen & self._subjects[entry.view].told_by:
                yield seen

    def _rendered(self, entries: Iterable[Entry], now: datetime) -> Iterator[Markup]:
        # Markup: the entries are of a template, which escapes.
        return (Markup(self._lines.of(entry, now)) for entry in entries)  # noqa: S704

    def _since(self, view: PageInput) -> Reach | None:
        since = self._activity.since
        if since is None or (view.past is not None and since > view.now):
            return None
        return reach_before(since, view.now)


def _in_journal(asked: ActivityQuery, view: PageInput) -> Mapping[str, str]:
    """The same in the journal, whose names are whole and whose events have words of their own."""
    name = asked.name if any(look.key.name == asked.name for look in view.looks) else ""
    return {"name": name, "event": ",".join(sorted(asked.journal_events or ()))}


def _fits(entry: Entry, asked: ActivityQuery) -> bool:
    events = {item.event.value for item in entry.items} if asked.event else ()
    return asked.fits(entry.namespace, entry.name, entry.resource_version, events)
