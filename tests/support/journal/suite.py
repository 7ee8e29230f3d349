"""The suite that every store of a journal passes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import product

from promoter_view.journal.entries import BEGINNING, EntryIdentity, EventCause, EventCheck, EventType, JournalEntry
from promoter_view.journal.store import Batch, JournalExpiredError, JournalQuery, JournalStore, Retention
from promoter_view.records import BundleKey
from tests.support.journal.journals import BEGAN, KEY, commit, entry

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
            self.assertEqual(_versions(found), versions, query)

    async def test_branches(self) -> None:
        """A word names the branches that are so called, or end in it after a slash; nothing else is a pattern."""
        store = await self.opened()
        branches = ("env/prod", "env/eu/prod", "env/dev", "dev", "env/nonprod", "env/a_b", "")
        some = [entry(version, environment=branch) for version, branch in enumerate(branches, 1)]
        await store.append(Batch(9, [*some, entry(8, event=EventType.FAILED, environment="env/prod")]))
        wanted = {
            "env/prod": (1, 8),
            "prod": (1, 2, 8),
            "eu/prod": (2,),
            "dev": (3, 4),
            "nonprod": (5,),
            "%b": (),
            "_b": (),
            "a_b": (6,),
            "/prod": (),
            "Prod": (),
            "env": (),
        }
        for (word, versions), more in product(wanted.items(), ({}, {"namespace": "shop"}, {"commit": "a" * 7})):
            query = JournalQuery(environment=word, **more)  # type: ignore[arg-type]
            self.assertEqual(_versions(await store.query(query)), versions, query)
            newest = replace(query, newest_first=True, limit=2)
            self.assertEqual(_versions(await store.query(newest)), versions[::-1][:2], newest)

    async def test_many_branches_that_end_alike(self) -> None:
        """Their entries are in order, whichever events are asked for."""
        store = await self.opened()
        kinds = (EventType.FAILED, EventType.PROMOTED)
        some = [entry(at, event=kinds[at % 2], environment=f"team-{at % 12}/prod") for at in range(1, 40)]
        await store.append(Batch(99, [*some, entry(40, environment="prod"), entry(41, environment="dev")]))
        found = await store.query(JournalQuery(environment="prod"))
        self.assertEqual(_versions(found), tuple(range(1, 41)))
        promoted = JournalQuery(environment="prod", events=frozenset((EventType.PROMOTED,)), newest_first=True, limit=3)
        self.assertEqual(_versions(await store.query(promoted)), (40, 39, 37))

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

    async def test_what_the_bundles_were(self) -> None:
        """Their digest is that of the progress: of none that comes later, and it may come by itself."""
        store = await self.opened()
        for batch, digest in (
            (Batch(3, [entry(1)], 7), 7),
            (Batch(5, [entry(5)]), None),
            (Batch(5, [], 8), 8),
            (Batch(4, [], 9), 8),
            (Batch(6, [], 0), 0),
        ):
            await store.append(batch)
            self.assertEqual((await store.state()).digest, digest)
        await store.prune(Retention(60, 1 << 30), BEGAN + timedelta(minutes=5))
        self.assertEqual((await store.state()).digest, 0)

    async def test_what_has_no_commit_is_told_once(self) -> None:
        """What is backfilled of objects without commits, by object and event."""
        store = await self.opened()
        first, second = (bare(version, backfilled=version > 1) for version in (1, 2))
        await store.append(Batch(1, [first]))
        self.assertEqual(await store.append(Batch(2, [second])), [])
        self.assertEqual(len(await store.append(Batch(3, [bare(3)]))), 1)

    async def test_each_promotion_is_told(self) -> None:
        """What is backfilled of a Stage's Promotions: each once, however many ended alike; a text is no name."""
        store = await self.opened()
        seen = ended(1, "one")
        freight = replace(commit("a"), hydrated_sha="")
        await store.append(Batch(1, [replace(seen, happening=replace(seen.happening, commit=freight))]))
        past = [ended(2, name, item, backfilled=True) for item, name in enumerate(("one", "two", 'three","x":"'))]
        told = await store.append(Batch(2, past))
        self.assertEqual([each.happening.cause.name for each in told], ["two", 'three","x":"'])
        again = [ended(3, name, item, backfilled=True) for item, name in enumerate(("two", "three", "one"))]
        self.assertEqual([each.happening.cause.name for each in await store.append(Batch(3, again))], ["three"])

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

    async def test_what_has_recovered(self) -> None:
        """A check that failed before it was pending, or on another commit; one that never failed here has not."""
        store = await self.opened()
        await store.append(Batch(1, [checked(1), checked(1, 1, key='say "hi"')]))
        again = [
            checked(2, 0, EventType.RECOVERED, "q"),
            checked(2, 1, EventType.RECOVERED, "qa", environment="env/prod"),
            checked(2, 2, EventType.RECOVERED, "qa", letter="b"),
            checked(2, 3, EventType.RECOVERED, "qa", letter="b"),
            checked(2, 4, EventType.RECOVERED, 'say "hi"'),
            checked(2, 5, EventType.RECOVERED, "lint", before="failure"),
        ]
        told = await store.append(Batch(2, again))
        self.assertEqual([each.identity.item for each in told], [2, 4, 5])
        self.assertEqual([each.has_more for each in told], [True, True, False])
        self.assertEqual(await store.append(Batch(3, [checked(3, 0, EventType.RECOVERED, "qa")])), [])

    async def test_it_is_there_after_a_restart(self) -> None:
        """Entries, progress, and what retention has deleted."""
        store = await self.opened()
        await store.append(Batch(3, [entry(1), entry(2), entry(3)], 7))
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

    async def test_who_reads_on_is_told_of_what_was_deleted(self) -> None:
        """A page behind an entry is whole, or it fails: what was deleted behind that entry is not left out silently."""
        store = await self.opened()
        await store.append(Batch(50, [entry(version) for version in range(1, 51)]))
        await store.prune(Retention(3600, 1 << 30), BEGAN + timedelta(minutes=70))
        for version, place in ((9, 0), (9, 5), (10, 0), (60, 0)):
            after = EntryIdentity(version, place)
            found = await store.query(JournalQuery(after=after, whole=True, limit=2))
            self.assertEqual(len(found), 0 if version == 60 else 2)
        for asked in (JournalQuery(after=EntryIdentity(8, 0)), JournalQuery(commit="a" * 40)):
            self.assertTrue(await store.query(asked))
            with self.assertRaises(JournalExpiredError):
                await store.query(replace(asked, whole=True))

    async def test_pages_of_a_time_while_more_is_written(self) -> None:
        """Each page is of that time, also of what comes meanwhile and is of earlier times."""
        store = await self.opened()
        await store.append(Batch(9, [entry(version) for version in range(1, 10)]))
        asked = JournalQuery(until=BEGAN + timedelta(minutes=7), limit=4)
        first = await store.query(asked)
        await store.append(Batch(12, [entry(10), entry(11, minutes=6.5, letter="b"), entry(12)]))
        rest = await store.query(replace(asked, after=first[-1].identity, limit=9))
        versions = [each.identity.resource_version for each in (*first, *rest)]
        self.assertEqual(versions, [1, 2, 3, 4, 5, 6, 11])

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


