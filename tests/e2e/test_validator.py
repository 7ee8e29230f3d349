"""The validator itself: honest recordings pass, and each corruption is caught under its guarantee's name."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.program.recording import (
    ADDED,
    DELETED,
    MODIFIED,
    Bookmark,
    Change,
    Entry,
    Key,
    Listing,
    Recording,
    Refusal,
    Seen,
    Stream,
)
from tests.support.program.validator import Guarantee, validate

UNIT = 262_144


@dataclass
class World:
    """A true course of events: each state that ever was, by its resourceVersion."""

    base: int = 1000 * UNIT
    objects: dict[Key, Seen] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    states: dict[int, dict[Key, Seen]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for place, key in enumerate([("a", "one"), ("a", "two"), ("b", "one")]):
            self.objects[key] = Seen(key, f"uid-{key}", self.base - 10 + place, f"first {key}")
        self.states[self.base] = dict(self.objects)

    @property
    def head(self) -> int:
        return max(self.states)

    def happen(self, kind: str, namespace: str, name: str, *, offset: int = 1, place: int = 0) -> None:
        """One more change; ``offset`` 0 is one more place of the same offset."""
        version = (self.head // UNIT + offset) * UNIT + place
        key = (namespace, name)
        before = self.objects.get(key)
        uid = before.uid if before else f"uid-{key}-{version}"
        seen = Seen(key, uid, version, f"{version}")
        self.changes.append(Change(kind, seen))
        if kind == DELETED:
            del self.objects[key]
        else:
            self.objects[key] = seen
        self.states[version] = dict(self.objects)

    def listing(self, version: int, namespace: str = "") -> Listing:
        state = self.states[version]
        items = tuple(state[key] for key in sorted(state) if namespace in ("", key[0]))
        return Listing(namespace, version, items)

    def entries(self, after: int, until: int, namespace: str = "") -> tuple[Change, ...]:
        return tuple(
            each
            for each in self.changes
            if after < each.resource_version <= until and namespace in ("", each.seen.key[0])
        )

    def initial(self, version: int, namespace: str = "") -> tuple[Change, ...]:
        return tuple(Change(ADDED, seen) for seen in self.listing(version, namespace).items)


def course() -> World:
    """A few changes: of one object, of three at one offset, a deletion and a coming back."""
    world = World()
    world.happen(MODIFIED, "a", "one")
    world.happen(MODIFIED, "a", "one")
    world.happen(MODIFIED, "a", "one", offset=1)
    world.happen(MODIFIED, "a", "two", offset=0, place=1)
    world.happen(MODIFIED, "b", "one", offset=0, place=2)
    world.happen(DELETED, "a", "two")
    world.happen(ADDED, "a", "two")
    world.happen(MODIFIED, "b", "one")
    world.happen(MODIFIED, "a", "two")
    return world


def recordings() -> list[Recording]:
    """Four honest watchers of ``course``: an informer, one that resumes, a WatchList of a namespace, a bare watch."""
    world = course()
    v = sorted(world.states)
    everything = world.entries(v[0], v[-1])
    informer = (world.listing(v[0]), Stream("", v[0], (*everything[:2], Bookmark(v[2]), *everything[2:])))
    resumer = (
        world.listing(v[3]),
        Stream("", v[3], world.entries(v[3], v[5])),
        Stream("", v[1], (*world.entries(v[1], v[4]), Bookmark(v[4]))),
        Stream("", v[4], world.entries(v[4], v[-1])),
        world.listing(v[-1]),
    )
    state = (*world.initial(v[2], "a"), Bookmark(v[2], ends_initial_state=True))
    watch_list = Stream("a", None, (*state, *world.entries(v[2], v[8], "a")), watch_list=True)
    bare = Stream("", None, (*world.initial(v[5]), *world.entries(v[5], v[8])), bookmarks=False)
    return [
        Recording("informer", informer, settled=v[-1]),
        Recording("resumer", resumer),
        Recording("watch list", (watch_list,)),
        Recording("bare", (bare,)),
    ]


def edited(watcher: str, part: int, edit: Callable[[list[Entry]], None]) -> list[Recording]:
    """The honest recordings with one stream's entries edited."""
    found = recordings()
    place = next(place for place, each in enumerate(found) if each.watcher == watcher)
    life = list(found[place].life)
    stream = life[part]
    assert isinstance(stream, Stream)
    entries = list(stream.entries)
    edit(entries)
    life[part] = replace(stream, entries=tuple(entries))
    found[place] = replace(found[place], life=tuple(life))
    return found


