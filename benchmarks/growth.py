"""How cost grows as work grows: ``python -m benchmarks.growth``, in about two minutes; ``--long`` for all sizes.

Three curves: strategies of a fleet, environments of one strategy, watchers. Every figure but memory and ``/livez`` is
processor time of the program, so that what else the machine does tells little; the ratio is that to the size before.
What changed may cost: a change should cost the same whatever else there is, a list and a start no more than in
proportion to what they hold.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks import changes, processes
from benchmarks.clusters import Cluster, Making, real, simulated
from benchmarks.liveness import Liveness
from benchmarks.memory import cpu_seconds, resident_bytes
from benchmarks.world import LIST, QUICK, World, cold_start, whole

_STRATEGIES = (100, 1000)
_ENVIRONMENTS = (3, 30, 300, 1000)
_WATCHERS = (1, 10, 100)
_LONG = {"strategies": (100, 1000, 5000, 10_000), "environments": _ENVIRONMENTS, "watchers": (*_WATCHERS, 1000)}
_SHORT = {"strategies": _STRATEGIES, "environments": _ENVIRONMENTS, "watchers": _WATCHERS}
#: A size ends after so long, whatever has come by then.
_LIMIT_SECONDS = 120.0
_CHANGES = 100

Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Curve:
    """One kind of work: what its size is called, and what is measured at one size."""

    name: str
    measure: Callable[[int, Path, Making], Figures]


def of_strategies(count: int, folder: Path, cluster: Making = simulated) -> Figures:
    """A fleet of so many: 20 changes a second, one watcher."""
    with _Run(cluster(count, 3, folder), folder) as run:
        found = run.started()
        found |= run.listed()
        return found | run.changed(20.0, changes.of_cluster, watchers=1)


def of_environments(count: int, folder: Path, cluster: Making = simulated) -> Figures:
    """One strategy of so many: 50 changes a second, each of another environment; a watch, a stream and pages open."""
    with _Run(cluster(1, count, folder), folder) as run:
        found = run.started()
        found |= run.listed()
        pages = run.pages()
        return found | run.changed(50.0, changes.of_policies, watchers=1, pages=pages)


def of_watchers(count: int, folder: Path, cluster: Making = simulated) -> Figures:
    """So many watchers of a hundred strategies, 20 changes a second."""
    with _Run(cluster(100, 3, folder), folder) as run:
        run.started()
        found = run.changed(20.0, changes.of_cluster, watchers=count)
        return {**found, "memory, MB": run.memory}


CURVES = (
    Curve("strategies", of_strategies),
    Curve("environments", of_environments),
    Curve("watchers", of_watchers),
)


class _Run:
    """A cluster of one size, and the program on it."""

    def __init__(self, cluster: AbstractContextManager[Cluster], folder: Path) -> None:
        self._stack = ExitStack()
        self._folder = folder
        self._making = cluster
        self._program: processes.Program
        self._world: World

    def __enter__(self) -> _Run:
        with self._stack as entered:  # what was begun ends where the rest does not
            self._cluster = entered.enter_context(self._making)
            self._program = entered.enter_context(processes.Program(self._cluster.kubeconfig, self._folder))
            self._stack = entered.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def memory(self) -> float:
        """Megabytes."""
        return resident_bytes(self._program.pid) / 1e6

    def started(self) -> Figures:
        """The program, until it has given its first list."""
        self._world, _ = cold_start(QUICK, self._folder, self._cluster, self._program)
        return {"start, s": cpu_seconds(self._program.pid), "memory, MB": self.memory}

    def listed(self) -> Figures:
        """Whole lists."""
        seconds = self._costs(lambda: processes.fetch(self._program.port, LIST), 5)
        return {"list, ms": 1000 * seconds}

    def pages(self) -> Sequence[str]:
        """The path of the stream that keeps the fleet's, the activity's and the first strategy's pages up to date."""
        namespace, name = self._world.single.rpartition("/namespaces/")[2].split("/promotionstrategydetails/")
        return [f"/pages/stream?page=fleet&page=activity&page=strategies/{namespace}/{name}"]

    def changed(
        self,
        rate: float,
        load: Callable[[Cluster], changes.Loading],
        *,
        watchers: int,
        pages: Sequence[str] = (),
    ) -> Figures:
        """Changes under watch. Errors: BrokenRunError where an event does not come."""
        world, program = self._world, self._program
        with ExitStack() as stack:
            change = stack.enter_context(load(self._cluster))
            clients = [stack.enter_context(self._client(program.port, world.from_now(), watchers))]
            if pages:
                version = world.events_from_now().rpartition("=")[2]
                paths = [world.events_from_now(), *(f"{path}&lastEventId={version}" for path in pages)]
                clients += [stack.enter_context(self._client(program.dashboard_port, path, 1)) for path in paths]
            for client in clients:
                client.line(_LIMIT_SECONDS)
            time.sleep(0.5)
            before = cpu_seconds(program.pid)
            with Liveness(program.port) as live:
                made = changes.steadily(change, rate, _CHANGES / rate)
                for client in clients:
                    client.say(f"finish {made.changes}")
                found = [whole(client, _LIMIT_SECONDS) for client in clients]
            busy = cpu_seconds(program.pid) - before
        return {
            "change, ms": 1000 * busy / made.changes,
            "last event after, s": max(each["last_ns"] - made.began_ns for each in found) / 1e9,
            "/livez p50, ms": live.p50,
            "/livez worst, ms": live.worst,
        }

    def _client(self, port: int, path: str, watchers: int) -> processes.Child:
        given = {"path": path, "watchers": watchers, "slow": 0, "initial": False, "gzip": False, "eager": 1}
        tls = port == self._program.port
        return processes.client("watch", self._folder, port=port, tls=tls, **given, limit_seconds=_LIMIT_SECONDS)

    def _costs(self, work: Callable[[], object], times: int) -> float:
        """The program's processor time for each."""
        before = cpu_seconds(self._program.pid)
        for _ in range(times):
            work()
        return (cpu_seconds(self._program.pid) - before) / times


