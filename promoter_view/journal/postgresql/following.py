"""Keeps a copy at the journal in PostgreSQL: pages from where the copy stands, then a rest until it is told of more."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, fail
from twisted.python.failure import Failure

from promoter_view.journal.entries import EntryIdentity, read_entries
from promoter_view.journal.postgresql import work
from promoter_view.journal.postgresql.session import Session
from promoter_view.journal.shared.copy import CopyPlace, JournalCopy
from promoter_view.journal.shared.following import CopyFollowing
from promoter_view.journal.shared.head import JournalHead, JournalTail
from promoter_view.journal.store import JournalBusyError, JournalError
from promoter_view.log.pausing import Pause
from promoter_view.runtime import Runtime

#: How often it is looked whether there is more, where nobody tells.
_LOOK_SECONDS = 2.0


class PostgresFollowing(CopyFollowing):
    """``cluster`` is the one whose journal it should be."""

    def __init__(
        self, session: Session, schema: str, copy: JournalCopy, *, cluster: Callable[[], str], runtime: Runtime
    ) -> None:
        super().__init__(copy, "PostgreSQL", runtime=runtime)
        self._session = session
        self._schema = schema
        self._cluster = cluster
        self._rest = Pause(runtime.reactor)
        self._waiting: list[Deferred[None]] = []
        #: A write was told of while it was asked what there is.
        self._is_told = False

    def told(self, _: object) -> None:
        """A write was told of; in the connection's thread."""
        self._is_told = True

    def reach(self) -> Deferred[None]:
        """Fires once all that there is now is copied. Errors: JournalError, where it is closed too."""
        if self._stopped:
            return fail(_closed())
        waiting: Deferred[None] = Deferred()
        self._waiting.append(waiting)
        self._rest.end()
        return waiting

    def stop(self) -> None:
        """See CopyFollowing."""
        super().stop()
        self._session.ignore()
        self._tell(self._asked(), _closed())

    async def _begin(self) -> None:
        """A copy of earlier answers also while the database is away."""
        try:
            await self._catch_up()
        except JournalBusyError as error:
            if not self._place.cluster:
                raise
            self._unread.set(str(error))

    async def _follow(self) -> None:
        while not self._stopped:
            await self._catch_up()
            self._unread.clear()
            self._backoff.reset()
            if not (self._waiting or self._is_told or self._stopped):
                self._session.when_readable(self._rest.end)
                await self._rest.wait(_LOOK_SECONDS)

    async def _catch_up(self) -> None:
        waiting = self._asked()
        try:
            while await self._take_page():
                pass
        except CancelledError:
            self._tell(waiting, _closed())
            raise
        except Exception as error:
            self._tell(waiting, error if isinstance(error, JournalError) else JournalBusyError(str(error)))
            raise
        self._tell(waiting, None)

    async def _take_page(self) -> bool:
        """Whether there is more."""
        place, progress = self._place, self.tail.head.progress
        page = await self._session.run(partial(self._read, place, progress))
        found = page.ledger
        work.require_cluster(found, self._cluster(), self._schema)
        if not page.is_same:
            await self._forget()
            self.tail = JournalTail(JournalHead(), 0)
            return True
        if not page.rows and JournalTail(found.head, found.revision) == self.tail and place.cluster:
            return False
        is_all = not page.has_more
        place = place._replace(cluster=found.origin, revision=found.revision if is_all else place.revision)
        if page.rows:
            version, item, made, _ = page.rows[-1]
            place = place._replace(first=EntryIdentity(version, item), made=made)
        await self._take(place, found.head, read_entries(row[-1] for row in page.rows), is_all=is_all)
        if is_all:
            self.tail = JournalTail(found.head, found.revision)
        return not is_all

    def _read(self, place: CopyPlace, progress: int, connection: Any) -> work.LedgerPage:
        self._is_told = False
        return work.page(connection, self._schema, place, progress)

    def _asked(self) -> list[Deferred[None]]:
        waiting, self._waiting = self._waiting, []
        return waiting

    def _tell(self, waiting: Iterable[Deferred[None]], error: Exception | None) -> None:
        for each in waiting:
            if error is None:
                each.callback(None)
            else:
                each.errback(Failure(error))


def _closed() -> JournalError:
    return JournalError("the journal is closed")