def swap(one: int, two: int) -> Callable[[list[Entry]], None]:
    def edit(entries: list[Entry]) -> None:
        entries[one], entries[two] = entries[two], entries[one]

    return edit


def drop(place: int) -> Callable[[list[Entry]], None]:
    return lambda entries: entries.__delitem__(place)


def put(place: int, entry: Entry) -> Callable[[list[Entry]], None]:
    return lambda entries: entries.insert(place, entry)


def repeat(place: int) -> Callable[[list[Entry]], None]:
    return lambda entries: entries.insert(place, entries[place])


def with_digest(place: int) -> Callable[[list[Entry]], None]:
    def edit(entries: list[Entry]) -> None:
        change = entries[place]
        assert isinstance(change, Change)
        entries[place] = Change(change.type, change.seen._replace(digest="torn"))

    return edit


def relisted(alter: Callable[[Listing], Listing]) -> list[Recording]:
    """The honest recordings with the resumer's list altered."""
    found = recordings()
    listing = found[1].life[0]
    assert isinstance(listing, Listing)
    found[1] = replace(found[1], life=(alter(listing), *found[1].life[1:]))
    return found


def unseen_by_all(place: int) -> list[Recording]:
    """The honest recordings without one change, which every watcher has lost."""
    lost = course().changes[place]
    return [
        replace(
            each,
            life=tuple(
                replace(part, entries=tuple(entry for entry in part.entries if entry != lost))
                if isinstance(part, Stream)
                else part
                for part in each.life
            ),
        )
        for each in recordings()
    ]


V = sorted(course().states)
AHEAD = Refusal(504, "Timeout", "Too large resource version")
EARLY = Refusal(410, "Expired", f"too old resource version: {V[4]} ({V[2]})")
FOREIGN = Refusal(410, "Expired", f"too old resource version: {V[1]} ({V[7]})")
SILENT = Refusal(410, "Gone", "gone")

