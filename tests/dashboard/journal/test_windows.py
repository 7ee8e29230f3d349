"""A page of the activity: what is in memory, then what the journal tells; older and newer pages meet. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from promoter_view.dashboard.activity import Entry
from promoter_view.dashboard.events import Event, Item
from promoter_view.dashboard.journal.activity_query import NOWHERE, ActivityPlace, ActivityQuery, read_activity_query
from promoter_view.dashboard.journal.earlier import Earlier
from promoter_view.dashboard.journal.windows import ENTRIES_A_PAGE, ActivityShown, shown_of, window_of
from promoter_view.journal.entries import LAST, EntryIdentity, EventType, JournalEntry
from tests.support.journal.journals import BEGAN, KEY, entry

#: Changes behind it are in memory.
FLOOR = 1000


def memory(count: int) -> list[Entry]:
    """The newest first."""
    return [
        Entry(FLOOR + at, BEGAN + timedelta(seconds=at), "shop", "search", (Item(Event.CREATED),), KEY.view, "")
        for at in range(count, 0, -1)
    ]


def told_of(query: ActivityQuery, wanted: int, journal: Sequence[JournalEntry]) -> Earlier:
    """What a journal of these entries, in order, would tell."""
    asked = query.entries((KEY.view,), FLOOR, BEGAN)
    assert asked is not None
    found = [each for each in journal if asked.admits(each) and each.identity.resource_version <= FLOOR]
    found = found[::-1] if asked.query.newest_first else found
    more = len(found) > wanted
    return Earlier(tuple(found[:wanted]), found[wanted - 1].identity if more else None)


def page(query: ActivityQuery, entries: Sequence[Entry], journal: Sequence[JournalEntry]) -> ActivityShown:
    """What is shown of both."""
    window = window_of(entries, query, FLOOR)
    return shown_of(window, query, told_of(query, window.wanted, journal) if window.wanted else Earlier())


def names(shown: ActivityShown) -> list[str]:
    """The places of its entries."""
    return [*(str(each.resource_version) for each in shown.entries), *(each.identity.name for each in shown.told)]


@pytest.mark.parametrize("in_memory", [0, 1, 40, 100, 101, 260])
@pytest.mark.parametrize("in_journal", [0, 1, 59, 60, 100, 230])
def test_older_pages_give_all_once_and_newer_ones_lead_back(in_memory: int, in_journal: int) -> None:
    """From the newest page to the oldest, and back: each entry is on one page of the way down, none is left out."""
    entries, journal = memory(in_memory), [entry(version) for version in range(1, in_journal + 1)]
    every = [str(each.resource_version) for each in entries] + [each.identity.name for each in journal[::-1]]
    found, shown = list[str](), page(ActivityQuery(), entries, journal)
    assert shown.newer is None
    while True:
        found += names(shown)
        assert len(names(shown)) <= ENTRIES_A_PAGE
        if shown.older is None:
            break
        shown = page(ActivityQuery(before=shown.older), entries, journal)
        assert shown.newer is not None
    assert found == every
    back = names(shown)
    while shown.newer is not None:
        shown = page(ActivityQuery(after=shown.newer), entries, journal)
        back = names(shown) + [each for each in back if each not in names(shown)]
    assert back == every


def test_what_the_journal_was_not_looked_through_for() -> None:
    """Few were found of many: the next page goes on behind those, and says how far this one has come."""
    query, edge = ActivityQuery(name="sea"), EntryIdentity(500, 3)
    window = window_of(memory(3), query, FLOOR)
    shown = shown_of(window, query, Earlier((entry(900),), edge))
    assert shown.older == ActivityPlace(500, 3)
    assert shown.looked is not None
    up = ActivityQuery(after=ActivityPlace(1, 0))
    shown = shown_of(window_of(memory(3), up, FLOOR), up, Earlier((), edge))
    assert (shown.entries, shown.newer, shown.older) == ((), ActivityPlace(500, 3), None)


def test_memory_that_has_moved_on() -> None:
    """A place that was of a change in memory is one of the journal once that change is no longer there."""
    assert page(
        ActivityQuery(before=ActivityPlace(3)), memory(2), [entry(version) for version in range(1, 6)]
    ).told == (
        entry(2),
        entry(1),
    )
    found = page(ActivityQuery(after=ActivityPlace(3)), memory(2), [entry(version) for version in range(1, 6)])
    assert names(found) == ["1002", "1001", "5-0", "4-0"]


def test_the_query() -> None:
    """What cannot be read counts as not given; the journal has words of its own, or none."""
    assert read_activity_query({"before": "12-3", "after": "7", "since": "5"}) == ActivityQuery(
        before=ActivityPlace(12, 3), after=ActivityPlace(7), visited=5
    )
    for nothing in ("x", "9" * 30, "9" * 19, "\u0663", "-1", f"{1 << 63}-0"):
        assert read_activity_query({"before": nothing}).before == NOWHERE
    assert "did you mean" in read_activity_query({"event": "promote"}).unknown
    assert "did you mean 'event'" in read_activity_query({"evnt": "promoted"}).unknown
    assert read_activity_query({"since": "5-1"}).visited == 0
    events = {event.value: ActivityQuery(event=event.value).journal_events for event in Event}
    assert events["passed"] == {EventType.RECOVERED, EventType.VERIFIED, EventType.APPROVED}
    assert events["promoted"] == {EventType.PROMOTED}
    assert events["pending"] is events["unclear"] is None
    assert ActivityQuery(event="pending").entries((), FLOOR, BEGAN) is None


def test_which_entries_the_journal_is_asked_for() -> None:
    """Those of the names and namespaces that memory has them of, behind the visit."""
    asked = ActivityQuery(namespace="shop", name="sea", visited=5).entries((KEY.view,), FLOOR, BEGAN)
    assert asked is not None
    assert asked.query.after == EntryIdentity(5, LAST)
    assert asked.admits(entry(6))
    assert not asked.admits(entry(5))
    assert not asked.admits(entry(6, key=KEY._replace(name="basket")))
    assert not asked.admits(entry(6, key=KEY._replace(namespace="other")))


def test_places_and_what_fits_are_told() -> None:
    """A place is written as it is read; a change fits by namespace, part of a name, event and what was seen."""
    assert [str(ActivityPlace(7)), str(ActivityPlace(7, 3))] == ["7", "7-3"]
    query = ActivityQuery(namespace="shop", name="ear", event="created", visited=5)
    assert query.fits("shop", "search", 6, {"created"})
    assert not query.fits("shop", "search", 5, {"created"})
    assert not query.fits("other", "search", 6, {"created"})
    assert not query.fits("shop", "search", 6, {"deleted"})
    assert ActivityQuery().fits("shop", "search", 6, ())
