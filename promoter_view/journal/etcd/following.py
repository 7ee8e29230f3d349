"""Keeps a replica's copy at the journal's keys: a range from where the copy stands, then a watch, again and again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, groupby

from twisted.internet.defer import Deferred
from twisted.internet.defer import TimeoutError as WaitTimeout

from promoter_view.journal.entries import BEGINNING, EntryIdentity, JournalEntry
from promoter_view.journal.etcd.layout import PAGE_KEYS, JournalKeys, decode_head, read_piece
from promoter_view.journal.shared.copy import CopyPlace, JournalCopy
from promoter_view.journal.shared.following import CopyFollowing, Interrupted
from promoter_view.journal.shared.head import JournalHead, JournalTail
from promoter_view.log.etcd.barriers import Barriers
from promoter_view.log.etcd.client.faults import EtcdError
from promoter_view.log.etcd.client.values import Etcd, Found, KeyEvent, Keys, KeyValue, Message
from promoter_view.log.etcd.core.actions import Serve
from promoter_view.log.etcd.pages import pages
from promoter_view.runtime import Runtime

#: A watch that is silent for so long is compared with what etcd says.
_SILENT_SECONDS = 10.0


class JournalFollowing(CopyFollowing):
    """Of the keys of an etcd."""

    passing = (*CopyFollowing.passing, EtcdError)

    def __init__(self, etcd: Etcd, keys: JournalKeys, copy: JournalCopy, *, runtime: Runtime) -> None:
        super().__init__(copy, "etcd", runtime=runtime)
        self._etcd = etcd
        self._keys = keys
        self._barriers = Barriers()
        self._parts: list[KeyEvent] = []
        #: Keys that were put, and that head has not come to.
        self._pending: dict[bytes, KeyValue] = {}

    async def reach(self, revision: int) -> None:
        """Waits until all up to that revision of etcd is copied."""
        if self._place.revision < revision:
            await self._barriers.wait(revision)

    async def _follow(self) -> None:
        await self._catch_up()
        watch = await self._etcd.watch(self._keys.all, revision=self._place.revision + 1)
        self._unread.clear()
        try:
            while not self._stopped:
                for message in await self._next(watch.read()):
                    await self._hear(message)
        finally:
            watch.close()

    async def _next(self, reading: Deferred[Sequence[Message]]) -> Sequence[Message]:
        try:
            messages = await reading.addTimeout(_SILENT_SECONDS, self._reactor)
        except WaitTimeout:
            await self._compare()
            return ()
        if not messages:
            raise Interrupted("the watch has ended")
        return messages

    async def _compare(self) -> None:
        """The member that is watched through may be cut off from the others. Errors: Interrupted."""
        found = await self._etcd.range(Keys(self._keys.head))
        if _put_at(found) != self.tail.revision:
            self._etcd.turn()
            raise Interrupted("the watch is behind etcd: trying another member")

    async def _hear(self, message: Message) -> None:
        if message.cluster != self._place.cluster:
            raise Interrupted("another etcd answers")
        if message.canceled or message.compacted:
            raise Interrupted(message.canceled or "compacted")
        self._backoff.reset()
        self._parts += message.events
        if message.fragment:
            return
        events, self._parts = self._parts, []
        for revision, changed in groupby(events, key=lambda event: event.revision):
            await self._apply(revision, list(changed))

    async def _apply(self, revision: int, events: Sequence[KeyEvent]) -> None:
        head = None
        for event in events:
            if event.key == self._keys.head:
                head = event
            elif event.value is None:
                self._pending.pop(event.key, None)
            else:
                self._pending[event.key] = KeyValue(event.key, event.value, event.created_at, revision)
        if head is None:
            return
        if head.value is None:
            raise Interrupted("its head was deleted")
        found = decode_head(head.key, head.value)
        ready = self._ready(found)
        await self._take(self._moved(revision, ready), found, _entries(ready), is_all=True)
        self._settle(JournalTail(found, revision))

    def _ready(self, head: JournalHead) -> Sequence[KeyValue]:
        """What head has come to, which waits no more."""
        ready = [self._pending[key] for key in sorted(self._pending) if self._is_up_to(key, head.progress)]
        for item in ready:
            del self._pending[item.key]
        return ready

    def _is_up_to(self, key: bytes, progress: int) -> bool:
        first = self._keys.first_of(key)
        return first is not None and first.resource_version <= progress

    def _settle(self, tail: JournalTail) -> None:
        """All up to there is copied."""
        self.tail = tail
        self._barriers.serve(Serve(self._place.revision))

    def _moved(self, revision: int, items: Sequence[KeyValue]) -> CopyPlace:
        """The place up to that revision, with these keys, the newest last."""
        place = self._place._replace(revision=revision)
        if not items:
            return place
        first = self._keys.first_of(items[-1].key)
        assert first is not None
        return place._replace(first=first, made=items[-1].create_revision)

    async def _catch_up(self) -> None:
        """What was put since the copy's place, as of now. Errors: EtcdError, JournalError."""
        self._parts, self._pending = [], {}
        found = await self._etcd.range(Keys(self._keys.head))
        head = decode_head(self._keys.head, found.items[0].value) if found.items else JournalHead()
        if not await self._goes_on(found, head):
            await self._forget()
        await self._copy_pages(found, head)
        self._settle(JournalTail(head, _put_at(found)))

    async def _copy_pages(self, found: Found, head: JournalHead) -> None:
        """As of that revision. Until the last one the copy's progress is what it was."""
        keys = self._behind(self._place.first)
        async for page in pages(self._etcd, keys, revision=found.revision, most=PAGE_KEYS):
            self._pending.update({item.key: item for item in page.items})
            ready = self._ready(head)
            more = page.more and bool(page.items)
            place = self._moved(self._place.revision if more else found.revision, ready)
            place = place._replace(cluster=found.cluster)
            await self._take(place, head, _entries(ready), is_all=not more)

    async def _goes_on(self, found: Found, head: JournalHead) -> bool:
        """Whether the copy is of the journal that is there: an etcd may be another one, or restored from a backup."""
        place = self._place
        if not place.cluster:
            return True
        if place.cluster != found.cluster or place.revision > found.revision or self.tail.head.progress > head.progress:
            return False
        if place.first <= max(BEGINNING, head.expired):
            return True  # all that it had is deleted, or it had nothing
        newest = await self._etcd.range(Keys(self._keys.key(place.first)))
        return bool(newest.items) and newest.items[0].create_revision == place.made

    def _behind(self, first: EntryIdentity) -> Keys:
        """The keys after that one."""
        if first == BEGINNING:
            return self._keys.entries
        return self._keys.entries.behind(self._keys.key(first))


def _entries(items: Sequence[KeyValue]) -> Iterable[JournalEntry]:
    """Read when they are asked for."""
    return chain.from_iterable(read_piece(item.value) for item in items)


def _put_at(found: Found) -> int:
    """The revision that put the key that was read, 0 where there is none."""
    return found.items[0].mod_revision if found.items else 0
