"""``python -m benchmarks.past``: moments of the past, asked for over HTTP; the log has seven days of 1,000 strategies.

The log is made first (benchmarks/recorded.py), which takes minutes: ``--keep FOLDER`` makes it there, or takes what is
there. Every moment is another one, so that each is replayed. *Processor* is that of the whole program until it rests
again. A turn's processor time is that of the reactor's thread, and does not count what else the machine does.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import NamedTuple

from benchmarks import processes
from benchmarks.figures import MEGABYTE, percentile
from benchmarks.folders import log_rows, points_behind_the_first_state
from benchmarks.memory import Peak, cpu_seconds, resident_bytes, scheduled
from benchmarks.processes import BrokenRunError, Program
from benchmarks.report import Row
from benchmarks.running import run
from benchmarks.turns import since_last
from benchmarks.wire import unverified
from benchmarks.world import LIST
from promoter_view.log.file.disk import Disk
from promoter_view.log.file.folder import LogFolder
from promoter_view.log.offsets import milliseconds_of

#: So that nothing of the log is deleted.
_RETENTION: dict[str, object] = {
    "event-log-retention-age": "400d",
    "event-log-retention-bytes": "512Gi",
    "event-log-retention-events": 1_000_000_000,
}
_TIMEOUT_SECONDS = 120.0
#: A program rests when for so long it takes no more of a processor than that share, and does not wait for one either.
_REST_SECONDS, _TAKEN, _WANTED = 0.3, 0.05, 0.6
_PATIENCE_SECONDS = 300.0
_TARGET, _TARGET_TURN = "2", "50"
_LONG_AGO_MS = 1_700_000_000_000
_RELISTS = "promoter_view_reflector_relists_total"
#: Moments that a program keeps.
_KEPT = 4


@dataclass(frozen=True, slots=True)
class Plan:
    """The log's strategies, days and changes a second; ``moments``: of each sort. ``making_seconds``: its patience."""

    strategies: int
    days: float
    rate: float
    moments: int
    making_seconds: float


FULL = Plan(strategies=1000, days=7.0, rate=1 / 10, moments=8, making_seconds=3600.0)
QUICK = Plan(strategies=50, days=0.5, rate=1 / 20, moments=2, making_seconds=120.0)


class Answer(NamedTuple):
    """Seconds until the first byte and until the last, and of the processor."""

    body: bytes
    first_byte: float
    whole: float
    cpu: float


class Sort(NamedTuple):
    """Moments of one sort. They lie between two snapshots: in this share of the log's spans, and of each span."""

    name: str
    spans: tuple[float, float] = (0.0, 1.0)
    place: tuple[float, float] = (0.02, 0.98)


_PLACES = (
    Sort("just behind a snapshot", place=(0.01, 0.05)),
    Sort("between two snapshots", place=(0.45, 0.55)),
    Sort("just before the next snapshot", place=(0.95, 0.99)),
)
_AGES = (
    Sort("in the newest seventh of the log", (6 / 7, 1.0)),
    Sort("in the middle of it", (3 / 7, 4 / 7)),
    Sort("in the oldest seventh", (0.0, 1 / 7)),
)


def measure(plan: Plan, folder: Path, kept: Path) -> Iterator[Row]:
    """The rows, as they come; the log is in ``kept``. Errors: BrokenRunError."""
    words = ("--strategies", plan.strategies, "--days", plan.days, "--rate", plan.rate)
    command = [sys.executable, "-m", "benchmarks.recorded", str(kept), *map(str, words)]
    turns = folder / "turns.json"
    with processes.Child(command, folder, "recorded") as cluster:
        cluster.line(plan.making_seconds)
        holdings = LogFolder(kept / "log", disk=Disk()).holdings()
        yield from log_rows(holdings)
        log = f"file:{kept / 'log'}"
        with Program(kept / "kubeconfig", folder, event_log=log, options=_RETENTION, turns=turns) as program:
            began = time.monotonic()
            program.start()
            program.wait_ready()
            yield Row("start with it until it is ready", "s", time.monotonic() - began)
            yield from _Asking(program, plan, points_behind_the_first_state(holdings), turns).rows()


