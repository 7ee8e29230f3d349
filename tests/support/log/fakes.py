"""Stand-ins for the log's collaborators: workers that run here and now, disks that fail, a follower that only folds."""

from __future__ import annotations

import errno
import os
from collections import deque
from dataclasses import dataclass, field

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.task import Clock

from promoter_view.log.file.disk import Disk
from promoter_view.log.file.file_log import FileLog
from promoter_view.log.mirroring import carried, is_complete
from promoter_view.log.settings import LogSettings
from promoter_view.metrics import Metrics
from promoter_view.records import (
    EVERY_PATH,
    BundleKey,
    Change,
    ChangeType,
    CursorMoved,
    KindsChanged,
    Mark,
    Memory,
    Mirror,
    ObjectKey,
    Position,
    SchemaRead,
    Snapshot,
    SourceObject,
    UndeclaredKind,
    Unreadable,
    UnreadObject,
    Word,
)
from promoter_view.slices import SLICE_SECONDS
from tests.support.clocks import Wall
from tests.support.runtimes import Always, a_runtime

PATH = "/apis/promoter.argoproj.io/v1alpha1/pullrequests"
MIRROR = Mirror("cluster", {PATH: "rules"})
NOW = 1_800_000_000.0


class InlineWorker:
    """Runs each job at once."""

    def run(self, job):
        return maybeDeferred(job)

    def stop(self):
        pass


class HeldWorker:
    """Keeps jobs until they are let go, as a slow disk does."""

    def __init__(self):
        self.held = deque()
        self.holding = False

    def run(self, job):
        if not self.holding:
            return maybeDeferred(job)
        done = Deferred()
        self.held.append((job, done))
        return done

    def let_go(self):
        job, done = self.held.popleft()
        maybeDeferred(job).chainDeferred(done)

    def stop(self):
        pass


class FaultyDisk(Disk):
    """A disk with room for ``room`` more bytes (None: no bound), whose syncs and truncate can be made to fail."""

    def __init__(self):
        self.room = None
        self.error = errno.ENOSPC
        self.sync_fails = False
        self.folder_sync_fails = False
        self.truncate_fails = False
        self.read_only = False

    def may_write(self, folder):
        return not self.read_only and super().may_write(folder)

    def write(self, descriptor, data, at):
        if self.room is None:
            return super().write(descriptor, data, at)
        if self.room == 0:
            raise OSError(self.error, os.strerror(self.error))
        written = super().write(descriptor, data[: self.room], at)
        self.room -= written
        return written

    def sync(self, descriptor):
        if self.sync_fails:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        super().sync(descriptor)

    def sync_folder(self, folder):
        if self.folder_sync_fails:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        super().sync_folder(folder)

    def truncate(self, descriptor, size):
        if self.truncate_fails:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        super().truncate(descriptor, size)