CORRUPTIONS: dict[str, tuple[Guarantee, list[Recording]]] = {
    "two changes swapped": (Guarantee.ORDERED, edited("informer", 1, swap(3, 4))),
    "places of one offset swapped": (Guarantee.ORDERED, edited("resumer", 2, swap(1, 2))),
    "a change from before the start": (Guarantee.ORDERED, edited("resumer", 3, put(0, course().changes[0]))),
    "a change repeated": (Guarantee.UNIQUE, edited("informer", 1, repeat(4))),
    "a change repeated later": (Guarantee.UNIQUE, edited("informer", 1, put(8, course().changes[3]))),
    "an object twice in a state": (Guarantee.UNIQUE, edited("watch list", 0, repeat(0))),
    "a change lost": (Guarantee.RELIABLE, edited("informer", 1, drop(4))),
    "the last change lost, though settled": (Guarantee.RELIABLE, edited("informer", 1, drop(-1))),
    "a place of an offset lost": (Guarantee.RELIABLE, edited("resumer", 2, drop(1))),
    "lost behind a state": (Guarantee.RELIABLE, edited("watch list", 0, drop(3))),
    "lost behind a bare state": (Guarantee.RELIABLE, edited("bare", 0, drop(4))),
    "an addition lost by all": (Guarantee.RELIABLE, unseen_by_all(6)),
    "a deletion lost by all": (Guarantee.RELIABLE, unseen_by_all(5)),
    "of another namespace": (Guarantee.RELIABLE, edited("watch list", 0, put(-1, course().changes[4]))),
    "a modification lost by all": (Guarantee.ATOMIC, unseen_by_all(2)),
    "the last change lost by all": (Guarantee.ATOMIC, unseen_by_all(8)),
    "a torn body": (Guarantee.ATOMIC, edited("resumer", 2, with_digest(1))),
    "another type": (Guarantee.ATOMIC, edited("informer", 1, put(3, Change(ADDED, course().changes[1].seen)))),
    "a list that lacks an object": (Guarantee.ATOMIC, relisted(lambda it: replace(it, items=it.items[1:]))),
    "a list ahead of its position": (
        Guarantee.ATOMIC,
        relisted(lambda it: replace(it, items=course().listing(V[4]).items)),
    ),
    "a list behind its position": (
        Guarantee.ATOMIC,
        relisted(lambda it: replace(it, items=course().listing(V[1]).items)),
    ),
    "an unsorted list": (Guarantee.ATOMIC, relisted(lambda it: replace(it, items=it.items[::-1]))),
    "a state that lacks an object": (Guarantee.ATOMIC, edited("watch list", 0, drop(1))),
    "a bare state that lacks an object": (Guarantee.ATOMIC, edited("bare", 0, drop(1))),
    "a state ahead of its position": (
        Guarantee.ATOMIC,
        edited("watch list", 0, lambda them: them.__setitem__(0, Change(ADDED, course().changes[2].seen))),
    ),
    "resumed too late": (Guarantee.RESUMABLE, edited("resumer", 3, drop(0))),
    "resumed too early": (Guarantee.RESUMABLE, edited("resumer", 3, put(0, course().changes[3]))),
    "a position ahead of the server": (Guarantee.RESUMABLE, edited("resumer", 3, put(0, AHEAD))),
    "expired before its time": (
        Guarantee.RESUMABLE,
        edited("resumer", 3, lambda them: them.__setitem__(slice(0, 9), [EARLY])),
    ),
    "expired at another's position": (Guarantee.RESUMABLE, edited("resumer", 3, put(9, FOREIGN))),
    "expired without a reason": (Guarantee.RESUMABLE, edited("resumer", 3, put(9, SILENT))),
    "a bookmark before a change": (Guarantee.BOOKMARKABLE, edited("informer", 1, put(4, Bookmark(V[5])))),
    "a bookmark in the midst of an offset": (Guarantee.BOOKMARKABLE, edited("resumer", 2, put(2, Bookmark(V[5])))),
    "a bookmark that goes back": (Guarantee.BOOKMARKABLE, edited("informer", 1, put(8, Bookmark(V[2])))),
    "a bookmark before the start": (Guarantee.BOOKMARKABLE, edited("resumer", 3, put(0, Bookmark(V[3])))),
    "a bookmark that nobody asked for": (Guarantee.BOOKMARKABLE, edited("bare", 0, put(6, Bookmark(V[8])))),
    "a state that ends twice": (Guarantee.BOOKMARKABLE, edited("watch list", 0, put(3, Bookmark(V[2], True)))),
    "a state that ends without being asked for": (
        Guarantee.BOOKMARKABLE,
        edited("informer", 1, put(8, Bookmark(V[8], True))),
    ),
    "a change within a state": (
        Guarantee.BOOKMARKABLE,
        edited("watch list", 0, lambda them: them.__setitem__(0, Change(MODIFIED, them[0].seen))),  # type: ignore[union-attr]
    ),
}


def test_honest_recordings_pass() -> None:
    """Watchers that saw the truth, each in its own way, break nothing."""
    assert validate(recordings(), expirations=False) == []


@pytest.mark.parametrize(("guarantee", "found"), CORRUPTIONS.values(), ids=CORRUPTIONS)
def test_corruptions_are_caught(guarantee: Guarantee, found: list[Recording]) -> None:
    """Each corruption of a recording breaks the guarantee that is meant to exclude it."""
    assert guarantee in {violation.guarantee for violation in validate(found)}


