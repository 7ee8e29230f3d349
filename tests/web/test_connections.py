"""Open connections, and the end of them all."""

from __future__ import annotations

from twisted.internet.testing import StringTransport

from promoter_view.access.identity import Identity
from promoter_view.web.arrival import REQUEST_SECONDS
from promoter_view.web.connections import MAX_STRANGERS, Closing, Connections
from tests.support.api.world import BASE as PATH
from tests.support.api.world import Client, World, fleet, sample


class Named:
    """Admits everybody as somebody."""

    identity = Identity("somebody")

    async def admit(self, request: object, attributes: object) -> Named:
        return self

    async def revoked(self) -> None:
        return None


class Noted:
    """A connection that is told to conclude or to go, and closes when the test says so."""

    def __init__(self) -> None:
        self.concluded = 0
        self.abandoned: list[Closing] = []

    def abandon(self, why: Closing) -> None:
        self.abandoned.append(why)

    def conclude(self) -> None:
        self.concluded += 1


def made(**given: int) -> Connections:
    return Connections(closed=lambda why: None, **given)


def test_all_conclude():
    """Each is told once; it is over when the last has closed."""
    connections, found = made(), [Noted(), Noted(), Noted()]
    for each in found:
        connections.add(each)
    connections.discard(found[0])
    over = connections.conclude()
    assert [each.concluded for each in found] == [0, 1, 1]
    connections.discard(found[1])
    assert not over.called
    connections.discard(found[2])
    assert over.called


def test_none_is_over_at_once():
    """Where nobody is connected there is nothing to wait for."""
    assert made().conclude().called


def test_given_up():
    """Who no longer wants to wait may cancel, and later closings disturb nobody."""
    connections, late = made(), Noted()
    connections.add(late)
    over = connections.conclude()
    over.addErrback(lambda _: None)
    over.cancel()
    connections.discard(late)


class Below:
    """The transport below TLS."""

    def __init__(self) -> None:
        self.closing = False

    def loseConnection(self) -> None:
        self.closing = True


def test_an_idle_connection_closes_at_once():
    """Who has nothing under way is closed, below TLS too, without waiting for the client's farewell."""
    world = fleet()
    client = world.open("/livez")
    world.turn()
    client.transport.transport = below = Below()
    world.site.conclude()
    assert client.transport.disconnecting
    assert below.closing


def test_an_answer_under_way_is_finished():
    """A list that is being read is sent to its end; a request behind it is not answered any more."""
    world = World()
    for number in range(40):
        world.put("n", f"s{number:02}", note="x" * 10_000)
    client = world.open("/apis/view.promoter.argoproj.io/v1alpha1/promotionstrategydetails")
    client.send("/livez")
    over = world.site.conclude()
    assert not client.transport.disconnecting
    world.turn()
    assert client.transport.value().endswith(b"0\r\n\r\n")
    assert client.transport.value().count(b"HTTP/1.1") == 1
    assert client.transport.disconnecting
    client.leave()
    assert over.called


def test_closed_connections_are_forgotten():
    """A client that has left is not waited for."""
    world = fleet()
    client = world.open("/livez")
    world.turn()
    client.leave()
    assert isinstance(client.transport, StringTransport)
    assert world.site.conclude().called


def test_too_many_strangers():
    """Where too many wait without a request, the one silent for longest goes; who is engaged is not counted."""
    connections, found = made(max_strangers=2), [Noted() for _ in range(5)]
    connections.add(found[0])
    connections.add(found[1])
    connections.engaged(found[0])
    connections.add(found[2])
    assert [each.abandoned for each in found[:3]] == [[], [], []]
    connections.add(found[3])
    assert found[1].abandoned == [Closing.CROWDED]
    connections.idle(found[0])
    assert found[2].abandoned == [Closing.CROWDED]
    connections.discard(found[3])
    connections.add(found[4])
    assert found[0].abandoned == found[3].abandoned == []


def test_a_closed_connection_is_nobody():
    """One that has closed while it was answered does not come back among those that wait."""
    connections, gone, last = made(max_strangers=1), Noted(), Noted()
    connections.add(gone)
    connections.engaged(gone)
    connections.discard(gone)
    connections.idle(gone)
    connections.add(last)
    assert gone.abandoned == last.abandoned == []


def crowd(world: World, count: int = MAX_STRANGERS) -> list[Client]:
    return [Client(world) for _ in range(count)]


def aborted(client: Client) -> bool:
    return client.transport.disconnected or client.transport.disconnecting


def closed(world: World) -> str:
    return sample(world, "promoter_view_connections_closed_total")


def test_watchers_outlive_a_crowd():
    """Any number of connections that send nothing costs no watcher and nobody who has shown who he is his place."""
    world = World(access=Named())
    world.put("n", "s")
    watcher, known = world.open(f"{PATH}?watch=1"), world.open(PATH)
    world.turn()
    silent = crowd(world)
    last = crowd(world, 10)
    assert [aborted(client) for client in (watcher, known, *silent[10:], *last)] == [False] * (MAX_STRANGERS + 2)
    assert all(aborted(client) for client in silent[:10])
    assert closed(world) == 'promoter_view_connections_closed_total{reason="crowded"} 10.0'


def test_a_stranger_is_served_among_many():
    """Somebody new is answered however many are there already; afterwards he waits among them."""
    world = fleet()
    crowd(world)
    newcomer = world.open("/livez")
    world.turn()
    assert newcomer.answer().code == 200
    crowd(world, MAX_STRANGERS - 1)
    assert not aborted(newcomer)
    crowd(world, 1)
    assert aborted(newcomer)


def test_a_connection_without_a_request():
    """Who connects and says nothing, not even TLS's greeting, is cut off after half a minute, without a word."""
    world = World()
    client = Client(world)
    world.turn(REQUEST_SECONDS - 1)
    assert not aborted(client)
    world.turn(2)
    assert aborted(client)
    assert client.transport.value() == b""
    assert closed(world) == 'promoter_view_connections_closed_total{reason="silent"} 1.0'
    client.leave()
    assert world.clock.getDelayedCalls() == []
