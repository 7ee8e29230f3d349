"""``python -m benchmarks.recorded FOLDER``: a cluster whose last days are in a log, made in minutes; it stays up.

The policies of a fleet change at a steady rate, on a clock that is moved by hand. What a program would have recorded of
it is in ``FOLDER/log``: records, snapshots, and what changes did to the views, with the times at which they would have
been written. Then the cluster is served as it is at the end. A folder that has a cluster is served as it is.
"""

from __future__ import annotations

import argparse
import pickle
import random
import sys
import time
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.python.failure import Failure

from benchmarks.figures import MEGABYTE
from benchmarks.processes import free_port, kubeconfig
from promoter_view.boundaries import EventLog
from promoter_view.kubernetes.cleaning import source_object
from promoter_view.kubernetes.connection.config import cluster_identity, load_cluster
from promoter_view.kubernetes.kinds import APPLICATION, KARGO_KINDS, PROMOTER_KINDS, Kind
from promoter_view.kubernetes.paths import list_paths
from promoter_view.kubernetes.reflecting.reflectors import mirror_of, rules_of
from promoter_view.log.recorder import LogRecorder
from promoter_view.log.urls import LogSettings, open_log
from promoter_view.metrics import Metrics
from promoter_view.reading.past.telling import DerivedWriter
from promoter_view.runtime import Runtime
from promoter_view.simulator.company.churn import Churn
from promoter_view.simulator.company.fleet import FleetPlan, load_fleet, make_fleet
from promoter_view.simulator.company.manifests import Document
from promoter_view.simulator.company.releases import RELEASES
from promoter_view.simulator.kubernetes.cluster import ObjectStore
from promoter_view.simulator.kubernetes.simulated_cluster import SimulatedCluster
from promoter_view.views.definition import GENERATION
from promoter_view.views.known import DEFINITIONS
from promoter_view.views.projector import Projector

_KINDS = (*PROMOTER_KINDS, *KARGO_KINDS, APPLICATION)
_POLICY = next(kind for kind in PROMOTER_KINDS if kind.kind == "ChangeTransferPolicy")
_DAY_SECONDS = 86_400.0
_CLUSTER, _PORT = "cluster.pickle", "cluster.port"
#: Changes that become durable together. At that rate a program has one in a frame, which takes three times as long.
_GROUP = 16
#: What each resource of the cluster remembers.
_HISTORY = 1000
_TOLD = 5000
#: Nothing is deleted.
_EVERYTHING = LogSettings(
    retention_age_seconds=1e9, retention_bytes=1 << 40, retention_events=1 << 40, generation=GENERATION, remembers=True
)


class HandClock:
    """A reactor whose clock is moved by hand; all else goes on as it does."""

    def __init__(self, now: float) -> None:
        self.now = now

    def seconds(self) -> float:
        """Seconds since 1970."""
        return self.now

    def __getattr__(self, name: str) -> Any:
        return getattr(reactor, name)


