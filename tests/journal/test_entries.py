"""Entries of the journal: their names, documents, and what is kept of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from promoter_view.journal.entries import (
    EntryIdentity,
    EventCause,
    EventCheck,
    EventCommit,
    EventRequest,
    EventType,
    Happening,
    JournalEntry,
    read_entry,
)
from promoter_view.records import BundleKey

TIME = datetime(2026, 11, 21, 9, 0, 0, 250_000, UTC)
KEY = BundleKey("promotionstrategydetails", "shop", "search")
FULL = Happening(
    EventType.PROMOTED,
    "env/prod",
    "a" * 40,
    "b" * 40,
    EventCommit("b" * 40, "c" * 40, ("d" * 40,), "feat: more", "Ann", "https://git.example.com/x/commit/b", TIME),
    EventRequest("7", "https://git.example.com/x/pull/7", "merged"),
    EventCheck("health", "success", "3 of 3", "https://checks.example.com"),
    EventCause("RestoreActiveCommit", "back"),
    "said so",
    "Ann",
    frozenset({"ChangeTransferPolicy"}),
    ("env/dev",),
    7200,
    0,
)


def test_the_name_of_an_entry_is_its_identity() -> None:
    """RV-ITEM; the uid is a UUID of the name, the same for ever."""
    identity = EntryIdentity(4708187086977957888, 12)
    assert identity.name == "4708187086977957888-12"
    assert identity.uid == EntryIdentity(4708187086977957888, 12).uid != EntryIdentity(4708187086977957888, 13).uid
    assert identity.uid[14] == "5"


@pytest.mark.parametrize("backfilled", [False, True])
def test_what_is_written_is_read_again(backfilled: bool) -> None:
    """Of an entry that has everything, and of one that has nothing."""
    for happening in (FULL, Happening(EventType.CREATED)):
        entry = JournalEntry(EntryIdentity(1 << 60, 3), TIME, KEY, "uid", happening, backfilled=backfilled)
        assert read_entry(entry.write()) == entry


def test_the_document_is_that_of_the_contract() -> None:
    """Each field by its name, and what is not known is left out."""
    document = JournalEntry(EntryIdentity(1 << 60, 3), TIME, KEY, "uid", FULL).document()
    assert document == {
        "resourceVersion": str(1 << 60),
        "item": 3,
        "time": "2026-11-21T09:00:00.250Z",
        "view": "promotionstrategydetails",
        "namespace": "shop",
        "name": "search",
        "uid": "uid",
        "environment": "env/prod",
        "event": "promoted",
        "before": "a" * 40,
        "after": "b" * 40,
        "commit": {
            "sha": "b" * 40,
            "hydratedSha": "c" * 40,
            "source": ["d" * 40],
            "subject": "feat: more",
            "author": "Ann",
            "url": "https://git.example.com/x/commit/b",
            "time": "2026-11-21T09:00:00.250Z",
        },
        "pullRequest": {"id": "7", "url": "https://git.example.com/x/pull/7", "state": "merged"},
        "check": {"key": "health", "phase": "success", "message": "3 of 3", "url": "https://checks.example.com"},
        "seconds": {"leadTime": 7200, "hop": 0},
        "cause": {"kind": "RestoreActiveCommit", "name": "back"},
        "message": "said so",
        "by": "Ann",
    }
    bare = JournalEntry(EntryIdentity(1, 0), TIME, KEY, "", Happening(EventType.DELETED)).document()
    assert set(bare) == {"resourceVersion", "item", "time", "view", "namespace", "name", "event"}


def test_who_is_told() -> None:
    """Not one who may not see a kind that tells it."""
    entry = JournalEntry(EntryIdentity(1, 0), TIME, KEY, "uid", FULL)
    assert entry.is_told(frozenset())
    assert entry.is_told(frozenset({"Application"}))
    assert not entry.is_told(frozenset({"Application", "ChangeTransferPolicy"}))


def test_what_it_is_looked_up_by() -> None:
    """Every sha of its commit once, but for those that nothing tells."""
    commit = EventCommit("b" * 40, "", ("d" * 40, "b" * 40))
    entries = (
        JournalEntry(EntryIdentity(1, 0), TIME, KEY, "uid", Happening(EventType.MERGED, commit=it))
        for it in (commit, None)
    )
    assert [list(each.shas) for each in entries] == [["b" * 40, "d" * 40], []]


@pytest.mark.parametrize("written", [b"{}", b"[]", b'{"entry":{"time":"2026-11-21T09:00:00Z"}}', b"nothing"])
def test_what_is_no_entry(written: bytes) -> None:
    """It is refused, and nothing is made up."""
    with pytest.raises(ValueError):  # noqa: PT011 - orjson's too
        read_entry(written)


def test_an_entry_is_found_by_its_identity() -> None:
    """Two that are equal are one in a set; of one identity, but told otherwise, they are two."""
    entry = JournalEntry(EntryIdentity(1, 0), TIME, KEY, "uid", FULL)
    assert {entry, replace(entry)} == {entry}
    assert len({entry, replace(entry, uid="another")}) == 2


def test_just_before_an_entry_there_is_nothing_else() -> None:
    """Whoever stands there is given it next."""
    identity = EntryIdentity(7, 3)
    assert EntryIdentity(7, 2) <= identity.just_before < identity