@dataclass
class Fold:
    """A follower that keeps what it is given; each object counts as a bundle of its own."""

    records: list = field(default_factory=list)
    objects: dict = field(default_factory=dict)
    positions: dict = field(default_factory=dict)
    bundles: dict = field(default_factory=dict)
    unreadable: dict = field(default_factory=dict)
    kinds: tuple = ()
    schemas: dict = field(default_factory=dict)
    cursors: dict = field(default_factory=dict)
    shown: int = 0
    #: Since when each bundle is as it is, once a mark says that this is remembered.
    memory: dict | None = None
    mirror: Mirror | None = None
    generation: int = 0
    offset: int = 0
    restored: Snapshot | None = None
    slow: Clock | None = None
    #: Whether the old state was there still, a turn of the reactor: a slow one has a slice of work with each object.
    turns: list = field(default_factory=list)

    def restore(self, snapshot):
        for _ in snapshot.objects:
            if self.slow is not None:
                self.slow.callLater(0, lambda: self.turns.append(self.restored is not snapshot))
                self.slow.rightNow += SLICE_SECONDS
            yield
        self.records.clear()
        self.restored = snapshot
        self.objects, self.positions = dict(snapshot.objects), dict(snapshot.positions)
        self.bundles, self.mirror = dict(snapshot.bundles), snapshot.mirror
        self.unreadable, self.kinds = dict(snapshot.unreadable), snapshot.kinds
        self.schemas, self.cursors = dict(snapshot.schemas), dict(snapshot.cursors)
        self.shown = snapshot.shown or snapshot.offset
        self.memory = None if snapshot.memory is None else dict(snapshot.memory)
        self.generation, self.offset = snapshot.generation, snapshot.offset

    def apply(self, records):
        yield
        for record in records:
            assert record.offset > self.offset
            self.records.append(record)
            self.offset = record.offset
            if isinstance(record.entry, CursorMoved):
                moved = {**self.cursors, record.entry.subscription: record.entry.place}
                self.cursors = {name: place for name, place in moved.items() if place is not None}
            else:
                self.shown = record.offset
                self._take(record)

    def _take(self, record):
        entry = record.entry
        if isinstance(entry, Mark):
            self.positions = carried(self.mirror, entry.mirror, self.positions)
            self.schemas = carried(self.mirror, entry.mirror, self.schemas)
            self.mirror, self.generation = entry.mirror, entry.generation
            if entry.remembers and self.memory is None:
                self.memory = {}
        elif isinstance(entry, Position) and entry.path == EVERY_PATH:
            self.positions = dict.fromkeys(self.positions, entry.position)
        elif isinstance(entry, Unreadable):
            self.unreadable[entry.key] = entry.found
            if entry.position is not None:
                self.positions[entry.path] = entry.position
        elif isinstance(entry, KindsChanged):
            self.kinds = entry.kinds
        elif isinstance(entry, SchemaRead):
            self.schemas[entry.path] = entry.schema
        elif isinstance(entry, Position):
            self.positions[entry.path] = entry.position
        else:
            self._change(record.offset, entry)

    def _change(self, offset, change):
        self.unreadable.pop(change.key, None)
        if change.position is not None:
            self.positions[change.path] = change.position
        bundle = BundleKey("view", change.key.namespace, change.key.name)
        if change.type is ChangeType.DELETED:
            self.objects.pop(change.key, None)
            self.bundles.pop(bundle, None)
        else:
            self.objects[change.key] = SourceObject(change.body, change.resource_version)
            self.bundles[bundle] = offset
        if self.memory is not None:
            self.memory[bundle] = Memory("uid", {"": Word(change.body.decode(), offset)}, {"seen": (offset, "x")})

    def snapshot(self):
        complete = self.mirror is not None and is_complete(self.mirror, self.positions)
        kept = dict(self.positions), dict(self.objects), dict(self.bundles), dict(self.unreadable), self.kinds
        schemas = dict(self.schemas)
        memory = None if self.memory is None else dict(self.memory)
        shown = 0 if self.shown == self.offset else self.shown
        told = (schemas, memory, dict(self.cursors), shown)
        return Snapshot(self.offset, self.mirror, self.generation, complete, *kept, *told)

    @property
    def state(self):
        state = (self.objects, self.positions, self.bundles, self.mirror, self.unreadable, self.kinds)
        return (*state, self.schemas, self.memory, self.cursors)


def change(name, body=b"{}", *, namespace="team", version="1", position=None, kind="PullRequest", type_=None):
    """A change of one pull request."""
    type_ = type_ or ChangeType.ADDED
    return Change(type_, ObjectKey(kind, namespace, name), body, version, PATH, position)


def unreadable(name, reason="cannot be decoded", *, version="1", position=None, kind="PullRequest"):
    """A state of one pull request that could not be read."""
    return Unreadable(ObjectKey(kind, "team", name), UnreadObject(version, reason), PATH, position)


def kinds(*names):
    """The undeclared kinds of these names, all of them."""
    return KindsChanged(tuple(UndeclaredKind(name, f"{name}s", "v1", f"{name}s", True, "rules") for name in names))


class Bench:
    """A folder, a clock, and what is needed to open the log in it again and again."""

    def __init__(self, path, **settings):
        self.path = path
        self.clock = Clock()
        self.clock.advance(NOW)
        self.wall = Wall(self.clock)
        self.settings = LogSettings(**settings)
        self.disk = FaultyDisk()
        self.worker = HeldWorker()
        self.metrics = Metrics()
        self.fatal = []

    def make(self):
        return FileLog(
            self.path,
            runtime=a_runtime(self.clock, wall=self.wall, metrics=self.metrics, random=Always(1.0)),
            worker=self.worker,
            settings=self.settings,
            on_fatal=self.fatal.append,
            disk=self.disk,
        )

    def open(self, mirror=MIRROR):
        """An open log and its follower. Raises what start failed with."""
        log, fold = self.make(), Fold()
        self.wait(log.start(fold, mirror))
        return log, fold

    def append(self, log, *entries):
        self.wait(log.append(entries))

    def stop(self, log):
        stopped = log.stop()
        self.settle()
        self.wait(stopped)

    def kill(self, log):
        """The process is gone: the kernel closes its descriptors, which is all that is done in its name."""
        log._folder.close()

    def settle(self, seconds=0.0):
        """Time passes until nothing is due."""
        self.clock.advance(seconds)
        for _ in range(200):
            self.clock.advance(0.005)

    def wait(self, deferred):
        results = []
        deferred.addBoth(results.append)
        for _ in range(2000):
            if results:
                break
            self.clock.advance(0)
        assert results, "nothing came of it"
        if results[0] is not None:
            results[0].raiseException()

    def files(self, suffix):
        return sorted(self.path.glob(f"*.{suffix}"))
