"""The entries of the journal, as values and as documents (PromotionEvent). Pure."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid5

import orjson

from promoter_view.decoded import mapping, moment, number, text, texts
from promoter_view.records import BundleKey

#: Names entries by their identity: a UUIDv5 of ``RV-ITEM`` in this namespace, for ever.
_NAMES = UUID("6a2c1d0e-3f5b-4c8e-9d7a-51b0c9e84f27")


class EventType(enum.StrEnum):
    """What happened. The first ones are of strategies, those from PROMOTION_STARTED on of Stages; the last of both.

    ``PROMOTED``: another dry commit, or Freight, is live; ``MERGED``: a pull request was. ``GAP``: from when to when
    nobody knows what happened.
    """

    PROPOSED = "proposed"
    OPENED = "opened"
    APPROVED = "approved"
    MERGED = "merged"
    CLOSED = "closed"
    PROMOTED = "promoted"
    RESTORED = "restored"
    VERIFIED = "verified"
    FAILED = "failed"
    RECOVERED = "recovered"
    HELD = "held"
    PROMOTION_STARTED = "promotion-started"
    PROMOTION_SUCCEEDED = "promotion-succeeded"
    PROMOTION_FAILED = "promotion-failed"
    PROMOTION_ERRORED = "promotion-errored"
    PROMOTION_ABORTED = "promotion-aborted"
    HEALTH = "health"
    STATE = "state"
    CREATED = "created"
    DELETED = "deleted"
    GAP = "gap"


class EntryIdentity(NamedTuple):
    """Names an entry for ever: the resourceVersion of its change, and its number there. In the order of the journal."""

    resource_version: int
    item: int

    @property
    def name(self) -> str:
        """``RV-ITEM``: metadata.name."""
        return f"{self.resource_version}-{self.item}"

    @property
    def uid(self) -> str:
        """The UUIDv5 of the name."""
        return str(uuid5(_NAMES, self.name))

    @property
    def just_before(self) -> EntryIdentity:
        """Behind it this entry comes next."""
        return self._replace(item=self.item - 1)


#: Before every entry.
BEGINNING = EntryIdentity(0, -1)
#: The number behind those of all entries of a resourceVersion.
LAST = 1 << 40


@dataclass(frozen=True, slots=True)
class EventCommit:
    """A commit, of Freight its origin's; texts are "" where nothing tells. ``committed``: when the dry one was made."""

    sha: str = ""
    hydrated_sha: str = ""
    sources: tuple[str, ...] = ()
    subject: str = ""
    author: str = ""
    url: str = ""
    committed: datetime | None = None

    @property
    def shas(self) -> Iterator[str]:
        """All that it is looked up by."""
        return iter(dict.fromkeys(filter(None, (self.sha, self.hydrated_sha, *self.sources))))


@dataclass(frozen=True, slots=True)
class EventRequest:
    """A pull request: the forge's number and its state."""

    number: str
    url: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class EventCheck:
    """A check, and what it says."""

    key: str
    phase: str
    message: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class EventCause:
    """The object that caused it."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened to a bundle. ``environment`` is the active branch, "" for the whole and for Stages.

    ``before`` and ``after`` are what changed from and to: shas, Freight, phases or states. ``told_by``: the kinds of
    members that tell it: who may not see one of them is not told. ``awaited``: the branches that this environment
    depends on. ``lead_seconds``: from the commit to now; ``hop_seconds``: since the last of those had it.
    """

    event: EventType
    environment: str = ""
    before: str = ""
    after: str = ""
    commit: EventCommit | None = None
    request: EventRequest | None = None
    check: EventCheck | None = None
    cause: EventCause | None = None
    message: str = ""
    by: str = ""
    told_by: frozenset[str] = frozenset()
    awaited: tuple[str, ...] = ()
    lead_seconds: int | None = None
    hop_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """A happening in the journal. ``time`` is that of its record; of what is ``backfilled``, what an object told.

    ``has_more``: another one of the same resourceVersion follows.
    """

    identity: EntryIdentity
    time: datetime
    key: BundleKey
    uid: str
    happening: Happening
    backfilled: bool = False
    has_more: bool = False

    @property
    def shas(self) -> Iterator[str]:
        """All that it is looked up by."""
        commit = self.happening.commit
        return iter(()) if commit is None else commit.shas

    def __hash__(self) -> int:
        return hash(self.identity)

    @property
    def position(self) -> int:
        """The resourceVersion at which a watch resumes that has come to it: others of its own come again then."""
        return self.identity.resource_version - self.has_more

    def is_told(self, hidden: frozenset[str]) -> bool:
        """Whether somebody is told of it who may not see those kinds."""
        return self.happening.told_by.isdisjoint(hidden)

    def document(self) -> dict[str, Any]:
        """As JSON: docs/journal.md. What is not known is left out."""
        it, told = self.happening, {"view": self.key.view, "namespace": self.key.namespace, "name": self.key.name}
        words = {"environment": it.environment, "event": it.event.value, "before": it.before, "after": it.after}
        found: dict[str, Any] = {
            "resourceVersion": str(self.identity.resource_version),
            "item": self.identity.item,
            "time": _stamp(self.time),
            **told,
            "uid": self.uid,
            **words,
            "commit": _commit(it.commit) if it.commit else None,
            "pullRequest": _filled({"id": it.request.number, "url": it.request.url, "state": it.request.state})
            if it.request
            else None,
            "check": _filled(
                {"key": it.check.key, "phase": it.check.phase, "message": it.check.message, "url": it.check.url}
            )
            if it.check
            else None,
            "seconds": _seconds(it),
            "cause": {"kind": it.cause.kind, "name": it.cause.name} if it.cause else None,
            "message": it.message,
            "by": it.by,
            "backfilled": self.backfilled or None,
        }
        return {name: value for name, value in found.items() if value not in (None, "", {}) or name == "event"}

    def write(self) -> bytes:
        """All of it, to be kept: the document, who tells it, and what is only asked for later."""
        it = self.happening
        kept = {"told_by": sorted(it.told_by), "awaited": list(it.awaited), "more": self.has_more}
        return orjson.dumps({"entry": self.document(), **{name: value for name, value in kept.items() if value}})


