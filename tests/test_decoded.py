"""Reading decoded JSON of any shape."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from promoter_view.decoded import items, mapping, mappings, moment, number, parse_time, rfc3339, text, texts

TREE = {"a": {"b": {"c": "deep"}, "n": 1, "l": [{"x": 1}, "odd", None, {"x": 2}]}, "s": "word"}


def test_mapping() -> None:
    """An object is found at its path; anything else there, or on the way there, is an empty object."""
    assert mapping(TREE, "a", "b") == {"c": "deep"}
    assert mapping(TREE) is TREE
    for path in (("a", "n"), ("s", "b"), ("a", "l", "x"), ("none", "b")):
        assert mapping(TREE, *path) == {}
    assert mapping(["a"]) == {}


def test_text() -> None:
    """A string is found at its path; anything else is the empty string."""
    assert text(TREE, "a", "b", "c") == "deep"
    assert text("word") == "word"
    for path in (("a",), ("a", "n"), ("s", "x"), ("none",)):
        assert text(TREE, *path) == ""
    assert text(7) == ""


def test_number() -> None:
    """A whole number is found at its path; anything else, a truth value among it, is 0."""
    assert number(TREE, "a", "n") == 1
    assert number({"n": -2}, "n") == -2
    for found in (True, 1.5, "1", None, [1]):
        assert number({"n": found}, "n") == 0
    assert number(["n"], "n") == 0


def test_mappings() -> None:
    """The objects of a list are found at its path, without its other items; what is no list has none."""
    assert list(mappings(TREE, "a", "l")) == [{"x": 1}, {"x": 2}]
    assert list(mappings([{"x": 1}])) == [{"x": 1}]
    for path in (("a",), ("s",), ("a", "l", "x")):
        assert list(mappings(TREE, *path)) == []


def test_items() -> None:
    """A list is found at its path; anything else there is an empty one."""
    assert items(TREE, "a", "l") == TREE["a"]["l"]
    assert items(["x"]) == ["x"]
    for path in (("a",), ("s",), ("none",), ("s", "l")):
        assert items(TREE, *path) == []


def test_texts() -> None:
    """The strings of a list are found at its path, without its other items; what is no list has none."""
    assert texts({"a": {"l": ["x", 1, None, "y"]}}, "a", "l") == ["x", "y"]
    for path in (("a",), ("s",), ("none",)):
        assert texts(TREE, *path) == []


def test_moment() -> None:
    """A time is found at its path; what is no RFC 3339 time with a zone counts as absent."""
    tree = {"at": "2026-11-05T17:59:00Z", "local": "2026-11-05T17:59:00", "n": 5}
    assert moment(tree, "at") == datetime(2026, 11, 5, 17, 59, tzinfo=UTC)
    for path in ("local", "n", "none"):
        assert moment(tree, path) is None


@pytest.mark.parametrize("zero", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+00:00", "0001-01-01T01:00:00+01:00"])
def test_the_zero_time_of_go_is_no_time(zero: str) -> None:
    """Controllers write it where there is none; a second later is one."""
    assert parse_time(zero) is None
    assert parse_time("0001-01-01T00:00:01Z") is not None


def test_a_year_has_four_digits() -> None:
    """Also the first one, as Go's zero time has it."""
    assert rfc3339(datetime(1, 1, 1, tzinfo=UTC).timestamp()) == "0001-01-01T00:00:00Z"
    assert rfc3339(0.9) == "1970-01-01T00:00:00Z"