class _Noted(ObjectStore):
    """``changed`` is what it was told since somebody looked."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.changed: list[Document] = []

    def update(self, kind: Kind, namespace: str, document: Document, subresource: str = "") -> Document:
        """See ObjectStore."""
        found = super().update(kind, namespace, document, subresource)
        self.changed.append(found)
        return found


class Recording:
    """A fleet of so many strategies, whose log begins ``days`` before ``ended``; ``rate`` changes a second."""

    def __init__(self, folder: Path, strategies: int, days: float, rate: float, *, ended: float) -> None:
        self._folder = folder
        self._strategies = strategies
        self._rate = rate
        self._ended = ended
        self._clock = HandClock(ended - days * _DAY_SECONDS)
        self._random = random.Random(1)
        release = RELEASES["0.36"]
        kinds = (*release.kinds, *KARGO_KINDS, APPLICATION)
        self.cluster = _Noted(clock=self._clock, random=self._random, kinds=kinds, history_events=_HISTORY)
        began = self._clock.now
        load_fleet(self.cluster, make_fleet(FleetPlan(strategies, seed=1), began), began, release)
        self._rules = rules_of(_KINDS)
        self._paths = {path.kind: path for path in list_paths(_KINDS, (), None)}
        self._projector = Projector(
            DEFINITIONS, generation=GENERATION, history_bytes=1 << 20, metrics=Metrics(), warn=print
        )

    async def make(self) -> None:
        """Writes the log."""
        runtime = Runtime(self._clock, self._clock.seconds, Metrics(), self._random, {})
        log = open_log(f"file:{self._folder / 'log'}", runtime=runtime, settings=_EVERYTHING, on_fatal=sys.exit)
        identity = cluster_identity(load_cluster(str(self._folder / "kubeconfig"), None, {}))
        await log.start(self._projector, mirror_of(identity, self._paths.values(), self._rules))
        recorder = LogRecorder(log, past=self._projector.snapshot(), metrics=Metrics())
        await self._list(recorder)
        while self._projector.count("promotionstrategydetails") < self._strategies:
            await deferLater(reactor, 0.02)
        teller = DerivedWriter(self._projector, log)
        teller.begin()
        await self._change(recorder, log)
        await teller.end()
        await log.stop()

    async def _list(self, recorder: LogRecorder) -> None:
        for kind in _KINDS:
            if self.cluster.table(kind.group, kind.plural) is not None:
                for document in self.cluster.objects(kind):
                    recorder.put(self._paths[kind.kind], *source_object(document, self._rules[kind.kind]), None)
            recorder.bookmark(self._paths[kind.kind], str(self.cluster.resource_version))
            await recorder.room()

    async def _change(self, recorder: LogRecorder, log: EventLog) -> None:
        churn = Churn(self.cluster, _POLICY, clock=self._clock, random=self._random, rate=self._rate)  # type: ignore[arg-type]
        path, rules = self._paths[_POLICY.kind], self._rules[_POLICY.kind]
        count = 0
        self.cluster.changed.clear()
        while (moment := self._clock.now + 1 / self._rate) < self._ended:
            self._clock.now, count = moment, count + 1
            churn.change()
            for document in self.cluster.changed:
                key, source = source_object(document, rules)
                recorder.put(path, key, source, source.resource_version)
            self.cluster.changed.clear()
            while log.status().pending_events >= _GROUP:
                await deferLater(reactor, 0.001)
            if count % _TOLD == 0:
                _say(f"{count} changes, {log.status().size / MEGABYTE:.0f} MB, {time.process_time():.0f} s")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


async def _made(folder: Path, given: argparse.Namespace) -> ObjectStore:
    """The cluster of that folder, made where there is none."""
    state = folder / _CLUSTER
    if not state.exists():
        recording = Recording(folder, given.strategies, given.days, given.rate, ended=time.time() - 60)
        await recording.make()
        state.write_bytes(pickle.dumps(recording.cluster.backup()))
    cluster = ObjectStore(clock=reactor, random=random.Random(2), history_events=_HISTORY)
    cluster.restore(pickle.loads(state.read_bytes()))
    return cluster


async def _serve(given: argparse.Namespace) -> None:
    folder = Path(given.folder)
    port = folder / _PORT
    if not port.exists():
        port.write_text(str(free_port()))
    number = int(port.read_text())
    kubeconfig(f"http://127.0.0.1:{number}", folder)
    cluster = await _made(folder, given)
    print(SimulatedCluster(reactor=reactor, random=random.Random(3), cluster=cluster, port=number).start(), flush=True)


def _broken(failure: Failure) -> None:
    failure.printTraceback()
    reactor.stop()


def main() -> None:
    """Runs until it is ended."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recorded", description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--strategies", type=int, default=1000)
    parser.add_argument("--days", type=float, default=7.0)
    parser.add_argument("--rate", type=float, default=1 / 10, help="changes a second")
    given = parser.parse_args()
    reactor.callWhenRunning(lambda: Deferred.fromCoroutine(_serve(given)).addErrback(_broken))
    reactor.run()


if __name__ == "__main__":
    main()
