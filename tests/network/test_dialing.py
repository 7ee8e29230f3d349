"""Connecting by name or address: which are tried, in which order and when, and what a failure says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionRefusedError as Refused
from twisted.internet.error import DNSLookupError
from twisted.internet.interfaces import IHostnameResolver
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from promoter_view.network.dialing import FirstConnected, HostEndpoint

ADDRESSES = [IPv6Address("TCP", "fd00::7", 0), IPv4Address("TCP", "10.0.0.7", 0), IPv4Address("TCP", "10.0.0.7", 0)]


@implementer(IHostnameResolver)
class Resolver:
    """Knows some names; keeps what it is asked."""

    def __init__(self, **known: list[Any]) -> None:
        self.known = known
        self.asked: list[str] = []

    def resolveHostName(self, receiver: Any, hostName: str, *_: Any, **__: Any) -> Any:
        self.asked.append(hostName)
        receiver.resolutionBegan(self)
        for address in self.known.get(hostName, []):
            receiver.addressResolved(address)
        receiver.resolutionComplete()
        return receiver


class EndpointTests(SynchronousTestCase):
    """The endpoint on a reactor in memory."""

    def setUp(self) -> None:
        self.reactor: Any = MemoryReactorClock()
        self.resolver = Resolver(kube_api=ADDRESSES)
        self.reactor.installNameResolver(self.resolver)

    def connect(self, host: str) -> Deferred[Any]:
        endpoint = HostEndpoint(self.reactor, host, 6443, connect_seconds=5)
        return endpoint.connect(Factory.forProtocol(Protocol))

    def test_addresses(self) -> None:
        """An address is connected to as it is, with its zone; no resolver is asked."""
        for host in ("10.0.0.1", "::1", "fe80::1%eth0"):
            self.connect(host)
        dialled = [client[:2] for client in self.reactor.tcpClients]
        self.assertEqual(dialled, [("10.0.0.1", 6443), ("::1", 6443), ("fe80::1%eth0", 6443)])
        self.assertEqual(self.resolver.asked, [])

    def test_a_name_that_idna_does_not_take(self) -> None:
        """The resolver is asked for it as it is written, and its first address is tried first, alone."""
        connecting = self.connect("kube_api")
        self.assertEqual(self.resolver.asked, ["kube_api"])
        self.assertEqual([client[0] for client in self.reactor.tcpClients], ["fd00::7"])
        self.reactor.advance(0.3)
        self.assertEqual([client[0] for client in self.reactor.tcpClients], ["fd00::7", "10.0.0.7"])
        protocol = self.reactor.tcpClients[1][2].buildProtocol(None)
        protocol.makeConnection(None)
        self.assertIsInstance(self.successResultOf(connecting), Protocol)
        self.assertEqual(self.reactor.connectors[0].stoppedConnecting, True)

    def test_a_name_without_an_address(self) -> None:
        """The error names it."""
        failure = self.failureResultOf(self.connect("kube-nowhere"), DNSLookupError)
        self.assertIn("the name kube-nowhere cannot be resolved", str(failure.value))


class Attempts:
    """Attempts that end when the test says so."""

    def __init__(self, count: int) -> None:
        self.made: list[Deferred[Any]] = []
        self.cancelled: list[int] = []
        self.all: list[Callable[[], Deferred[Any]]] = [lambda number=n: self._make(number) for n in range(count)]

    def _make(self, number: int) -> Deferred[Any]:
        attempt: Deferred[Any] = Deferred(lambda _: self.cancelled.append(number))
        self.made.append(attempt)
        return attempt


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_the_next_one_is_tried_at_once_where_one_fails(clock: Clock) -> None:
    """And the error of the last is told where all have failed; no timer is left."""
    attempts, results = Attempts(2), []
    FirstConnected(attempts.all, clock=clock).begin().addBoth(results.append)
    attempts.made[0].errback(Failure(Refused("first")))
    assert len(attempts.made) == 2
    attempts.made[1].errback(Failure(Refused("second")))
    assert "second" in str(results[0].value)
    assert clock.getDelayedCalls() == []


def test_the_first_that_connects_wins(clock: Clock) -> None:
    """Those that hesitate are called off, and none is begun any more."""
    attempts, results = Attempts(4), []
    FirstConnected(attempts.all, clock=clock).begin().addBoth(results.append)
    clock.pump([0.25, 0.25])
    attempts.made[1].callback("protocol")
    assert (results, attempts.cancelled, len(attempts.made)) == (["protocol"], [0, 2], 3)
    assert clock.getDelayedCalls() == []


def test_calling_off(clock: Clock) -> None:
    """Whoever gives up ends every attempt."""
    attempts, results = Attempts(3), []
    connecting = FirstConnected(attempts.all, clock=clock).begin()
    connecting.addBoth(results.append)
    clock.advance(0.25)
    connecting.cancel()
    assert results[0].check(CancelledError)
    assert attempts.cancelled == [0, 1]
    assert clock.getDelayedCalls() == []
