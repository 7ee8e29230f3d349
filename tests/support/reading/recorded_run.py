"""A run of random changes into a log, of which each state is remembered as a list showed it then."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import orjson
from twisted.internet.defer import Deferred, succeed

from promoter_view.kubernetes.cleaning import cleaned_again
from promoter_view.kubernetes.kinds import REFLECTED_KINDS
from promoter_view.kubernetes.reflecting.reflectors import rules_of
from promoter_view.log.etcd.at_rest import EtcdAtRest
from promoter_view.log.etcd.layout import KeyLayout
from promoter_view.log.etcd.past import EtcdPast
from promoter_view.log.file.disk import Disk
from promoter_view.log.file.folder_at_rest import FolderAtRest
from promoter_view.log.file.past import FolderPast
from promoter_view.log.offsets import milliseconds_of
from promoter_view.metrics import Metrics
from promoter_view.reading.past.pasts import Pasts
from promoter_view.reading.past.telling import DerivedWriter
from promoter_view.records import UNSHOWN, Change, ChangeType, Mirror, Position
from promoter_view.slices import at_once
from promoter_view.views.projector import Projector
from tests.support.log.benches import EtcdBench, Waited
from tests.support.log.fake_etcd import FakeEtcd
from tests.support.log.fakes import Bench, InlineWorker
from tests.support.runtimes import a_runtime
from tests.support.views.oracle import key_of
from tests.support.views.world import DEFINITIONS, family

RULES = rules_of(REFLECTED_KINDS)
PATHS = {kind: f"/apis/{kind}" for kind in RULES}
MIRROR = Mirror("cluster", {PATHS[kind]: rules.digest for kind, rules in RULES.items()})


def a_projector(history_bytes=1 << 16, now=None, generation=0):
    """An empty one, of all views; ``now``: for a moment of the past."""
    return Projector(
        DEFINITIONS,
        generation=generation,
        history_bytes=history_bytes,
        metrics=Metrics(),
        warn=lambda _: None,
        now=now,
    )


def seen(views):
    """All that lists of those views show."""
    return {
        each.plural: [(one.resource_version, one.encode()) for one in views.list(each.plural)] for each in DEFINITIONS
    }


class Told:
    """A Follower that remembers what its projector shows after each record: (offset, time, what is seen or None)."""

    def __init__(self, run):
        self.projector = a_projector(generation=run.generation)
        self._run = run

    def restore(self, snapshot):
        yield from self.projector.restore(snapshot)

    def apply(self, records):
        for record in records:
            at_once(self.projector.apply((record,)))
            if record.offset > self._run.newest and not isinstance(record.entry, UNSHOWN):
                shown = seen(self.projector) if self.projector.built else None
                self._run.told.append((record.offset, record.time_ms, shown))
                self._run.newest = record.offset
            yield

    def snapshot(self):
        return self.projector.snapshot()


async def copied(source, target, follower):
    """All that a log amounts to begins another."""
    await source.read(follower)
    await target.begin(follower.snapshot())


class FolderBench(Bench):
    """A log's folder: many segments, many snapshots."""

    def __init__(self, folder):
        super().__init__(folder, segment_bytes=20_000, history_bytes=1 << 14, remembers=True)

    def past(self):
        """What reads it beside its writer."""
        return FolderPast(self.path, worker=InlineWorker())

    def be_of(self, generation):
        """Who opens it from now on makes views of that generation."""
        self.settings = replace(self.settings, generation=generation)

    def copy(self, follower):
        """The log is copied by that follower, to where it goes on."""
        target = self.path.with_name(f"{self.path.name}-copied")
        source, target = (FolderAtRest(path, disk=Disk(), now=self.wall) for path in (self.path, target))
        self.now(copied(source, target, follower))
        self.path = self.path.with_name(f"{self.path.name}-copied")

    def pass_(self, seconds):
        """Time passes."""
        self.clock.advance(seconds)

    def append(self, log, *entries):
        """Durable, and applied."""
        super().append(log, *entries)
        self.clock.pump([0.01] * 20)

    def now(self, coroutine):
        """What it gives, or its error: no time passes meanwhile."""
        return soon(coroutine, self.clock)


class EtcdRunBench(Waited, EtcdBench):
    """A fake etcd. Whoever runs on it makes checkpoints more often than is usual."""

    def __init__(self, **settings):
        super().__init__(history_bytes=1 << 14, remembers=True, **settings)
        #: The etcd as those see it who read the past.
        self.reading = self.etcd

    def past(self):
        """What reads it beside its writer."""
        return EtcdPast(self.reading, KeyLayout("view"), reactor=self.clock)

    def be_of(self, generation):
        """Who opens it from now on makes views of that generation."""
        self.settings["generation"] = generation

    def copy(self, follower):
        """The log is copied by that follower, to where it goes on."""
        target = FakeEtcd(self.clock)
        ends = (EtcdAtRest(etcd, "view", clock=self.clock, wall=self.wall) for etcd in (self.etcd, target))
        self.wait(Deferred.fromCoroutine(copied(*ends, follower)))
        self.etcd = self.reading = target

    def compact(self):
        """Somebody compacts to the newest revision."""
        self.etcd.compact_now()

    def wait(self, deferred):
        """Until it has fired."""
        results = []
        deferred.addBoth(results.append)
        for _ in range(200):
            if results:
                break
            self.pass_(0.2)
        assert results, "nothing came of it"
        if results[0] is not None:
            results[0].raiseException()

    def now(self, coroutine):
        """What it gives, or its error: no time passes meanwhile."""
        return soon(coroutine, self.clock)


