"""File descriptors that run out: whoever asks for health is answered, others are told to come again."""

from __future__ import annotations

import resource

import pytest

from promoter_view.web import channel
from promoter_view.web.descriptors import RESERVED, is_among_the_last, raise_limit
from tests.support.api.world import Client, fleet


class Limits:
    """Stands in for the system's limit of open files."""

    def __init__(self, monkeypatch, soft, hard):
        self.found = (soft, hard)
        monkeypatch.setattr(resource, "getrlimit", lambda _: self.found)
        monkeypatch.setattr(resource, "setrlimit", self.set)

    def set(self, _, limits):
        self.found = limits


@pytest.mark.parametrize(
    ("soft", "hard", "raised"),
    [
        (1024, 4096, 4096),
        (1024, resource.RLIM_INFINITY, 1 << 20),
        (1024, 1 << 30, 1 << 20),
        (4096, 4096, 4096),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, resource.RLIM_INFINITY),
    ],
)
def test_the_soft_limit_is_raised(monkeypatch, soft, hard, raised):
    """To the hard one, within reason, and never lowered."""
    limits = Limits(monkeypatch, soft, hard)
    raise_limit()
    assert limits.found == (raised, hard)


def test_a_system_that_refuses(monkeypatch):
    """macOS allows less than it says: the limit stays as it was."""
    limits = Limits(monkeypatch, 256, resource.RLIM_INFINITY)

    def refuse(*_):
        raise ValueError("current limit exceeds maximum limit")

    monkeypatch.setattr(resource, "setrlimit", refuse)
    raise_limit()
    assert limits.found[0] == 256


def test_the_last_descriptors(monkeypatch):
    """Descriptors are given out lowest first: one of the last numbers says that the others are taken."""
    Limits(monkeypatch, 100, 100)

    class Transport:
        def __init__(self, number):
            self.fileno = lambda: number

    assert [is_among_the_last(Transport(100 - RESERVED - 1)), is_among_the_last(Transport(100 - RESERVED))] == [
        False,
        True,
    ]
    assert not is_among_the_last(object())


@pytest.fixture
def world():
    return fleet()


def scarce(monkeypatch, *, found=True):
    monkeypatch.setattr(channel, "is_among_the_last", lambda _: found)


def closed(world, reason):
    return world.metrics.connections_closed.labels(reason)._value.get()


def test_health_on_one_of_the_last(world, monkeypatch):
    """Each health path is answered, and the connection given back behind it."""
    scarce(monkeypatch)
    for path in ("/healthz", "/livez?verbose", "/readyz/ping"):
        client = Client(world)
        client.send(path)
        world.turn()
        assert client.answer().code == 200
        assert client.transport.disconnecting


def test_anything_else_on_one_of_the_last(world, monkeypatch):
    """Lists, watches and whatever looks like health are told to come again, counted, and said once a minute."""
    scarce(monkeypatch)
    for path in ("/apis", "/healthzz", "//healthz"):
        client = Client(world)
        client.send(path)
        world.turn()
        answer = client.answer()
        assert (answer.code, answer.document["details"]["retryAfterSeconds"]) == (503, 5)
        assert client.transport.disconnecting
        client.leave()
    assert closed(world, "descriptors") == 3


def test_room_is_made_while_one_of_the_last_is_taken(world, monkeypatch):
    """The place that is given up has a low number: who takes it costs the next one his, until the last are free."""
    first, second, third = (Client(world) for _ in range(3))
    scarce(monkeypatch)
    last = Client(world)
    scarce(monkeypatch, found=False)
    Client(world)
    assert [each.transport.disconnected for each in (first, second, third, last)] == [True, True, False, False]
    last.leave()
    Client(world)
    assert not third.transport.disconnected


def test_strangers_make_room(world, monkeypatch):
    """The connection that was silent for longest is closed for the newest; one with a request under way is not."""
    silent, other = Client(world), Client(world)
    scarce(monkeypatch)
    newest = Client(world)
    assert [each.transport.disconnected for each in (silent, other, newest)] == [True, False, False]
