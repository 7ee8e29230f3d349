"""What is asked of ``/journal``: in which form, which entries, from where on. Pure."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from promoter_view.dashboard.nearest import first_unknown
from promoter_view.dashboard.streams.requests import require_known
from promoter_view.journal.entries import BEGINNING, LAST, EntryIdentity, EventType
from promoter_view.journal.serving.bundles import parse_name
from promoter_view.journal.store import JournalQuery
from promoter_view.moments import parse_moment
from promoter_view.views.versions import LIMIT
from promoter_view.web.accept import parse_clauses
from promoter_view.web.errors import BadRequest
from promoter_view.web.parameters import Parameters, first

#: Entries of one answer, at most; and of a page, or a feed, that does not say.
MOST = 10_000
_PAGE = 100
_SHA = re.compile(r"[0-9a-f]{7,64}")
_POSITION = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
_LONGEST = 253
_ON, _OFF = ("1", "true"), ("", "0", "false")
#: What links to the next page keep.
_KEPT = ("event", "namespace", "name", "environment", "commit", "since", "until", "limit")


class JournalForm(enum.Enum):
    """In which form it is told; the values are those of ``format=``."""

    PAGE = "html"
    LINES = "ndjson"
    EVENTS = "sse"
    FEED = "atom"


_TYPES = {
    "text/html": JournalForm.PAGE,
    "application/x-ndjson": JournalForm.LINES,
    "text/event-stream": JournalForm.EVENTS,
    "application/atom+xml": JournalForm.FEED,
}


@dataclass(frozen=True, slots=True)
class JournalRequest:
    """What is asked. ``given``: the filters as they were written.

    ``follows``: it goes on as entries come. ``begin``: behind which entry it begins then; None: with the first one
    since ``query.since``, where that is given, else with what comes.
    """

    form: JournalForm
    query: JournalQuery
    given: Mapping[str, str]
    follows: bool = False
    begin: EntryIdentity | None = None


def wanted_form(parameters: Parameters, accept: str | None) -> JournalForm | None:
    """``format`` says it, else the header Accept; None: there is no such form."""
    written = first(parameters, "format")
    if written:
        return next((form for form in JournalForm if form.value == written), None)
    weights = {clause.value: clause.quality for clause in parse_clauses(accept or "")}
    known = [(weights.get(media_type, 0.0), form) for media_type, form in _TYPES.items()]
    best, form = max(known, key=lambda each: each[0])
    return form if best else JournalForm.PAGE


def is_followed(parameters: Parameters, accept: str | None) -> bool:
    """Whether the answer is to go on for ever."""
    form = wanted_form(parameters, accept)
    return form is JournalForm.EVENTS or (form is JournalForm.LINES and first(parameters, "watch") in _ON)


def read_request(
    parameters: Parameters, now: datetime, *, accept: str | None, last_event_id: str | None
) -> JournalRequest:
    """Errors: BadRequest, with what is wrong and the nearest that is known."""
    require_known("journal", parameters)
    form = wanted_form(parameters, accept)
    if form is None:
        raise BadRequest(first_unknown([first(parameters, "format")], [each.value for each in JournalForm], "format"))
    follows = _is_watched(parameters, form)
    given = {name: first(parameters, name) for name in _KEPT if first(parameters, name)}
    since, begin = _read_since(given.get("since", ""), now)
    limit = _read_limit(parameters, MOST if form is JournalForm.LINES else _PAGE)
    query = replace(_read_filters(given), since=since, until=_read_moment(given, "until", now), limit=limit)
    if follows:
        resumed = last_event_id or first(parameters, "lastEventId") if form is JournalForm.EVENTS else ""
        if resumed:
            begin, query = _read_position(resumed) or BEGINNING, replace(query, since=None)
        return JournalRequest(form, _behind(query, begin), given, follows=True, begin=begin)
    newest_first = form is not JournalForm.LINES
    query = replace(_behind(query, begin), newest_first=newest_first)
    going_on = _read_continue(parameters)
    if going_on is not None:
        query = replace(query, before=going_on) if newest_first else _behind(query, max(going_on, query.after))
    return JournalRequest(form, query, given)


def _behind(query: JournalQuery, begin: EntryIdentity | None) -> JournalQuery:
    """Who reads on behind an entry is given all of it, or is told that some is deleted."""
    return query if begin is None else replace(query, after=begin, whole=True)


def _is_watched(parameters: Parameters, form: JournalForm) -> bool:
    """Errors: BadRequest, also for what does not go with it."""
    watch = first(parameters, "watch")
    if watch not in (*_ON, *_OFF):
        raise BadRequest(f"watch: {watch[:100]!r} is neither 1 nor 0")
    if form not in (JournalForm.LINES, JournalForm.EVENTS):
        if watch in _ON:
            raise BadRequest(f"watch: format {form.value!r} cannot be watched; use ndjson or sse")
        return False
    follows = form is JournalForm.EVENTS or watch in _ON
    ending = next((name for name in ("until", "limit", "continue") if first(parameters, name)), "")
    if follows and ending:
        raise BadRequest(f"{ending}: a watch has no end; leave it out, or give since= for the start")
    return follows


def _read_filters(given: Mapping[str, str]) -> JournalQuery:
    events = [each for each in given.get("event", "").split(",") if each]
    problem = first_unknown(events, [each.value for each in EventType], "event")
    if problem:
        raise BadRequest(problem)
    commit = given.get("commit", "").strip().lower()
    if commit and not _SHA.fullmatch(commit):
        raise BadRequest(f"commit: {commit[:100]!r} is not a sha: give 7 to 64 hexadecimal digits")
    namespace, name, environment = (given.get(word, "") for word in ("namespace", "name", "environment"))
    too_long = next((word for word, value in given.items() if len(value) > _LONGEST), "")
    if too_long:
        raise BadRequest(f"{too_long}: longer than {_LONGEST} characters")
    return JournalQuery(
        events=frozenset(map(EventType, events)), namespace=namespace, name=name, environment=environment, commit=commit
    )


def _read_since(text: str, now: datetime) -> tuple[datetime | None, EntryIdentity | None]:
    """A moment, or an entry."""
    position = _read_position(text)
    return (None, position) if position else (_read_moment({"since": text}, "since", now), None)


def _read_position(text: str) -> EntryIdentity | None:
    """``RV-ITEM``, or a resourceVersion: behind all of it. None for anything else."""
    found = EntryIdentity(int(text), LAST) if _POSITION.fullmatch(text) else parse_name(text)
    return found if found is not None and found.resource_version < LIMIT else None


def _read_moment(given: Mapping[str, str], name: str, now: datetime) -> datetime | None:
    text = given.get(name, "")
    try:
        return parse_moment(text, now) if text else None
    except ValueError as error:
        more = ", or an entry (RV-ITEM)" if name == "since" else ""
        raise BadRequest(f"{name}: {str(error)[:300]}{more}") from error


def _read_limit(parameters: Parameters, default: int) -> int:
    text = first(parameters, "limit")
    if not text:
        return default
    if not text.isascii() or not text.isdecimal() or len(text) > len(str(MOST)) or not 1 <= int(text) <= MOST:
        raise BadRequest(f"limit: {text[:100]!r} is not a number from 1 to {MOST}")
    return int(text)


def _read_continue(parameters: Parameters) -> EntryIdentity | None:
    text = first(parameters, "continue")
    found = parse_name(text)
    if text and (found is None or found.resource_version >= LIMIT):
        raise BadRequest(f"continue: {text[:100]!r} is not an entry: give a value from this server (RV-ITEM)")
    return found
