"""Checks recorded watches against the six guarantees that etcd gives of a watch, in the words of a Kubernetes client.

After etcd's "KV API guarantees, watch APIs" and Kubernetes' KEP-956 (bookmarks) and KEP-3157 (watch list). Pure. Each
guarantee is one function, and its docstring is its definition. A position is a resourceVersion that a client was given.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tests.support.program.oracle import Oracle, earliest_list, union
from tests.support.program.recording import ADDED, Bookmark, Change, Listing, Parts, Recording, Refusal, Seen, Stream

_TOO_OLD = re.compile(r"too old resource version: (\d+) \((\d+)\)")
_NEVER = 1 << 63
_AHEAD = "a position that was handed out is ahead of the server"


class Guarantee(enum.StrEnum):
    """The six."""

    ORDERED = "ordered"
    UNIQUE = "unique"
    RELIABLE = "reliable"
    ATOMIC = "atomic"
    RESUMABLE = "resumable"
    BOOKMARKABLE = "bookmarkable"


@dataclass(frozen=True, slots=True)
class Violation:
    """A guarantee that was not kept, by whom it was seen, and what was seen."""

    guarantee: Guarantee
    watcher: str
    words: str


@dataclass(frozen=True, slots=True)
class _Read:
    """A stream with what is known of it: its parts, and the position from which on its changes count."""

    stream: Stream
    parts: Parts
    start: int | None
    settled: int | None

    @property
    def changes(self) -> list[Change]:
        return [entry for entry in self.parts.rest if isinstance(entry, Change)]


def validate(recordings: Sequence[Recording], *, expirations: bool = True, replicas: bool = False) -> list[Violation]:
    """Everything in the recordings that breaks a guarantee. They are of one log; one lists all namespaces first.

    ``expirations`` False: a 410 is a violation too (nothing was removed, so every position must be good).
    ``replicas``: there were several, so that one may not have come as far yet as a position of another: a 504 is none.
    """
    changes, contradictions = union(recordings)
    oracle = Oracle(earliest_list(recordings), changes)
    found = [Violation(Guarantee.ATOMIC, "all", words) for words in contradictions]
    found += [Violation(Guarantee.RELIABLE, "all", words) for words in oracle.breaks()]
    for recording in recordings:
        found += (
            Violation(guarantee, recording.watcher, words)
            for guarantee, words in _of(recording, oracle)
            if not (replicas and words.startswith(_AHEAD))
        )
        if not expirations:
            found += (Violation(Guarantee.RESUMABLE, recording.watcher, words) for words in _expirations(recording))
    return found


def _of(recording: Recording, oracle: Oracle) -> Iterator[tuple[Guarantee, str]]:
    for place, part in enumerate(recording.life):
        if isinstance(part, Listing):
            yield from ((Guarantee.ATOMIC, words) for words in atomic_list(part, oracle))
            continue
        settled = recording.settled if place == len(recording.life) - 1 else None
        read = _read(part, oracle, settled)
        for guarantee, check in _CHECKS.items():
            yield from ((guarantee, words) for words in check(read, oracle))


def ordered(read: _Read, oracle: Oracle) -> Iterator[str]:
    """Ordered: within a stream the resourceVersions of changes never go down, nor below the position it began at."""
    last = read.start or 0
    for change in read.changes:
        if change.resource_version < last:
            yield f"{change.resource_version} came after {last}"
        last = max(last, change.resource_version)


def unique(read: _Read, oracle: Oracle) -> Iterator[str]:
    """Unique: within a stream no change comes twice, and no object stands twice in the state it begins with."""
    versions = [change.resource_version for change in read.changes]
    keys = [seen.key for seen in read.parts.initial or ()]
    yield from (f"{version} came more than once" for version in _repeated(versions))
    yield from (f"{key} stands more than once in the initial state" for key in _repeated(keys))


def reliable(read: _Read, oracle: Oracle) -> Iterator[str]:
    """Reliable: between a stream's start and its last change none is missing, and none of another scope is there.

    Where the stream was open and read until long after a position, none is missing up to that either.
    """
    namespace = read.stream.namespace
    strays = [change for change in read.changes if namespace not in ("", change.seen.key[0])]
    yield from (f"{change.seen.key} is not in namespace {namespace}" for change in strays)
    if read.start is None:
        return
    last = max([change.resource_version for change in read.changes] + [read.settled or 0])
    yield from (f"{change} is missing, up to {last}" for change in _missing(read, oracle, read.start, last))


def atomic(read: _Read, oracle: Oracle) -> Iterator[str]:
    """Atomic: the state that a stream begins with is the whole state at one position: each change up to it, none after.

    So is a list (``atomic_list``), and one resourceVersion is one change with one body, whoever sees it.
    """
    if read.parts.initial is None or not _is_whole(read):
        return
    if read.start is None:
        yield "the initial state is not the state at any position"
        return
    yield from _difference(read.parts.initial, oracle, read.start, read.stream.namespace)


def atomic_list(listing: Listing, oracle: Oracle) -> Iterator[str]:
    """Atomic, for a list: exactly the objects at its resourceVersion, sorted by namespace and name."""
    yield from _difference(listing.items, oracle, listing.resource_version, listing.namespace)
    keys = [item.key for item in listing.items]
    if keys != sorted(set(keys)):
        yield f"the list at {listing.resource_version} is not sorted by namespace and name"


def resumable(read: _Read, oracle: Oracle) -> Iterator[str]:
    """Resumable: a stream opened at a position begins with the first change after it, or says 410 because that is gone.

    A 410 names a position of the reader's and the horizon, which is beyond it. No position is ahead of the server.
    """
    changes = read.changes
    if read.stream.after is not None and changes:
        upcoming = oracle.between(read.stream.after, changes[0].resource_version, read.stream.namespace)
        if not upcoming or upcoming[0] != changes[0]:
            yield f"resumed at {read.stream.after}, it began with {changes[0]}, not with {upcoming[:1]}"
    reached = changes[-1].resource_version if changes else read.start or 0
    for refusal in _refusals(read.stream):
        yield from _unjustified(refusal, reached)


def bookmarkable(read: _Read, oracle: Oracle) -> Iterator[str]:
    """Bookmarkable: by a bookmark every change up to its position was delivered in that stream, and none after it.

    Positions of bookmarks never go down. They come only when asked for, and one at most ends an initial state, which
    consists of ADDED events.
    """
    reached = read.start or 0
    for entry in read.parts.rest:
        if isinstance(entry, Bookmark):
            if entry.ends_initial_state:
                yield f"{entry} without an initial state before it"
            if entry.resource_version < reached:
                yield f"bookmark {entry.resource_version} after {reached}"
        if not isinstance(entry, Refusal):
            reached = max(reached, entry.resource_version)
    yield from _early_bookmarks(read, oracle)
    yield from _unasked(read)


_CHECKS = {
    Guarantee.ORDERED: ordered,
    Guarantee.UNIQUE: unique,
    Guarantee.RELIABLE: reliable,
    Guarantee.ATOMIC: atomic,
    Guarantee.RESUMABLE: resumable,
    Guarantee.BOOKMARKABLE: bookmarkable,
}


def _read(stream: Stream, oracle: Oracle, settled: int | None) -> _Read:
    parts = stream.parts()
    start = parts.start
    if start is None and parts.initial is not None:
        start = _position_of(parts, oracle, stream.namespace, settled)
    return _Read(stream, parts, start, settled)


def _position_of(parts: Parts, oracle: Oracle, namespace: str, settled: int | None) -> int | None:
    """The last position before the first change at which the state was that one; None where there is no such."""
    initial = {seen.key: seen for seen in parts.initial or ()}
    oldest = max((seen.resource_version for seen in initial.values()), default=0)
    oldest = max(oldest, oracle.base.resource_version)
    changes = oracle.between(oldest, _first_bound(parts, settled), namespace)
    candidates = [oldest, *(change.resource_version for change in changes)]
    return next((each for each in reversed(candidates) if oracle.state(each, namespace) == initial), None)


def _first_bound(parts: Parts, settled: int | None) -> int:
    """The last position at which the initial state can have been made, by what came next."""
    for entry in parts.rest[:1]:
        if isinstance(entry, Change):
            return entry.resource_version - 1
        if isinstance(entry, Bookmark):
            return entry.resource_version
    return settled or 0


def _is_whole(read: _Read) -> bool:
    """Whether the initial state is known to be whole; one that nothing followed may have been cut off."""
    if read.stream.watch_list or read.settled:
        return True
    return bool(read.parts.rest) and not isinstance(read.parts.rest[0], Refusal)


def _missing(read: _Read, oracle: Oracle, after: int, until: int) -> list[Change]:
    delivered = {change.resource_version for change in read.changes}
    expected = oracle.between(after, until, read.stream.namespace)
    return [change for change in expected if change.resource_version not in delivered]


def _difference(items: Iterable[Seen], oracle: Oracle, version: int, namespace: str) -> Iterator[str]:
    """What sets those items apart from the state at that position."""
    if version < oracle.base.resource_version:
        return
    found, expected = {item.key: item for item in items}, oracle.state(version, namespace)
    for key in sorted(found.keys() | expected.keys()):
        if found.get(key) != expected.get(key):
            yield f"at {version}: {key} is {found.get(key)}, should be {expected.get(key)}"


def _early_bookmarks(read: _Read, oracle: Oracle) -> Iterator[str]:
    """Bookmarks beyond a change that was not yet delivered in that stream."""
    start, delivered = read.start, set[int]()
    if start is None:
        return
    for entry in read.parts.rest:
        if isinstance(entry, Change):
            delivered.add(entry.resource_version)
        elif isinstance(entry, Bookmark):
            expected = oracle.between(start, entry.resource_version, read.stream.namespace)
            if early := [change for change in expected if change.resource_version not in delivered]:
                yield f"bookmark {entry.resource_version} before {early[0]}"
            start = max(start, entry.resource_version)


def _unasked(read: _Read) -> Iterator[str]:
    if not read.stream.bookmarks and any(isinstance(entry, Bookmark) for entry in read.stream.entries):
        yield "a bookmark was not asked for"
    if read.stream.watch_list and read.parts.initial is not None:
        state = read.stream.entries[: len(read.stream.entries) - len(read.parts.rest) - 1]
        yield from (f"{each} in an initial state" for each in state if not _is_addition(each))


def _is_addition(entry: object) -> bool:
    return isinstance(entry, Change) and entry.type == ADDED


def _refusals(stream: Stream) -> list[Refusal]:
    return [entry for entry in stream.entries if isinstance(entry, Refusal)]


def _unjustified(refusal: Refusal, reached: int) -> Iterator[str]:
    """What is wrong with an error, for a client that has come that far."""
    if refusal.code == 504:
        yield f"{_AHEAD}: {refusal.message}"
    if refusal.code != 410:
        return
    match = _TOO_OLD.search(refusal.message)
    if match is None or refusal.reason != "Expired":
        yield f"a 410 that does not say why: {refusal}"
    elif not reached <= int(match[1]) < int(match[2]):
        yield f"a 410 that is not justified at {reached}: {refusal.message}"


def _expirations(recording: Recording) -> Iterator[str]:
    for part in recording.life:
        if isinstance(part, Stream):
            yield from (f"{refusal}" for refusal in _refusals(part) if refusal.code == 410)


def _repeated(values: Sequence[object]) -> list[object]:
    seen: set[object] = set()
    return [value for value in values if value in seen or seen.add(value)]  # type: ignore[func-returns-value]
