"""Has templates rendered by a process of their own, one request after another."""

from __future__ import annotations

import json
import signal
import struct
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from twisted.internet.defer import Deferred, DeferredLock
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.interfaces import IProcessTransport
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from promoter_view.notifications.messages import FormatError
from promoter_view.notifications.templating.worker import RENDERING_SECONDS

_MODULE = "promoter_view.notifications.templating.worker"
_LENGTH = struct.Struct(">I")
_MOST_BYTES = 1 << 20
#: On the clock, and for a start of the process too: beyond it is not the template that takes long.
_PATIENCE_SECONDS = 30.0


class _GoneError(Exception):
    """The process ended before it answered. ``too_long``: because the template took too long."""

    def __init__(self, why: str, *, too_long: bool = False) -> None:
        super().__init__(why)
        self.too_long = too_long


class TemplateProcess:
    """Starts the process with the first request, and another one in place of one that ended."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._lock = DeferredLock()
        self._worker: _Worker | None = None

    async def render(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """See ``rendering.render``. Errors: FormatError."""
        encoded = json.dumps(request).encode()
        await self._lock.acquire()
        try:
            answer = await self._answer(encoded)
        finally:
            self._lock.release()
        if "error" in answer:
            raise FormatError(f"template: {answer['error']}")
        return answer

    async def close(self) -> None:
        """Ends the process, and waits for that."""
        if self._worker is not None:
            self._worker.kill()
            await self._worker.ended

    async def _answer(self, encoded: bytes) -> Mapping[str, Any]:
        """Who takes too long is not asked again; whom somebody else has ended is, once."""
        try:
            return await self._ask(encoded)
        except _GoneError as gone:
            if gone.too_long:
                raise FormatError(f"the template takes more than {RENDERING_SECONDS * 1000:.0f} ms") from gone
        try:
            return await self._ask(encoded)
        except _GoneError as gone:
            raise FormatError(f"the process that renders templates ended: {gone}") from gone

    async def _ask(self, encoded: bytes) -> Mapping[str, Any]:
        worker = self._worker
        if worker is None or worker.is_over or worker.ended.called:
            worker = _Worker()
            call = [sys.executable, "-I", "-m", _MODULE]
            self._reactor.spawnProcess(worker, sys.executable, call, env={})
            self._worker = worker
        late = self._reactor.callLater(_PATIENCE_SECONDS, worker.kill)
        try:
            return await worker.ask(encoded)
        finally:
            late.cancel() if late.active() else None


class _Worker(ProcessProtocol):
    """One such process. ``ended`` fires once it is over."""

    transport: IProcessTransport

    def __init__(self) -> None:
        self.ended: Deferred[None] = Deferred()
        #: It was killed, and may not have ended yet: what it still answers is for nobody.
        self.is_over = False
        self._asked: Deferred[Mapping[str, Any]] | None = None
        self._received = bytearray()

    def ask(self, encoded: bytes) -> Deferred[Mapping[str, Any]]:
        """What it answers. To be called again once that has fired. Errors: _GoneError. Cancelled, the process ends."""
        self._asked = Deferred(self._cancelled)
        self.transport.write(_LENGTH.pack(len(encoded)) + encoded)
        return self._asked

    def _cancelled(self, _: Deferred[Mapping[str, Any]]) -> None:
        self._asked = None
        self.kill()

    def kill(self) -> None:
        """At once, where it runs."""
        self.is_over = True
        with suppress(ProcessExitedAlready):
            self.transport.signalProcess("KILL")

    def outReceived(self, data: bytes) -> None:
        """IProcessProtocol: a part of an answer. One that is too long is not of our making."""
        self._received += data
        if len(self._received) > _MOST_BYTES:
            self.kill()
            return
        size = _LENGTH.unpack_from(self._received)[0] if len(self._received) >= _LENGTH.size else _MOST_BYTES
        if len(self._received) >= _LENGTH.size + size and self._asked is not None:
            answer = json.loads(self._received[_LENGTH.size :])
            self._received.clear()
            asked, self._asked = self._asked, None
            asked.callback(answer)

    def processEnded(self, reason: Failure) -> None:
        """IProcessProtocol: it is over."""
        self.ended.callback(None)
        if self._asked is not None:
            asked, self._asked = self._asked, None
            ended_by = getattr(reason.value, "signal", None)
            why = f"signal {ended_by}" if ended_by else f"exit status {getattr(reason.value, 'exitCode', None)}"
            asked.errback(_GoneError(why, too_long=ended_by == signal.SIGPROF))
