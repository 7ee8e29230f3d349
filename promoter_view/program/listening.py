"""Opening ports: TCP or TLS, either family or both, the next free port where that is wanted, and dead peers noticed."""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass
from typing import Any

from twisted.internet import tcp
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IListeningPort, IOpenSSLServerConnectionCreator, IProtocolFactory
from twisted.protocols.tls import TLSMemoryBIOFactory

from promoter_view.kubernetes.connection.cluster import ConfigError
from promoter_view.program.command_line.values import Port

_TRIES = 100
#: All addresses of both families; of IPv4 alone where the kernel has no IPv6 (``ipv6.disable=1``).
_EVERYWHERE, _EVERYWHERE_IPV4 = "::", "0.0.0.0"  # noqa: S104 - what is served is decided by options
#: Connections that wait to be accepted; the kernel bounds it by net.core.somaxconn.
_BACKLOG = 1024
#: Accepted in one turn. Each costs a TLS handshake soon after: 900 that come at once make turns of 95 ms where Twisted
#: chooses how many are accepted, and of 47 ms so; all are served in as short a time.
_ACCEPTS = 10
#: What an operator does about it, by the error; each speaks of the options that name the port and the address.
_ADVICE = {
    errno.EADDRINUSE: "another process listens there; stop it, or give {port} another port",
    errno.EADDRNOTAVAIL: "this machine does not have that address; give {address} one that it has",
    errno.EAFNOSUPPORT: "this machine does not speak that kind of address; give {address} another",
    errno.EACCES: "ports below 1024 need a privilege; give {port} a higher one",
}
#: Asked after so much silence, and then so often, whether a peer is still there. TCP_USER_TIMEOUT would notice sooner,
#: but it also ends those who live and do not read for a while, and a slow reader keeps its place.
_KEEPALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 6}


class _Port(tcp.Port):
    """Twisted's, of one family or both, which accepts a few connections a turn. Names in camelCase are Twisted's."""

    both_families = False

    def createInternetSocket(self) -> socket.socket:
        """Twisted leaves it to a sysctl (net.ipv6.bindv6only) whether ``::`` is IPv4 as well."""
        made: socket.socket = super().createInternetSocket()
        if made.family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, not self.both_families)
        return made

    def doRead(self) -> None:
        """Connections wait. Twisted itself accepts more with each turn that finds enough of them."""
        self.numberAccepts = min(self.numberAccepts, _ACCEPTS)
        super().doRead()


@dataclass(frozen=True, slots=True)
class Listening:
    """Where a site listens, by the options that say so; ``connections`` None: without TLS."""

    port: Port
    address: str
    port_option: str
    address_option: str
    connections: IOpenSSLServerConnectionCreator | None

    def open(self, reactor: Any, factory: IProtocolFactory) -> IListeningPort:
        """Errors: ConfigError when the port is taken and no other may be."""
        if self.connections is not None:
            factory = TLSMemoryBIOFactory(self.connections, False, factory)
        try:
            return listen_tcp(reactor, factory, self.port, self.address)
        except CannotListenError as error:
            raise refused(error, port=self.port_option, address=self.address_option) from error


def listen_tcp(reactor: Any, factory: IProtocolFactory, port: Port, address: str) -> IListeningPort:
    """A port without TLS. Errors: CannotListenError when it is taken and no other may be."""
    last = port.number + (_TRIES if port.or_next and port.number else 0)
    for number in range(port.number, last):
        try:
            return _open(reactor, factory, number, address)
        except CannotListenError:
            continue
    return _open(reactor, factory, last, address)


def _open(reactor: Any, factory: IProtocolFactory, number: int, address: str) -> IListeningPort:
    both = address == _EVERYWHERE and socket.has_dualstack_ipv6()
    if address == _EVERYWHERE and not both:
        address = _EVERYWHERE_IPV4
    port = _Port(number, factory, _BACKLOG, address, reactor)
    port.both_families = both
    port.startListening()
    return _tuned(port)


def refused(error: CannotListenError, *, port: str, address: str) -> ConfigError:
    """What to tell an operator; ``port`` and ``address`` are the options that name them."""
    reason: object = error.socketError
    code = reason.errno if isinstance(reason, OSError) else None
    words = advice(code, str(reason), port=port, address=address)
    return ConfigError(f"{port}: cannot listen on {error.interface or '*'} port {error.port}: {words}")


def advice(code: int | None, reason: str, *, port: str, address: str) -> str:
    """What to do about an error of the system, by its errno; the ``reason`` where nothing is known."""
    return _ADVICE.get(code or 0, reason).format(port=port, address=address)


def _tuned(port: Any) -> IListeningPort:
    """Options of the listening socket are inherited by every connection."""
    port.socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE.items():
        if hasattr(socket, name):
            port.socket.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    listening: IListeningPort = port
    return listening
