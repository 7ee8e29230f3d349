"""Open connections, and the end of them all."""

from __future__ import annotations

from twisted.internet.testing import StringTransport

from promoter_view.web.connections import Connections
from tests.api.world import World, fleet


class Noted:
    """A connection that is told to conclude, and closes when the test says so."""

    def __init__(self) -> None:
        self.concluded = 0

    def conclude(self) -> None:
        self.concluded += 1


def test_all_conclude():
    """Each is told once; it is over when the last has closed."""
    connections, found = Connections(), [Noted(), Noted(), Noted()]
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
    assert Connections().conclude().called


def test_given_up():
    """Who no longer wants to wait may cancel, and later closings disturb nobody."""
    connections, late = Connections(), Noted()
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
