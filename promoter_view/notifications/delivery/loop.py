"""Sends one subscription's messages, one after the other: waits for entries, for what is due, for receivers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from promoter_view.access.reviews import Poster
from promoter_view.boundaries import ViewReader
from promoter_view.journal.entries import LAST, EntryIdentity, JournalEntry
from promoter_view.journal.store import JournalError, JournalQuery
from promoter_view.log.pausing import Pause
from promoter_view.moments import parse_moment
from promoter_view.notifications.declaring import Subscription
from promoter_view.notifications.delivery.answers import MessageFate, ReceiverAnswer, no_answer
from promoter_view.notifications.delivery.creating import create
from promoter_view.notifications.delivery.cursors import PASSED_SECONDS, SENT_SECONDS, CursorKeeper
from promoter_view.notifications.delivery.gaps import gap_between
from promoter_view.notifications.delivery.receivers import ReceiverConnection
from promoter_view.notifications.delivery.standing import MOST_UNSAVED, DeliveryStanding
from promoter_view.notifications.digests import MOST_ENTRIES, first_message, sending_time
from promoter_view.notifications.formats.choosing import MessageFormats
from promoter_view.notifications.links import Links
from promoter_view.notifications.messages import FormatError, NotYetError
from promoter_view.runtime import Runtime

if TYPE_CHECKING:
    from promoter_view.notifications.delivery.cursors import CursorHolder

_PAGE = 100
#: How often it is looked all the same whether there is something, and after a fault of ours.
_LOOK_SECONDS = 30.0
_FAULT_SECONDS = 10.0
#: How often it is looked whether the journal is there.
_BEGIN_SECONDS = 0.5
#: How often it is looked whether a lease is alive again.
_SOLE_SECONDS = 0.5


class EntrySource(Protocol):
    """What is asked of the journal."""

    @property
    def progress(self) -> int:
        """The resourceVersion up to which changes are in it; 0 where it has not begun."""

    @property
    def reach(self) -> EntryIdentity:
        """Everything behind that is in it."""

    @property
    def opened_at(self) -> int:
        """Its progress when it was opened; 0 for a new one."""

    def query(self, query: JournalQuery) -> Deferred[Sequence[JournalEntry]]:
        """Errors: JournalError."""


@dataclass(frozen=True, slots=True)
class SendingParts:
    """What all subscriptions have in common. ``views`` tell of objects, ``is_sole`` that nobody else sends."""

    journal: EntrySource
    views: ViewReader
    keeper: CursorKeeper
    formats: MessageFormats
    links: Links
    runtime: Runtime
    cluster: Poster
    is_sole: Callable[[], bool]


class SubscriptionLoop:
    """One subscription while this process sends. ``standing`` is None for a new one: it begins where its file says."""

    _log = Logger()

    def __init__(self, subscription: Subscription, standing: DeliveryStanding | None, parts: SendingParts) -> None:
        self._parts = parts
        self._take(subscription)
        self.standing = standing
        #: The time of the oldest entry that should have been sent by now.
        self.late_since: datetime | None = None
        #: How often it was declared anew or moved; and how often it was moved.
        self._changed = self._moved = 0
        #: Of the cursor that is on its way into the log: as of which move, and how many messages it is behind.
        self._writing = (0, 0)
        self._stopped = self._is_early = self._woken = False
        clock = parts.runtime.reactor
        self._idle, self._retry, self._saving = Pause(clock), Pause(clock), Pause(clock)
        self._running: Deferred[None] | None = None

    @property
    def name(self) -> str:
        """The subscription's."""
        return self.subscription.name

    def start(self) -> None:
        """Sends until ``stop``."""
        self._parts.keeper.add(self)
        self._running = Deferred.fromCoroutine(self._run()).addErrback(_cancelled)

    async def stop(self) -> None:
        """Nothing is sent any more; what is under way is given up, and may have been taken."""
        self._stopped = True
        if self._running is not None:
            self._running.cancel()
        await self._connection.close()

    def change(self, subscription: Subscription) -> None:
        """It is declared in another way; its cursor stays."""
        if subscription == self.subscription:
            return
        self._connection.close()
        self._take(subscription)
        if self.standing is not None:
            self.standing = self.standing.anew()
        self._hurry()

    def wake(self) -> None:
        """There is something in the journal."""
        self._woken = True
        self._idle.end()

    def replay(self, cursor: EntryIdentity) -> None:
        """Goes on behind that entry; where it has not come there yet, as before."""
        standing = self.standing or DeliveryStanding(cursor)
        if standing.cursor < cursor:
            return
        self.standing = standing.moved(cursor)
        self._moved += 1
        self._hurry()

    async def attempt(self, entries: Sequence[JournalEntry]) -> ReceiverAnswer:
        """Sends a message of those entries, once. A fault of ours is an answer that did not come."""
        try:
            return await self._attempt(entries)
        except (CancelledError, JournalError):
            raise
        except Exception:
            self._log.failure("notifications {name}: a message could not be sent", name=self.name)
            return no_answer("a fault in promoter-view, see its log")

    async def _attempt(self, entries: Sequence[JournalEntry]) -> ReceiverAnswer:
        try:
            message = await self._format.write(entries, self._parts.links)
        except FormatError as error:
            return ReceiverAnswer(MessageFate.REFUSED, f"no message can be made of it: {error}")
        except NotYetError as error:
            return no_answer(str(error))
        if not self._parts.is_sole():  # a template took its time
            return no_answer("not sent: another replica may lead by now")
        if message.path:
            return await create(self._parts.cluster, message, self._parts.runtime)
        return await self._connection.post(message, entries)

    def cursor(self) -> EntryIdentity | None:
        """See CursorHolder."""
        standing = self.standing
        return None if standing is None or standing.is_saved else standing.cursor

    def written(self) -> None:
        """See CursorHolder."""
        assert self.standing is not None
        self._writing = (self._moved, self.standing.unsaved)

    def saved(self, cursor: EntryIdentity) -> None:
        """See CursorHolder."""
        moved, sent = self._writing
        if self.standing is not None and moved == self._moved:
            self.standing = self.standing.kept(cursor, sent)
        self._saving.end()

    def _take(self, subscription: Subscription) -> None:
        self.subscription = subscription
        self._connection = ReceiverConnection(subscription.receiver, runtime=self._parts.runtime)
        self._format = self._parts.formats.of(subscription)

    def _hurry(self) -> None:
        self._changed += 1
        self._woken = True
        for pause in (self._idle, self._retry, self._saving):
            pause.end()

    async def _run(self) -> None:
        while True:
            try:
                await self._step()
            except CancelledError:
                if self._stopped:
                    raise
                await self._idle.wait(_FAULT_SECONDS)
            except JournalError:  # said by whoever keeps it
                await self._idle.wait(_FAULT_SECONDS)
            except Exception:  # a fault in one subscription is not the end of it
                self._log.failure("notifications {name}: looked at again in a while", name=self.name)
                await self._idle.wait(_FAULT_SECONDS)

    async def _step(self) -> None:
        journal, standing = self._parts.journal, self.standing
        if not journal.progress:
            self._is_early = True
            await self._idle.wait(_BEGIN_SECONDS)
            return
        if standing is None:
            await self._begin()
        elif standing.cursor < journal.reach:
            await self._deliver((gap_between(standing.cursor, journal.reach),))
        else:
            await self._send_page(standing.cursor)

    async def _begin(self) -> None:
        """Where the file says, or behind the newest entry; of a journal that was not there yet, at its beginning."""
        journal = self._parts.journal
        is_new = self._is_early and not journal.opened_at
        begin = journal.reach if is_new else EntryIdentity(journal.progress, LAST)
        if self.subscription.since:
            since = parse_moment(self.subscription.since, self._parts.runtime.now())
            found = await journal.query(JournalQuery(since=since, limit=1))
            if found:
                begin = found[0].identity.just_before
        if self.standing is not None:  # moved meanwhile
            return
        self.standing = DeliveryStanding(begin)
        self._parts.keeper.write_within(0)

    async def _send_page(self, cursor: EntryIdentity) -> None:
        """What comes next: sent, left out, or waited for."""
        self._woken = False
        changed = self._changed
        entries = await self._parts.journal.query(JournalQuery(after=cursor, limit=_PAGE))
        for entry in entries:
            if changed != self._changed:
                return
            if not self._admits(entry):
                self._pass(entry)
                continue
            sent = await self._is_due(entry) and await self._deliver(await self._message(entry))
            if not sent or self.subscription.digest is not None:
                return
        self.late_since = None
        if not entries:
            await self._rest()

    async def _is_due(self, oldest: JournalEntry) -> bool:
        """Whether it may be sent now; else some time has passed since."""
        chosen, now = self.subscription, self._parts.runtime.now()
        due = sending_time(chosen, oldest.time, now)
        if due <= now:
            self.late_since = sending_time(chosen, oldest.time, oldest.time)
            return True
        self.late_since = None
        await self._retry.wait(min((due - now).total_seconds(), _LOOK_SECONDS))
        return False

    async def _message(self, first: JournalEntry) -> Sequence[JournalEntry]:
        """The entries of one message: that one, or a digest's, which begins with it."""
        found, after = [first], first.identity
        while self.subscription.digest is not None and len(found) < MOST_ENTRIES:
            page = await self._parts.journal.query(JournalQuery(after=after, limit=_PAGE))
            if not page:
                break
            found += filter(self._admits, page)
            after = page[-1].identity
        return first_message(self.subscription, found)

    async def _rest(self) -> None:
        if not self._woken:
            await self._idle.wait(_LOOK_SECONDS)

    def _admits(self, entry: JournalEntry) -> bool:
        bundle = self._parts.views.get(entry.key)
        labels: Mapping[str, str] | None = None if bundle is None else bundle.labels
        return not entry.backfilled and self.subscription.filter.admits(entry, labels)

    def _pass(self, entry: JournalEntry) -> None:
        assert self.standing is not None
        self.standing = self.standing.passed(entry.identity)
        self._parts.keeper.write_within(PASSED_SECONDS)

    async def _deliver(self, entries: Sequence[JournalEntry]) -> bool:
        """Sends one message until it is behind it. False: what is to be sent next is another question by now."""
        changed, moved = self._changed, self._moved
        while changed == self._changed:
            await self._room()
            if changed != self._changed:
                break
            answer = await self.attempt(entries)
            if moved == self._moved and self._note(answer, entries[-1]):
                return changed == self._changed
            if changed == self._changed and self.standing is not None:
                await self._retry.wait(self.standing.wait)
        return False

    async def _room(self) -> None:
        """Waits until the message may be sent: after a cut no more than a few come again, and one process sends."""
        changed = self._changed
        while self.standing is not None and not self.standing.may_send and changed == self._changed:
            self._parts.keeper.write_within(0)
            await self._saving.wait(_LOOK_SECONDS)
        while not self._parts.is_sole() and changed == self._changed:  # the last: the wait before has no limit
            await self._retry.wait(_SOLE_SECONDS)

    def _note(self, answer: ReceiverAnswer, last: JournalEntry) -> bool:
        """Whether it is behind that entry."""
        assert self.standing is not None
        runtime, metrics = self._parts.runtime, self._parts.runtime.metrics
        before = self.standing
        self.standing = standing = before.answered(
            answer,
            last.identity,
            last.happening.event,
            runtime.now(),
            random=runtime.random.random(),
            limit=self.subscription.refuse_after,
        )
        metrics.notifications_sent.labels(self.name).inc(standing.sent - before.sent)
        metrics.notifications_refused.labels(self.name).inc(standing.refused - before.refused)
        behind = standing.cursor >= last.identity
        if behind:
            self._parts.keeper.write_within(0 if standing.unsaved >= MOST_UNSAVED else SENT_SECONDS)
        return behind


def _cancelled(failure: Failure) -> None:
    failure.trap(CancelledError)


if TYPE_CHECKING:
    _: type[CursorHolder] = SubscriptionLoop
