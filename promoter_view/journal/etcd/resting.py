"""The journal in an etcd as commands read it: as of one moment, while replicas write it; nothing is changed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager

from promoter_view.journal.entries import JournalEntry
from promoter_view.journal.etcd.layout import PAGE_KEYS, JournalKeys, decode_head, read_piece
from promoter_view.journal.shared.head import JournalHead
from promoter_view.journal.shared.verifying import HeadReading
from promoter_view.journal.sqlite.verifying import JournalCheck
from promoter_view.journal.store import JournalError, JournalQuery
from promoter_view.log.etcd.client.faults import EtcdError
from promoter_view.log.etcd.client.places import Place, parse_place
from promoter_view.log.etcd.client.values import Etcd, Found, Keys, KeyValue
from promoter_view.log.etcd.pages import pages

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
        with _told():
            found = await self._etcd.range(Keys(self._keys.head))
        if not found.items:
            raise JournalError(f"there is no journal under /{self._prefix}/ in that etcd")
        return found, decode_head(self._keys.head, found.items[0].value)

    async def _items(self, began: Found) -> AsyncIterator[KeyValue]:
        with _told():
            async for page in pages(self._etcd, self._keys.entries, revision=began.revision, most=PAGE_KEYS):
                for item in page.items:
                    yield item


@contextmanager
def _told() -> Iterator[None]:
    """In the words of a journal."""
    try:
        yield
    except EtcdError as error:
        raise JournalError(f"the journal in etcd cannot be read: {error}") from error


def _is_of(entry: JournalEntry, head: JournalHead, query: JournalQuery) -> bool:
    """Whether it is there, and of the query's times."""
    identity, time = entry.identity, entry.time
    is_there = head.expired < identity and identity.resource_version <= head.progress
    is_after = query.since is None or time >= query.since
    return is_there and is_after and (query.until is None or time < query.until)
