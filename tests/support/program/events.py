"""Clients of Server-Sent Events: they live as a page in a browser does, and what they see is a validator's recording.

It shares nothing with the program. A snapshot that SYNCED ends is, to the validator, an initial state that a bookmark
ends; a RESET ends one stream of the recording and begins another.
"""

from __future__ import annotations

import random
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from tests.support.program.client import BROKEN, Client, Endpoint, seen
from tests.support.program.recording import Bookmark, Change, Entry, Recording, Stream

_RETRY_SECONDS = 0.1
_READ_BYTES = 16 * 1024
#: Silence that a client takes for the end: signs of life come at least every 10 s.
_SILENCE_SECONDS = 15.0
_CHANGES = ("ADDED", "MODIFIED", "DELETED")


class Frame(NamedTuple):
    """One frame; ``id`` None where it has none."""

    event: str
    id: str | None
    data: Any


@dataclass(frozen=True, slots=True)
class Habits:
    """How a client lives.

    ``namespace`` "" for all. ``by_header``: it resumes as EventSource does by itself, else by the URL. ``cut_after``:
    it cuts its stream after so many frames (from, to), once it has a position. ``pause_seconds``: after each frame.
    """

    namespace: str = ""
    gzip: bool = False
    by_header: bool = True
    cut_after: tuple[int, int] | None = None
    pause_seconds: float = 0.0
    receive_buffer: int | None = None


#: Browsers, and some worse.
BROWSERS: Mapping[str, Habits] = {
    "page": Habits(gzip=True),
    "page that reloads": Habits(gzip=True, by_header=False, cut_after=(5, 60)),
    "script": Habits(cut_after=(5, 60)),
    "of one namespace": Habits(namespace="team-a", gzip=True, cut_after=(1, 40)),
    "restless": Habits(gzip=True, cut_after=(1, 5)),
    "slow": Habits(gzip=True, pause_seconds=0.05, receive_buffer=4096),
    "slow and plain": Habits(pause_seconds=0.05, receive_buffer=4096, cut_after=(20, 60)),
}


def frames(chunks: Iterator[bytes], *, gzip: bool) -> Iterator[Frame]:
    """The frames in a body as it comes; comments and ``retry`` are skipped, what was cut off is left out."""
    inflate = zlib.decompressobj(16 + zlib.MAX_WBITS) if gzip else None
    rest = b""
    for chunk in chunks:
        rest += inflate.decompress(chunk) if inflate is not None else chunk
        *blocks, rest = rest.split(b"\n\n")
        yield from (found for found in map(_frame, blocks) if found is not None)


class Page(threading.Thread):
    """Reads until it is told to stop, or until ``life_seconds`` are over; ``recording`` is complete after that."""

    def __init__(
        self,
        name: str,
        endpoint: Callable[[], Endpoint],
        habits: Habits,
        *,
        source: random.Random,
        life_seconds: float,
    ) -> None:
        super().__init__(name=name, daemon=True)
        self._endpoint, self.habits, self._random = endpoint, habits, source
        self._deadline = time.monotonic() + life_seconds
        self._over, self._hurry = threading.Event(), threading.Event()
        self._connection: Any = None
        self._life: list[Stream] = []
        self._read: list[Entry] = []
        self._after: int | None = None
        self._last: str = ""
        self.position: int | None = None
        self.resets = 0
        self.failure: BaseException | None = None

    def settle(self) -> None:
        """From now on it neither pauses nor cuts its stream."""
        self._hurry.set()

    def stop(self) -> None:
        """Ends its life; ``join`` waits for that."""
        self._over.set()
        connection = self._connection
        # The reader's thread closes it; here it may be closed already.
        with suppress(OSError, AttributeError):
            connection.sock.shutdown(socket.SHUT_RDWR)

    def recording(self, settled: int | None = None) -> Recording:
        """What it saw. Only after its end. Errors: whatever ended it before its time."""
        if self.failure is not None:
            raise self.failure
        return Recording(self.name, tuple(self._life), settled)

    def run(self) -> None:
        """Its life."""
        try:
            while self._alive():
                self._turn()
        except BaseException as failure:
            # A thread's failure is the test's to report, whatever it is.
            self.failure = failure

    def _alive(self) -> bool:
        return not self._over.is_set() and time.monotonic() < self._deadline

    def _turn(self) -> None:
        """One stream, however it ends."""
        self._read = []
        self._after = int(self._last) if self._is_live else None
        try:
            self._follow()
        except BROKEN:
            self._over.wait(_RETRY_SECONDS)
        finally:
            self._record()
            self._cut()

    def _follow(self) -> None:
        client = Client(self._endpoint(), timeout_seconds=_SILENCE_SECONDS, receive_buffer=self.habits.receive_buffer)
        connection = self._connection = client._connect()
        connection.request("GET", self._path(), headers=self._headers())
        response = connection.getresponse()
        if response.status != 200:
            # As a page does whose EventSource has given up: it asks until it may open it again.
            self._over.wait(_RETRY_SECONDS)
            return
        packed = response.getheader("Content-Encoding") == "gzip"
        chunks = iter(lambda: response.read1(_READ_BYTES), b"")
        limit = self._random.randint(*self.habits.cut_after) if self.habits.cut_after else None
        live = 0
        for frame in frames(chunks, gzip=packed):
            self._take(frame)
            live += self._is_live
            if not self._alive() or (live == limit and not self._hurry.is_set()):
                return
            if self.habits.pause_seconds and not self._hurry.is_set():
                self._over.wait(self.habits.pause_seconds)

    @property
    def _is_live(self) -> bool:
        return self._last not in ("", "0")

    def _path(self) -> str:
        parameters = [f"namespace={self.habits.namespace}"] if self.habits.namespace else []
        if self._last and not self.habits.by_header:
            parameters.append(f"lastEventId={self._last}")
        return f"/watch?{'&'.join(parameters)}"

    def _headers(self) -> dict[str, str]:
        headers = {"Accept": "text/event-stream"}
        if self.habits.gzip:
            headers["Accept-Encoding"] = "gzip"
        if self._last and self.habits.by_header:
            headers["Last-Event-ID"] = self._last
        return headers

    def _take(self, frame: Frame) -> None:
        if frame.event == "RESET":
            self._record()
            self._read, self._after = [], None
            self.resets += 1
        elif frame.event in _CHANGES:
            self._read.append(Change(frame.event, seen(frame.data)))
        elif frame.event in ("SYNCED", "BOOKMARK"):
            assert frame.id == frame.data["resourceVersion"]
            self._read.append(Bookmark(int(frame.id), frame.event == "SYNCED"))
        if frame.id is not None:
            self._last = frame.id
            self.position = int(frame.id) or None

    def _record(self) -> None:
        if self._read:
            self._life.append(Stream(self.habits.namespace, self._after, tuple(self._read), self._after is None))

    def _cut(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _frame(block: bytes) -> Frame | None:
    fields = dict(line.split(b": ", 1) for line in block.split(b"\n") if line and not line.startswith(b":"))
    if b"data" not in fields:
        return None
    found = fields.get(b"id")
    return Frame(fields[b"event"].decode(), None if found is None else found.decode(), orjson.loads(fields[b"data"]))
