"""Watchers that live as clients in the field do: slow, cut off at any moment, resuming anywhere. Each is a thread."""

from __future__ import annotations

import enum
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.support.program.client import BROKEN, Client, Endpoint, Exchange, RefusedError
from tests.support.program.recording import Bookmark, Change, Entry, Listing, Recording, Refusal, Stream

_RETRY_SECONDS = 0.1
#: How far back a watcher remembers the positions that it was given.
_REMEMBERED = 500
GONE = 410


class Begin(enum.Enum):
    """How a watcher without a position gets its first state."""

    LIST = "list, then watch"
    WATCH_LIST = "watch with sendInitialEvents"
    BARE = "watch without resourceVersion"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How a watcher lives.

    ``cut_after``: it cuts its stream by itself after so many entries (from, to). ``earlier``: how likely it then
    resumes at a position before its last. ``pause_seconds``: after each entry. ``timeout_seconds``: what it asks of the
    server. ``page_size``: of its lists, 0 for whole ones.
    """

    begin: Begin = Begin.LIST
    namespace: str = ""
    bookmarks: bool = True
    cut_after: tuple[int, int] | None = None
    earlier: float = 0.0
    pause_seconds: float = 0.0
    receive_buffer: int | None = None
    timeout_seconds: int | None = None
    page_size: int = 0


class Watcher(threading.Thread):
    """Reads until it is told to stop, or until ``life_seconds`` are over; ``recording`` is complete after that."""

    def __init__(
        self,
        name: str,
        endpoint: Callable[[], Endpoint],
        behaviour: Behaviour,
        *,
        source: random.Random,
        life_seconds: float,
    ) -> None:
        super().__init__(name=name, daemon=True)
        self._endpoint, self.behaviour, self._random = endpoint, behaviour, source
        self._deadline = time.monotonic() + life_seconds
        self._over = threading.Event()
        self._hurry = threading.Event()
        self._exchange: Exchange | None = None
        self._life: list[Listing | Stream] = []
        self._given: list[int] = []
        self._after: int | None = None
        self._has_position = False
        self.position: int | None = None
        self.failure: BaseException | None = None

    def settle(self) -> None:
        """From now on it neither pauses nor cuts its stream."""
        self._hurry.set()

    def stop(self) -> None:
        """Ends its life; ``join`` waits for that."""
        self._over.set()
        if self._exchange is not None:
            self._exchange.cut()

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
        """One list or one stream."""
        client = Client(self._endpoint(), receive_buffer=self.behaviour.receive_buffer)
        try:
            if self._after is None and self.behaviour.begin is Begin.LIST:
                self._list(client)
            else:
                self._watch(client)
        except (*BROKEN, RefusedError):
            self._over.wait(_RETRY_SECONDS)

    def _list(self, client: Client) -> None:
        listing = client.list(self.behaviour.namespace, limit=self.behaviour.page_size)
        self._life.append(listing)
        self._give(listing.resource_version)
        self._after = listing.resource_version

    def _watch(self, client: Client) -> None:
        """One stream; what was read of it is kept however it ends."""
        read: list[Entry] = []
        self._has_position = self._after is not None
        try:
            with client.watch(self.behaviour.namespace, self._query()) as exchange:
                self._exchange = exchange
                self._read(exchange, read)
        except RefusedError as refused:
            read.append(refused.refusal)
        finally:
            self._exchange = None
            self._life.append(self._stream(read))
            self._after = self._next(read)
        if not any(isinstance(entry, (Change, Bookmark)) for entry in read):
            self._over.wait(_RETRY_SECONDS)

    def _query(self) -> dict[str, str]:
        query = {"allowWatchBookmarks": "true"} if self.behaviour.bookmarks else {}
        if self.behaviour.timeout_seconds is not None:
            query["timeoutSeconds"] = str(self.behaviour.timeout_seconds)
        if self._after is not None:
            query["resourceVersion"] = str(self._after)
        elif self.behaviour.begin is Begin.WATCH_LIST:
            query |= {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}
        return query

    def _stream(self, read: Sequence[Entry]) -> Stream:
        # A watch from nowhere that takes bookmarks is told where its initial events end, as a WatchList is.
        marked = self.behaviour.begin is Begin.WATCH_LIST or self.behaviour.bookmarks
        watch_list = self._after is None and marked
        return Stream(self.behaviour.namespace, self._after, tuple(read), watch_list, self.behaviour.bookmarks)

    def _read(self, exchange: Exchange, read: list[Entry]) -> None:
        limit = self._random.randint(*self.behaviour.cut_after) if self.behaviour.cut_after else None
        for entry in exchange.entries():
            read.append(entry)
            self._note(entry)
            if not self._alive() or (len(read) == limit and not self._hurry.is_set()):
                return
            if self.behaviour.pause_seconds and not self._hurry.is_set():
                self._over.wait(self.behaviour.pause_seconds)

    def _note(self, entry: Entry) -> None:
        """Keeps the position that an entry gives. The objects of an initial state give none."""
        if isinstance(entry, Refusal):
            return
        if isinstance(entry, Bookmark) and entry.ends_initial_state:
            self._has_position = True
        if self._has_position:
            self._give(entry.resource_version)
        elif self.behaviour.begin is Begin.BARE:
            self.position = max(self.position or 0, entry.resource_version)

    def _give(self, position: int) -> None:
        self.position = position
        self._given = [*self._given[-_REMEMBERED:], position]

    def _next(self, read: Sequence[Entry]) -> int | None:
        """Where the next stream resumes: at the last position or at an earlier one; None: it begins anew."""
        if any(isinstance(entry, Refusal) and entry.code == GONE for entry in read):
            self._given.clear()
            return None
        if not self._has_position:
            return None
        if not self._hurry.is_set() and self._random.random() < self.behaviour.earlier:
            return self._random.choice(self._given)
        return self.position
