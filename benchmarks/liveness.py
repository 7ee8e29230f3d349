"""How long ``/livez`` takes while something else is going on: the reactor's longest turn, seen from outside."""

from __future__ import annotations

import threading
import time
from http.client import HTTPSConnection
from types import TracebackType
from typing import Self

from benchmarks.figures import percentile
from benchmarks.wire import unverified

_PAUSE_SECONDS = 0.005
_TIMEOUT_SECONDS = 60.0


class Liveness:
    """Asks one question after the other in a ``with`` block. Each is a turn's length late at most, and some are."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self.milliseconds: list[float] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join(_TIMEOUT_SECONDS)

    @property
    def worst(self) -> float:
        """Milliseconds."""
        return max(self.milliseconds, default=0.0)

    @property
    def p50(self) -> float:
        """Milliseconds."""
        return percentile(self.milliseconds, 0.5)

    def _ask(self) -> None:
        connection = HTTPSConnection("127.0.0.1", self._port, timeout=_TIMEOUT_SECONDS, context=unverified())
        try:
            while not self._over.wait(_PAUSE_SECONDS):
                began = time.monotonic()
                connection.request("GET", "/livez")
                connection.getresponse().read()
                self.milliseconds.append((time.monotonic() - began) * 1000)
        finally:
            connection.close()
