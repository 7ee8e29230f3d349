"""Stages whose Applications are reconciled all the time: ``python -m benchmarks.stages``.

1,000 Stages with 3,000 Applications, each of which Argo CD looks at every 10 s and finds as it was: what that costs,
and how soon a real change of an Application's health is in a watcher's hands meanwhile.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks import processes
from benchmarks.figures import percentile
from benchmarks.memory import cpu_seconds, resident_bytes
from benchmarks.report import Row
from benchmarks.running import run
from benchmarks.wire import unverified

_VIEW = "/apis/view.promoter.argoproj.io/v1alpha1/stagedetails"
_APPLICATIONS = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications"
_CHANGES = 'promoter_view_bundle_changes_total{type="MODIFIED",view="stagedetails"}'
_SUPPRESSED = "promoter_view_log_suppressed_events_total"
_HEALTHS = ("Degraded", "Progressing", "Healthy")
_LIMIT_SECONDS = 30.0


def measure(stages: int, period: float, seconds: float, changes: int, folder: Path) -> Iterator[Row]:
    """The rows, as they come. Errors: BrokenRunError."""
    cluster, url = processes.simulator(0, folder, "--stages", str(stages), "--reconcile", str(period))
    with cluster, processes.Program(processes.kubeconfig(url, folder), folder) as program:
        program.start()
        began = time.monotonic()
        program.wait_ready()
        yield Row("start to ready, empty log", "s", time.monotonic() - began)
        yield from _ticking(program, stages * 3 / period, seconds)
        yield from _latency(program, url, changes)
        yield Row("memory", "MB", resident_bytes(program.pid) / 1e6)


def _ticking(program: processes.Program, wanted: float, seconds: float) -> Iterator[Row]:
    before, cpu, began = program.metrics(), cpu_seconds(program.pid), time.monotonic()
    time.sleep(seconds)
    taken, elapsed, after = cpu_seconds(program.pid) - cpu, time.monotonic() - began, program.metrics()
    ticks = after.get(_SUPPRESSED, 0.0) - before.get(_SUPPRESSED, 0.0)
    yield Row("reconciliations in which nothing changes", "/s", ticks / elapsed, None, f"{wanted:.0f}")
    yield Row("processor, of one core", "%", 100 * taken / elapsed, None, "20")
    yield Row("bundle changes from them", "", after.get(_CHANGES, 0.0) - before.get(_CHANGES, 0.0), None, "0")


def _latency(program: processes.Program, url: str, changes: int) -> Iterator[Row]:
    """Changes of one Application's health, one after the other; each seen by a watch of its Stage."""
    cluster = HTTPConnection(urlsplit(url).netloc, timeout=_LIMIT_SECONDS)
    watch = HTTPSConnection("127.0.0.1", program.port, timeout=_LIMIT_SECONDS, context=unverified())
    try:
        version = json.loads(processes.fetch(program.port, _VIEW)[1])["metadata"]["resourceVersion"]
        watch.request("GET", f"{_VIEW}?watch=1&resourceVersion={version}")
        stream = watch.getresponse()
        times = [_change(cluster, stream, _HEALTHS[number % 3]) for number in range(changes)]
    finally:
        cluster.close()
        watch.close()
    yield Row("health, from the PATCH to the watcher: p50", "ms", 1000 * percentile(times, 0.5), None, "100")
    yield Row("health, from the PATCH to the watcher: p99", "ms", 1000 * percentile(times, 0.99), None, "100")


def _change(cluster: HTTPConnection, stream: HTTPResponse, health: str) -> float:
    """Seconds until the watcher had read the Stage's new health."""
    wanted = "Unhealthy" if health == "Degraded" else health
    patch = json.dumps({"status": {"health": {"status": health}}})
    began = time.monotonic()
    headers = {"Content-Type": "application/merge-patch+json"}
    cluster.request("PATCH", f"{_APPLICATIONS}/app-000-0-0", patch, headers)
    cluster.getresponse().read()
    while json.loads(stream.readline())["object"].get("health", {}).get("status") != wanted:
        pass
    taken = time.monotonic() - began
    time.sleep(0.02)
    return taken


def main() -> int:
    """The exit status: 1 where it broke."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stages", description=__doc__)
    parser.add_argument("--stages", type=int, default=1000)
    parser.add_argument("--period", type=float, default=10.0, help="seconds between two looks at one Application")
    parser.add_argument("--seconds", type=float, default=30.0, help="how long the processor's time is taken")
    parser.add_argument("--changes", type=int, default=99)
    given = parser.parse_args()
    return run(lambda folder: measure(given.stages, given.period, given.seconds, given.changes, folder))[1]


if __name__ == "__main__":
    sys.exit(main())
