"""All notifications of this process: declared by a file, sent while it leads, asked about and moved by people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import orjson
from twisted.internet.defer import Deferred, DeferredList
from twisted.logger import Logger

from promoter_view.boundaries import EventLog, Leading, ViewReader
from promoter_view.decoded import mapping, text
from promoter_view.journal.cursors import SecondCursors
from promoter_view.journal.entries import LAST, EntryIdentity, JournalEntry
from promoter_view.journal.store import JournalError, JournalQuery
from promoter_view.kubernetes.client.client import KubernetesClient
from promoter_view.moments import parse_moment
from promoter_view.notifications.declaring import Subscription
from promoter_view.notifications.delivery.absences import Absences
from promoter_view.notifications.delivery.cursors import CursorKeeper
from promoter_view.notifications.delivery.following import NotificationsFile
from promoter_view.notifications.delivery.loop import EntrySource, SendingParts, SubscriptionLoop
from promoter_view.notifications.delivery.standing import DeliveryStanding
from promoter_view.notifications.delivery.telling import NotificationTold
from promoter_view.notifications.formats.choosing import MessageFormats
from promoter_view.notifications.links import Links
from promoter_view.notifications.sample import SAMPLE
from promoter_view.periodic import Periodic
from promoter_view.records import BundleKey, CursorPlace
from promoter_view.runtime import Runtime
from promoter_view.views.versions import split
from promoter_view.web.errors import BadRequest, JournalUnavailable, NotSending, ResourceNotFound

if TYPE_CHECKING:
    from promoter_view.boundaries import NotificationsDesk

_LOOK_SECONDS = 5.0


class CursorViews(ViewReader, Protocol):
    """The views, and the cursors that the log holds."""

    @property
    def cursors(self) -> Mapping[str, CursorPlace]:
        """By subscription."""


class KeptJournal(EntrySource, Protocol):
    """The journal of this process."""

    @property
    def opened_at(self) -> int:
        """Its progress when it was opened."""

    @property
    def cursors(self) -> SecondCursors:
        """Those that it has too."""


class Notifications:
    """Implements ``boundaries.Leading``: only the process that writes the log sends."""

    _log = Logger()

    def __init__(
        self, file: Path, journal: KeptJournal, *, views: CursorViews, log: EventLog, links: Links, runtime: Runtime
    ) -> None:
        self._journal = journal
        self._views = views
        self._event_log = log
        self._links = links
        self._runtime = runtime
        self._file = NotificationsFile(file, self._declare, runtime=runtime)
        self._formats = MessageFormats(runtime.reactor, self._uid_of)
        self._cluster: KubernetesClient | None = None
        self._declared: Mapping[str, Subscription] | None = None
        self._parts: SendingParts | None = None
        self._loops: dict[str, SubscriptionLoop] = {}
        #: Where those go on that had a cursor in a log that is gone.
        self._begin_at: EntryIdentity | None = None
        self._absences = Absences()
        self._measuring = Periodic(runtime.reactor, lambda: _LOOK_SECONDS, self._look)

    def start(self, cluster: KubernetesClient) -> None:
        """Follows the file. ``cluster`` is where Events are created."""
        self._cluster = cluster
        self._file.start()
        self._measuring.start()

    def begin(self) -> None:
        """See Leading."""
        assert self._cluster is not None
        runtime = self._runtime
        keeper = CursorKeeper(self._event_log.append, clock=runtime.reactor, kept=self._journal.cursors.moved)
        told = (self._formats, self._links, runtime, self._cluster, lambda: self._event_log.status().is_sole)
        self._parts = SendingParts(self._journal, self._views, keeper, *told)
        self._begin_at = self._lost()
        self._apply()

    def end(self) -> Deferred[None]:
        """See Leading. What is not durable yet is queued; a log that is another's refuses it."""
        return Deferred.fromCoroutine(self._end())

    async def close(self) -> None:
        """The program is ending."""
        self._measuring.stop()
        self._file.stop()
        await self._end()
        await self._formats.close()
        if self._cluster is not None:
            await self._cluster.close()

    def entries_came(self, entries: Sequence[JournalEntry]) -> None:  # noqa: ARG002
        """For the journal: there is more in it."""
        for loop in self._loops.values():
            loop.wake()

    def line(self) -> str:
        """How they stand, in one line."""
        if self._file.problem:
            return f"the file is invalid, {self._file.meanwhile}: {self._file.problem}"
        if self._declared is None:
            return "the file is not read yet"
        failing = sorted(name for name, told in self._told().items() if told.standing and told.standing.failing_since)
        if failing:
            return f"{len(self._declared)} declared; not delivered, retrying: {', '.join(failing)}"
        where = "sent here" if self._parts is not None else "sent by the replica that leads"
        return f"{len(self._declared)} declared, {where}"

    def document(self) -> Mapping[str, Any]:
        """See NotificationsDesk."""
        now = self._runtime.now()
        told = [each.document(now) for each in self._told().values()]
        problem = self._file.problem
        file = {"problem": problem, "meanwhile": self._file.meanwhile if problem else ""}
        return {"sends": self._parts is not None, **file, "notifications": told}

    def replay(self, name: str, since: str) -> Deferred[Mapping[str, Any]]:
        """See NotificationsDesk."""
        return Deferred.fromCoroutine(self._replay(name, since))

    def test(self, name: str) -> Deferred[Mapping[str, Any]]:
        """See NotificationsDesk."""
        return Deferred.fromCoroutine(self._test(name))

    def _uid_of(self, key: BundleKey) -> str:
        bundle = self._views.get(key)
        return "" if bundle is None else text(mapping(orjson.loads(bundle.root), "metadata"), "uid")

    def _declare(self, found: Sequence[Subscription]) -> None:
        self._declared = {each.name: each for each in found}
        if self._parts is not None:
            self._apply()
            self._forget_absent()

    def _lost(self) -> EntryIdentity | None:
        """Where to go on if the log is younger than the journal, and so lost its cursors."""
        first, known = self._event_log.status().first, self._journal.opened_at
        is_lost = known > 0 and not self._views.cursors and split(known).offset < first
        return EntryIdentity(known, LAST) if is_lost else None

    def _apply(self) -> None:
        declared, parts = self._declared, self._parts
        if declared is None or parts is None:
            return
        for name in [*self._loops]:
            if name not in declared:
                self._drop(self._loops.pop(name))
        for name, subscription in declared.items():
            if name in self._loops:
                self._loops[name].change(subscription)
            else:
                self._loops[name] = loop = SubscriptionLoop(subscription, self._standing(name), parts)
                loop.start()
        self._begin_at = None

    def _standing(self, name: str) -> DeliveryStanding | None:
        place = self._views.cursors.get(name)
        if place is None:
            began = self._begin_at
            return None if began is None else DeliveryStanding(min(began, self._journal.cursors.known.get(name, began)))
        cursor = EntryIdentity(*place)
        return DeliveryStanding(cursor, cursor)

    def _drop(self, loop: SubscriptionLoop) -> None:
        if self._parts is not None:
            self._parts.keeper.remove(loop.name)
        Deferred.fromCoroutine(loop.stop())
        self._runtime.metrics.forget_subscription(loop.name)

    def _forget_absent(self) -> None:
        """Cursors of those that nobody declares any more. A file that cannot be read says nothing of that."""
        declared, parts, second = self._declared, self._parts, self._journal.cursors
        if declared is None or parts is None or self._file.problem:
            self._absences = Absences()
            return
        absent = {*self._views.cursors, *second.names} - declared.keys()
        for name in self._absences.over(sorted(absent), self._runtime.reactor.seconds()):
            parts.keeper.forget(name)
            second.forget(name)

    async def _end(self) -> None:
        parts, self._parts = self._parts, None
        loops, self._loops = self._loops, {}
        await DeferredList([Deferred.fromCoroutine(loop.stop()) for loop in loops.values()])
        if parts is not None:
            parts.keeper.flush()
        for name in loops:
            self._runtime.metrics.forget_subscription(name)

    async def _replay(self, name: str, since: str) -> Mapping[str, Any]:
        self._loop(name)
        try:
            moment = parse_moment(since, self._runtime.now())
        except ValueError as error:
            raise BadRequest(f"since: {error}") from error
        try:
            found = await self._journal.query(JournalQuery(since=moment, limit=1))
        except JournalError as error:
            raise JournalUnavailable(str(error)) from error
        if not found:
            return {"name": name, "replayed": False}
        first = found[0].identity
        self._loop(name).replay(first.just_before)
        return {"name": name, "replayed": True, "from": first.name}

    async def _test(self, name: str) -> Mapping[str, Any]:
        answer = await self._loop(name).attempt((SAMPLE,))
        return {"name": name, "result": answer.fate.value, "answer": answer.said}

    def _loop(self, name: str) -> SubscriptionLoop:
        """Errors: ResourceNotFound, NotSending."""
        known = self._declared or {}
        if name not in known:
            near = get_close_matches(name, known, n=1)
            raise ResourceNotFound(f"no notification {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
        if name not in self._loops:
            raise NotSending()
        return self._loops[name]

    def _told(self) -> Mapping[str, NotificationTold]:
        return {
            name: NotificationTold(each, loop.standing if loop else None, loop.late_since if loop else None)
            for name, each in (self._declared or {}).items()
            for loop in (self._loops.get(name),)
        }

    def _look(self) -> None:
        self._measure()
        self._forget_absent()

    def _measure(self) -> None:
        metrics, now = self._runtime.metrics, self._runtime.now()
        for name, told in self._told().items():
            if name in self._loops:
                since = told.standing.failing_since if told.standing else None
                metrics.notifications_lag_seconds.labels(name).set(told.lag(now))
                metrics.notifications_failing_since.labels(name).set(since.timestamp() if since else 0)


if TYPE_CHECKING:
    _leading: type[Leading] = Notifications
    _desk: type[NotificationsDesk] = Notifications
