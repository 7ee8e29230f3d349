"""Stores of a journal: each passes the suite of all, and has its own trouble."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from promoter_view.journal.entries import BEGINNING, EventType
from promoter_view.journal.shared import copy
from promoter_view.journal.sqlite import work
from promoter_view.journal.sqlite.resting import opened
from promoter_view.journal.sqlite.schema import STEPS, VERSION
from promoter_view.journal.sqlite.store import SqliteJournal
from promoter_view.journal.sqlite.verifying import verify
from promoter_view.journal.store import Batch, JournalBusyError, JournalError, JournalQuery, JournalStore, Retention
from tests.support.journal.etcds import EtcdTown
from tests.support.journal.journals import BEGAN, DirectJournal, entry
from tests.support.journal.postgres import PostgresTown, running_postgres
from tests.support.journal.suite import StoreSuite


class SqliteTests(StoreSuite, TestCase):
    """In a file."""

    def setUp(self) -> None:
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "journal.sqlite"

    def make(self) -> JournalStore:  # type: ignore[override]
        return SqliteJournal(self.path, reactor=reactor)

    async def test_a_newer_program_has_written_it(self) -> None:
        """It is refused with one line that names the file and what to do."""
        store = await self.opened()
        await store.close()
        with sqlite3.connect(self.path) as connection:
            connection.execute("PRAGMA user_version = 99")
        again = self.make()
        self.addCleanup(again.close)
        with self.assertRaisesRegex(JournalError, f"the journal {self.path} was written by a newer program .* 99"):
            await again.open()

    async def test_an_entry_that_cannot_be_read(self) -> None:
        """A newer program's, or a damaged one: the answer is an error of the journal."""
        store = await self.opened()
        await store.append(Batch(1, [entry(1)]))
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute("UPDATE entries SET body = '{}'")
        with self.assertRaisesRegex(JournalError, "cannot be used: no entry of the journal"):
            await store.query(JournalQuery())

    async def test_an_older_program_has_written_it(self) -> None:
        """Whichever it was: its tables become those of this one, with all that is in them."""
        store = await self.opened()
        await store.close()
        new = self.definitions()
        for older in range(1, VERSION):
            self.path.unlink()
            with closing(sqlite3.connect(self.path)) as connection:
                connection.executescript(f"{'; '.join(STEPS[:older])}; PRAGMA user_version = {older}")
                work.append(connection.cursor(), Batch(2, [entry(1), entry(2, letter="b")]))
                connection.commit()
            store = await self.opened()
            self.assertEqual([each.identity for each in await store.query(JournalQuery(commit="b" * 40))], [(2, 0)])
            written = await store.append(Batch(3, [entry(2, letter="c"), entry(3, letter="c")]))
            self.assertEqual([each.identity for each in written], [(3, 0)])
            await store.close()
            self.assertEqual(self.definitions(), new)
            with opened(self.path) as connection:
                self.assertEqual([each.subject for each in verify(connection) if not each.is_well], [])

    def definitions(self) -> set[tuple[str, str]]:
        """The version, and all tables and indices."""
        with closing(sqlite3.connect(self.path)) as connection:
            ((version,),) = connection.execute("PRAGMA user_version")
            return {("version", str(version)), *connection.execute("SELECT name, sql FROM sqlite_master")}

    async def test_nobody_else_may_read_it(self) -> None:
        """Of whatever umask: it says who works on what."""
        store = await self.opened()
        await store.append(Batch(1, [entry(1)]))
        modes = {stat.S_IMODE(file.stat().st_mode) for file in self.path.parent.iterdir()}
        self.assertEqual(modes, {0o600})

    async def test_another_program_writes_it(self) -> None:
        """Who has opened it later writes it; the other one says so, and reads on. A restart turns that round."""
        first = await self.opened()
        await first.append(Batch(1, [entry(1)]))
        second = await self.opened()
        await first.append(Batch(2, [entry(2)]))
        await second.append(Batch(3, [entry(3)]))
        for failing in (first.append(Batch(4, [entry(4)])), first.prune(Retention(1, 1), BEGAN + timedelta(days=1))):
            with self.assertRaisesRegex(JournalBusyError, "another program has opened the journal .*journal.sqlite"):
                await failing
        await second.append(Batch(5, [entry(5)]))
        self.assertEqual(len(await first.query(JournalQuery())), 4)
        await first.close()
        await first.open()
        await first.append(Batch(6, [entry(6)]))
        with self.assertRaises(JournalBusyError):
            await second.append(Batch(7, [entry(7)]))

    async def test_a_first_write_that_fails(self) -> None:
        """It does not count: the file is still to be taken."""
        first, second = await self.opened(), await self.opened()
        await first.append(Batch(1, [entry(1)]))
        append = work.append
        self.patch(work, "append", lambda *_: 1 / 0)
        with self.assertRaises(ZeroDivisionError):
            await second.append(Batch(2, [entry(2)]))
        self.patch(work, "append", append)
        await second.append(Batch(2, [entry(2)]))
        self.assertEqual(len(await first.query(JournalQuery())), 2)

    async def test_it_is_removed_or_replaced_while_it_is_open(self) -> None:
        """That is said once; what is there then counts, and is written on."""
        store = await self.opened()
        await store.append(Batch(1, [entry(1)]))
        await store.close()
        backup = self.path.read_bytes()
        await store.open()
        await store.append(Batch(2, [entry(2)]))
        for left, progress in ((None, 0), (backup, 1)):
            for each in self.path.parent.iterdir():
                each.unlink()
            if left is not None:
                self.path.write_bytes(left)
            with self.assertRaisesRegex(JournalBusyError, "was removed or replaced .* opened again"):
                await store.append(Batch(3, [entry(3)]))
            self.assertEqual((await store.state()).progress, progress)
            await store.append(Batch(3, [entry(3)]))
            self.assertEqual((await store.state()).entries, progress + 1)

    async def test_who_deletes_finds_first_that_it_was_removed(self) -> None:
        """Who writes behind what is not there any more is told so, and nothing is written."""
        store = await self.opened()
        await store.append(Batch(2, [entry(2)]))
        for each in self.path.parent.iterdir():
            each.unlink()
        with self.assertRaisesRegex(JournalBusyError, "was removed or replaced"):
            await store.prune(Retention(1e9, 1 << 30), BEGAN)
        with self.assertRaisesRegex(JournalBusyError, "not as it was left: it is read again"):
            await store.append(Batch(3, [entry(3)], None, 2))
        self.assertEqual((await store.state())[:2], (0, BEGINNING))
        await store.append(Batch(3, [entry(3)]))
        self.assertEqual((await store.state()).entries, 1)

    async def test_its_folder_is_gone_while_it_is_open(self) -> None:
        """It is opened once that is there again; whoever closes it meanwhile has closed it."""
        store = await self.opened()
        folder = self.path.parent
        folder.rename(folder.with_suffix(".away"))
        for _ in range(2):
            with self.assertRaises(JournalError):
                await store.append(Batch(1, [entry(1)]))
        folder.with_suffix(".away").rename(folder)
        await store.append(Batch(1, [entry(1)]))
        self.assertEqual((await store.state()).entries, 1)
        folder.rename(folder.with_suffix(".away"))
        with self.assertRaises(JournalError):
            await store.append(Batch(2, [entry(2)]))
        folder.with_suffix(".away").rename(folder)
        await store.close()
        with self.assertRaisesRegex(JournalError, "is closed"):
            await store.state()

    async def test_a_folder_that_is_not_there(self) -> None:
        """One line that names the file."""
        store = SqliteJournal(self.path.parent / "nowhere" / "journal.sqlite", reactor=reactor)
        with self.assertRaisesRegex(JournalError, "nowhere/journal.sqlite cannot be used: No such file or directory"):
            await store.open()

    async def test_what_is_no_database(self) -> None:
        """One line that names the file."""
        self.path.write_bytes(b"something else, and long enough to be looked at" * 100)
        store = self.make()
        self.addCleanup(store.close)
        with self.assertRaisesRegex(JournalError, f"the journal {self.path} cannot be used: file is not a database"):
            await store.open()


