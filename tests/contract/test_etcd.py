"""What a log uses of etcd, on the fake in memory and on a real etcd through the gateway."""

from __future__ import annotations

import uuid

import pytest
from twisted.internet import reactor
from twisted.internet.task import Clock

from promoter_view.log.etcd.client.connections import EtcdConnections
from promoter_view.log.etcd.client.faults import EtcdError, Fault
from promoter_view.log.etcd.client.gateway import Gateway
from promoter_view.log.etcd.client.values import Compare, DeleteKey, Get, Keys, PutKey, Transaction
from promoter_view.log.settings import EtcdFiles
from promoter_view.metrics import Metrics
from tests.contract import spinning
from tests.support.log.fake_etcd import FakeEtcd


class Fake:
    """The one in memory."""

    def __init__(self):
        self.clock = Clock()
        self.etcd = FakeEtcd(self.clock)

    def run(self, coroutine):
        return spinning.run(coroutine)

    def pass_(self, seconds):
        self.clock.advance(seconds)


class Real:
    """A real one, through the gateway."""

    def __init__(self, endpoints):
        connections = EtcdConnections(EtcdFiles(), reactor=reactor)
        self.etcd = Gateway(endpoints, reactor=reactor, metrics=Metrics(), connections=connections)

    def run(self, coroutine):
        return spinning.run(coroutine)

    def pass_(self, seconds):
        spinning.turn(seconds)


@pytest.fixture(params=["fake", pytest.param("etcd", marks=pytest.mark.controlplane)])
def world(request):
    if request.param == "fake":
        yield Fake()
        return
    world = Real(request.getfixturevalue("etcd").urls)
    yield world
    world.run(world.etcd.close())
    spinning.end()


@pytest.fixture
def below(world):
    """A folder of this test's own."""
    return f"/{uuid.uuid4()}/".encode()


def put(world, key, value=b"v", lease=0):
    outcome = world.run(world.etcd.commit(Transaction((), (PutKey(key, value, lease),))))
    return outcome.revision


def fault_of(world, coroutine):
    with pytest.raises(EtcdError) as caught:
        world.run(coroutine)
    return caught.value.fault


def folder(below):
    return Keys(below, below[:-1] + b"0")


async def read_until(watch, count):
    """Messages until that many events have come."""
    messages = []
    while sum(len(message.events) for message in messages) < count:
        messages += await watch.read()
    return messages


def test_keys_are_read_in_order_and_by_page(world, below):
    """A range has its limit and says whether there is more; a key has the revisions that made and changed it."""
    first = put(world, below + b"a", b"")
    second = put(world, below + b"b", b"\x00\xff")
    third = put(world, below + b"a", b"again")
    found = world.run(world.etcd.range(folder(below)))
    assert [(item.key, item.value) for item in found.items] == [(below + b"a", b"again"), (below + b"b", b"\x00\xff")]
    assert [(item.create_revision, item.mod_revision) for item in found.items] == [(first, third), (second, second)]
    assert found.revision >= third
    page = world.run(world.etcd.range(folder(below), limit=1))
    assert ([item.key for item in page.items], page.more) == ([below + b"a"], True)
    assert world.run(world.etcd.range(Keys(below + b"c"))).items == ()


def test_the_past_is_read_at_a_revision(world, below):
    """As it was, deleted keys included; the future and what was compacted are refused by name."""
    first = put(world, below + b"a", b"1")
    put(world, below + b"a", b"2")
    world.run(world.etcd.commit(Transaction((), (DeleteKey(Keys(below + b"a")),))))
    last = put(world, below + b"b")
    found = world.run(world.etcd.range(folder(below), revision=first))
    assert [(item.key, item.value) for item in found.items] == [(below + b"a", b"1")]
    assert fault_of(world, world.etcd.range(folder(below), revision=last + 999)) is Fault.FUTURE
    world.run(world.etcd.compact(last))
    assert fault_of(world, world.etcd.range(folder(below), revision=first)) is Fault.COMPACTED
    assert fault_of(world, world.etcd.compact(last)) is Fault.COMPACTED
    at_last = world.run(world.etcd.range(folder(below), revision=last))
    assert [item.key for item in at_last.items] == [below + b"b"]


def test_a_transaction_is_all_or_nothing(world, below):
    """Conditions on what made a key and on what changed it last; reads see the transaction's own writes."""
    key = below + b"a"
    made = put(world, key, b"1")
    changed = put(world, key, b"2")
    conditions = (Compare(key, made, created=True), Compare(key, changed), Compare(below + b"new", 0))
    then = (PutKey(below + b"new", b"3"), Get(folder(below)))
    done = world.run(world.etcd.commit(Transaction(conditions, then, (Get(Keys(key)),))))
    assert (done.succeeded, [item.value for item in done.found[0].items]) == (True, [b"2", b"3"])
    again = world.run(world.etcd.commit(Transaction(conditions, then, (Get(Keys(key)), Get(Keys(below + b"new"))))))
    assert (again.succeeded, again.revision) == (False, done.revision)
    assert [[item.value for item in found.items] for found in again.found] == [[b"2"], [b"3"]]


