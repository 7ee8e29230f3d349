"""Where a journal is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from promoter_view.journal.places import is_shared, journal_file, most_bytes, parse_place


@pytest.mark.parametrize(
    "text", ["memory:", "sqlite:/var/lib/journal.sqlite", "etcd:", "etcd:/tmp/copy.sqlite", "postgres://db/j"]
)
def test_places(text: str) -> None:
    """A file, memory, a database, or the event log's etcd with a copy in one of these."""
    assert parse_place(text) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("postgresql://db:x/x", "the host is no HOST or HOST:PORT: expected postgresql://"),
        ("etcd:http://etcd:2379/x", "the journal's etcd is the event log's: expected etcd:, or etcd:FILE"),
        ("sqlite:", "'sqlite:' is no place for a journal: expected sqlite:FILE, memory:, postgresql://"),
        ("/var/lib", "'/var/lib' is no place for a journal"),
    ],
)
def test_what_is_no_place(text: str, words: str) -> None:
    """It is said what is expected."""
    with pytest.raises(ValueError, match=words):
        parse_place(text)


@pytest.mark.parametrize(
    ("place", "event_log", "file"),
    [
        (None, "file:/data", Path("/data/journal.sqlite")),
        (None, "memory:", None),
        (None, "etcd:http://etcd:2379", None),
        ("memory:", "file:/data", None),
        ("sqlite:/other/j", "file:/data", Path("/other/j")),
        ("etcd:", "etcd:http://etcd:2379", None),
        ("etcd:/tmp/copy", "etcd:http://etcd:2379", Path("/tmp/copy")),
        ("postgresql://db/j", "file:/data", None),
        ("postgresql://db/j?copy=/tmp/copy", "file:/data", Path("/tmp/copy")),
    ],
)
def test_the_file(place: str | None, event_log: str, file: Path | None) -> None:
    """What is said counts; else it stands beside an event log in a folder."""
    assert journal_file(place, event_log) == file


@pytest.mark.parametrize(
    ("place", "event_log", "shared", "most"),
    [
        (None, "file:/data", False, 1 << 30),
        (None, "memory:", False, 64 << 20),
        (None, "etcd:http://etcd:2379", True, 128 << 20),
        ("etcd:/tmp/copy", "etcd:http://etcd:2379", True, 128 << 20),
        ("memory:", "etcd:http://etcd:2379", False, 64 << 20),
        ("sqlite:/other/j", "etcd:http://etcd:2379", False, 1 << 30),
        ("postgresql://db/j", "etcd:http://etcd:2379", False, 1 << 30),
    ],
)
def test_whose_it_is_and_how_large(place: str | None, event_log: str, shared: bool, most: int) -> None:
    """One in an etcd is shared, and smaller; what is said counts, but for memory."""
    assert is_shared(place, event_log) is shared
    assert most_bytes(None, place, event_log) == most
    assert most_bytes(1000, place, event_log) == 1000
