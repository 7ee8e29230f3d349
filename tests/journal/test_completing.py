"""What an entry gets from earlier ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from promoter_view.journal.completing import EntrySubject, completed, subject_of
from promoter_view.journal.entries import EventCause, EventCheck, EventType, JournalEntry
from tests.support.journal.journals import BEGAN, entry


class Recalled:
    """Earlier entries: ``known`` says that there is one, ``failed`` that a check's last one is that it failed, and
    ``arrived`` when a commit came to what is awaited.
    """

    def __init__(self, *, known: bool = False, failed: bool = False, arrived: datetime | None = None) -> None:
        self.known = known
        self.failed = failed
        self.arrived = arrived

    def has(self, subject: EntrySubject) -> bool:
        return self.known

    def has_failed(self, uid: str, environment: str, check: str) -> bool:
        return self.failed

    def last_live(self, uid: str, environments: Sequence[str], sha: str) -> datetime | None:
        return self.arrived


def without_commit(found: JournalEntry) -> JournalEntry:
    return replace(found, happening=replace(found.happening, commit=None))


@pytest.mark.parametrize("known", [False, True])
def test_what_is_told_once(known: bool) -> None:
    """What is verified, and what is backfilled, with a commit and without one; all else as often as it is seen."""
    recall = Recalled(known=known)
    once = [entry(1, event=EventType.VERIFIED), entry(1, backfilled=True), without_commit(entry(1, backfilled=True))]
    assert [completed(each, recall) is None for each in once] == [known] * 3
    often = [entry(1), entry(1, event=EventType.MERGED), without_commit(entry(1, event=EventType.STATE))]
    assert all(completed(each, recall) is not None for each in often)


@pytest.mark.parametrize("failed", [False, True])
def test_what_has_recovered(failed: bool) -> None:
    """A check that failed just now, or the last time that the journal was told of it."""
    recovered = entry(1, event=EventType.RECOVERED)
    for before, is_told in (("failure", True), ("pending", failed), ("", failed)):
        happening = replace(recovered.happening, before=before, check=EventCheck("qa", "success"))
        told = completed(replace(recovered, happening=happening), Recalled(failed=failed))
        assert (told is not None) is is_told, before


def test_lengths() -> None:
    """Since the commit was made, and since it came to what is awaited; of what went live alone."""
    awaited = entry(10, awaited=("env/dev",))
    found = completed(awaited, Recalled(arrived=BEGAN + timedelta(minutes=4)))
    assert found is not None
    assert (found.happening.lead_seconds, found.happening.hop_seconds) == (4200, 360)
    other = entry(10, event=EventType.MERGED, awaited=("env/dev",))
    assert completed(other, Recalled(arrived=BEGAN)) is other


@pytest.mark.parametrize("arrived", [None, BEGAN + timedelta(minutes=11)])
def test_lengths_that_are_not_known(arrived: datetime | None) -> None:
    """It never came there, or the clocks disagree."""
    found = completed(entry(10, awaited=("env/dev",)), Recalled(arrived=arrived))
    assert found is not None
    assert found.happening.hop_seconds is None


def test_what_tells_the_same() -> None:
    """The commit as it is hydrated; where there is none, what caused it."""
    cause = EventCause("Promotion", "one")
    whole = entry(1, environment="env/prod")
    caused = replace(whole, happening=replace(whole.happening, cause=cause))
    told = ("uid-search", "env/prod", EventType.PROMOTED)
    assert subject_of(whole) == subject_of(caused) == (*told, "a" * 40, None)
    assert subject_of(without_commit(caused)) == (*told, "", cause)
