"""Opening ports: either family or both, what happens where a port is taken, and where there is no IPv6."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest
from twisted.internet import reactor as installed
from twisted.internet.error import CannotListenError
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from promoter_view.program.command_line.values import Port
from promoter_view.program.listening import listen_tcp

reactor: Any = installed
dual_stack = pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this kernel has no IPv6")


class Greeter(Protocol):
    """Says hello."""

    def connectionMade(self) -> None:
        assert self.transport is not None
        self.transport.write(b"hello")
        self.transport.loseConnection()


def greeting(host: str, port: int) -> bytes:
    with socket.create_connection((host, port), timeout=5) as connection:
        return connection.recv(5)


class ListeningTests(TestCase):
    """Real sockets on loopback."""

    def listen(self, address: str, port: Port | None = None) -> Any:
        listening: Any = listen_tcp(reactor, Factory.forProtocol(Greeter), port or Port(0), address)
        self.addCleanup(listening.stopListening)
        return listening

    async def greeted(self, host: str, port: Any) -> bytes:
        return await deferToThread(greeting, host, port.getHost().port)

    @dual_stack
    async def test_both_families(self) -> None:
        """The default is reached by either."""
        port = self.listen("::")
        self.assertEqual(await self.greeted("127.0.0.1", port), b"hello")
        self.assertEqual(await self.greeted("::1", port), b"hello")

    @dual_stack
    async def test_one_address(self) -> None:
        """What is named is listened on, and nothing else."""
        for address, other in (("127.0.0.1", "::1"), ("::1", "127.0.0.1"), ("0.0.0.0", "::1")):
            port = self.listen(address)
            self.assertEqual(await self.greeted("127.0.0.1" if address == "0.0.0.0" else address, port), b"hello")
            with pytest.raises(ConnectionRefusedError):
                await self.greeted(other, port)

    async def test_without_ipv6(self) -> None:
        """Where the kernel has no IPv6 the default is every IPv4 address."""
        self.patch(socket, "has_dualstack_ipv6", lambda: False)
        port = self.listen("::")
        self.assertEqual(port.getHost().host, "0.0.0.0")
        self.assertEqual(await self.greeted("127.0.0.1", port), b"hello")

    @dual_stack
    async def test_taken(self) -> None:
        """A port that is taken on one address of one family is taken for both; the next free one is found."""
        for address in ("127.0.0.1", "::1", "0.0.0.0", "::"):
            number = self.listen(address).getHost().port
            with pytest.raises(CannotListenError) as caught:
                self.listen("::", Port(number))
            self.assertEqual((caught.value.interface, caught.value.port), ("::", number))
            following = self.listen("::", Port(number, or_next=True)).getHost().port
            self.assertTrue(number < following <= number + 100)

    async def test_kept_alive(self) -> None:
        """Connections are asked whether they live."""
        port = self.listen("127.0.0.1")
        self.assertEqual(port.socket.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE), 1)

    async def test_a_crowd_waits_and_is_accepted_a_few_a_turn(self) -> None:
        """300 connections are taken by the kernel before any is accepted, without a SYN that is sent again."""
        port = self.listen("127.0.0.1")
        address = ("127.0.0.1", port.getHost().port)
        began = time.monotonic()
        crowd = [socket.create_connection(address, timeout=20) for _ in range(300)]
        self.assertLess(time.monotonic() - began, 0.9)
        for connection in crowd:
            self.addCleanup(connection.close)
        made = []
        self.patch(Greeter, "connectionMade", lambda greeter: (made.append(1), greeter.transport.loseConnection()))
        for turn in range(1, 6):
            port.doRead()
            self.assertEqual(len(made), 10 * turn)
        while len(made) < 300:
            await deferLater(reactor, 0)