def table(curve: str, rows: Sequence[tuple[int, Figures]]) -> str:
    """A Markdown table: each figure, and its ratio to that of the size before."""
    names = list(rows[0][1])
    lines = [[curve, *names], ["---", *("---" for _ in names)]]
    before: Figures = {}
    for size, found in rows:
        lines.append([f"{size:,}", *(_cell(found[name], before.get(name)) for name in names)])
        before = found
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: float, before: float | None) -> str:
    said = f"{value:,.0f}" if value >= 100 else f"{value:.1f}"
    return said if not before else f"{said} (x{value / before:.1f})"


def measure(curve: Curve, sizes: Sequence[int], cluster: Making = simulated) -> Iterator[tuple[int, Figures]]:
    """The figures at those sizes, as they come. Errors: BrokenRunError."""
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="promoter-view-bench-") as folder:
            found = curve.measure(size, Path(folder), cluster)
        print(curve.name, size, found, file=sys.stderr, flush=True)
        yield size, found


def main() -> int:
    """The exit status: 1 where it broke."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--long", action="store_true", help="the largest sizes too: about ten minutes")
    parser.add_argument("--only", action="append", choices=[curve.name for curve in CURVES], help="that curve")
    parser.add_argument("--sizes", type=int, nargs="+", help="instead of the curve's own")
    parser.add_argument("--control-plane", action="store_true", help="a real kube-apiserver instead of the simulator")
    given = parser.parse_args()
    for curve in CURVES:
        if given.only and curve.name not in given.only:
            continue
        sizes = given.sizes or (_LONG if given.long else _SHORT)[curve.name]
        try:
            found = list(measure(curve, sizes, real if given.control_plane else simulated))
        except processes.BrokenRunError as error:
            print(f"benchmarks: {error}", file=sys.stderr)
            return 1
        print(table(curve.name, found), end="\n\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
