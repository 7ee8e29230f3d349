"""The measuring client, a process of its own: ``python -m benchmarks.client watch|fetch ARGUMENTS-AS-JSON``.

``watch`` prints ``ready`` once all watches are open and obeys lines on its standard input: ``pause``, ``resume`` (those
that are slow), ``finish EVENTS``. ``fetch`` begins at once. Both print one line of JSON at the end, and end by
themselves at their time limit, or when standard input ends.
"""

from __future__ import annotations

import json
import os
import re
import selectors
import sys
import time
import zlib
from collections.abc import Mapping
from typing import Any

from benchmarks.figures import percentile
from benchmarks.wire import Connection, turn

_VERSION = re.compile(rb'"resourceVersion":"(\d+)"')
_STAMP = re.compile(rb'"bench/ts":"(\d+)"')
_STAMP_NAME = b'"bench/ts":"'
#: A bundle's own resourceVersion stands within so many bytes of its line.
_HEAD_BYTES = 2048
_GZIP = 16 + zlib.MAX_WBITS
#: How lines begin that tell a position and no event: a watch's, and those of Server-Sent Events.
#: How the data of a change begins on a stream of pages, which tells no resourceVersion.
_PAGE_FRAME = b'data: {"namespace"'
_BOOKMARKS = (b'{"type":"BOOKMARK"', b'data: {"resourceVersion"')


class Arrivals:
    """What all watchers see: each event's time stamp is looked for once, by whoever has it first."""

    def __init__(self) -> None:
        self.began_ns = time.monotonic_ns()
        self.last_ns = self.began_ns
        self.latencies_ms: list[float] = []
        self.bytes = 0
        self._stamps: dict[bytes, int] = {}

    def stamp(self, version: bytes, parts: list[bytes]) -> int:
        """When the change was asked for, in nanoseconds; 0 where no stamp is newer than this client."""
        known = self._stamps.get(version)
        if known is None:
            line = b"".join(parts)
            found = map(int, _STAMP.findall(line)) if _STAMP_NAME in line else ()
            known = self._stamps[version] = max((one for one in found if one > self.began_ns), default=0)
        return known


class Watcher:
    """A sink for watch lines: counts events, and how long after its change each came, unless ``silent``.

    ``lazy``: it only keeps what comes, until ``attend``; many that inflate all at once would measure themselves.
    """

    def __init__(self, arrivals: Arrivals, *, silent: bool = False, gzip: bool = False, lazy: bool = False) -> None:
        self.events = 0
        self.bookmarked = False
        self.broken = False
        self._arrivals = arrivals
        self._silent = silent
        self._inflate = zlib.decompressobj(_GZIP).decompress if gzip else bytes
        self._parts: list[bytes] = []
        self._kept: list[bytes] | None = [] if lazy else None
        self._timed = not lazy

    def data(self, piece: bytes) -> None:
        """Bytes, which may end in the middle of a line."""
        self._arrivals.bytes += len(piece)
        if self._kept is None:
            self._read(piece)
        else:
            self._kept.append(piece)

    def attend(self) -> None:
        """Read what was kept, and from now on what comes."""
        kept, self._kept = self._kept or [], None
        for piece in kept:
            self._read(piece)

    def _read(self, piece: bytes) -> None:
        piece = self._inflate(piece)
        at = 0
        while (end := piece.find(b"\n", at)) >= 0:
            self._parts.append(piece[at:end])
            self._line(self._parts)
            self._parts.clear()
            at = end + 1
        self._parts.append(piece[at:])

    def end(self) -> None:
        """The server ended the watch."""
        self.broken = True

    def lost(self) -> None:
        """The connection broke."""
        self.broken = True

    def _line(self, parts: list[bytes]) -> None:
        head = parts[0] if len(parts[0]) >= _HEAD_BYTES else b"".join(parts)[:_HEAD_BYTES]
        if head.startswith(_PAGE_FRAME):
            self.events += 1
            self._arrivals.last_ns = time.monotonic_ns()
            return
        found = _VERSION.search(head)
        if found is None:
            return
        if head.startswith(_BOOKMARKS):
            self.bookmarked = True
            return
        now = time.monotonic_ns()
        self.events += 1
        if not self._timed:
            return
        self._arrivals.last_ns = now
        stamp = self._arrivals.stamp(found[1], parts)
        if stamp and not self._silent:
            self._arrivals.latencies_ms.append((now - stamp) / 1e6)