def read_entry(written: bytes) -> JournalEntry:
    """The inverse of ``JournalEntry.write``. Errors: ValueError where that is no entry."""
    found = orjson.loads(written)
    told = mapping(found, "entry")
    time = moment(told, "time")
    version = text(told, "resourceVersion")
    if time is None or not version.isdecimal():
        raise ValueError("no entry of the journal")
    return JournalEntry(
        EntryIdentity(int(version), number(told, "item")),
        time,
        BundleKey(text(told, "view"), text(told, "namespace"), text(told, "name")),
        text(told, "uid"),
        _happening(told, found),
        backfilled=told.get("backfilled") is True,
        has_more=found.get("more") is True,
    )


def read_entries(written: Iterable[bytes]) -> Iterator[JournalEntry]:
    """Those that can be read: what a newer program wrote may be none."""
    for each in written:
        try:
            yield read_entry(each)
        except (TypeError, ValueError):
            continue


def _happening(told: Mapping[str, Any], found: Mapping[str, Any]) -> Happening:
    request, check, cause = (mapping(told, name) for name in ("pullRequest", "check", "cause"))
    commit, seconds = mapping(told, "commit"), mapping(told, "seconds")
    return Happening(
        EventType(text(told, "event")),
        text(told, "environment"),
        text(told, "before"),
        text(told, "after"),
        _read_commit(commit) if commit else None,
        EventRequest(text(request, "id"), text(request, "url"), text(request, "state")) if request else None,
        EventCheck(text(check, "key"), text(check, "phase"), text(check, "message"), text(check, "url"))
        if check
        else None,
        EventCause(text(cause, "kind"), text(cause, "name")) if cause else None,
        text(told, "message"),
        text(told, "by"),
        frozenset(texts(found, "told_by")),
        tuple(texts(found, "awaited")),
        number(seconds, "leadTime") if "leadTime" in seconds else None,
        number(seconds, "hop") if "hop" in seconds else None,
    )


def _commit(commit: EventCommit) -> dict[str, Any]:
    return _filled(
        {
            "sha": commit.sha,
            "hydratedSha": commit.hydrated_sha,
            "source": list(commit.sources),
            "subject": commit.subject,
            "author": commit.author,
            "url": commit.url,
            "time": _stamp(commit.committed) if commit.committed else "",
        }
    )


def _read_commit(found: Mapping[str, Any]) -> EventCommit:
    return EventCommit(
        text(found, "sha"),
        text(found, "hydratedSha"),
        tuple(texts(found, "source")),
        text(found, "subject"),
        text(found, "author"),
        text(found, "url"),
        moment(found, "time"),
    )


def _seconds(it: Happening) -> dict[str, int]:
    told = {"leadTime": it.lead_seconds, "hop": it.hop_seconds}
    return {name: value for name, value in told.items() if value is not None}


def _filled(found: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if value}


def _stamp(time: datetime) -> str:
    """RFC 3339 in UTC, with milliseconds where there are some."""
    told = time.astimezone(UTC).replace(tzinfo=None)
    return told.isoformat(timespec="milliseconds" if told.microsecond else "seconds") + "Z"
