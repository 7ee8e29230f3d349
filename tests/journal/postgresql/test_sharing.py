"""A journal that several processes share in a real PostgreSQL: one writes, each has the same, whatever happens."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import closing
from datetime import timedelta

import psycopg
from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults

from promoter_view.journal.entries import BEGINNING
from promoter_view.journal.postgresql import driver, following, session, work
from promoter_view.journal.postgresql.schema import STEPS, VERSION
from promoter_view.journal.store import Batch, JournalBusyError, JournalError, Retention
from tests.support.journal.journals import BEGAN, entry
from tests.support.journal.postgres import Postgres, PostgresTown, running_postgres
from tests.support.journal.sharing import ALL, SharingCase, SharingSuite, pause


class SharingTests(SharingSuite, SharingCase):
    """Each journal is a process's."""

    def setUp(self) -> None:
        super().setUp()
        self.server = running_postgres()
        self.town = PostgresTown(self.server)

    async def test_a_write_is_told_at_once(self) -> None:
        """A follower does not wait until it looks by itself."""
        self.patch(following, "_LOOK_SECONDS", 300.0)
        leader, follower = await self.opened(), await self.opened(term=0)
        for version in range(1, 6):
            await leader.append(Batch(version, [entry(version)]))
            await self.until(lambda: follower.progress == version)  # noqa: B023

    async def test_who_does_not_lead_writes_nothing(self) -> None:
        """Nor who has led, was paused, and does not know better; whoever led later keeps it."""
        old, never = await self.opened(term=self.town.term), await self.opened(term=0)
        await old.append(Batch(1, [entry(1)]))
        new = await self.opened(term=self.town.elect())
        await new.append(Batch(2, [entry(2)]))
        await old.state()  # it has read what the new one wrote, and would fit
        for journal, words in ((old, "another process writes the journal: a test"), (never, "another replica writes")):
            with self.assertRaisesRegex(JournalBusyError, words):
                await journal.append(Batch(3, [entry(3)]))
            with self.assertRaisesRegex(JournalBusyError, words):
                await journal.prune(Retention(0, 0), BEGAN + timedelta(days=1))
        self.assertEqual([each.identity for each in await self.copied(new)], [(1, 0), (2, 0)])

    async def test_a_pruning_takes_over_too(self) -> None:
        """Whatever the later leader writes first."""
        old = await self.opened(term=self.town.term)
        await old.append(Batch(1, [entry(1), entry(1, 1)]))
        new = await self.opened(term=self.town.elect())
        await new.prune(Retention(0, 1 << 30), BEGAN + timedelta(days=1))
        with self.assertRaisesRegex(JournalBusyError, "another process"):
            await old.append(Batch(2, [entry(2)]))

    async def test_what_was_derived_from_an_older_state_is_refused(self) -> None:
        """Who has missed what another has written finds out, and has it then."""
        first, second = await self.opened(), await self.opened()
        tail = first._following.tail
        written = await second.append(Batch(2, [entry(2)]))
        await first.state()
        first._following.tail = tail
        with self.assertRaisesRegex(JournalBusyError, "is not as this program has read it"):
            await first.append(Batch(3, [entry(2, letter="b"), entry(3)]))
        await first.state()
        self.assertEqual(await self.copied(first), written)

    async def test_an_answer_that_is_lost(self) -> None:
        """A connection that is cut at the commit: what was carried out is there, and is not written again."""
        journal = await self.opened()
        await journal.append(Batch(1, [entry(1)]))
        append = work.append

        def cut(connection: object, **given: object) -> None:
            append(connection, **given)  # type: ignore[arg-type]
            connection.execute("COMMIT")  # type: ignore[attr-defined]
            journal._writing._cut()

        self.patch(work, "append", cut)
        with self.assertRaisesRegex(JournalBusyError, "cannot be used"):
            await journal.append(Batch(2, [entry(2)]))
        self.patch(work, "append", append)
        self.assertEqual((await journal.state()).progress, 2)
        self.assertEqual(await journal.append(Batch(2, [entry(2)])), [])
        self.assertEqual([each.identity for each in await self.copied(journal)], [(1, 0), (2, 0)])

    async def test_many_are_there_whole_or_not_at_all(self) -> None:
        """Others page through what one transaction has written; a connection that is cut in it leaves nothing."""
        leader, follower = await self.opened(), await self.opened(term=0)
        many = [entry(9, item, environment=f"env/{item}") for item in range(2500)]
        put = work._put
        self.patch(work, "_put", lambda *_: leader._writing._cut() or put(*_))
        with self.assertRaises(JournalBusyError):
            await leader.append(Batch(9, many))
        self.patch(work, "_put", put)
        self.assertEqual(await self.copied(follower), [])
        written = await leader.append(Batch(9, many))
        self.assertEqual(len(written), len(many))
        for journal in (leader, follower, await self.opened(self.file, term=0)):
            self.assertEqual(await self.copied(journal), written)

    async def test_a_database_that_was_restored(self) -> None:
        """From a backup: copies in memory and in files become what is there, whatever was written since."""
        leader = await self.opened()
        await leader.append(Batch(1, [entry(1)]))
        backup = self.server.dump(self.town.schema)
        await leader.append(Batch(2, [entry(2, letter="b")]))
        copy = await self.opened(self.file, term=0)
        await copy.close()
        self.server.restore(backup)
        await self.until(lambda: leader.progress == 1)
        self.assertEqual([each.identity for each in await self.copied(leader)], [(1, 0)])
        await leader.append(Batch(2, [entry(2, letter="c")]))
        await leader.append(Batch(3, [entry(3, letter="c")]))
        again = await self.opened(self.file, term=0)
        self.assertEqual(await again.query(ALL), await leader.query(ALL))

    async def test_another_journal_in_its_place(self) -> None:
        """Whoever dropped the tables: the copy is of what is there."""
        leader = await self.opened()
        await leader.append(Batch(7, [entry(7)]))
        self.server.execute(f"DROP SCHEMA {self.town.schema} CASCADE")
        other = await self.opened(term=2)
        await other.append(Batch(9, [entry(9)]))
        await self.until(lambda: leader.progress == 9)
        self.assertEqual(await self.copied(leader), await self.copied(other))

    async def test_another_cluster(self) -> None:
        """Its journal is neither shown nor written; in a schema of its own it is, beside the other."""
        leader = await self.opened()
        await leader.append(Batch(1, [entry(1)]))
        with self.assertRaisesRegex(JournalBusyError, "has the journal of another cluster: give another schema"):
            await self.opened(cluster="another cluster")
        parameters = f"schema={self.town.schema}_other"
        other = await self.opened(cluster="another cluster", url=self.server.url(parameters))
        await other.append(Batch(1, [entry(1, letter="b")]))
        self.assertEqual(len(await self.copied(leader)), 1)

    async def test_a_server_that_restarts(self) -> None:
        """Shut down, and killed: what is there can be read, why is said, and it goes on."""
        server = Postgres()
        self.addCleanup(server.stop)
        server.start()
        self.town = PostgresTown(server)
        leader, follower = await self.opened(), await self.opened(self.file, term=0)
        for version, end in enumerate((server.shut_down, server.kill), 1):
            await leader.append(Batch(version, [entry(version)]))
            await self.until(lambda: follower.progress == version)  # noqa: B023
            end()
            await self.until(lambda: bool(follower.problem))
            self.assertEqual(len(await follower.query(ALL)), version)
            with self.assertRaises(JournalBusyError):
                await leader.append(Batch(9, [entry(9)]))
            server.start()
            await self.until(lambda: not follower.problem)
        await leader.state()
        self.assertEqual(len(await leader.append(Batch(9, [entry(9)]))), 1)

    async def test_a_copy_answers_while_the_server_is_away(self) -> None:
        """From the start; without a copy there is no journal until it is back."""
        leader = await self.opened(self.file)
        await leader.append(Batch(1, [entry(1)]))
        await leader.prune(Retention(0, 1 << 40), BEGAN + timedelta(days=1))
        await leader.append(Batch(2, [entry(2)]))
        await leader.close()
        away = f"postgresql://postgres@127.0.0.1:1/journal?schema={self.town.schema}"
        with self.assertRaisesRegex(JournalBusyError, "Connection refused"):
            await self.opened(url=away)
        copy = await self.opened(url=f"{away}&copy={self.file}")
        self.assertEqual([each.identity for each in await copy.query(ALL)], [(2, 0)])
        self.assertEqual(copy.expired, (1, 0))
        self.assertIn("Connection refused", copy.problem)

    async def test_who_waits_hears_of_the_end(self) -> None:
        """Also while the database is being asked; who asks later hears it at once."""
        journal = await self.opened()
        silent: Deferred[None] = Deferred()
        self.patch(journal._reading, "run", lambda _: silent)
        asked = journal.state()
        await pause()
        closing = journal.close()
        for each in (asked, journal.state()):
            with self.assertRaisesRegex(JournalError, "the journal is closed"):
                await each.addTimeout(5, reactor)
        await closing

    async def test_a_server_that_says_nothing(self) -> None:
        """A connection whose other end stands still is cut; nothing waits for it for ever."""
        self.patch(session, "_CUT_SECONDS", 1.0)
        leader = await self.opened()
        await leader.append(Batch(1, [entry(1)]))
        pids = self.server.execute("SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'promoter-view%'")
        for (pid,) in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            with self.assertRaisesRegex(JournalBusyError, "cannot be used: the server did not answer for 1 s"):
                await leader.append(Batch(2, [entry(2)]))
        finally:
            for (pid,) in pids:
                os.kill(pid, signal.SIGCONT)
        await self.until(lambda: not leader.problem)
        await leader.state()
        await leader.append(Batch(2, [entry(2)]))
        self.assertEqual(len(await self.copied(leader)), 2)

    async def test_a_lock_that_somebody_holds(self) -> None:
        """It passes."""
        self.patch(driver, "_LIMITS", "SET LOCAL lock_timeout = '100ms'")
        leader = await self.opened()
        await leader.append(Batch(1, [entry(1)]))
        with psycopg.connect(self.server.url()) as other:
            other.execute(f"SELECT * FROM {self.town.schema}.journal FOR UPDATE")
            with self.assertRaisesRegex(JournalBusyError, "lock timeout"):
                await leader.append(Batch(2, [entry(2)]))
        self.assertEqual(len(await leader.append(Batch(2, [entry(2)]))), 1)

    async def test_a_server_that_takes_no_writes(self) -> None:
        """A standby, or one that is read-only for a while: it passes, and what is there is read."""
        leader = await self.opened()
        await leader.append(Batch(1, [entry(1)]))
        options = "&options=-c%20default_transaction_read_only%3Don"
        standby = await self.opened(parameters=options)
        with self.assertRaisesRegex(JournalBusyError, "read-only transaction"):
            await standby.append(Batch(2, [entry(2)]))
        self.assertEqual(len(await self.copied(standby)), 1)

    async def test_a_user_who_may_not(self) -> None:
        """One line that says where it stands what to grant; with these grants it works."""
        self.server.execute("DO $$ BEGIN CREATE ROLE viewer LOGIN; EXCEPTION WHEN duplicate_object THEN END $$")
        url = self.server.url(f"schema={self.town.schema}", user="viewer")
        with self.assertRaisesRegex(JournalError, "permission denied for database journal: docs/journal.md says"):
            await self.opened(url=url)
        self.server.execute(f"CREATE SCHEMA {self.town.schema} AUTHORIZATION viewer")
        journal = await self.opened(url=url)
        self.assertEqual(len(await journal.append(Batch(1, [entry(1)]))), 1)

    async def test_a_newer_program_has_written_it(self) -> None:
        """The start is refused; a process that runs says so, and reads what it has."""
        journal = await self.opened()
        await journal.append(Batch(1, [entry(1)]))
        self.server.execute(f"UPDATE {self.town.schema}.journal SET version = {VERSION + 1}")
        await self.until(lambda: "written by a newer program" in journal.problem)
        self.assertEqual(len(await journal.query(ALL)), 1)
        with self.assertRaisesRegex(JournalError, "was written by a newer program"):
            await self.opened()

    async def test_an_older_program_has_written_it(self) -> None:
        """Its tables become those of this one, with all that is in them."""
        schema = self.town.schema
        self.server.execute(f"CREATE SCHEMA {schema}; {STEPS[0].format(schema)}")
        self.server.execute(f"INSERT INTO {schema}.journal (version, origin, progress) VALUES (1, 5, 3)")
        journal = await self.opened()
        self.assertEqual((await journal.state()).progress, 3)
        self.assertEqual(len(await journal.append(Batch(4, [entry(4)], 7))), 1)
        self.assertEqual((await journal.state()).digest, 7)

    async def test_a_newer_program_has_copied_it(self) -> None:
        """It is said that the file can go, and without it all is there again."""
        leader = await self.opened(self.file)
        written = await leader.append(Batch(1, [entry(1)]))
        await leader.close()
        with closing(sqlite3.connect(self.file)) as connection:
            connection.execute("PRAGMA user_version = 99")
        with self.assertRaisesRegex(JournalError, "by a newer program .* or delete the file, which is only a copy"):
            await self.opened(self.file)
        for file in self.file.parent.iterdir():
            file.unlink()
        self.assertEqual(await (await self.opened(self.file)).query(ALL), written)

    async def test_it_is_started_over(self) -> None:
        """The schema is dropped while processes use it: each has the new journal soon, and one writes it."""
        leader, follower = await self.opened(), await self.opened(self.file, term=0)
        await leader.append(Batch(5, [entry(5)], 7))
        self.server.execute(f"DROP SCHEMA {self.town.schema} CASCADE")
        await self.until(lambda: (leader.progress, follower.progress) == (0, 0))
        for journal in (leader, follower):
            self.assertEqual((await journal.state())[:2], (0, BEGINNING))
            self.assertEqual(await journal.query(ALL), [])
        await leader.append(Batch(3, [entry(3)]))
        self.assertEqual([each.identity for each in await self.copied(follower)], [(3, 0)])

    async def test_two_that_make_the_tables_at_once(self) -> None:
        """Both have the same."""
        journals = [self.town.journal() for _ in range(4)]
        for each in journals:
            self.addCleanup(each.close)
        await gatherResults([each.open() for each in journals])
        self.assertEqual(len({each._following._place.cluster for each in journals}), 1)
