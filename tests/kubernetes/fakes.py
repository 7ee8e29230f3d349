"""Stand-ins for what a reflector talks to: a recorder that keeps a journal, a cluster that follows a script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from twisted.internet.defer import Deferred, succeed

from promoter_view.boundaries import Recorder
from promoter_view.kubernetes.documents import Parameters
from promoter_view.kubernetes.kinds import PROMOTER_KINDS, Kind
from promoter_view.kubernetes.outcomes import ClusterError
from promoter_view.records import ListPath, ObjectKey, SourceObject, UnreadObject

KINDS: Mapping[str, Kind] = {kind.kind: kind for kind in PROMOTER_KINDS}
PULL_REQUEST = KINDS["PullRequest"]
PATH = ListPath("PullRequest", PULL_REQUEST.group, PULL_REQUEST.version, PULL_REQUEST.plural)


def key(name: str, namespace: str = "team") -> ObjectKey:
    """The key of a PullRequest."""
    return ObjectKey("PullRequest", namespace, name)


def document(name: str, version: int | str, namespace: str = "team", **more: Any) -> dict[str, Any]:
    """A PullRequest as the cluster has it."""
    metadata = {"name": name, "namespace": namespace, "resourceVersion": str(version)}
    return {"apiVersion": PULL_REQUEST.api_version, "kind": "PullRequest", "metadata": metadata, **more}


def source(name: str, version: int | str, namespace: str = "team", **more: Any) -> SourceObject:
    """The same as it is recorded."""
    return SourceObject(orjson.dumps(document(name, version, namespace, **more)), str(version))


def event(kind: str, found: Mapping[str, Any]) -> bytes:
    """A line of a watch."""
    return orjson.dumps({"type": kind, "object": found})


def bookmark(version: int | str, *, initial: bool = False) -> bytes:
    """The line of a bookmark, at the end of the initial events or not."""
    metadata: dict[str, Any] = {"resourceVersion": str(version)}
    if initial:
        metadata["annotations"] = {"k8s.io/initial-events-end": "true"}
    return event("BOOKMARK", {"kind": "PullRequest", "metadata": metadata})


def error_event(code: int, reason: str = "", retry_after: int | None = None) -> bytes:
    """The line of an error inside a stream."""
    details = {} if retry_after is None else {"details": {"retryAfterSeconds": retry_after}}
    return event("ERROR", {"kind": "Status", "code": code, "reason": reason, "message": "told so", **details})


def list_of(version: int | str, *items: Mapping[str, Any], more: str = "") -> bytes:
    """The body of a list."""
    metadata = {"resourceVersion": str(version), **({"continue": more} if more else {})}
    return orjson.dumps({"kind": "PullRequestList", "metadata": metadata, "items": items})


class JournalRecorder:
    """A recorder without a log: suppresses equal bytes, as the real one does, and notes what would be appended."""

    def __init__(self, position: str | None = None, objects: Mapping[ObjectKey, SourceObject] | None = None) -> None:
        self.positions: dict[str, str | None] = {PATH.id: position}
        self.state: dict[ObjectKey, SourceObject] = dict(objects or {})
        self.unreadable: dict[ObjectKey, UnreadObject] = {}
        self.journal: list[tuple[Any, ...]] = []
        self.blocked: Deferred[None] | None = None
        self.restorations = 0

    def position(self, path: ListPath) -> str | None:
        return self.positions.get(path.id)

    def is_known(self, path: ListPath) -> bool:
        return self.positions.get(path.id) is not None

    def keys(self, path: ListPath) -> Iterator[ObjectKey]:
        return iter([key for key in {**self.state, **self.unreadable} if path.holds(key)])

    def objects(self, path: ListPath) -> Iterator[tuple[ObjectKey, SourceObject]]:
        return iter([(key, found) for key, found in self.state.items() if path.holds(key)])

    def put(self, path: ListPath, key: ObjectKey, found: SourceObject, position: str | None) -> bool:
        known = self.state.get(key)
        if self.unreadable.pop(key, None) is None and known is not None and known.body == found.body:
            return False
        self.state[key] = found
        self.journal.append(("ADDED" if known is None else "MODIFIED", key.name, position))
        self._move(path, position)
        return True

    def pass_over(self, path: ListPath, key: ObjectKey, found: UnreadObject, position: str | None) -> bool:
        if self.unreadable.get(key) == found:
            return False
        self.unreadable[key] = found
        self.journal.append(("UNREADABLE", key.name, position))
        self._move(path, position)
        return True

    def delete(self, path: ListPath, key: ObjectKey, resource_version: str, position: str | None) -> bool:
        if (self.state.pop(key, None), self.unreadable.pop(key, None)) == (None, None):
            return False
        self.journal.append(("DELETED", key.name, position))
        self._move(path, position)
        return True

    def bookmark(self, path: ListPath, position: str) -> None:
        if self.positions.get(path.id) != position:
            self.journal.append(("POSITION", position))
            self.positions[path.id] = position

    def forget(self, path: ListPath) -> None:
        if self.positions.get(path.id) is not None:
            self.journal.append(("FORGOTTEN",))
            self.positions[path.id] = None

    def read_by(self, path: ListPath, schema: str) -> None:
        assert path == PATH
        self.journal.append(("READ BY", schema))

    def forget_all(self) -> None:
        self.journal.append(("ALL FORGOTTEN",))
        self.restorations += 1
        self.positions = dict.fromkeys(self.positions, None)

    def room(self) -> Deferred[None]:
        return succeed(None) if self.blocked is None else self.blocked

    def _move(self, path: ListPath, position: str | None) -> None:
        if position is not None:
            self.positions[path.id] = position


_recorder: type[Recorder] = JournalRecorder


class ScriptedStream:
    """A stream whose chunks the test gives."""

    def __init__(self) -> None:
        self.idle_seconds = 0.0
        self.closed = False
        self.reading: Deferred[list[bytes]] | None = None

    def read(self) -> Deferred[list[bytes]]:
        self.reading = Deferred()
        return self.reading

    def allow_idle(self, seconds: float) -> None:
        self.idle_seconds = seconds

    def close(self) -> None:
        self.closed = True

    def give(self, *lines: bytes) -> None:
        """Lines to whoever reads; none: the clean end."""
        assert self.reading is not None
        reading, self.reading = self.reading, None
        reading.callback(list(lines))

    def break_off(self, error: ClusterError) -> None:
        assert self.reading is not None
        reading, self.reading = self.reading, None
        reading.errback(error)


class ScriptedCluster:
    """A cluster whose answers the test gives, one request after the other."""

    def __init__(self) -> None:
        self.requests: list[dict[str, str]] = []
        self.waiting: Deferred[Any] | None = None

    async def get(self, path: str, parameters: Parameters = ()) -> bytes:
        return await self._ask(path, parameters)

    async def stream(self, path: str, parameters: Parameters = (), *, idle_seconds: float) -> ScriptedStream:
        found: ScriptedStream = await self._ask(path, parameters)
        found.idle_seconds = idle_seconds
        return found

    def _ask(self, path: str, parameters: Parameters) -> Deferred[Any]:
        assert self.waiting is None, "one request at a time"
        self.requests.append(dict(parameters))
        self.waiting = Deferred()
        return self.waiting

    def answer(self, with_what: Any) -> None:
        """The answer to the request under way."""
        assert self.waiting is not None
        waiting, self.waiting = self.waiting, None
        if isinstance(with_what, ClusterError):
            waiting.errback(with_what)
        else:
            waiting.callback(with_what)

    def open(self) -> ScriptedStream:
        """The request under way is answered by a stream."""
        stream = ScriptedStream()
        self.answer(stream)
        return stream
