"""Lives of the program in one thread, on a simulated cluster and a clock: a life can be ended after any record.

All parts are the real ones, but the log, which is a list of records: what a killed process leaves is a part of it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import orjson
from treq.testing import RequestTraversalAgent
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock

from promoter_view.boundaries import EventLog, Follower, Leading
from promoter_view.kubernetes.client.client import KubernetesClient
from promoter_view.kubernetes.connection.cluster import ClusterConfig
from promoter_view.kubernetes.kinds import PROMOTER_KINDS, Kind
from promoter_view.kubernetes.paths import list_paths
from promoter_view.kubernetes.reflecting.reflectors import Reflectors, mirror_of, rules_of
from promoter_view.log.offsets import OffsetClock, mark_offset
from promoter_view.log.recorder import LogRecorder
from promoter_view.metrics import Metrics
from promoter_view.records import Entry, LogStatus, Mark, Mirror, ObjectKey, Record
from promoter_view.simulator.kubernetes.apiserver import ApiServer
from promoter_view.simulator.kubernetes.cluster import ObjectStore
from promoter_view.slices import at_once
from promoter_view.views.projector import Projector
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from tests.support.program.truth import Document, Name, joined, truth
from tests.support.runtimes import a_runtime

NOW = 1_795_000_000.0
VIEW = PROMOTION_STRATEGY_DETAILS.plural
#: Few, so that a life is short: a root, its members by owner and by label, and what is behind references.
KINDS: tuple[Kind, ...] = tuple(
    kind
    for kind in PROMOTER_KINDS
    if kind.kind in ("PromotionStrategy", "ChangeTransferPolicy", "CommitStatus", "GitRepository", "ClusterScmProvider")
)


class ListLog:
    """An EventLog that is a list of records, each durable and applied at once."""

    def __init__(self, records: Sequence[Record], *, clock: Clock, generation: int) -> None:
        self.records = list(records)
        self._clock, self._generation = clock, generation

    def start(self, follower: Follower, mirror: Mirror) -> Deferred[None]:
        """See EventLog."""
        self._follower = follower
        at_once(follower.apply(self.records))
        last = self.records[-1].offset if self.records else 0
        self._offsets = OffsetClock(last, mark_offset(last, self._clock.seconds()))
        return self.append((Mark(last, mirror, self._generation),))

    def lead(self, part: Leading) -> None:
        """See EventLog."""
        part.begin()

    def barrier(self) -> Deferred[None]:
        """See EventLog."""
        return succeed(None)

    def append(self, entries: Sequence[Entry]) -> Deferred[None]:
        """See EventLog."""
        for entry in entries:
            now = self._clock.seconds()
            self.records.append(Record(self._offsets.next(now), int(now * 1000), entry))
            at_once(self._follower.apply(self.records[-1:]))
        return succeed(None)

    def stop(self) -> Deferred[None]:
        """See EventLog."""
        return succeed(None)

    def status(self) -> LogStatus:
        """See EventLog."""
        return LogStatus(self.records[-1].offset, self.records[0].offset, 0, 0, 0)


_log: type[EventLog] = ListLog


class World:
    """A cluster and its API; lives come and go."""

    def __init__(self, *, kinds: Sequence[Kind] = KINDS) -> None:
        self.kinds = tuple(kinds)
        self.clock = Clock()
        self.clock.advance(NOW)
        self.random = random.Random(5)
        self.cluster = ObjectStore(clock=self.clock, random=self.random)
        self.api = ApiServer(self.cluster, clock=self.clock, random=self.random, bookmark_interval=60)
        self.faults = self.api.faults

    def truth(self) -> dict[Name, Document]:
        """The bundles that the cluster's objects make."""
        served = {kind.plural: kind for kind in self.cluster.kinds if kind in self.kinds}
        return truth(lambda plural: self.cluster.objects(served[plural]) if plural in served else [])


class Life:
    """One process on a log that begins with ``records``; it goes on whenever time passes, until it is killed."""

    def __init__(
        self,
        world: World,
        records: Sequence[Record] = (),
        *,
        namespaces: Sequence[str] = (),
        cluster: str = "cluster",
        generation: int = 0,
    ) -> None:
        self._world = world
        self.metrics = Metrics()
        self.log = ListLog(records, clock=world.clock, generation=generation)
        self.projector = Projector(
            [PROMOTION_STRATEGY_DETAILS],
            generation=generation,
            history_bytes=64 << 20,
            metrics=self.metrics,
            warn=lambda line: None,
        )
        self.paths = list_paths(world.kinds, namespaces, None)
        rules = rules_of(world.kinds)
        self.log.start(self.projector, mirror_of(cluster, self.paths, rules))
        recorder = LogRecorder(self.log, past=self.projector.snapshot(), metrics=self.metrics)
        at_once(recorder.drop_strays(self.paths))
        self._agent = RequestTraversalAgent(world.api)
        self._reflectors = Reflectors(
            self.paths,
            rules,
            clusters={"": KubernetesClient(world.clock, ClusterConfig("http://cluster.example"), agent=self._agent)},
            recorder=recorder,
            runtime=a_runtime(world.clock, metrics=self.metrics, random=world.random),
        )
        self._reflectors.start()

    def live(self, seconds: float = 0.5) -> Life:
        """Time passes, bytes flow."""
        for _ in range(max(1, int(seconds * 10))):
            for _ in range(3):
                self._agent.flush()
            self._world.clock.advance(0.1)
        self._agent.flush()
        return self

    def kill(self, after: int | None = None) -> list[Record]:
        """The process is gone; the log that it leaves holds only so many records, None: all."""
        self._reflectors.stop()
        self._world.api.drop_watches()
        return self.log.records[:after]

    def bundles(self) -> dict[Name, Document]:
        """What is served, as far as the join knows it."""
        return joined([orjson.loads(bundle.encode()) for bundle in self.projector.list(VIEW)])

    def relists(self, reason: str = "") -> float:
        """How many whole lists were made for that reason, "" for any."""
        samples = [sample for metric in self.metrics.reflector_relists.collect() for sample in metric.samples]
        counted = [sample for sample in samples if sample.name.endswith("_total")]
        return sum(sample.value for sample in counted if reason in ("", sample.labels["reason"]))


def versions(records: Sequence[Record]) -> dict[ObjectKey, list[int]]:
    """The cluster's resourceVersions of each object, in the order of the log."""
    found: dict[ObjectKey, list[int]] = {}
    for record in records:
        entry: Any = record.entry
        if hasattr(entry, "key"):
            found.setdefault(entry.key, []).append(int(entry.resource_version))
    return found
