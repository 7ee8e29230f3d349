"""Which entries a subscription is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from promoter_view.journal.entries import EventType, Happening, JournalEntry
from promoter_view.notifications.filters import EntryFilter
from promoter_view.records import BundleKey
from tests.support.journal.journals import entry

STATE = replace(entry(1), happening=Happening(EventType.STATE, before="UpToDate", after="Failed"))
GAP = JournalEntry(
    entry(2).identity, entry(2).time, BundleKey("", "", ""), "", Happening(EventType.GAP, before="a", after="b")
)


@pytest.mark.parametrize(
    "chosen",
    [
        EntryFilter(),
        EntryFilter(namespaces=("shop",)),
        EntryFilter(namespaces=("other", "sh*")),
        EntryFilter(names=("sear?h",)),
        EntryFilter(environments=("env/[cd]ev",)),
        EntryFilter(events=frozenset((EventType.PROMOTED,))),
        EntryFilter(authors=("Ann",)),
        EntryFilter(labels=(("team", "pay*"), ("tier", "1"))),
        EntryFilter(events=frozenset((EventType.PROMOTED, EventType.STATE)), states=("Failed",)),
        EntryFilter(namespaces=("shop",), names=("search",), environments=("env/dev",), authors=("*",)),
    ],
)
def test_admitted(chosen: EntryFilter) -> None:
    """An entry that matches all that is given is told."""
    assert chosen.admits(entry(1), {"team": "payments", "tier": "1"})


@pytest.mark.parametrize(
    "chosen",
    [
        EntryFilter(namespaces=("SHOP", "sho")),
        EntryFilter(names=("search.*",)),
        EntryFilter(environments=("env/prod",)),
        EntryFilter(events=frozenset((EventType.MERGED,))),
        EntryFilter(authors=("Bob",)),
        EntryFilter(labels=(("team", "payments"), ("tier", "2"))),
        EntryFilter(labels=(("other", "*"),)),
        EntryFilter(states=("Failed",)),
        EntryFilter(namespaces=("shop",), names=("ledger",)),
    ],
)
def test_left_out(chosen: EntryFilter) -> None:
    """One that does not match one of them is not."""
    assert not chosen.admits(entry(1), {"team": "payments", "tier": "1"})


def test_labels_unknown() -> None:
    """Where nobody knows the labels, who asks for some is not told."""
    assert not EntryFilter(labels=(("team", "*"),)).admits(entry(1), None)
    assert EntryFilter().admits(entry(1), None)


def test_states() -> None:
    """States are of state and health entries: what these lead to."""
    assert EntryFilter(states=("Failed",)).admits(STATE, None)
    assert EntryFilter(states=("F*",)).admits(STATE, None)
    assert not EntryFilter(states=("UpToDate",)).admits(STATE, None)
    assert not EntryFilter(authors=("Ann",)).admits(STATE, None)


def test_gaps() -> None:
    """A gap is of everything, so that only events can leave it out."""
    assert EntryFilter(namespaces=("shop",), labels=(("a", "b"),), states=("Failed",)).admits(GAP, None)
    assert not EntryFilter(events=frozenset((EventType.PROMOTED,))).admits(GAP, None)


def test_hostile_names_take_no_time() -> None:
    """A long name against a pattern with many stars is done at once: it would take years if every way were tried."""
    chosen = EntryFilter(authors=("*a" * 40 + "b",))
    told = entry(1)
    author = replace(told.happening, commit=replace(told.happening.commit, author="a" * 2000))  # type: ignore[type-var]
    assert not chosen.admits(replace(told, happening=author), None)
