"""A snapshot of 300 MB, written and read: ``python -m benchmarks.snapshot``; how long, and whether ``/livez`` answers.

PromotionStrategies with 200 KB of annotations each; they are changed until the log's newest snapshot has the size that
is asked for. Then ``kill -9``, and a start from it.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

from benchmarks import clusters, processes
from benchmarks.clusters import Cluster
from benchmarks.figures import MEGABYTE
from benchmarks.liveness import Liveness
from benchmarks.memory import Peak, cpu_seconds, resident_bytes
from benchmarks.report import Row
from benchmarks.running import run
from benchmarks.world import LIST

_STRATEGIES = "/apis/promoter.argoproj.io/v1alpha1/namespaces/default/promotionstrategies"
#: Of the 256 KiB that annotations may have.
_OBJECT_BYTES = 200_000
_RELISTS = "promoter_view_reflector_relists_total"
_LIVEZ_TARGET = "100"
#: A part of the state that is changed in one round.
_ROUND = 50
_LIMIT_SECONDS = 300.0


class Watched(NamedTuple):
    """What a span has cost."""

    seconds: float
    cpu: float
    livez_p50: float
    livez_worst: float
    peak: int


def measure(megabytes: float, folder: Path, making: clusters.Making) -> Iterator[Row]:
    """The rows, as they come. Errors: BrokenRunError."""
    count = max(1, round(megabytes * MEGABYTE / _OBJECT_BYTES))
    with making(0, 3, folder) as cluster, processes.Program(cluster.kubeconfig, folder) as program:
        fleet = _Fleet(cluster, count)
        fleet.create()
        program.start()
        with _watched(program) as first:
            program.wait_ready()
        yield from _rows("start, empty log", first[0])
        with _watched(program) as written:
            fleet.change_until(lambda: _snapshot_bytes(folder) >= 0.9 * count * _OBJECT_BYTES)
        yield from _rows("changes until the snapshot is written", written[0])
        yield Row("the snapshot", "MB", _snapshot_bytes(folder) / MEGABYTE, None, f"{megabytes:.0f}")
        program.kill()
        program.start()
        with _watched(program) as read:
            program.wait_ready()
        yield from _rows("start from it", read[0])
        yield Row("memory after it", "MB", resident_bytes(program.pid) / MEGABYTE)
        listed = len(json.loads(processes.fetch(program.port, f"{LIST}?limit=100000")[1])["items"])
        yield Row("strategies that are served", "%", 100 * listed / count, None, "100")
        relists = [value for name, value in program.metrics().items() if name.startswith(_RELISTS)]
        yield Row("relists after that", "", sum(relists), None, "0")


@contextmanager
def _watched(program: processes.Program) -> Iterator[list[Watched]]:
    """A list that holds what the block has cost once it is over."""
    found: list[Watched] = []
    began, cpu = time.monotonic(), cpu_seconds(program.pid)
    with Liveness(program.port) as live, Peak(program.pid) as peak:
        yield found
    seconds, busy = time.monotonic() - began, cpu_seconds(program.pid) - cpu
    found.append(Watched(seconds, busy, live.p50, live.worst, peak.bytes))


def _rows(name: str, found: Watched) -> Iterator[Row]:
    yield Row(name, "s", found.seconds)
    yield Row(f"{name}: processor", "s", found.cpu)
    yield Row(f"{name}: /livez p50", "ms", found.livez_p50)
    yield Row(f"{name}: /livez worst", "ms", found.livez_worst, None, _LIVEZ_TARGET)
    yield Row(f"{name}: memory, at most", "MB", found.peak / MEGABYTE)


def _snapshot_bytes(folder: Path) -> int:
    """Of the largest one that is whole."""
    return max((path.stat().st_size for path in (folder / "log").glob("*.snapshot")), default=0)


class _Fleet:
    """So many strategies with annotations that do not compress."""

    def __init__(self, cluster: Cluster, count: int) -> None:
        self._cluster = cluster
        self._names = [f"large-{number:05d}" for number in range(count)]
        self._chance = random.Random(1)

    def create(self) -> None:
        """All of them."""
        connection = self._cluster.connect()
        for name in self._names:
            spec = {"gitRepositoryRef": {"name": "r"}, "environments": [{"branch": "environment/development"}]}
            kind = {"apiVersion": "promoter.argoproj.io/v1alpha1", "kind": "PromotionStrategy"}
            metadata = {"name": name, "namespace": "default", "annotations": self._annotations()}
            _send(connection, "POST", _STRATEGIES, {**kind, "metadata": metadata, "spec": spec})
        connection.close()

    def change_until(self, is_enough: Callable[[], bool]) -> None:
        """Changes one after the other, until that is so. Errors: BrokenRunError."""
        connection, deadline = self._cluster.connect(), time.monotonic() + _LIMIT_SECONDS
        names = itertools.cycle(self._names)
        while not is_enough():
            if time.monotonic() > deadline:
                raise processes.BrokenRunError("the log has written no snapshot of that size")
            for name in itertools.islice(names, _ROUND):
                _send(connection, "PATCH", f"{_STRATEGIES}/{name}", {"metadata": {"annotations": self._annotations()}})
        connection.close()

    def _annotations(self) -> dict[str, str]:
        return {"bench/large": self._chance.randbytes(_OBJECT_BYTES // 2).hex()}


def _send(connection: HTTPConnection, method: str, path: str, document: object) -> None:
    kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
    connection.request(method, path, json.dumps(document), {"Content-Type": kind})
    response = connection.getresponse()
    told = response.read()
    if response.status >= 300:
        raise processes.BrokenRunError(f"{method} {path}: {response.status}: {told[:200]!r}")


def main() -> int:
    """The exit status: 1 where it broke."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.snapshot", description=__doc__)
    parser.add_argument("--megabytes", type=float, default=300.0)
    parser.add_argument("--control-plane", action="store_true", help="a real kube-apiserver instead of the simulator")
    given = parser.parse_args()
    making = clusters.real if given.control_plane else clusters.simulated
    return run(lambda folder: measure(given.megabytes, folder, making))[1]


if __name__ == "__main__":
    sys.exit(main())