class MemoryTests(StoreSuite, TestCase):
    """In memory: there is nothing after a restart."""

    def make(self) -> JournalStore:  # type: ignore[override]
        return SqliteJournal(None, reactor=reactor)

    async def test_it_is_there_after_a_restart(self) -> None:
        """It is not."""
        store = await self.opened()
        await store.append(Batch(3, [entry(1)]))
        await store.close()
        again = self.make()
        self.assertEqual((await again.open()).entries, 0)
        self.addCleanup(again.close)


class EtcdTests(StoreSuite, TestCase):
    """In the keys of an etcd, with a copy in memory, for the replica that leads."""

    def setUp(self) -> None:
        self.town = EtcdTown()

    def make(self) -> JournalStore:  # type: ignore[override]
        return self.town.journal()


class PostgresTests(StoreSuite, TestCase):
    """In the tables of a real PostgreSQL, with a copy in memory, for the process that leads."""

    def setUp(self) -> None:
        self.town = PostgresTown(running_postgres())

    def make(self) -> JournalStore:  # type: ignore[override]
        return self.town.journal()


class ForgettingSuite:
    """A copy in memory that holds none of the entries. What the journal has is known all the same."""

    town: EtcdTown | PostgresTown
    test_told_once = StoreSuite.test_what_is_told_once
    test_each_promotion = StoreSuite.test_each_promotion_is_told
    test_lengths = StoreSuite.test_how_long_it_took
    test_recovered = StoreSuite.test_what_has_recovered
    opened = StoreSuite.opened

    def forget_all(self) -> None:
        self.patch(copy, "_IN_MEMORY", Retention(1e11, 1))

    def make(self) -> JournalStore:
        return self.town.journal()

    async def test_it_holds_none(self) -> None:
        """Else nothing is proved here."""
        store = await self.opened()
        await store.append(Batch(2, [entry(1), entry(2, event=EventType.VERIFIED)]))
        self.assertEqual(await store.query(JournalQuery()), [])

    async def test_after_a_restart(self) -> None:
        """Who copies the journal anew knows what is in it, and tells no commit twice."""
        store = await self.opened()
        verified = [entry(1, event=EventType.VERIFIED), entry(2)]
        await store.append(Batch(2, verified))
        await store.close()
        again = await self.opened()
        told = [entry(3, event=EventType.VERIFIED), entry(3, 1, backfilled=True), entry(4, event=EventType.STATE)]
        self.assertEqual([each.identity for each in await again.append(Batch(4, told))], [(4, 0)])

    async def test_what_retention_deletes_is_forgotten(self) -> None:
        """As a copy that has all entries forgets it: memory is bounded by what the journal keeps."""
        store = await self.opened()
        verified = [entry(1, event=EventType.VERIFIED), entry(2), entry(5, event=EventType.VERIFIED, letter="b")]
        await store.append(Batch(5, verified))
        while await store.prune(Retention(60, 1 << 30), BEGAN + timedelta(minutes=5)):
            pass
        told = [entry(6, event=EventType.VERIFIED), entry(6, 1, event=EventType.VERIFIED, letter="b")]
        self.assertEqual([each.identity for each in await store.append(Batch(6, told))], [(6, 0)])


class ForgettingEtcdTests(ForgettingSuite, TestCase):
    """Of an etcd."""

    def setUp(self) -> None:
        self.town = EtcdTown()
        self.forget_all()


class ForgettingPostgresTests(ForgettingSuite, TestCase):
    """Of a real PostgreSQL."""

    def setUp(self) -> None:
        self.town = PostgresTown(running_postgres())
        self.forget_all()


class DirectTests(StoreSuite, TestCase):
    """The one of the tests."""

    def setUp(self) -> None:
        self.store = DirectJournal()

    def make(self) -> JournalStore:  # type: ignore[override]
        return self.store
