"""What more processes serve: ``python -m benchmarks.replicas --etcd PATH``. One replica, then three, on one etcd.

The same clients ask one replica and then three, each its own. All of it is on this machine, so what the clients and
the replicas take of its processors is measured too: that says what limits the ratio. A client that takes as much of a
processor as its replica leaves room for no more than one of each on two.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks import processes
from benchmarks.figures import MEGABYTE, rate
from benchmarks.memory import cpu_seconds
from benchmarks.report import Row
from benchmarks.running import run
from benchmarks.world import LIST, whole

_REPLICAS = 3
_LIMIT_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Load:
    """What each of the clients asks for. ``path`` "" is one bundle."""

    name: str
    unit: str
    path: str
    gzip: bool
    connections: int
    requests: int


LOADS = (
    Load("lists", "MB/s", LIST, False, 4, 40),
    Load("lists as gzip", "MB/s", LIST, True, 4, 200),
    Load("gets of one", "/s", "", False, 8, 4000),
    Load("lists by a label that few have", "/s", f"{LIST}?resourceVersion=0&labelSelector=few", False, 8, 1500),
)


@dataclass(frozen=True, slots=True)
class Served:
    """The sum over all clients; processor time in seconds, of the clients and of the replicas."""

    seconds: float
    requests: int
    bytes: int
    client_cpu: float
    replica_cpu: float

    def speed(self, unit: str) -> float:
        """In that unit."""
        return rate(self.requests if unit == "/s" else self.bytes / MEGABYTE, self.seconds)


def serve(load: Load, replicas: Sequence[processes.Program], folder: Path) -> Served:
    """Three clients at once, spread over the replicas."""
    path = load.path or _single(replicas[0])
    given = {"path": path, "gzip": load.gzip, "connections": load.connections, "requests": load.requests}
    before = sum(cpu_seconds(replica.pid) for replica in replicas)
    began = time.monotonic()
    with ExitStack() as stack:
        clients = []
        for number in range(_REPLICAS):
            (folder / f"client-{number}").mkdir(exist_ok=True)
            port = replicas[number % len(replicas)].port
            client = processes.client("fetch", folder / f"client-{number}", port=port, **given, limit_seconds=120)
            clients.append(stack.enter_context(client))
        found = [whole(client, _LIMIT_SECONDS) for client in clients]
        seconds = time.monotonic() - began
        client_cpu = sum(cpu_seconds(client.pid) for client in clients)
    replica_cpu = sum(cpu_seconds(replica.pid) for replica in replicas) - before
    requests, size = sum(it["requests"] for it in found), sum(it["bytes"] for it in found)
    return Served(seconds, requests, size, client_cpu, replica_cpu)


def measure(etcd: Path, strategies: int, folder: Path, loads: Sequence[Load] = LOADS) -> Iterator[Row]:
    """The rows: three replicas, and one as their baseline. Errors: BrokenRunError."""
    cluster, url = processes.simulator(strategies, folder)
    store, address = processes.etcd(etcd, folder)
    with cluster, store, ExitStack() as stack:
        replicas = []
        for number in range(_REPLICAS):
            (folder / f"replica-{number}").mkdir()
            log = f"etcd:{address}/benchmark"
            config = processes.kubeconfig(url, folder)
            program = processes.Program(config, folder / f"replica-{number}", event_log=log)
            replicas.append(stack.enter_context(program))
            program.start()
        for program in replicas:
            program.wait_ready()
        for load in loads:
            serve(load, replicas, folder)  # bundles are compressed once, by each replica
            yield from _rows(load, serve(load, replicas, folder), serve(load, replicas[:1], folder))


def _rows(load: Load, three: Served, one: Served) -> Iterator[Row]:
    yield Row(f"{load.name}: 3 replicas (baseline: 1)", load.unit, three.speed(load.unit), one.speed(load.unit), "1.7x")
    taken = [("replicas", three.replica_cpu, one.replica_cpu), ("clients", three.client_cpu, one.client_cpu)]
    for name, of_three, of_one in taken:
        yield Row(f"{load.name}: processors taken by {name}", "", of_three / three.seconds, of_one / one.seconds)
    cores = os.cpu_count() or 1
    allowed = cores * one.replica_cpu / (one.replica_cpu + one.client_cpu)
    yield Row(f"{load.name}: what {cores} free cores allow, clients included", "x", max(1.0, min(allowed, _REPLICAS)))


def _single(replica: processes.Program) -> str:
    metadata = json.loads(processes.fetch(replica.port, f"{LIST}?limit=1")[1])["items"][0]["metadata"]
    group, _, plural = LIST.rpartition("/")
    return f"{group}/namespaces/{metadata['namespace']}/{plural}/{metadata['name']}?resourceVersion=0"


def main() -> int:
    """The exit status: 1 where the run broke."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.replicas", description=__doc__)
    parser.add_argument("--etcd", required=True, type=Path, help="the etcd binary")
    parser.add_argument("--strategies", type=int, default=300)
    given = parser.parse_args()
    return run(lambda folder: measure(given.etcd, given.strategies, folder))[1]


if __name__ == "__main__":
    sys.exit(main())
