"""Where a journal is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from promoter_view.journal.places import journal_file, parse_place


@pytest.mark.parametrize("text", ["memory:", "sqlite:/var/lib/journal.sqlite"])
def test_places(text: str) -> None:
    """A file, or memory."""
    assert parse_place(text) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("postgresql://db/x", "a journal in PostgreSQL is not supported yet: expected sqlite:FILE, or memory:"),
        ("sqlite:", "'sqlite:' is no place for a journal: expected sqlite:FILE, or memory:"),
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
    ],
)
def test_the_file(place: str | None, event_log: str, file: Path | None) -> None:
    """What is said counts; else it stands beside an event log in a folder."""
    assert journal_file(place, event_log) == file
