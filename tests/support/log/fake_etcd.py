"""An etcd in memory, on a clock: revisions, transactions, leases, watches, compaction. It passes the real one's suite.

What goes wrong is set from outside: ``down`` is what every call fails with, ``holding`` keeps transactions waiting.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import deferLater

from promoter_view.log.etcd.client.faults import EtcdError, Fault
from promoter_view.log.etcd.client.values import (
    DeleteKey,
    Found,
    KeyEvent,
    Keys,
    KeyValue,
    Message,
    Outcome,
    PutKey,
    Space,
)

COMPACTED = EtcdError(Fault.COMPACTED, "etcdserver: mvcc: required revision has been compacted")
FUTURE = EtcdError(Fault.FUTURE, "etcdserver: mvcc: required revision is a future revision")


@dataclass
class Lease:
    """Ends at ``until`` unless it is renewed."""

    seconds: int
    until: float


@dataclass
class State:
    """What a backup holds."""

    revision: int = 1
    compacted: int = 0
    items: dict = field(default_factory=dict)
    events: list = field(default_factory=list)

    def copy(self):
        return State(self.revision, self.compacted, dict(self.items), list(self.events))


class FakeWatch:
    """Messages that wait, or somebody who waits for them."""

    def __init__(self, etcd, keys):
        self._etcd = etcd
        self.keys = keys
        self.messages = deque()
        self.reader = None
        self.held = False

    def read(self):
        if self.messages and not self.held:
            return succeed(self._all())
        self.reader = Deferred(lambda _: setattr(self, "reader", None))
        return self.reader

    def close(self):
        self._etcd.watches.discard(self)

    def send(self, message):
        self.messages.append(message)
        self.flush()

    def flush(self):
        if self.reader is not None and self.messages and not self.held:
            reader, self.reader = self.reader, None
            reader.callback(self._all())

    def send_one(self):
        """The oldest of those that are held."""
        reader, self.reader = self.reader, None
        reader.callback([self.messages.popleft()])

    def end(self):
        reader, self.reader = self.reader, None
        if reader is not None:
            reader.callback([])

    def _all(self):
        found = list(self.messages)
        self.messages.clear()
        return found


class FakeEtcd:
    """One etcd; any number of replicas may share it."""

    def __init__(self, clock, cluster=7):
        self.clock = clock
        self.cluster = cluster
        self.state = State()
        self.leases = {}
        self.watches = set()
        self.commit_failures = deque()
        self.reads = None
        self.lost_answers = 0
        self.down = None
        self.refuse_commits = None
        self.max_put = None
        self.cut_off = set()
        self.first_watch = None
        self.holding = False
        self.held = deque()
        self.turns = 0
        self.full = Space(1, 100)
        self.commits = 0
        self.ranges = 0
        self.keep_seconds = 0
        self.keeping = 0
        self._lease_ids = 100

    # -- the Protocol ------------------------------------------------------------------------------------------------

    async def range(self, keys, *, revision=0, limit=0):
        self.ranges += 1
        if self.reads is not None:
            waiting = Deferred()
            self.reads.append(waiting)
            await waiting
        self._fail()
        items = self._at(revision)
        found = [items[key] for key in sorted(items) if _within(keys, key)]
        return Found(self.cluster, self.state.revision, tuple(found[: limit or None]), 0 < limit < len(found))

    async def commit(self, transaction):
        if self.holding:
            waiting = Deferred()
            self.held.append(waiting)
            await waiting
        self._fail()
        if self.refuse_commits is not None:
            raise self.refuse_commits
        failure = self.commit_failures.popleft() if self.commit_failures else None
        if failure is not None:
            raise failure
        self._measure(transaction)
        self.commits += 1
        outcome = self._commit(transaction)
        if self.lost_answers:
            self.lost_answers -= 1
            raise EtcdError(Fault.TIMEOUT, "etcdserver: request timed out")
        return outcome

    async def watch(self, keys, *, revision):
        self._fail()
        watch = FakeWatch(self, keys)
        watch.messages.append(Message(self.cluster, self.state.revision))
        if revision < self.state.compacted:
            watch.messages.append(Message(self.cluster, 0, canceled="compacted", compacted=self.state.compacted))
            return watch
        past = [event for event in self.state.events if event.revision >= revision and _within(keys, event.key)]
        if past:
            watch.messages.append(Message(self.cluster, self.state.revision, tuple(past)))
        self.watches.add(watch)
        self.first_watch = self.first_watch or watch
        return watch

    async def grant(self, seconds):
        self._fail()
        self._lease_ids += 1
        self.leases[self._lease_ids] = Lease(seconds, self.clock.seconds() + seconds)
        self.clock.callLater(seconds, self._expire)
        return self._lease_ids

    async def keep_alive(self, lease):
        self.keeping += 1
        try:
            if self.keep_seconds:
                await deferLater(self.clock, self.keep_seconds)
        finally:
            self.keeping -= 1
        self._fail()
        if lease not in self.leases:
            return 0
        found = self.leases[lease]
        found.until = self.clock.seconds() + found.seconds
        self.clock.callLater(found.seconds, self._expire)
        return found.seconds

    async def revoke(self, lease):
        self._fail()
        if self.leases.pop(lease, None) is None:
            raise EtcdError(Fault.NOT_FOUND, "etcdserver: requested lease not found")
        self._drop_leased(lease)

    async def compact(self, revision):
        self._fail()
        if revision <= self.state.compacted:
            raise COMPACTED
        if revision > self.state.revision:
            raise FUTURE
        self._compact(revision)

    async def space(self):
        self._fail()
        if isinstance(self.full, Exception):
            raise self.full
        return self.full

    def _compact(self, revision):
        self.state.compacted = revision
        newest = {}
        for event in self.state.events:
            if event.revision <= revision:
                newest[event.key] = event
        kept = [event for event in newest.values() if event.value is not None]
        self.state.events = sorted(
            [*kept, *(event for event in self.state.events if event.revision > revision)],
            key=lambda event: event.revision,
        )

    def turn(self):
        self.turns += 1

    async def close(self):
        pass

    # -- what tests do with it ---------------------------------------------------------------------------------------

    @property
    def empty(self):
        """The state of an etcd without data."""
        return State()

    def compact_now(self):
        """Somebody compacts to the newest revision."""
        self._compact(self.state.revision)

    def let_go(self):
        self.held.popleft().callback(None)

    def restore(self, state, *, cluster=None):
        """Another etcd stands in its place, made from a backup: every watch ends."""
        self.state = state.copy()
        self.cluster = cluster or self.cluster
        for watch in tuple(self.watches):
            watch.close()
            watch.end()

    def recover(self):
        """There is a quorum again: its new leader lets every lease live its whole time."""
        self.down = None
        for lease in self.leases.values():
            lease.until = self.clock.seconds() + lease.seconds
            self.clock.callLater(lease.seconds, self._expire)

    def answer_reads(self):
        """Reads that were held are answered."""
        reads, self.reads = self.reads, None
        for waiting in reads:
            waiting.callback(None)

    def end_watches(self):
        for watch in tuple(self.watches):
            watch.close()
            watch.end()

    # -- how it works ------------------------------------------------------------------------------------------------

    def _measure(self, transaction):
        size = sum(len(operation.value) for operation in transaction.then if isinstance(operation, PutKey))
        if self.max_put is not None and size > self.max_put:
            raise EtcdError(Fault.TOO_LARGE, "etcdserver: request is too large")

    def _fail(self):
        if self.down is not None:
            raise self.down

    def _at(self, revision):
        if not revision or revision == self.state.revision:
            return self.state.items
        if revision > self.state.revision:
            raise FUTURE
        if revision < self.state.compacted:
            raise COMPACTED
        items = {}
        for event in self.state.events:
            if event.revision <= revision:
                _take(items, event)
        return items

    def _commit(self, transaction):
        succeeded = all(self._holds(condition) for condition in transaction.conditions)
        operations = transaction.then if succeeded else transaction.otherwise
        revision = self.state.revision + 1
        events, found = [], []
        for operation in operations:
            if isinstance(operation, PutKey):
                events.append(self._put(operation, revision))
            elif isinstance(operation, DeleteKey):
                events += self._delete(operation.keys, revision)
            else:
                items = self.state.items
                chosen = tuple(items[key] for key in sorted(items) if _within(operation.keys, key))
                found.append(chosen)
        self._publish(revision, events)
        answers = tuple(Found(self.cluster, self.state.revision, items) for items in found)
        return Outcome(succeeded, self.cluster, self.state.revision, answers)

    def _holds(self, condition):
        item = self.state.items.get(condition.key)
        if item is None:
            return condition.revision == 0
        return condition.revision == (item.create_revision if condition.created else item.mod_revision)

    def _put(self, put, revision):
        if put.lease and put.lease not in self.leases:
            raise EtcdError(Fault.NOT_FOUND, "etcdserver: requested lease not found")
        before = self.state.items.get(put.key)
        created = before.create_revision if before else revision
        self.state.items[put.key] = KeyValue(put.key, put.value, created, revision, put.lease)
        return KeyEvent(put.key, put.value, revision, created)

    def _delete(self, keys, revision):
        gone = [key for key in self.state.items if _within(keys, key)]
        for key in gone:
            del self.state.items[key]
        return [KeyEvent(key, None, revision, 0) for key in gone]

    def _publish(self, revision, events):
        if not events:
            return
        self.state.revision = revision
        self.state.events += events
        for watch in tuple(self.watches - self.cut_off):
            seen = tuple(event for event in events if _within(watch.keys, event.key))
            if seen:
                watch.send(Message(self.cluster, revision, seen))

    def _expire(self):
        if self.down is not None:
            return  # to end a lease takes a quorum
        now = self.clock.seconds()
        for lease in [lease for lease, found in self.leases.items() if found.until <= now]:
            del self.leases[lease]
            self._drop_leased(lease)

    def _drop_leased(self, lease):
        revision = self.state.revision + 1
        leased = [key for key, item in self.state.items.items() if item.lease == lease]
        events = [event for key in leased for event in self._delete(Keys(key), revision)]
        self._publish(revision, events)


def _within(keys, key):
    return key == keys.key if not keys.end else keys.key <= key < keys.end


def _take(items, event):
    if event.value is None:
        items.pop(event.key, None)
    else:
        items[event.key] = KeyValue(event.key, event.value, event.created_at, event.revision)
