"""The journal of several replicas: the one that leads derives it, whoever that is at the time."""

from __future__ import annotations

import random
from collections.abc import Callable

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from promoter_view.clocks import wall
from promoter_view.journal import keeping
from promoter_view.journal.entries import JournalEntry
from promoter_view.journal.keeping import SharedJournal
from promoter_view.journal.store import JournalQuery, Retention
from promoter_view.log.etcd.client.faults import EtcdError, Fault
from promoter_view.metrics import Metrics
from promoter_view.records import Position
from promoter_view.runtime import Runtime
from tests.support.dashboard.company import Company
from tests.support.journal.etcds import EtcdTown
from tests.support.views.world import PATH

_ALL = JournalQuery(limit=100_000)
_RETENTION = Retention(1e9, 1 << 30)


class Replica:
    """One that leads when it is told to, and what its readers are told."""

    def __init__(self, town: EtcdTown, company: Company) -> None:
        self._town = town
        self._term = 0
        runtime = Runtime(reactor, wall, Metrics(), random.Random(1), {})
        store = town.journal(term_now=lambda: self._term)
        self.journal = SharedJournal(company.world.projector, store, _RETENTION, runtime=runtime)
        self.told: list[JournalEntry] = []
        self.journal.listen(self.told.extend)

    def lead(self) -> None:
        """As the log tells it."""
        self._term = self._town.elect()
        self.journal.begin()

    async def lead_no_more(self) -> None:
        """It has found out that another one leads."""
        await self.journal.end()
        self._term = 0


class LeadingTests(TestCase):
    """Two replicas of a company's views."""

    async def opened(self) -> tuple[EtcdTown, Company, Replica, Replica]:
        town, company = EtcdTown(), Company()
        first, second = Replica(town, company), Replica(town, company)
        for each in (first, second):
            self.addCleanup(lambda it=each: Deferred.fromCoroutine(it.journal.close()))
            await each.journal.open()
        return town, company, first, second

    async def test_whoever_leads_goes_on(self) -> None:
        """After each change of leader, at any moment: both have the same, each entry once, and no gap."""
        _, company, first, second = await self.opened()
        chance, leader, other = random.Random(5), first, second
        first.lead()
        await self.until(lambda: second.journal.progress > 0)
        for _ in range(12):
            company.go_on(12)
            await _pause(chance.choice((0.0, 0.02, 0.1, 0.5)))
            other.lead()  # before the old one has found out
            await leader.lead_no_more()
            leader, other = other, leader
        head = company.world.projector.head
        await self.until(lambda: leader.journal._writer is not None and leader.journal._writer.examined >= head)
        await self.until(lambda: other.journal.progress == leader.journal.progress)
        entries = await leader.journal.query(_ALL)
        self.assertEqual(await other.journal.query(_ALL), entries)
        self.assertEqual([each.identity for each in entries], sorted({each.identity for each in entries}))
        self.assertGreater(sum(not each.backfilled for each in entries), 50)
        self.assertEqual((first.told, second.told), (entries, entries))
        self.assertEqual((first.journal.problem, second.journal.problem), ("", ""))

    async def test_only_who_leads_writes(self) -> None:
        """And where etcd is away at first, it begins once that has passed."""
        town, company, first, second = await self.opened()
        company.go_on(40)
        await _pause(0.1)
        self.assertEqual((first.told, second.told), ([], []))
        first._term = town.elect()
        town.etcd.down = EtcdError(Fault.UNREACHABLE, "connection refused")
        first.journal.begin()
        await self.until(lambda: "connection refused" in first.journal.problem)
        town.etcd.down = None
        await self.until(lambda: bool(second.told) and second.told == first.told)

    async def test_who_ends_notes_how_far_it_has_looked(self) -> None:
        """A copy of the event log begins at its head: nothing before it is missed."""
        _, company, first, second = await self.opened()
        first.lead()
        company.go_on(30)
        company.world.feed(Position(PATH, "9"))
        await self.until(lambda: first.journal._writer is not None)
        await Deferred.fromCoroutine(first.journal.close())
        head = company.world.projector.head
        await self.until(lambda: second.journal.progress == head)

    async def test_who_ends_does_not_wait_for_a_place_that_is_away(self) -> None:
        """It ends all the same, soon."""
        self.patch(keeping, "_FINISH_SECONDS", 0.2)
        town, company, first, _ = await self.opened()
        first.lead()
        company.go_on(30)
        await self.until(lambda: first.journal._writer is not None)
        self.patch(town.etcd, "commit", lambda *_: Deferred())
        await Deferred.fromCoroutine(first.journal.close())

    async def until(self, condition: Callable[[], bool]) -> None:
        for _ in range(6000):
            if condition():
                return
            await _pause(0.01)
        self.fail("in vain")


def _pause(seconds: float) -> Deferred[None]:
    return deferLater(reactor, seconds)
