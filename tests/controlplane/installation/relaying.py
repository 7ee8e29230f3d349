"""Relays between sockets, in threads: what stands for a cluster's network. It knows bytes only."""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_READ_BYTES = 65536


class Relay:
    """Listens on a Unix socket, and joins each connection with one that ``connect`` makes of it.

    ``connect`` may read from the connection first; None means that there is nothing to be joined with.
    """

    def __init__(self, path: Path, connect: Callable[[socket.socket], socket.socket | None]) -> None:
        self._connect = connect
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """No more connections; those that are open end by their peers."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(accepted,), daemon=True).start()

    def _serve(self, accepted: socket.socket) -> None:
        with accepted, suppress(OSError):
            other = self._connect(accepted)
            if other is not None:
                with other:
                    join(accepted, other)


def join(one: socket.socket, other: socket.socket) -> None:
    """Carries bytes both ways until either side ends. Errors: OSError."""
    peers = {one: other, other: one}
    with selectors.DefaultSelector() as selector:
        for each in peers:
            selector.register(each, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                source = next(each for each in peers if each is key.fileobj)
                data = source.recv(_READ_BYTES)
                if not data:
                    return
                peers[source].sendall(data)
