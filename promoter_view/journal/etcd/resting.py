"""The journal in an etcd as commands read it: as of one moment, while replicas write it; nothing is changed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from promoter_view.journal.entries import JournalEntry
from promoter_view.journal.etcd.layout import JournalKeys, decode_head, read_piece
from promoter_view.journal.shared.head import JournalHead
from promoter_view.journal.shared.verifying import HeadReading
from promoter_view.journal.sqlite.verifying import JournalCheck
from promoter_view.journal.store import JournalError, JournalQuery
from promoter_view.log.etcd.client.faults import EtcdError
from promoter_view.log.etcd.client.places import Place, parse_place
from promoter_view.log.etcd.client.values import Etcd, Found, Keys, KeyValue

_PAGE = 32
_FORM = "etcd:http"


def place_of(text: str) -> Place | None:
    """The etcd that ``--event-log`` names so; None for another place. Errors: ValueError."""
    return parse_place(text.removeprefix("etcd:")) if text.startswith(_FORM) else None


class RestingEtcdJournal:
    """That below ``prefix``. Errors of all: JournalError."""

    def __init__(self, etcd: Etcd, prefix: str) -> None:
        self._etcd = etcd
        self._keys = JournalKeys(prefix)
        self._prefix = prefix

    async def entries(self, query: JournalQuery) -> AsyncIterator[Sequence[JournalEntry]]:
        """Pages of the entries of the query's times, the oldest first."""
        found, head = await self._begin()
        async for item in self._items(found):
            yield [each for each in read_piece(item.value) if _is_of(each, head, query)]

    async def verify(self) -> Sequence[JournalCheck]:
        """Reads all of it."""
        found, head = await self._begin()
        reading = HeadReading(head)
        async for item in self._items(found):
            first = self._keys.first_of(item.key)
            # Else of a transaction that never came to its end.
            if first is None or first.resource_version <= head.progress:
                name = item.key.decode("utf-8", "replace")
                reading.read(name, first, read_piece(item.value), len(item.value))
        return list(reading.checks())

    async def close(self) -> None:
        """Its connections."""
        await self._etcd.close()

    async def _begin(self) -> tuple[Found, JournalHead]:
        found = await self._range(Keys(self._keys.head), 0)
        if not found.items:
            raise JournalError(f"there is no journal under /{self._prefix}/ in that etcd")
        return found, decode_head(self._keys.head, found.items[0].value)

    async def _items(self, began: Found) -> AsyncIterator[KeyValue]:
        keys, more = self._keys.entries, True
        while more:
            page = await self._range(keys, began.revision)
            for item in page.items:
                yield item
            more = page.more and bool(page.items)
            if more:
                keys = keys.behind(page.items[-1].key)

    async def _range(self, keys: Keys, revision: int) -> Found:
        try:
            return await self._etcd.range(keys, revision=revision, limit=_PAGE)
        except EtcdError as error:
            raise JournalError(f"the journal in etcd cannot be read: {error}") from error


def _is_of(entry: JournalEntry, head: JournalHead, query: JournalQuery) -> bool:
    """Whether it is there, and of the query's times."""
    identity, time = entry.identity, entry.time
    is_there = head.expired < identity and identity.resource_version <= head.progress
    is_after = query.since is None or time >= query.since
    return is_there and is_after and (query.until is None or time < query.until)
