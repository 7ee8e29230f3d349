"""``python -m benchmarks``: runs all works on a simulated cluster and prints one table. ``--quick``: in a minute."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import processes, works
from benchmarks.clusters import simulated_at
from benchmarks.report import Row, document
from benchmarks.running import run
from benchmarks.world import FULL, QUICK, Plan, cold_start

_NAMES = {work.__name__: work for work in works.WORKS}


def main() -> int:
    """The exit status: 1 where a work broke."""
    given = _arguments()
    plan, names = QUICK if given.quick else FULL, given.only or list(_NAMES)
    rows, status = run(
        lambda folder: measure(plan, folder, names, event_log=given.event_log), heading=f"{_machine()}\n\n"
    )
    if given.json:
        Path(given.json).write_text(document(_machine(), rows))
    return status


def measure(plan: Plan, folder: Path, names: list[str], *, event_log: str = "") -> Iterator[Row]:
    """The rows of those works, as they come. ``event_log`` "": a folder. Errors: BrokenRunError."""
    child, url = processes.simulator(plan.strategies, folder)
    cluster = simulated_at(url, folder)
    with child, processes.Program(cluster.kubeconfig, folder, event_log=event_log) as program:
        world, seconds = cold_start(plan, folder, cluster, program)
        yield Row("start to the first whole list, empty log", "s", seconds, None, "8")
        yield Row("a bundle's size, mean", "KB", world.object_bytes / 1000)
        for name in names:
            yield from _NAMES[name](world)
        yield Row("reactor turns more than 50 ms late", "", _late(program))


def _late(program: processes.Program) -> float:
    name = "promoter_view_reactor_stall_seconds"
    scrape = program.metrics()
    return scrape.get(f"{name}_count", 0.0) - scrape.get(name + '_bucket{le="0.05"}', 0.0)


def _machine() -> str:
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return (
        f"{now}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small fleet and short loads")
    parser.add_argument("--only", action="append", choices=list(_NAMES), help="that work; may be repeated")
    parser.add_argument("--event-log", default="", help="the program's; an empty etcd, for one [a folder]")
    parser.add_argument("--json", help="write the figures to this file too")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