class RecordedRun:
    """``told``: what was seen after each record. ``tells``: the log tells of so many changes of bundles at a time.

    ``generation`` is that of the views' definitions.
    """

    generation = 0

    def __init__(self, bench, *, seed=1, tells=0):
        self.random = Random(seed)
        self._tells = tells
        self.bench = bench
        self.told = []
        self.newest = 0
        self.open()

    @classmethod
    def beside(cls, run):
        """One more replica on the same etcd."""
        return cls(run.bench, seed=2)

    def open(self, mirror=MIRROR):
        """Begins, or begins again: a process of its own."""
        self.log, self.follower = self.bench.make(), Told(self)
        if self._tells:
            self.teller = DerivedWriter(self.follower.projector, self.log, enough=self._tells)
        self.bench.wait(self.log.start(self.follower, mirror))
        if self._tells:
            self.teller.begin()

    def restart(self):
        """Ends, and begins again."""
        self.bench.stop(self.log)
        self.open()

    def list(self, mirror=MIRROR):
        """Each path has been listed."""
        self.append(*(Position(path, "1") for path in mirror.paths))

    def append(self, *entries):
        """Durable, and applied."""
        self.bench.append(self.log, *entries)

    def put(self, document, *, clean=True):
        """An object is there, or has changed."""
        key, body = key_of(document), orjson.dumps(document)
        if clean:
            body = cleaned_again(body, key, RULES[key.kind])
        version = str(self.random.randrange(1 << 30))
        self.append(Change(ChangeType.MODIFIED, key, body, version, PATHS[key.kind], version))

    def drop(self, document):
        """An object is gone."""
        key = key_of(document)
        self.append(Change(ChangeType.DELETED, key, b"", "9", PATHS[key.kind], "9"))

    def change(self, steps):
        """Random changes by one process, a second apart."""
        for _ in range(steps):
            self.bench.pass_(1.0)
            document = self.random.choice(family(self.random.choice(("shop", "till")), "ScmProvider"))
            self.put(document | {"serial": self.random.randrange(1 << 20)})

    def go(self, steps):
        """Random changes of a few strategies' members; restarts, and a clock that is set."""
        roll = self.random
        for _ in range(steps):
            name = roll.choice(("shop", "till", "ledger"))
            document = roll.choice(family(name, "ScmProvider"))
            self.bench.pass_(roll.choice((0.0, 0.2, 3.0)))
            what = roll.random()
            if what < 0.05:
                self.drop(document)
            elif what < 0.08:
                self.restart()
            elif what < 0.1:
                self.bench.wall.step(roll.choice((-40, 40)))
            else:
                self.put(document | {"serial": roll.randrange(1 << 20)})

    def pasts(self, views=None, **changed):
        """What reads moments of it."""
        chosen = {"log": self.bench.past(), "rules": RULES, **changed}
        live = views or self.follower.projector
        return Pasts(
            live,
            chosen["log"],
            chosen.get("make", lambda: a_projector(now=live, generation=self.generation)),
            chosen["rules"],
            generation=self.generation,
            runtime=a_runtime(chosen.get("reactor", self.bench.clock), wall=self.bench.wall),
            barrier=chosen.get("barrier", self.log.barrier) or (lambda: succeed(None)),
        )

    def now(self, coroutine):
        """What it gives, or its error: nothing is waited for."""
        return self.bench.now(coroutine)

    def expected(self, time_ms):
        """What is to be seen of a moment: after the last record before the first one with a later time."""
        found = None
        latest = 0
        for offset, at_ms, shown in self.told:
            latest = max(latest, min(at_ms, milliseconds_of(offset)))
            if latest > time_ms:
                break
            found = (offset, shown)
        return found


def now(coroutine):
    """What it gives, or its error: nothing is waited for."""
    results = []
    Deferred.fromCoroutine(coroutine).addBoth(results.append)
    assert results, "it waits"
    return given(results[0])


def soon(coroutine, clock):
    """The same, once what is due by now is done."""
    results = []
    Deferred.fromCoroutine(coroutine).addBoth(results.append)
    while not results:
        assert any(call.getTime() <= clock.seconds() for call in clock.getDelayedCalls()), "it waits"
        clock.advance(0)
    return given(results[0])


def given(result):
    """The result, or raises the error that it is."""
    if hasattr(result, "raiseException"):
        result.raiseException()
    return result
