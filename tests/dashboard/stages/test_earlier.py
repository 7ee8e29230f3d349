"""Promotions of a Stage that are gone: pure."""

from __future__ import annotations

from dataclasses import replace

from promoter_view.dashboard.journal.earlier import Earlier
from promoter_view.dashboard.stages.earlier import ended_before, wanted_ends
from promoter_view.journal.entries import EventCause, EventType, JournalEntry
from promoter_view.records import BundleKey
from tests.support.journal.journals import entry

STAGE = BundleKey("stagedetails", "shop", "uat")


def ended(version: int, name: str) -> JournalEntry:
    """A Promotion of that name has failed."""
    plain = entry(version, event=EventType.PROMOTION_FAILED, key=STAGE)
    return replace(plain, happening=replace(plain.happening, cause=EventCause("Promotion", name)))


def test_those_that_are_there_are_not_told_again() -> None:
    """By their names; of the others the newest fifty."""
    entries = [ended(number, f"p{number}") for number in range(80, 0, -1)]
    found = ended_before(Earlier(tuple(entries)), {"p80", "p79"})
    assert [each.happening.cause.name for each in found if each.happening.cause][:2] == ["p78", "p77"]
    assert len(found) == 50
    assert ended_before(Earlier((entry(1, key=STAGE),)), {"p1"}) == [entry(1, key=STAGE)]


def test_what_is_asked_for() -> None:
    """How Promotions of one Stage ended."""
    asked, _ = wanted_ends(STAGE)
    assert asked is not None
    assert asked.admits(ended(1, "p"))
    assert not asked.admits(entry(1, key=STAGE))
