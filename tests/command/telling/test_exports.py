"""Entries of the journal as lines for files."""

from __future__ import annotations

import csv
from dataclasses import replace

import orjson

from promoter_view.command.telling.exports import HEADING, csv_cells, csv_line, json_line
from promoter_view.journal.entries import EventCheck, JournalEntry
from tests.support.journal.journals import commit, entry


def told(subject: str, message: str = "") -> JournalEntry:
    """An entry with words of others."""
    it = entry(7, letter="a", backfilled=True)
    made = replace(commit("a", "b"), subject=subject, sources=("c" * 40, "d" * 40))
    check = EventCheck("tests", "failure", message)
    return replace(it, happening=replace(it.happening, commit=made, check=check, lead_seconds=4020))


def cells(line: str) -> dict[str, str]:
    """As a reader of CSV has them."""
    heading, row = csv.reader([HEADING, line])
    return dict(zip(heading, row, strict=True))


def test_a_json_line_is_the_document() -> None:
    """One line, the same by value; what a terminal would obey is escaped."""
    it = told("fix \x9b31m and \u202e", "two\nlines")
    line = json_line(it)
    assert orjson.loads(line) == it.document()
    assert line.isprintable()


def test_a_csv_line_has_a_cell_for_each_column() -> None:
    """Paths of the document; lists are words, what is not told is empty, and quotes and commas stay."""
    found = cells(csv_line(told('say "x", then y')))
    assert (found["resourceVersion"], found["item"], found["event"]) == ("7", "0", "promoted")
    assert (found["commit.sha"], found["commit.subject"]) == ("a" * 40, 'say "x", then y')
    assert found["commit.source"] == f"{'c' * 40} {'d' * 40}"
    assert (found["seconds.leadTime"], found["seconds.hop"], found["backfilled"]) == ("4020", "", "true")
    assert (found["check.key"], found["pullRequest.id"]) == ("tests", "")


def test_words_of_others_are_no_formula_and_no_line() -> None:
    """A spreadsheet takes none for a formula; an entry is one line whatever it tells."""
    for sign in "=+-@":
        assert cells(csv_line(told(f"{sign}HYPERLINK()")))["commit.subject"] == f"'{sign}HYPERLINK()"
    assert csv_cells({"commit": {"source": ["=1", "b\x1b"]}}, ["commit.source"]) == ["'=1 b"]
    line = csv_line(told("\t=1", "one\r\ntwo\x1b[31m"))
    assert len(line.splitlines()) == 1
    assert (cells(line)["commit.subject"], cells(line)["check.message"]) == ("'=1", "one  two [31m")
