"""Durable appends, a process of its own: ``python -m benchmarks.appends FOLDER COUNT`` prints rates as JSON.

Ours: the event log with a follower that does nothing, as many appends waiting as a burst of the cluster brings. The
baseline: a loop that writes and syncs frames of the same sizes in which ours were committed.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from twisted.internet import reactor as installed_reactor
from twisted.internet.defer import Deferred, DeferredList

from promoter_view.boundaries import EventLog
from promoter_view.log.file.disk import Disk
from promoter_view.log.urls import LogSettings, open_log
from promoter_view.metrics import Metrics
from promoter_view.records import Change, ChangeType, Mirror, ObjectKey, Record, Snapshot
from promoter_view.runtime import Runtime
from promoter_view.slices import Steps

_BODY_BYTES = 4096
_WAITING = 256
_PATH = "/apis/example/v1/objects"
_MIRROR = Mirror("cluster", {_PATH: "rules"})


class Nothing:
    """A follower that keeps nothing but its place."""

    def __init__(self) -> None:
        self._offset = 0

    def restore(self, snapshot: Snapshot) -> Steps:  # noqa: ARG002
        """A new log has none."""
        yield

    def apply(self, records: Sequence[Record]) -> Steps:
        """Durable, and that is all."""
        self._offset = records[-1].offset
        yield

    def snapshot(self) -> Snapshot:
        """Without objects."""
        return Snapshot(self._offset, _MIRROR, 0, False, {}, {}, {})


def _change(number: int) -> Change:
    body = b'{"n":%d,"x":"%b"}' % (number, random.randbytes(_BODY_BYTES // 2).hex().encode())
    return Change(ChangeType.MODIFIED, ObjectKey("Object", "n", f"o-{number % 1000}"), body, str(number), _PATH, "1")


async def _append(log: EventLog, count: int) -> float:
    """Seconds for ``count`` appends, ``_WAITING`` of them waiting at a time."""
    changes = [_change(number) for number in range(count)]
    began = time.monotonic()
    for at in range(0, count, _WAITING):
        await DeferredList([log.append((change,)) for change in changes[at : at + _WAITING]], fireOnOneErrback=True)
    return time.monotonic() - began


def _bare(folder: Path, count: int) -> float:
    """Seconds for the same number of bytes in the same number of syncs."""
    data = os.urandom(_BODY_BYTES * _WAITING)
    descriptor = os.open(folder / "bare", os.O_CREAT | os.O_WRONLY, 0o600)
    disk = Disk()
    began = time.monotonic()
    for at in range(0, count, _WAITING):
        disk.write(descriptor, data, at * _BODY_BYTES)
        disk.sync(descriptor)
    os.close(descriptor)
    return time.monotonic() - began


async def _measure(folder: Path, count: int, reactor: Any) -> None:
    log = open_log(
        f"file:{folder / 'log'}",
        runtime=Runtime(reactor, time.time, Metrics(), Random(), {}),
        settings=LogSettings(),
        on_fatal=sys.exit,
    )
    await log.start(Nothing(), _MIRROR)
    ours = await _append(log, count)
    await log.stop()
    print(json.dumps({"whole": True, "ours": count / ours, "bare": count / _bare(folder, count)}), flush=True)


def main() -> None:
    """Measures and ends."""
    reactor: Any = installed_reactor
    folder, count = Path(sys.argv[1]), int(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)

    def begin() -> None:
        measuring = Deferred.fromCoroutine(_measure(folder, count, reactor))
        measuring.addErrback(lambda failure: failure.printTraceback())
        measuring.addBoth(lambda _: reactor.stop())

    reactor.callWhenRunning(begin)
    reactor.run()


if __name__ == "__main__":
    main()
