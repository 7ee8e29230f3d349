"""A way to a server that can be cut, as a network does it: what is open breaks off, what is new goes through."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from types import TracebackType

_READ_BYTES = 65536


class CutWay:
    """Listens on loopback and carries bytes to ``port``. A context manager."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    def cut(self) -> int:
        """Breaks all that is open off; how many connections that were."""
        found, self._open = self._open, []
        for each in found:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        return len(found) // 2

    def __enter__(self) -> CutWay:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                accepted, _ = self._listener.accept()
                with suppress(OSError):
                    other = socket.create_connection(("127.0.0.1", self._target))
                    self._open += [accepted, other]
                    for ends in ((accepted, other), (other, accepted)):
                        threading.Thread(target=_carry, args=ends, daemon=True).start()


def _carry(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(_READ_BYTES):
            target.sendall(data)
    for each in (source, target):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