def test_a_watch_tells_every_change_from_a_revision_on(world, below):
    """The past first, then what comes; one transaction's changes have one revision; a deleted key has no value."""
    first = put(world, below + b"a", b"1")
    put(world, below + b"a", b"2")
    watch = world.run(world.etcd.watch(folder(below), revision=first + 1))
    both = Transaction((), (PutKey(below + b"b", b"3"), DeleteKey(Keys(below + b"a"))))
    revision = world.run(world.etcd.commit(both)).revision
    messages = world.run(read_until(watch, 3))
    watch.close()
    events = [event for message in messages for event in message.events]
    assert (events[0].key[-1:], events[0].value) == (b"a", b"2")
    assert {(event.key[-1:], event.value) for event in events[1:]} == {(b"b", b"3"), (b"a", None)}
    assert {event.revision for event in events[1:]} == {revision}
    assert not any(message.canceled or message.fragment for message in messages)


def test_a_watch_behind_compaction_is_told_so(world, below):
    """It ends with the oldest revision that can be read, from which another one goes on."""
    first = put(world, below + b"a", b"1")
    last = put(world, below + b"a", b"2")
    world.run(world.etcd.compact(last))

    async def end(watch):
        messages = []
        while not any(message.canceled for message in messages):
            messages += await watch.read()
        return messages[-1]

    watch = world.run(world.etcd.watch(folder(below), revision=first))
    message = world.run(end(watch))
    watch.close()
    assert message.compacted == last
    watch = world.run(world.etcd.watch(folder(below), revision=last))
    assert world.run(read_until(watch, 1))[-1].events[0].value == b"2"
    watch.close()


def test_a_watch_of_the_future_waits(world, below):
    """It says at which revision etcd is, and that is all."""
    revision = put(world, below + b"a")
    watch = world.run(world.etcd.watch(folder(below), revision=revision + 999))
    (message,) = world.run(_first(watch))
    watch.close()
    assert (message.events, message.canceled) == ((), "")
    assert revision <= message.revision < revision + 999


async def _first(watch):
    return await watch.read()


def test_a_lease_takes_its_keys_with_it(world, below):
    """A key lives as long as its lease: given back, or not kept alive."""
    lease = world.run(world.etcd.grant(60))
    put(world, below + b"a", lease=lease)
    assert world.run(world.etcd.range(Keys(below + b"a"))).items[0].lease == lease
    assert world.run(world.etcd.keep_alive(lease)) == 60
    world.run(world.etcd.revoke(lease))
    assert world.run(world.etcd.range(Keys(below + b"a"))).items == ()
    assert world.run(world.etcd.keep_alive(lease)) == 0
    assert fault_of(world, world.etcd.revoke(lease)) is Fault.NOT_FOUND
    assert fault_of(world, _put_with(world, below + b"b", lease)) is Fault.NOT_FOUND


async def _put_with(world, key, lease):
    await world.etcd.commit(Transaction((), (PutKey(key, b"v", lease),)))


def test_a_lease_that_is_not_kept_alive_ends(world, below):
    """After its time its key is gone, and a watch tells it."""
    lease = world.run(world.etcd.grant(2))
    revision = put(world, below + b"a", lease=lease)
    watch = world.run(world.etcd.watch(folder(below), revision=revision + 1))
    world.pass_(2.5)
    messages = world.run(read_until(watch, 1))
    watch.close()
    assert messages[-1].events[0].value is None


@pytest.mark.controlplane
def test_a_large_revision_comes_in_fragments(etcd):
    """One transaction of a megabyte is joined from several messages of a watch that begins before it."""
    world, below = Real(etcd.urls), f"/{uuid.uuid4()}/".encode()
    puts = tuple(PutKey(b"%b%d" % (below, number), bytes(10_000)) for number in range(100))
    first = world.run(world.etcd.commit(Transaction((), puts))).revision
    for _ in range(3):
        world.run(world.etcd.commit(Transaction((), puts)))
    watch = world.run(world.etcd.watch(folder(below), revision=first))
    messages = world.run(read_until(watch, 400))
    watch.close()
    world.run(world.etcd.close())
    spinning.end()
    assert any(message.fragment for message in messages)
    assert not messages[-1].fragment
    assert sum(len(message.events) for message in messages) == 400