class _Asking:
    """One program, and the points of its log where a replay may start."""

    def __init__(self, program: Program, plan: Plan, points: Sequence[int], turns: Path) -> None:
        self._program = program
        self._plan = plan
        self._ms = [milliseconds_of(point) for point in points]
        self._turns = turns
        self._random = random.Random(1)
        #: Seconds: processor time of all threads, and by the clock.
        self._longest = (0.0, 0.0)

    def rows(self) -> Iterator[Row]:
        """All of them."""
        program = self._program
        self._rest()
        relists = [value for name, value in program.metrics().items() if name.startswith(_RELISTS)]
        yield Row("relists after that", "", sum(relists), None, "0")
        idle = resident_bytes(program.pid)
        yield Row("memory, idle", "MB", idle / MEGABYTE)
        since_last(program.pid, self._turns)
        with Peak(program.pid) as peak:
            yield from self._sorts("a list", _PLACES)
            yield from self._sorts("a list", _AGES)
            yield from self._kinds()
            yield from self._together()
        yield from self._longest_rows()
        yield Row("memory, at most", "MB", peak.bytes / MEGABYTE)
        self._rest()
        yield Row("memory, four moments kept", "MB", resident_bytes(program.pid) / MEGABYTE)
        yield from self._beyond()

    def _sorts(self, what: str, sorts: Sequence[Sort]) -> Iterator[Row]:
        first: float | None = None
        for sort in sorts:
            answers = [self._ask(_at(LIST, self._moment(sort))) for _ in range(self._plan.moments)]
            cpu = percentile([each.cpu for each in answers], 0.5)
            yield from _rows(f"{what}, {sort.name}", answers)
            yield Row(f"{what}, {sort.name}: processor", "s", cpu, first)
            yield from self._turn_rows(f"{what}, {sort.name}")
            first = cpu if first is None else first

    def _kinds(self) -> Iterator[Row]:
        anywhere = Sort("anywhere")
        listed = json.loads(self._ask(f"{LIST}?limit=1").body)
        metadata = listed["items"][0]["metadata"]
        namespace, name = metadata["namespace"], metadata["name"]
        single = LIST.replace("/promotionstrategydetails", f"/namespaces/{namespace}/promotionstrategydetails/{name}")
        asked = {
            "one strategy": (single, False),
            "/list": ("/list", True),
            "the Fleet": ("/", True),
            "a strategy's page": (f"/strategies/{namespace}/{name}", True),
        }
        for what, (path, on_dashboard) in asked.items():
            moments = [self._moment(anywhere) for _ in range(self._plan.moments)]
            answers = [self._ask(_at(path, moment), on_dashboard=on_dashboard) for moment in moments]
            yield from _rows(what, answers)
            yield from self._turn_rows(what)
        yield from self._again(anywhere)

    def _again(self, sort: Sort) -> Iterator[Row]:
        """By a list's resourceVersion, and what is kept."""
        exact, kept = list[Answer](), list[Answer]()
        for _ in range(self._plan.moments):
            version = json.loads(self._ask(_at(LIST, self._moment(sort))).body)["metadata"]["resourceVersion"]
            for _ in range(_KEPT):
                self._ask(_at(LIST, self._moment(sort)))
            path = f"{LIST}?resourceVersion={version}&resourceVersionMatch=Exact"
            exact.append(self._ask(path))
            kept.append(self._ask(path))
        yield from _rows("a list, exactly of a resourceVersion", exact)
        yield from _rows("the same again", kept)
        yield from self._turn_rows("these")

    def _together(self) -> Iterator[Row]:
        """Two replays at once, as many as there may be."""
        with ThreadPoolExecutor(2) as pool:
            paths = [_at(LIST, self._moment(Sort("anywhere"))) for _ in range(2)]
            answers = list(pool.map(self._ask, paths))
        yield Row("two lists at once: the later one's first byte", "s", max(each.first_byte for each in answers))
        yield from self._turn_rows("two lists at once")

    def _beyond(self) -> Iterator[Row]:
        early = self._ask(_at(LIST, _LONG_AGO_MS), 410)
        told = json.loads(early.body)["details"]["from"]
        yield Row("beyond the log: 410", "ms", early.whole * 1000)
        yield Row("the earliest moment that it names: a list", "s", self._ask(f"{LIST}?at={told}").first_byte)
        late = self._ask(_at(LIST, int(time.time() * 1000) + 3_600_000), 400)
        yield Row("in an hour: 400", "ms", late.whole * 1000)

    def _moment(self, sort: Sort) -> int:
        """In milliseconds since 1970."""
        spans = len(self._ms) - 1
        first, last = (round(share * spans) for share in sort.spans)
        span = min(self._random.randrange(first, max(last, first + 1)), spans - 1)
        begun, ended = self._ms[span : span + 2]
        return round(begun + self._random.uniform(*sort.place) * (ended - begun))

    def _ask(self, path: str, status: int = 200, *, on_dashboard: bool = False) -> Answer:
        """Errors: BrokenRunError for another status."""
        program = self._program
        before, began = cpu_seconds(program.pid), time.monotonic()
        if on_dashboard:
            connection = HTTPConnection("127.0.0.1", program.dashboard_port, timeout=_TIMEOUT_SECONDS)
        else:
            connection = HTTPSConnection("127.0.0.1", program.port, timeout=_TIMEOUT_SECONDS, context=unverified())
        with closing(connection):
            connection.request("GET", path)
            response = connection.getresponse()
            first_byte = time.monotonic() - began
            body = response.read()
        whole = time.monotonic() - began
        if response.status != status:
            raise BrokenRunError(f"{path}: {response.status} {body[:300]!r}")
        self._rest()
        return Answer(body, first_byte, whole, cpu_seconds(program.pid) - before)

    def _rest(self) -> None:
        """Until the program has nothing to do. Errors: BrokenRunError."""
        pid, deadline = self._program.pid, time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            before = scheduled(pid)
            time.sleep(_REST_SECONDS)
            took, waited = (now - then for now, then in zip(scheduled(pid), before, strict=True))
            if took < _TAKEN * _REST_SECONDS and took + waited < _WANTED * _REST_SECONDS:
                return
        raise BrokenRunError("the program does not come to rest")

    def _turn_rows(self, what: str) -> Iterator[Row]:
        """Of what was asked since the last ones."""
        found = since_last(self._program.pid, self._turns)
        self._longest = (max(self._longest[0], found.process), max(self._longest[1], found.wall))
        yield Row(f"{what}: longest turn", "ms", found.thread * 1000, None, _TARGET_TURN)

    def _longest_rows(self) -> Iterator[Row]:
        process, wall = self._longest
        yield Row("the longest turn of all, with what other threads took in it", "ms", process * 1000)
        yield Row("the longest turn of all, by the clock", "ms", wall * 1000)


def _rows(what: str, answers: Sequence[Answer]) -> Iterator[Row]:
    seconds = [each.first_byte for each in answers]
    yield Row(f"{what}: first byte, median", "s", percentile(seconds, 0.5), None, _TARGET)
    yield Row(f"{what}: first byte, worst", "s", max(seconds), None, _TARGET)


def _at(path: str, moment_ms: int) -> str:
    at = datetime.fromtimestamp(moment_ms / 1000, UTC).isoformat(timespec="milliseconds")
    return f"{path}?at={at.replace('+00:00', 'Z')}"


def main() -> int:
    """The exit status: 1 where it broke."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.past", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small log")
    parser.add_argument("--days", type=float, help="of the log")
    parser.add_argument("--rate", type=float, help="changes a second")
    parser.add_argument("--moments", type=int, help="of each sort")
    parser.add_argument("--keep", help="the folder of the log; what is in it is taken as it is")
    given = parser.parse_args()
    chosen = {name: value for name in ("days", "rate", "moments") if (value := getattr(given, name)) is not None}
    plan = replace(QUICK if given.quick else FULL, **chosen)
    return run(lambda folder: measure(plan, folder, Path(given.keep) if given.keep else folder))[1]


if __name__ == "__main__":
    sys.exit(main())
