"""The suite of every journal that several processes share, and what its tests begin with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from promoter_view.journal.entries import BEGINNING, EventType, JournalEntry
from promoter_view.journal.shared.store import CopiedJournal
from promoter_view.journal.store import Batch, JournalBusyError, JournalQuery, Retention
from tests.support.journal.journals import BEGAN, entry

ALL = JournalQuery(limit=1_000_000)


class SharingCase(TestCase):
    """Each journal of ``town`` is a process's."""

    town: Any

    def setUp(self) -> None:
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = Path(folder.name) / "journal.sqlite"

    async def opened(self, file: Path | None = None, **chosen: object) -> CopiedJournal:
        """That of one more process, or of the same again."""
        journal = self.town.journal(file, **chosen)
        self.addCleanup(journal.close)
        await journal.open()
        return journal

    def remove(self) -> None:
        """The copy's file is deleted."""
        for each in self.file.parent.iterdir():
            each.unlink()

    async def copied(self, journal: CopiedJournal) -> Sequence[JournalEntry]:
        """All that the copy has once it is at what there is."""
        await journal.state()
        return await journal.query(ALL)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Waits for it."""
        for _ in range(6000):
            if condition():
                return
            await pause()
        self.fail("in vain")


class SharingSuite:
    """What holds of every one, in a SharingCase."""

    async def test_each_is_told_what_one_writes(self) -> None:
        """In order, and each entry once, with the same identities; progress and what is deleted follow."""
        leader, follower = await self.opened(), await self.opened(term=0)
        told: list[JournalEntry] = []
        follower.listen(told.extend)
        first = await leader.append(Batch(3, [entry(1), entry(1, 1), entry(3)]))
        second = await leader.append(Batch(5, [entry(5)]))
        self.assertEqual(await self.copied(follower), [*first, *second])
        self.assertEqual(told, [*first, *second])
        self.assertEqual((follower.progress, follower.expired), (5, BEGINNING))
        await leader.prune(Retention(0, 1 << 30), BEGAN + timedelta(minutes=2))
        self.assertEqual(await self.copied(follower), [*first[2:], *second])
        self.assertEqual((leader.expired, follower.expired), ((1, 1), (1, 1)))
        self.assertEqual(await leader.state(), await follower.state())

    async def test_a_copy_in_a_file_goes_on_where_it_stood(self) -> None:
        """What it had is not read again."""
        leader = await self.opened()
        await leader.append(Batch(1, [entry(1)]))
        copy = await self.opened(self.file, term=0)
        await copy.close()
        for version in range(2, 5):
            await leader.append(Batch(version, [entry(version)]))
        self.forget()
        again = self.town.journal(self.file, term=0)
        self.addCleanup(again.close)
        told: list[JournalEntry] = []
        again.listen(told.extend)
        state = await again.open()
        self.assertEqual((state.entries, state.progress), (4, 4))
        self.assertEqual([each.identity for each in told], [(2, 0), (3, 0), (4, 0)])
        self.assertEqual(await again.query(ALL), await leader.query(ALL))
        await leader.append(Batch(5, [entry(5)]))
        await again.state()
        self.assertEqual(told[-1].identity, (5, 0))

    async def test_a_copys_file_is_removed_while_it_is_open(self) -> None:
        """It is made again, and nothing is missing in it."""
        leader, follower = await self.opened(), await self.opened(self.file, term=0)
        for version in range(1, 4):
            await leader.append(Batch(version, [entry(version)]))
        await self.copied(follower)
        self.remove()
        await leader.append(Batch(4, [entry(4)]))
        await self.until(lambda: follower.progress == 4)
        self.assertEqual(await follower.query(ALL), await leader.query(ALL))

    async def test_the_writers_copy_is_removed_while_it_is_open(self) -> None:
        """Nothing is derived from half a copy: what was told once is not told again."""
        leader, verified = await self.opened(self.file), entry(1, event=EventType.VERIFIED)
        await leader.append(Batch(1, [verified]))
        self.remove()
        batch = Batch(2, [entry(2, event=EventType.VERIFIED), entry(2, 1)], None, 1)
        for words in ("was removed or replaced", "not as it was left"):
            with self.assertRaisesRegex(JournalBusyError, words):
                await leader.append(batch)
        self.assertEqual((await leader.state()).progress, 1)
        self.assertEqual([each.identity for each in await leader.append(batch)], [(2, 1)])
        self.assertEqual(len(await self.copied(leader)), 2)

    def forget(self) -> None:
        """The place forgets how it came to what there is, where it remembers that."""


def pause() -> Deferred[None]:
    """A moment."""
    return deferLater(reactor, 0.01)
