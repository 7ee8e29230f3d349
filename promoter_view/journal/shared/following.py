"""Keeps a copy at a journal that is elsewhere, again and again from where the copy stands."""

from __future__ import annotations

from collections.abc import Iterable

from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.internet.task import deferLater
from twisted.logger import Logger, LogLevel

from promoter_view.complaints import Complaint
from promoter_view.journal.entries import BEGINNING, JournalEntry
from promoter_view.journal.shared.copy import Copying, CopyPlace, JournalCopy
from promoter_view.journal.shared.head import JournalHead, JournalTail
from promoter_view.journal.store import JournalError, JournalState, Told
from promoter_view.kubernetes.client.backoff import Backoff
from promoter_view.runtime import Runtime


class Interrupted(Exception):  # noqa: N818 - a state, as Twisted's ConnectionLost
    """What was read has ended, or is to end: it is read again from where the copy stands."""


class CopyFollowing:
    """``tail`` and ``expired`` are as the copy has them. ``where`` names the place in messages.

    A kind of place says how all that there is now is copied (``_catch_up``), and what comes then (``_follow``).
    """

    _log = Logger()
    #: What passes by itself.
    passing: tuple[type[Exception], ...] = (Interrupted, JournalError)

    def __init__(self, copy: JournalCopy, where: str, *, runtime: Runtime) -> None:
        self._copy = copy
        self._reactor = runtime.reactor
        self._backoff = Backoff(random=runtime.random.random, first_seconds=0.1, limit_seconds=5.0)
        self._place = CopyPlace()
        self._running: Deferred[None] = succeed(None)
        self._stopped = False
        self._unread = Complaint(
            self._log,
            "the journal is not read from {where}, and it is tried again: {message}",
            over=f"the journal is read from {where} again",
            level=LogLevel.info,
            where=where,
        )
        self._told: Told = lambda _: None
        self.tail = JournalTail(JournalHead(), 0)
        self.expired = BEGINNING

    @property
    def problem(self) -> str:
        """Why nothing is read, "" where it is."""
        return self._unread.message

    def listen(self, told: Told) -> None:
        """From now on that is told what is new."""
        self._told = told

    async def begin(self, opened: JournalState) -> None:
        """Brings the copy, which is open, to where the journal is, and goes on from there.

        ``opened`` is the copy's. Errors: those that pass, where it cannot be said when; JournalError.
        """
        self._stopped, self.tail = False, JournalTail(JournalHead(opened.progress), 0)
        self.expired = opened.expired
        self._place = await self._copy.place()
        await self._begin()
        self._running = Deferred.fromCoroutine(self._run())
        self._running.addErrback(lambda failure: failure.trap(CancelledError))

    def stop(self) -> None:
        """No more; idempotent. What runs at this very moment ends where it would wait again."""
        self._stopped = True
        self._running.cancel()

    async def stand(self) -> None:
        """Where the copy is not as it was left, as after its file was deleted, it is gone on from where it is now."""
        if self._stopped:
            return
        place = await self._copy.place()
        if place != self._place:
            self._place = place
            self.tail = JournalTail(JournalHead((await self._copy.state()).progress), 0)

    async def _begin(self) -> None:
        await self._catch_up()

    async def _catch_up(self) -> None:
        """All that there is now."""
        raise NotImplementedError

    async def _follow(self) -> None:
        """All that there is, and what comes, until it is stopped, or fails."""
        raise NotImplementedError

    async def _run(self) -> None:
        while not self._stopped:
            try:
                await self.stand()
                await self._follow()
            except CancelledError:
                raise
            except self.passing as error:
                self._unread.set(str(error), reason=type(error).__name__)
            except Exception as error:  # a fault of ours: all that is copied is read again
                self._log.failure("the copy of the journal is made again")
                self._unread.set(f"a fault in promoter-view: {error}")
            else:
                return
            await deferLater(self._reactor, self._backoff.next())

    async def _take(
        self, place: CopyPlace, head: JournalHead, entries: Iterable[JournalEntry], *, is_all: bool
    ) -> None:
        """Takes these over. Until there are all that ``head`` speaks of, the copy's progress is what it was."""
        progress = head.progress if is_all else self.tail.head.progress
        taken = await self._copy.take(Copying(self._place, place, head, entries, progress))
        self._place, self.expired = place, taken.expired
        if taken.entries:
            self._told(taken.entries)

    async def _forget(self) -> None:
        """Another journal is there than the copy is of."""
        await self._copy.clear()
        self._place = CopyPlace()
