"""The suite that every store of a journal passes."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from promoter_view.journal.entries import BEGINNING, EntryIdentity, EventType, JournalEntry
from promoter_view.journal.sqlite import work
from promoter_view.journal.sqlite.schema import STEPS, VERSION
from promoter_view.journal.sqlite.store import SqliteJournal
from promoter_view.journal.store import Batch, JournalError, JournalQuery, JournalStore, Retention
from promoter_view.records import BundleKey
from tests.support.journal.etcds import EtcdTown
from tests.support.journal.journals import BEGAN, KEY, DirectJournal, entry

OTHER = BundleKey("stagedetails", "kargo", "prod")


class StoreSuite:
    """What holds of every store; ``make`` gives the store of a place, again and again the same."""

    make: Callable[[], JournalStore]

    async def opened(self) -> JournalStore:
        store = self.make()
        await store.open()
        self.addCleanup(store.close)
        return store

    async def test_a_new_one_is_empty(self) -> None:
        """It begins before everything."""
        store = self.make()
        state = await store.open()
        self.addCleanup(store.close)
        self.assertEqual((state.progress, state.newest, state.oldest, state.entries), (0, BEGINNING, BEGINNING, 0))
        self.assertEqual(await store.query(JournalQuery()), [])

    async def test_what_is_written_is_read_in_order(self) -> None:
        """By identity, whatever the order of times; the newest first where that is asked for."""
        store = await self.opened()
        first, second = [entry(1), entry(1, 1, EventType.STATE), entry(2, minutes=0)], [entry(9)]
        await store.append(Batch(2, first))
        await store.append(Batch(9, second))
        whole = await store.query(JournalQuery())
        self.assertEqual([each.identity for each in whole], [(1, 0), (1, 1), (2, 0), (9, 0)])
        newest = await store.query(JournalQuery(newest_first=True, limit=2))
        self.assertEqual([each.identity for each in newest], [(9, 0), (2, 0)])
        state = await store.state()
        self.assertEqual((state.progress, state.newest, state.oldest, state.entries), (9, (9, 0), (1, 0), 4))

    async def test_what_comes_again_changes_nothing(self) -> None:
        """A batch of which the journal had all, or a part: what is up to the progress is there, or was none."""
        store = await self.opened()
        await store.append(Batch(5, [entry(5)]))
        self.assertEqual(await store.append(Batch(5, [entry(3), entry(5, letter="b")])), [])
        told = await store.append(Batch(7, [entry(5, letter="b"), entry(7, letter="c")]))
        self.assertEqual([each.identity for each in told], [(7, 0)])
        found = await store.query(JournalQuery())
        self.assertEqual([each.happening.after[0] for each in found], ["a", "c"])

    async def test_progress_without_entries(self) -> None:
        """Changes that meant nothing are not derived again; it never goes back."""
        store = await self.opened()
        await store.append(Batch(5))
        await store.append(Batch(4))
        self.assertEqual((await store.state()).progress, 5)

    async def test_selections(self) -> None:
        """By everything that a query can name, and by two of these together."""
        store = await self.opened()
        entries = [
            entry(1, letter="a"),
            entry(2, letter="b", environment="env/prod"),
            entry(3, event=EventType.FAILED, letter="b"),
            entry(4, key=OTHER, event=EventType.HEALTH, letter="c", environment=""),
            entry(5, key=replace_name("other"), letter="abc"[0]),
        ]
        await store.append(Batch(5, entries))
        wanted = {
            (1, 2, 3, 5): JournalQuery(namespace="shop"),
            (1, 2, 3): JournalQuery(namespace="shop", name="search"),
            (4,): JournalQuery(view="stagedetails"),
            (2,): JournalQuery(environment="env/prod"),
            (3, 4): JournalQuery(events=frozenset((EventType.FAILED, EventType.HEALTH))),
            (2, 3): JournalQuery(commit="b" * 7),
            (1, 5): JournalQuery(commit="A" * 40),
            (3,): JournalQuery(commit="b" * 8, events=frozenset((EventType.FAILED,))),
            (2, 3, 4): JournalQuery(since=BEGAN + timedelta(minutes=2), until=BEGAN + timedelta(minutes=5)),
            (4, 5): JournalQuery(after=EntryIdentity(3, 0)),
            (1, 2): JournalQuery(before=EntryIdentity(3, 0)),
            (5,): JournalQuery(uid="uid-other"),
            (): JournalQuery(commit="d" * 7),
        }
        for versions, query in wanted.items():
            found = await store.query(query)
            self.assertEqual(tuple(each.identity.resource_version for each in found), versions, query)

    async def test_times_that_are_not_in_order(self) -> None:
        """What was backfilled is found by its time, wherever it stands; so is what stands around it."""
        store = await self.opened()
        minutes = {1: 30, 2: 10, 3: 40, 4: 20, 5: 50}
        await store.append(Batch(5, [entry(version, minutes=each) for version, each in minutes.items()]))
        times = (0, 10, 15, 20, 30, 35, 50, 55)
        for since, until, newest_first in product((None, *times), (None, *times), (False, True)):
            first, last = (None if each is None else BEGAN + timedelta(minutes=each) for each in (since, until))
            query = JournalQuery(since=first, until=last, newest_first=newest_first)
            wanted = [v for v, each in minutes.items() if (since or 0) <= each < (until if until is not None else 60)]
            found = [each.identity.resource_version for each in await store.query(query)]
            self.assertEqual(found, wanted[::-1] if newest_first else wanted, query)

    async def test_what_has_no_commit_is_told_once(self) -> None:
        """What is backfilled of objects without commits, by object and event."""
        store = await self.opened()
        first, second = (bare(version, backfilled=version > 1) for version in (1, 2))
        await store.append(Batch(1, [first]))
        self.assertEqual(await store.append(Batch(2, [second])), [])
        self.assertEqual(len(await store.append(Batch(3, [bare(3)]))), 1)

    async def test_how_long_it_took(self) -> None:
        """Lead time since the commit, hop since the last environment that it depends on had it; in one batch too."""
        store = await self.opened()
        dev, perf = entry(10), entry(20, environment="env/perf")
        prod = entry(30, environment="env/prod", awaited=("env/dev", "env/perf", "env/none"))
        await store.append(Batch(10, [dev]))
        told = await store.append(Batch(30, [perf, prod]))
        self.assertEqual([each.happening.lead_seconds for each in told], [3600 + 20 * 60, 3600 + 30 * 60])
        self.assertEqual([each.happening.hop_seconds for each in told], [None, 600])

    async def test_clocks_that_disagree_tell_no_length(self) -> None:
        """A commit from the future has no lead time; nothing is below zero."""
        store = await self.opened()
        (told,) = await store.append(Batch(1, [entry(1, minutes=-120)]))
        self.assertIsNone(told.happening.lead_seconds)

    async def test_what_is_told_once(self) -> None:
        """Verified once a commit and environment; what is backfilled only where it was not told before."""
        store = await self.opened()
        verified = entry(1, event=EventType.VERIFIED)
        await store.append(Batch(1, [verified, entry(1, 1)]))
        again = [
            entry(2, event=EventType.VERIFIED),
            entry(2, 1, event=EventType.VERIFIED, letter="b"),
            entry(2, 2, backfilled=True),
            entry(2, 3, backfilled=True, environment="env/prod"),
            entry(2, 4),
        ]
        told = await store.append(Batch(2, again))
        self.assertEqual([each.identity.item for each in told], [1, 3, 4])

    async def test_it_is_there_after_a_restart(self) -> None:
        """Entries, progress, and what retention has deleted."""
        store = await self.opened()
        await store.append(Batch(3, [entry(1), entry(2), entry(3)]))
        await store.prune(Retention(60, 1 << 30), BEGAN + timedelta(minutes=3.5))
        before = (await store.state(), await store.query(JournalQuery()))
        await store.close()
        again = self.make()
        state = await again.open()
        self.addCleanup(again.close)
        self.assertEqual((state, await again.query(JournalQuery())), before)
        self.assertEqual((state.expired, state.oldest), ((2, 0), (3, 0)))

    async def test_retention_by_age_and_by_size(self) -> None:
        """The oldest go first, and their commits with them."""
        store = await self.opened()
        await store.append(Batch(50, [entry(version, letter="ab"[version % 2]) for version in range(1, 51)]))
        self.assertEqual(await store.prune(Retention(3600, 1 << 30), BEGAN + timedelta(minutes=70)), 9)
        self.assertEqual(await store.prune(Retention(3600, 1 << 30), BEGAN + timedelta(minutes=70)), 0)
        self.assertEqual((await store.state()).oldest, (10, 0))
        self.assertEqual(await store.prune(Retention(3600, 1), BEGAN + timedelta(minutes=70)), 41)
        self.assertEqual(await store.query(JournalQuery(commit="a" * 40)), [])
        self.assertEqual((await store.state()).expired, (50, 0))

    async def test_retention_leaves_no_holes(self) -> None:
        """A backfilled entry that is older than the ones before it goes with them, not before."""
        store = await self.opened()
        await store.append(
            Batch(3, [entry(1), entry(2, environment="env/prod", backfilled=True, minutes=-90), entry(3)])
        )
        self.assertEqual(await store.prune(Retention(3600, 1 << 30), BEGAN + timedelta(minutes=30)), 0)
        self.assertEqual(await store.prune(Retention(3600, 1 << 30), BEGAN + timedelta(minutes=62)), 2)
        state = await store.state()
        self.assertEqual((state.expired, state.oldest), ((2, 0), (3, 0)))


def bare(version: int, *, backfilled: bool = False) -> JournalEntry:
    """An entry without a commit."""
    whole = entry(version, event=EventType.CREATED, environment="", backfilled=backfilled)
    return replace(whole, happening=replace(whole.happening, commit=None))


def replace_name(name: str) -> BundleKey:
    return KEY._replace(name=name)


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
        """Its tables become those of this one, with all that is in them."""
        with closing(sqlite3.connect(self.path)) as connection:
            connection.executescript(f"{STEPS[0]}; PRAGMA user_version = 1")
            work.append(connection.cursor(), Batch(2, [entry(1), entry(2, letter="b")]))
            connection.commit()
        store = await self.opened()
        self.assertEqual([each.identity for each in await store.query(JournalQuery(commit="b" * 40))], [(2, 0)])
        with closing(sqlite3.connect(self.path)) as connection:
            self.assertEqual(connection.execute("PRAGMA user_version").fetchone(), (VERSION,))

    async def test_nobody_else_may_read_it(self) -> None:
        """Of whatever umask: it says who works on what."""
        store = await self.opened()
        await store.append(Batch(1, [entry(1)]))
        modes = {stat.S_IMODE(file.stat().st_mode) for file in self.path.parent.iterdir()}
        self.assertEqual(modes, {0o600})

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


class DirectTests(StoreSuite, TestCase):
    """The one of the tests."""

    def setUp(self) -> None:
        self.store = DirectJournal()

    def make(self) -> JournalStore:  # type: ignore[override]
        return self.store