class Watching:
    """Some watches, and the commands that come in while they run."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._selector = selectors.DefaultSelector()
        self._arrivals = Arrivals()
        self._deadline = time.monotonic() + given["limit_seconds"]
        slow = given["slow"]
        self._gzip = given["gzip"]
        self._watchers = [
            Watcher(self._arrivals, silent=number < slow, gzip=self._gzip, lazy=number >= slow + given["eager"])
            for number in range(given["watchers"])
        ]
        self._connections = [Connection(given["port"], self._selector, tls=given["tls"]) for _ in self._watchers]
        self._slow = self._connections[:slow]
        self._path = given["path"]
        self._initial = given["initial"]
        self._expected: int | None = None
        self._commands = b""

    def run(self) -> dict[str, Any]:
        """Opens, obeys and measures; the result."""
        asked_ns = time.monotonic_ns()
        for connection, watcher in zip(self._connections, self._watchers, strict=True):
            connection.get(self._path, watcher, gzip=self._gzip)
        turn(self._selector, until=self._open, deadline=self._deadline)
        opened_ns = time.monotonic_ns()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        self._selector.register(sys.stdin, selectors.EVENT_READ, self._command)
        whole = turn(self._selector, until=self._over, deadline=self._deadline)
        return self._result(whole, (opened_ns - asked_ns) / 1e9)

    def _open(self) -> bool:
        if self._initial:
            return all(watcher.bookmarked or watcher.broken for watcher in self._watchers)
        return all(connection.answered for connection in self._connections)

    def _over(self) -> bool:
        expected = self._expected
        return expected is not None and all(it.events >= expected or it.broken for it in self._watchers)

    def _command(self) -> None:
        data = os.read(sys.stdin.fileno(), 4096)
        if not data:
            raise SystemExit(1)
        *lines, self._commands = (self._commands + data).split(b"\n")
        for line in lines:
            word, _, number = line.partition(b" ")
            if word == b"finish":
                self._expected = int(number)
                for watcher in self._watchers:
                    watcher.attend()
            for connection in self._slow if word in (b"pause", b"resume") else ():
                connection.pause() if word == b"pause" else connection.resume()

    def _result(self, whole: bool, opened_seconds: float) -> dict[str, Any]:
        arrivals = self._arrivals
        return {
            "whole": whole and not any(watcher.broken for watcher in self._watchers),
            "events": sum(watcher.events for watcher in self._watchers),
            "fewest": min(watcher.events for watcher in self._watchers),
            "broken": sum(watcher.broken for watcher in self._watchers),
            "bytes": arrivals.bytes,
            "opened_seconds": opened_seconds,
            "last_ns": arrivals.last_ns,
            "p50_ms": percentile(arrivals.latencies_ms, 0.5),
            "p99_ms": percentile(arrivals.latencies_ms, 0.99),
            "max_ms": max(arrivals.latencies_ms, default=0.0),
        }


class Fetching:
    """Requests one after the other on each of some connections."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._selector = selectors.DefaultSelector()
        self._deadline = time.monotonic() + given["limit_seconds"]
        self._path = given["path"]
        self._gzip = given["gzip"]
        self._left = given["requests"]
        self._running = 0
        self._broken = 0
        self._bytes = 0
        self._milliseconds: list[float] = []
        self._connections = [Connection(given["port"], self._selector) for _ in range(given["connections"])]

    def run(self) -> dict[str, Any]:
        """All of them; the result."""
        began = time.monotonic()
        for connection in self._connections:
            self._next(connection)
        whole = turn(self._selector, until=lambda: not self._running, deadline=self._deadline)
        return {
            "whole": whole and not self._broken,
            "requests": len(self._milliseconds),
            "seconds": time.monotonic() - began,
            "bytes": self._bytes,
            "p50_ms": percentile(self._milliseconds, 0.5),
            "p99_ms": percentile(self._milliseconds, 0.99),
        }

    def _next(self, connection: Connection) -> None:
        if self._left:
            self._left -= 1
            self._running += 1
            connection.get(self._path, _Answer(self, connection), gzip=self._gzip)

    def count(self, size: int) -> None:
        """Bytes have come."""
        self._bytes += size

    def answered(self, connection: Connection, milliseconds: float) -> None:
        """An answer is whole: the next request."""
        self._running -= 1
        self._milliseconds.append(milliseconds)
        self._next(connection)

    def broke(self) -> None:
        """A connection broke."""
        self._running -= 1
        self._broken += 1


class _Answer:
    """The sink of one answer."""

    def __init__(self, fetching: Fetching, connection: Connection) -> None:
        self._fetching = fetching
        self._connection = connection
        self._began = time.monotonic()

    def data(self, piece: bytes) -> None:
        self._fetching.count(len(piece))

    def end(self) -> None:
        self._fetching.answered(self._connection, (time.monotonic() - self._began) * 1000)

    def lost(self) -> None:
        self._fetching.broke()


def main() -> None:
    """Runs what the command line says."""
    mode, given = sys.argv[1], json.loads(sys.argv[2])
    result = Watching(given).run() if mode == "watch" else Fetching(given).run()
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
