"""One connection to PostgreSQL, with a thread of its own: nothing that happens there keeps the reactor waiting."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

from twisted.internet.defer import Deferred, DeferredLock
from twisted.internet.defer import TimeoutError as WaitTimeout
from twisted.internet.interfaces import IReadDescriptor
from twisted.internet.threads import deferToThreadPool
from twisted.python.failure import Failure
from twisted.python.threadpool import ThreadPool
from zope.interface import implementer

from promoter_view.journal.postgresql.address import DatabaseAddress
from promoter_view.journal.postgresql.driver import connect, is_gone, transaction
from promoter_view.journal.postgresql.faults import named, silent
from promoter_view.journal.store import JournalBusyError

if TYPE_CHECKING:
    from psycopg import Connection

#: After that a connection is cut, whatever the server says or does not say.
_CUT_SECONDS = 25.0
_CLOSE_SECONDS = 6.0
_Result = TypeVar("_Result")


class _Daemon(Thread):
    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **{**named, "daemon": True})


class _DaemonPool(ThreadPool):
    """The process may end while a thread of it is held up."""

    threadFactory = _Daemon  # noqa: N815 - Twisted's


class Session:
    """Connects when there is something to do. ``prepare`` is called with each new connection, in the thread."""

    def __init__(
        self, address: DatabaseAddress, purpose: str, prepare: Callable[[Connection[Any]], object], *, reactor: Any
    ) -> None:
        self._address = address
        self._purpose = purpose
        self._prepare = prepare
        self._reactor = reactor
        self._lock = DeferredLock()
        self._pool: ThreadPool | None = None
        self._connection: Connection[Any] | None = None
        #: The connection's socket, by a number of its own: it can be shut down, and looked at, from the reactor.
        self._wire: socket.socket | None = None
        self._listening: _Readable | None = None
        #: The connection was cut because the server did not answer.
        self._is_late = False

    def run(self, work: Callable[[Connection[Any]], _Result]) -> Deferred[_Result]:
        """``work`` in a transaction of its own. Errors: JournalError, JournalBusyError: it may have been carried out.

        A caller may cancel that: then it is carried out, and not told.
        """
        told: Deferred[_Result] = Deferred()
        self._lock.run(self._run, work).chainDeferred(told)
        return told

    def when_readable(self, heard: Callable[[], object]) -> None:
        """Calls that once, when the server says something while nothing is asked of it."""
        self.ignore()
        if self._wire is not None:
            self._listening = _Readable(self._wire, self._reactor, heard)
            self._reactor.addReader(self._listening)

    def ignore(self) -> None:
        """No more of that."""
        listening, self._listening = self._listening, None
        if listening is not None:
            self._reactor.removeReader(listening)

    async def close(self) -> None:
        """Cuts what is under way, and waits for it, but not for ever; idempotent."""
        self._cut()
        with suppress(WaitTimeout):
            await self._lock.acquire().addTimeout(_CLOSE_SECONDS, self._reactor)
            pool, self._pool = self._pool, None
            if pool is not None:
                await deferToThreadPool(self._reactor, pool, self._drop)
                pool.stop()
            self._lock.release()

    def _run(self, work: Callable[[Connection[Any]], _Result]) -> Deferred[_Result]:
        self.ignore()
        self._is_late = False
        if self._pool is None:
            self._pool = _DaemonPool(0, 1, f"journal-{self._purpose}")
            self._pool.start()
        doing: Deferred[_Result] = deferToThreadPool(self._reactor, self._pool, self._do, work)
        limit = self._reactor.callLater(_CUT_SECONDS, self._give_up)

        def ended(result: _Result | Failure) -> _Result | Failure:
            if limit.active():
                limit.cancel()
            return result

        return doing.addBoth(ended)

    def _do(self, work: Callable[[Connection[Any]], _Result]) -> _Result:
        try:
            connection = self._connected()
            with transaction(connection):
                return work(connection)
        except JournalBusyError:
            raise
        except Exception as error:
            self._drop()
            raise (silent(_CUT_SECONDS, self._address) if self._is_late else named(error, self._address)) from None

    def _connected(self) -> Connection[Any]:
        if self._connection is not None and is_gone(self._connection):
            self._drop()
        if self._connection is None:
            self._connection = connect(self._address, self._purpose)
            self._wire = socket.socket(fileno=os.dup(self._connection.fileno()))
            self._prepare(self._connection)
        return self._connection

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        wire, self._wire = self._wire, None
        if connection is not None:
            with suppress(Exception):
                connection.close()
        if wire is not None:
            self._reactor.callFromThread(self._close_wire, wire)

    def _close_wire(self, wire: socket.socket) -> None:
        """In the reactor, which may be looking at it."""
        if self._listening is not None and self._listening.wire is wire:
            self.ignore()
        wire.close()

    def _give_up(self) -> None:
        self._is_late = True
        self._cut()

    def _cut(self) -> None:
        self.ignore()
        wire = self._wire
        if wire is not None:
            with suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)


@implementer(IReadDescriptor)
class _Readable:
    """Tells once that a socket can be read, and leaves that to others."""

    def __init__(self, wire: socket.socket, reactor: Any, heard: Callable[[], object]) -> None:
        self.wire = wire
        self._reactor = reactor
        self._heard = heard

    def fileno(self) -> int:
        """See IFileDescriptor."""
        return self.wire.fileno()

    def doRead(self) -> None:
        """See IReadDescriptor."""
        self._reactor.removeReader(self)
        self._heard()

    def connectionLost(self, _: Failure) -> None:
        """See IFileDescriptor."""
        self._heard()

    def logPrefix(self) -> str:
        """See ILoggingContext."""
        return "journal"
