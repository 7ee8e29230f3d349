"""A journal that several replicas share in an etcd: one writes, each has the same, whatever happens."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

from twisted.internet import reactor

from promoter_view.journal.entries import JournalEntry
from promoter_view.journal.etcd import following
from promoter_view.journal.etcd.layout import JournalKeys
from promoter_view.journal.sqlite.store import SqliteJournal
from promoter_view.journal.store import Batch, JournalBusyError, JournalError, Retention
from promoter_view.log.etcd.client.faults import EtcdError, Fault
from promoter_view.log.etcd.client.values import PutKey, Space, Transaction
from tests.support.journal.etcds import PREFIX, EtcdTown
from tests.support.journal.journals import BEGAN, entry
from tests.support.journal.sharing import ALL, SharingCase, SharingSuite

_LOST = EtcdError(Fault.TIMEOUT, "etcdserver: request timed out")
KEYS = JournalKeys(PREFIX)


class SharingTests(SharingSuite, SharingCase):
    """Each journal is a replica's."""

    def setUp(self) -> None:
        super().setUp()
        self.town = EtcdTown()

    async def test_who_does_not_lead_writes_nothing(self) -> None:
        """Nor who has led, and does not know better."""
        old, never = await self.opened(term=self.town.term), await self.opened(term=0)
        await old.append(Batch(1, [entry(1)]))
        self.town.elect()
        for journal in (old, never):
            with self.assertRaisesRegex(JournalBusyError, "another replica writes"):
                await journal.append(Batch(2, [entry(2)]))
            with self.assertRaisesRegex(JournalBusyError, "another replica writes"):
                await journal.prune(Retention(0, 0), BEGAN + timedelta(days=1))
        new = await self.opened()
        self.assertEqual([each.identity for each in await self.copied(new)], [(1, 0)])

    async def test_what_was_derived_from_an_older_state_is_refused(self) -> None:
        """A replica that missed what another has written finds out, and has it then."""
        first = await self.opened()
        await first.append(Batch(1, [entry(1)]))
        (watch,) = self.town.etcd.watches
        second = await self.opened()
        watch.held = True
        written = await second.append(Batch(2, [entry(2)]))
        with self.assertRaisesRegex(JournalBusyError, "another replica writes the journal"):
            await first.append(Batch(2, [entry(2, letter="b")]))
        watch.held = False
        watch.flush()
        await first.state()
        self.assertEqual(await first.append(Batch(2, [entry(2, letter="b")])), [])
        self.assertEqual((await self.copied(first))[1:], written)

    async def test_an_answer_that_is_lost(self) -> None:
        """What was carried out all the same is there, and is not written again."""
        journal = await self.opened()
        self.town.etcd.commit_failures.append(None)  # the sweep's
        await journal.append(Batch(1, [entry(1)]))
        self.town.etcd.lost_answers = 1
        with self.assertRaisesRegex(JournalBusyError, "cannot be used: etcdserver: request timed out"):
            await journal.append(Batch(2, [entry(2)]))
        self.assertEqual((await journal.state()).progress, 2)
        self.assertEqual(await journal.append(Batch(2, [entry(2)])), [])
        self.assertEqual([each.identity for each in await self.copied(journal)], [(1, 0), (2, 0)])

    async def test_many_at_once_are_there_whole_or_not_at_all(self) -> None:
        """More than a transaction holds: a leader that dies in between leaves nothing that anybody sees."""
        many = [wordy(item) for item in range(1500)]
        leader, follower = await self.opened(), await self.opened(term=0)
        await leader.append(Batch(1, [entry(1)]))
        self.town.etcd.commit_failures += [None, _LOST]
        with self.assertRaises(JournalBusyError):
            await leader.append(Batch(9, many))
        self.assertEqual(len(await self.copied(follower)), 1)
        late = await self.opened(term=0)
        self.assertEqual(len(await self.copied(late)), 1)
        self.town.elect()
        second = await self.opened()
        written = await second.append(Batch(9, many[5:]))
        self.assertEqual(len(written), len(many) - 5)
        for journal in (leader, follower, late):
            self.assertEqual((await self.copied(journal))[1:], written)

    async def test_the_writers_copy_is_removed_while_it_is_open(self) -> None:
        self.patch(following, "_SILENT_SECONDS", 0.1)
        await super().test_the_writers_copy_is_removed_while_it_is_open()

    def forget(self) -> None:
        self.town.etcd.compact_now()

    async def test_the_copy_of_another_journal_is_made_again(self) -> None:
        """Of an etcd that was restored from a backup, or of another one."""
        leader = await self.opened()
        await leader.append(Batch(1, [entry(1)]))
        backup = self.town.etcd.state.copy()
        await leader.append(Batch(2, [entry(2, letter="b")]))
        copy = await self.opened(self.file, term=0)
        await copy.close()
        await leader.close()
        for cluster in (None, 8):
            self.town.etcd.restore(backup, cluster=cluster)
            self.town.elect()
            other = await self.opened()
            await other.append(Batch(2, [entry(2, letter="c")]))
            await other.append(Batch(3, [entry(3, letter="c")]))
            again = await self.opened(self.file, term=0)
            self.assertEqual(await again.query(ALL), await other.query(ALL))
            await again.close()
            await other.close()

    async def test_a_journal_of_its_own_is_no_copy(self) -> None:
        """The file is left alone, with one line that says what to do; one that was a copy can be gone on with."""
        leader = await self.opened()
        await leader.append(Batch(1, [entry(1)]))
        copy = await self.opened(self.file, term=0)
        await copy.close()
        own = SqliteJournal(self.file, reactor=reactor)
        await own.open()
        await own.append(Batch(7, [entry(7)]))
        await own.close()
        with self.assertRaisesRegex(JournalError, "is a journal of its own, and no copy of another: give another"):
            await self.opened(self.file)
        await own.open()
        self.addCleanup(own.close)
        self.assertEqual(len(await own.query(ALL)), 2)

    async def test_the_log_has_the_last_fifth_of_etcd(self) -> None:
        """Nothing is written where etcd is that full, and why is said; where etcd does not say how full, it is."""
        journal = await self.opened()
        self.town.etcd.full = Space(80, 100)
        with self.assertRaisesRegex(JournalBusyError, "etcd takes 80 of the 100 bytes of its quota.*the last 20%"):
            await journal.append(Batch(1, [entry(1)]))
        self.town.etcd.full = EtcdError(Fault.FORBIDDEN, "permission denied")
        self.assertEqual(len(await journal.append(Batch(1, [entry(1)]))), 1)

    async def test_an_etcd_that_is_away(self) -> None:
        """It passes: what is there can be read, and the copy is followed again."""
        leader, follower = await self.opened(), await self.opened(term=0)
        await leader.append(Batch(1, [entry(1)]))
        await follower.state()
        self.town.etcd.down = EtcdError(Fault.UNREACHABLE, "connection refused")
        self.town.etcd.end_watches()
        await self.until(lambda: "connection refused" in follower.problem)
        self.assertEqual(len(await follower.query(ALL)), 1)
        with self.assertRaisesRegex(JournalBusyError, "connection refused"):
            await self.town.journal().open()
        self.town.etcd.down = None
        await leader.append(Batch(2, [entry(2)]))
        await self.until(lambda: follower.progress == 2 and not follower.problem)

    async def test_a_newer_program_has_written_it(self) -> None:
        """The start is refused; a replica that runs says so, and reads what it has."""
        journal = await self.opened()
        self.town.etcd._commit(Transaction((), (PutKey(KEYS.head, b'{"format": 2}'),)))
        await self.until(lambda: "written by a newer program" in journal.problem)
        with self.assertRaisesRegex(JournalError, "the journal in etcd was written by a newer program"):
            await self.opened()


def wordy(item: int) -> JournalEntry:
    """One whose words hardly become fewer."""
    found = entry(9, item)
    return replace(found, happening=replace(found.happening, message=random.Random(item).randbytes(1000).hex()))
