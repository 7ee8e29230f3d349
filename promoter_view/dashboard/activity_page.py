"""The page of what happened, and the entries of other pages: those that their user may see. Pure."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from markupsafe import Markup

from promoter_view.dashboard.activity import Activity, Entry, Reach, reach_before, told_before
from promoter_view.dashboard.events import Event
from promoter_view.dashboard.nearest import first_unknown
from promoter_view.dashboard.page_input import PageInput
from promoter_view.dashboard.pictures.delivery_chart import chart_steps
from promoter_view.dashboard.rendering import Renderer
from promoter_view.dashboard.strategies.figures import Deliveries, figure_steps
from promoter_view.dashboard.subject import Subjects
from promoter_view.dashboard.unshown import Unshown
from promoter_view.journal.entries import EventType
from promoter_view.records import BundleKey
from promoter_view.views.isolation import Isolation
from promoter_view.views.versions import moment

_ENTRIES_A_PAGE = 100
_ENTRIES_OF_ONE = 20
#: A resourceVersion is below 2^63.
_POSITION_DIGITS = 20
#: What the journal calls it, where that is another word.
_JOURNAL_EVENTS = {
    Event.STARTED.value: (EventType.PROMOTION_STARTED.value,),
    Event.ENDED.value: (EventType.MERGED.value, EventType.CLOSED.value),
    Event.PASSED.value: (EventType.RECOVERED.value, EventType.VERIFIED.value, EventType.APPROVED.value),
    Event.FAILED.value: (
        *(EventType.FAILED.value, EventType.PROMOTION_FAILED.value),
        *(EventType.PROMOTION_ERRORED.value, EventType.PROMOTION_ABORTED.value),
    ),
    Event.STATE.value: (EventType.STATE.value, EventType.HEALTH.value),
}


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
        self._unshown = Unshown(renderer)
        self._isolation = isolation

    def of(self, entry: Entry, now: datetime) -> str:
        """An entry of the activity. The clock may have been ahead when it was recorded: none is in the future."""
        key = BundleKey(entry.view, entry.namespace, entry.name)
        told = told_before(entry, now)
        return self._isolation.of(key, "entry", lambda: self._entry(told), lambda: self._unshown.entry(told))


class ActivityPage:
    """What the templates are given that show entries."""

    def __init__(self, activity: Activity, subjects: Subjects, lines: EntryLines) -> None:
        self._activity = activity
        self._subjects = subjects
        self._lines = lines

    def of_one(self, key: BundleKey, view: PageInput) -> Mapping[str, Any]:
        """The latest of one bundle."""
        found = (entry for entry in self._seen(view) if (entry.view, entry.namespace, entry.name) == key)
        return {"entries": self._rendered(islice(found, _ENTRIES_OF_ONE), view.now), "since": self._since(view)}

    def of_all(self, query: Mapping[str, str], view: PageInput) -> Generator[bytes, None, Mapping[str, Any]]:
        """Those that the query asks for; b"" for each step until then."""
        namespace, name, event = (query.get(word, "")[:253] for word in ("namespace", "name", "event"))
        events = [one.value for one in Event]
        unknown = first_unknown([event] if event else [], events, "event")
        event = "" if unknown else event
        before, visited = _position(query, "before"), _position(query, "since")
        entries = [
            entry
            for entry in self._seen(view)
            if _fits(entry, namespace, name, event)
            and (not before or entry.resource_version < before)
            and entry.resource_version > visited
        ]
        kept = yield from self._deliveries(namespace, name, view)
        delivered = yield from figure_steps(kept, view.now)
        chart = yield from chart_steps(kept, view.now)
        return {
            "query": {"namespace": namespace, "name": name, "event": event},
            "before": str(before or ""),
            "older": str(entries[_ENTRIES_A_PAGE - 1].resource_version) if len(entries) > _ENTRIES_A_PAGE else "",
            "any_entry": bool(entries),
            "in_journal": _in_journal(name, event, entries[:_ENTRIES_A_PAGE], view),
            "entries": self._rendered(entries[:_ENTRIES_A_PAGE], view.now),
            "events": events,
            "unknown": unknown,
            "visit": self._visit(visited, entries) if visited else None,
            "namespaces": sorted({bundle.key.namespace for bundle in view.every}),
            "since": self._since(view),
            "figures": delivered,
            "chart": chart,
        }

    def _visit(self, visited: int, entries: Sequence[Entry]) -> Visit:
        objects = {(entry.view, entry.namespace, entry.name) for entry in entries}
        since = self._activity.since
        return Visit(str(visited), len(entries), len(objects), since is not None and since <= moment(visited))

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
        hidden = {bundle.key[:2]: bundle.hidden for bundle in view.every}
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


def _in_journal(name: str, event: str, shown: Sequence[Entry], view: PageInput) -> Mapping[str, str]:
    """Where the journal goes on, whose names are whole and whose events have words of their own."""
    return {
        "name": name if any(bundle.key.name == name for bundle in view.every) else "",
        "event": ",".join(_JOURNAL_EVENTS.get(event, (event,) if event in set(EventType) else ())),
        "before": f"{shown[-1].resource_version}-0" if shown else "",
    }


def _position(query: Mapping[str, str], name: str) -> int:
    """A resourceVersion; 0 where there is none."""
    written = query.get(name, "")
    return int(written) if written.isascii() and written.isdecimal() and len(written) < _POSITION_DIGITS else 0


def _fits(entry: Entry, namespace: str, name: str, event: str) -> bool:
    if namespace not in ("", entry.namespace) or name not in entry.name:
        return False
    return not event or any(item.event.value == event for item in entry.items)
