"""Tables, colours, the screen and documents."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from promoter_view.command.telling.colours import Palette, wants_colour
from promoter_view.command.telling.documents import document, in_short, listed, name_of
from promoter_view.command.telling.screen import Screen
from promoter_view.command.telling.tables import ago, clipped, plain, table, until
from tests.support.command.strategies import details

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
PLAIN, COLOURED = Palette(enabled=False), Palette(enabled=True)


def test_a_table() -> None:
    """Aligned as kubectl's are; an empty cell has a dash."""
    rows = [["shop", "Failed", ""], ["a-longer-one", "UpToDate", "x"]]
    assert table(["NAME", "STATE", "WHY"], rows, PLAIN) == [
        "NAME           STATE      WHY",
        "shop           Failed     -",
        "a-longer-one   UpToDate   x",
    ]


def test_a_table_has_colours_and_a_width() -> None:
    """A state has the colour of its word; a line is cut before it is coloured, so no sequence is."""
    lines = table(["NAME", "STATE", "WHY"], [["shop", "Failed", "because"]], COLOURED, width=18)
    assert lines == ["\x1b[1mNAME   STATE    W…\x1b[0m".replace("W…", "W…"), "shop   \x1b[31mFailed\x1b[0m   b…"]
    assert COLOURED.state("Odd") == "Odd"
    assert COLOURED.state("Held") == "\x1b[31mHeld\x1b[0m"


@pytest.mark.parametrize(
    ("environ", "is_terminal", "wants"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"TERM": "dumb"}, True, False),
    ],
)
def test_who_wants_colours(environ: dict[str, str], is_terminal: bool, wants: bool) -> None:
    """Only a terminal, and no-color.org counts."""
    assert wants_colour(environ, is_terminal=is_terminal) is wants


def test_others_words_move_no_cursor() -> None:
    """Escape sequences and line ends become blanks."""
    assert plain("a\x1b[31m\r\nb") == "a [31m  b"


def test_a_width() -> None:
    """0 is none."""
    assert [clipped("abcdef", width) for width in (0, 6, 3)] == ["abcdef", "abcdef", "ab…"]


def test_times() -> None:
    """What lies ahead a little is now, as clocks differ; what is due says so."""
    assert ago(None, NOW) == "-"
    assert ago(NOW + timedelta(seconds=9), NOW) == "0s"
    assert ago(NOW - timedelta(minutes=4), NOW) == "4m"
    assert until(NOW + timedelta(minutes=4), NOW) == "in 4m"
    assert until(NOW, NOW) == "due, not yet reported"


def test_a_screen() -> None:
    """The second drawing covers the first, and what does not fit is counted."""
    screen = Screen()
    assert screen.draw(["a", "b"], height=24) == "a\x1b[K\nb\x1b[K\n\x1b[J"
    assert screen.draw(["c"], height=24) == "\x1b[2A\rc\x1b[K\n\x1b[J"
    assert screen.draw(["1", "2", "3", "4"], height=4) == "\x1b[1A\r1\x1b[K\n2\x1b[K\n2 more\x1b[K\n\x1b[J"


def test_documents() -> None:
    """As kubectl prints them."""
    found = details([])
    assert name_of(found) == "promotionstrategydetails.view.promoter.argoproj.io/shop"
    short = in_short(found)
    assert list(short) == ["apiVersion", "kind", "metadata", "status"]
    assert "changeTransferPolicies" not in short
    assert document(listed([1]), "yaml") == "apiVersion: v1\nkind: List\nitems:\n- 1"
    assert document({"a": 1}, "json") == '{\n  "a": 1\n}'


def test_json_moves_no_cursor() -> None:
    """What a terminal obeys is escaped, and is the same when it is read."""
    told = document({"a": "\x1b[1m\x9b31m\u202eb"}, "json")
    assert told == '{\n  "a": "\\u001b[1m\\u009b31m\\u202eb"\n}'
