"""The journal in an etcd as commands read it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from twisted.trial.unittest import TestCase

from promoter_view.journal.entries import EntryIdentity
from promoter_view.journal.etcd.layout import JournalKeys
from promoter_view.journal.etcd.resting import RestingEtcdJournal, place_of
from promoter_view.journal.store import Batch, JournalError, JournalQuery, Retention
from promoter_view.log.etcd.client.faults import EtcdError, Fault
from promoter_view.log.etcd.client.values import DeleteKey, Keys, PutKey, Transaction
from tests.support.journal.etcds import PREFIX, EtcdTown
from tests.support.journal.journals import BEGAN, entry

KEYS = JournalKeys(PREFIX)


def test_which_places_are_etcds() -> None:
    """As the event log's URL names them; a file of a copy is none."""
    found = place_of("etcd:http://a:1,b:2/view")
    assert found is not None
    assert (found.endpoints, found.prefix) == (("http://a:1", "http://b:2"), "view")
    assert place_of("etcd:copy.sqlite") is place_of("/data") is None
    with pytest.raises(ValueError, match="prefix"):
        place_of("etcd:http://a:1")


class RestingTests(TestCase):
    """While a replica has it open."""

    async def setUp(self) -> None:
        self.town = EtcdTown()
        self.resting = RestingEtcdJournal(self.town.etcd, PREFIX)
        journal = self.town.journal()
        self.addCleanup(journal.close)
        await journal.open()
        await journal.append(Batch(40, [entry(version) for version in range(1, 41)]))
        for version in range(41, 81):
            await journal.append(Batch(version, [entry(version)]))
        await journal.prune(Retention(0, 1 << 30), BEGAN + timedelta(minutes=10.5))

    def put(self, key: bytes, value: bytes) -> None:
        """Somebody else writes."""
        self.town.etcd._commit(Transaction((), (PutKey(key, value),)))

    async def found(self, query: JournalQuery) -> list[int]:
        return [each.identity.resource_version async for page in self.resting.entries(query) for each in page]

    async def checked(self) -> dict[str, tuple[str, bool]]:
        return {each.subject: (each.found, each.is_well) for each in await self.resting.verify()}

    async def test_entries_of_a_time(self) -> None:
        """All that there is, or a part; what was deleted, or came to no end, is not there."""
        self.put(KEYS.key(EntryIdentity(99, 0)), b"")
        self.assertEqual(await self.found(JournalQuery()), list(range(11, 81)))
        since, until = BEGAN + timedelta(minutes=39), BEGAN + timedelta(minutes=42)
        self.assertEqual(await self.found(JournalQuery(since=since, until=until)), [39, 40, 41])

    async def test_a_whole_one(self) -> None:
        """Every check says what there is."""
        checked = await self.checked()
        self.assertTrue(all(is_well for _, is_well in checked.values()))
        self.assertRegex(checked["entries"][0], "^70, in [0-9]+ bytes$")
        self.assertEqual(checked["progress"][0], "changes up to resourceVersion 80 are in it")

    async def test_one_that_is_not(self) -> None:
        """What is wrong is named."""
        self.put(KEYS.key(EntryIdentity(50, 0)), b"junk")
        self.town.etcd._commit(Transaction((), (DeleteKey(Keys(KEYS.key(EntryIdentity(60, 0)))),)))
        stands = self.town.etcd.state.items[KEYS.key(EntryIdentity(41, 0))].value
        self.put(KEYS.key(EntryIdentity(70, 0)), stands)
        checked = await self.checked()
        self.assertRegex(checked["entries"][0], "its head says 70, .* not readable, or .* 2, the first is /view/jou")
        self.assertEqual(checked["identities"], ("out of order, or twice: 1, the first is 41-0", False))

    async def test_where_there_is_none(self) -> None:
        """Or etcd does not answer: one line."""
        with self.assertRaisesRegex(JournalError, "there is no journal under /other/ in that etcd"):
            await RestingEtcdJournal(self.town.etcd, "other").verify()
        self.town.etcd.down = EtcdError(Fault.UNREACHABLE, "connection refused")
        with self.assertRaisesRegex(JournalError, "the journal in etcd cannot be read: connection refused"):
            await self.found(JournalQuery())
