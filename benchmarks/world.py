"""What the works run in: the sizes of a run, a simulated cluster, and the program that mirrors it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import processes
from benchmarks.clusters import Cluster
from benchmarks.processes import Program

LIST = "/apis/view.promoter.argoproj.io/v1alpha1/promotionstrategydetails"
WATCH = f"{LIST}?watch=1"


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of everything. ``seconds`` is that of each load, ``rate`` its changes a second."""

    strategies: int
    watchers: tuple[int, ...]
    seconds: float
    lists: int
    concurrent: int
    gets: int
    idle_watchers: int
    pages: int
    appends: int
    rate: float = 20.0
    limit_seconds: float = 120.0


FULL = Plan(
    strategies=1000,
    watchers=(1, 100, 300),
    seconds=10.0,
    lists=10,
    concurrent=100,
    gets=5000,
    idle_watchers=500,
    pages=500,
    appends=20_000,
)
QUICK = Plan(
    strategies=100,
    watchers=(1, 20),
    seconds=2.0,
    lists=10,
    concurrent=20,
    gets=500,
    idle_watchers=50,
    pages=50,
    appends=2000,
    limit_seconds=30.0,
)


class Bare(NamedTuple):
    """The bare server that runs."""

    port: int
    pid: int


@dataclass(frozen=True, slots=True)
class World:
    """``object_bytes`` is the mean size of a bundle, ``single`` the path of one of them."""

    plan: Plan
    folder: Path
    cluster: Cluster
    program: Program
    object_bytes: int
    single: str

    def from_now(self) -> str:
        """The path of a watch of what comes after this moment; one without a resourceVersion gets the state first."""
        body = processes.fetch(self.program.port, f"{LIST}?limit=1")[1]
        return f"{WATCH}&resourceVersion={json.loads(body)['metadata']['resourceVersion']}"

    def events_from_now(self) -> str:
        """The path of a stream of Server-Sent Events that goes on from this moment."""
        body = processes.fetch(self.program.port, f"{LIST}?limit=1")[1]
        return f"/watch?lastEventId={json.loads(body)['metadata']['resourceVersion']}"

    @contextmanager
    def baseline(self) -> Iterator[Bare]:
        """The bare server, with objects of our size."""
        plan, certificate = self.plan, self.program.certificate
        child, port = processes.baseline(certificate, self.object_bytes, plan.strategies, self.folder)
        with child:
            yield Bare(port, child.pid)

    def watch(
        self,
        port: int,
        path: str,
        watchers: int,
        *,
        slow: int = 0,
        initial: bool = False,
        gzip: bool = False,
        eager: int = 1000,
    ) -> processes.Child:
        """A client with so many watches; ``slow`` of them can be paused, ``initial`` ones first take the state.

        ``eager`` of the others look at what they read at once, which takes the client time, the rest when all is over.
        On the dashboard's port they are streams of Server-Sent Events, without TLS.
        """
        tls = port != self.program.dashboard_port
        given = {"path": path, "watchers": watchers, "slow": slow, "initial": initial, "gzip": gzip}
        given |= {"tls": tls, "eager": eager}
        return processes.client("watch", self.folder, port=port, **given, limit_seconds=self.plan.limit_seconds)

    def fetch(self, port: int, path: str, connections: int, requests: int, *, gzip: bool = False) -> dict[str, Any]:
        """The result of so many requests over so many connections."""
        given = {"port": port, "path": path, "connections": connections, "requests": requests, "gzip": gzip}
        limit = self.plan.limit_seconds
        with processes.client("fetch", self.folder, **given, limit_seconds=limit) as child:
            return whole(child, limit)


def whole(child: processes.Child, limit_seconds: float) -> dict[str, Any]:
    """A client's result. Errors: BrokenRunError where something is missing in it."""
    found: dict[str, Any] = json.loads(child.line(limit_seconds + 10))
    if not found["whole"]:
        raise processes.BrokenRunError(f"not everything came in {limit_seconds:.0f} s: {found}")
    return found


def cold_start(plan: Plan, folder: Path, cluster: Cluster, program: Program) -> tuple[World, float]:
    """Starts the program on an empty log; seconds until the first whole list."""
    began = time.monotonic()
    program.start()
    program.wait_ready()
    body = processes.fetch(program.port, LIST)[1]
    seconds = time.monotonic() - began
    items = json.loads(body)["items"]
    metadata = items[0]["metadata"]
    single = LIST.replace("/promotionstrategydetails", f"/namespaces/{metadata['namespace']}/promotionstrategydetails")
    return World(plan, folder, cluster, program, len(body) // len(items), f"{single}/{metadata['name']}"), seconds