def _versions(found: Sequence[JournalEntry]) -> tuple[int, ...]:
    return tuple(each.identity.resource_version for each in found)


def bare(version: int, *, backfilled: bool = False) -> JournalEntry:
    """An entry without a commit."""
    whole = entry(version, event=EventType.CREATED, environment="", backfilled=backfilled)
    return replace(whole, happening=replace(whole.happening, commit=None))


def ended(version: int, name: str, item: int = 0, *, backfilled: bool = False) -> JournalEntry:
    """A Promotion of a Stage that has succeeded."""
    whole = entry(version, item, EventType.PROMOTION_SUCCEEDED, environment="", key=OTHER, backfilled=backfilled)
    message = 'as "cause":{"kind":"Promotion","name":"three"} says'
    told = replace(whole.happening, commit=None, cause=EventCause("Promotion", name), message=message)
    return replace(whole, happening=told)


def checked(
    version: int,
    item: int = 0,
    event: EventType = EventType.FAILED,
    key: str = "qa",
    *,
    before: str = "pending",
    letter: str = "a",
    environment: str = "env/dev",
) -> JournalEntry:
    """An entry of a check."""
    whole = entry(version, item, event, letter=letter, environment=environment)
    return replace(whole, happening=replace(whole.happening, before=before, check=EventCheck(key, "success")))


def replace_name(name: str) -> BundleKey:
    return KEY._replace(name=name)
