"""The client and its watchers, against a server that says what the test tells it to."""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest

from tests.support.program.client import Client, Endpoint, RefusedError, entry, path_of, seen
from tests.support.program.recording import Bookmark, Change, Listing, Refusal, Stream
from tests.support.program.watcher import Begin, Behaviour, Watcher

JSON = "Content-Type: application/json\r\n"


def thing(version: int, name: str = "one", namespace: str = "a") -> dict[str, object]:
    metadata = {"namespace": namespace, "name": name, "uid": f"uid-{name}", "resourceVersion": str(version)}
    return {"kind": "PromotionStrategyDetails", "metadata": metadata}


def event(kind: str, found: object) -> bytes:
    return orjson.dumps({"type": kind, "object": found}) + b"\n"


def bookmark(version: int, *, ends: bool = False) -> bytes:
    annotations = {"annotations": {"k8s.io/initial-events-end": "true"}} if ends else {}
    return event("BOOKMARK", {"metadata": {"resourceVersion": str(version), **annotations}})


def status(code: int, reason: str, message: str) -> dict[str, object]:
    return {"kind": "Status", "code": code, "reason": reason, "message": message}


def whole(body: object, code: str = "200 OK") -> bytes:
    """An answer that is not a stream."""
    data = orjson.dumps(body)
    return f"HTTP/1.1 {code}\r\n{JSON}Content-Length: {len(data)}\r\n\r\n".encode() + data


def chunked(*lines: bytes, ended: bool = True) -> bytes:
    """A stream, a chunk a line; one that has not ended is cut off."""
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(line), line) for line in lines)
    return f"HTTP/1.1 200 OK\r\n{JSON}Transfer-Encoding: chunked\r\n\r\n".encode() + chunks + b"0\r\n\r\n" * ended


class Script:
    """Gives each connection the next answer; ``asked`` holds path and query of each request."""

    def __init__(self, answers: tuple[bytes, ...]) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.used_up = threading.Event()
        self._answers = answers
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = Endpoint("127.0.0.1", self._listener.getsockname()[1], tls=False)

    def serve(self) -> None:
        for answer in self._answers:
            connection, _ = self._listener.accept()
            with connection:
                url = urlsplit(connection.recv(65536).split(b" ")[1].decode())
                self.asked.append((url.path, dict(parse_qsl(url.query))))
                connection.sendall(answer)
        self.used_up.set()
        self._listener.close()


@contextmanager
def script(*answers: bytes) -> Iterator[Script]:
    told = Script(answers)
    thread = threading.Thread(target=told.serve, daemon=True)
    thread.start()
    yield told
    thread.join(10)


def live(told: Script, behaviour: Behaviour) -> tuple[Listing | Stream, ...]:
    """A watcher's life until the script is used up."""
    watcher = Watcher("w", lambda: told.endpoint, behaviour, source=random.Random(1), life_seconds=20)
    watcher.start()
    assert told.used_up.wait(10)
    watcher.stop()
    watcher.join(10)
    return watcher.recording().life[: len(told.asked)]


def test_list_in_pages() -> None:
    """A list is put together from its pages, by their continue token, at the resourceVersion of the whole."""
    first = {"metadata": {"resourceVersion": "9", "continue": "go on"}, "items": [thing(3)]}
    last = {"metadata": {"resourceVersion": "9"}, "items": [thing(4, "two")]}
    with script(whole(first), whole(last)) as told:
        listing = Client(told.endpoint).list("a", limit=1)
    assert listing == Listing("a", 9, (seen(thing(3)), seen(thing(4, "two"))))
    assert told.asked == [(path_of("a"), {"limit": "1"}), (path_of("a"), {"limit": "1", "continue": "go on"})]


def test_refused() -> None:
    """A Status that answers a request is an error with its code, reason and message; so is any other body."""
    with (
        script(whole(status(403, "Forbidden", "no"), "403 Forbidden"), whole("odd", "502 Bad Gateway")) as told,
    ):
        for refusal in (Refusal(403, "Forbidden", "no"), Refusal(502, "", '"odd"')):
            with pytest.raises(RefusedError) as raised:
                Client(told.endpoint).list()
            assert raised.value.refusal == refusal


def test_entries() -> None:
    """Each line of a watch is a change, a bookmark or an error; the digest tells bodies apart, not their key order."""
    assert entry(event("MODIFIED", thing(7))) == Change("MODIFIED", seen(thing(7)))
    assert entry(bookmark(8)) == Bookmark(8)
    assert entry(bookmark(8, ends=True)) == Bookmark(8, ends_initial_state=True)
    assert entry(event("ERROR", status(410, "Expired", "old"))) == Refusal(410, "Expired", "old")
    assert seen(thing(7) | {"extra": 1}).digest != seen(thing(7)).digest
    assert seen(dict(reversed(thing(7).items()))).digest == seen(thing(7)).digest


def test_list_then_watch_then_resume() -> None:
    """An informer watches from its list's position, resumes after a cut in mid-line, and relists after a 410."""
    empty = {"metadata": {"resourceVersion": "5"}, "items": []}
    with script(
        whole(empty),
        chunked(event("ADDED", thing(6)), event("MODIFIED", thing(7))[:20], ended=False),
        chunked(bookmark(9)),
        chunked(event("ERROR", status(410, "Expired", "too old resource version: 9 (10)"))),
        whole(empty),
    ) as told:
        life = live(told, Behaviour())
    assert [query.get("resourceVersion") for _, query in told.asked] == [None, "5", "6", "9", None]
    assert life == (
        Listing("", 5, ()),
        Stream("", 5, (Change("ADDED", seen(thing(6))),)),
        Stream("", 6, (Bookmark(9),)),
        Stream("", 9, (Refusal(410, "Expired", "too old resource version: 9 (10)"),)),
        Listing("", 5, ()),
    )


def test_watch_list() -> None:
    """With sendInitialEvents there is no position until the end bookmark: before it, the watcher begins anew."""
    state = event("ADDED", thing(3))
    with script(chunked(state, ended=False), chunked(state, bookmark(8, ends=True)), chunked()) as told:
        live(told, Behaviour(begin=Begin.WATCH_LIST, namespace="a", timeout_seconds=7))
    asked = {"watch": "1", "allowWatchBookmarks": "true", "timeoutSeconds": "7"}
    fresh = asked | {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}
    assert told.asked == [
        (path_of("a"), fresh),
        (path_of("a"), fresh),
        (path_of("a"), asked | {"resourceVersion": "8"}),
    ]


def test_bare_watch() -> None:
    """A watch without resourceVersion begins anew each time, for the objects of a state give no position."""
    with script(chunked(event("ADDED", thing(3)), event("MODIFIED", thing(9))), chunked()) as told:
        live(told, Behaviour(begin=Begin.BARE, bookmarks=False))
    assert [query for _, query in told.asked] == [{"watch": "1"}, {"watch": "1"}]


def test_cuts_and_earlier_positions() -> None:
    """A restless watcher cuts its stream after as many entries as it should, and may resume where it was before."""
    lines = [event("MODIFIED", thing(version)) for version in range(6, 16)]
    with script(whole({"metadata": {"resourceVersion": "5"}, "items": []}), chunked(*lines), chunked()) as told:
        life = live(told, Behaviour(cut_after=(3, 3), earlier=1.0))
    assert len(life[1].entries) == 3  # type: ignore[union-attr]
    assert told.asked[2][1]["resourceVersion"] in {"5", "6", "7", "8"}