def test_justified_expiration() -> None:
    """A 410 beyond the horizon is no violation, unless nothing was ever removed."""
    late = Refusal(410, "Expired", f"too old resource version: {V[4]} ({V[6]})")
    found = edited("resumer", 3, lambda them: them.__setitem__(slice(0, 9), [late]))
    assert validate(found) == []
    assert [each.guarantee for each in validate(found, expirations=False)] == [Guarantee.RESUMABLE]


def test_a_state_that_was_cut_proves_nothing() -> None:
    """A stream cut in the midst of its initial state is not held to be a state."""
    world = course()
    cut = (
        Stream("", None, world.initial(V[5])[:1], watch_list=True),
        Stream("", None, world.initial(V[5])[:1], bookmarks=False),
    )
    assert validate([*recordings(), Recording("cut", cut)]) == []


def random_world(source: random.Random) -> World:
    """A course of 30 changes of a few objects, up to three at one offset."""
    world = World()
    for _ in range(30):
        namespace, name = source.choice("ab"), source.choice(["one", "two", "three"])
        there = (namespace, name) in world.objects
        kind = (DELETED if source.random() < 0.3 else MODIFIED) if there else ADDED
        same = world.head != world.base and world.head % UNIT < 3 and source.random() < 0.4
        world.happen(kind, namespace, name, offset=0 if same else 1, place=world.head % UNIT + 1 if same else 0)
    return world


def with_bookmarks(source: random.Random, world: World, entries: tuple[Change, ...]) -> tuple[Entry, ...]:
    """Bookmarks strewn among changes, each at the position of the change before it."""
    found: list[Entry] = []
    for entry in entries:
        found.append(entry)
        if source.random() < 0.2:
            found.append(Bookmark(entry.resource_version))
    return tuple(found)


def random_stream(source: random.Random, world: World) -> Stream:
    """An honest stream from anywhere to anywhere."""
    first, last = sorted(source.choices(sorted(world.states), k=2))
    namespace = source.choice(["", "", "a"])
    rest = world.entries(first, last, namespace)
    if source.random() < 0.5:
        return Stream(namespace, first, with_bookmarks(source, world, rest))
    state = world.initial(first, namespace)
    if source.random() < 0.5:
        return Stream(namespace, None, (*state, *rest), bookmarks=False)
    end = Bookmark(first, ends_initial_state=True)
    return Stream(namespace, None, (*state, end, *with_bookmarks(source, world, rest)), watch_list=True)


def random_recordings(source: random.Random, world: World) -> list[Recording]:
    """One watcher that saw it all, and four that live random lives."""
    whole = Stream("", world.base, world.entries(world.base, world.head))
    lives = [tuple(random_stream(source, world) for _ in range(3)) for _ in range(4)]
    witness = Recording("witness", (world.listing(world.base), whole), settled=world.head)
    return [witness, *(Recording(f"watcher {n}", life) for n, life in enumerate(lives))]


@settings(deadline=None)
@given(st.integers(0, 2**32))
def test_any_honest_recordings_pass(seed: int) -> None:
    """Whatever the course of events and the lives of its watchers, the truth breaks nothing."""
    source = random.Random(seed)
    assert validate(random_recordings(source, random_world(source)), expirations=False) == []


@settings(deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(["drop", "repeat", "swap", "alter"]))
def test_any_corruption_is_caught(seed: int, how: str) -> None:
    """Wherever one change of one stream is lost, repeated, swapped or altered, something is broken."""
    source = random.Random(seed)
    world = random_world(source)
    found = random_recordings(source, world)
    witness = found[0].life[1]
    assert isinstance(witness, Stream)
    entries = list(witness.entries)
    place = source.randrange(len(entries) - 1)
    {"drop": drop(place), "repeat": repeat(place), "swap": swap(place, place + 1), "alter": with_digest(place)}[how](
        entries
    )
    liar = Recording("liar", (replace(witness, entries=tuple(entries)),), settled=world.head)
    assert {violation.watcher for violation in validate([*found, liar])} & {"liar", "all"}
