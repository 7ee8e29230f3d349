"""Names as controllers make them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.simulator.company.naming import fnv32a, label_value, unique_name


@pytest.mark.parametrize(
    ("name", "value"),
    [("my.app", "my-app"), ("my-app", "my-app"), ("a..b__c", "a-b-c"), ("-x", "x"), ("a" * 70, "a" * 63)],
)
def test_label_values(name: str, value: str) -> None:
    """Runs of other characters become a dash, 63 characters are kept, leading dashes go."""
    assert label_value(name) == value


@pytest.mark.parametrize(("text", "value"), [("", 0x811C9DC5), ("a", 0xE40C292C), ("foobar", 0xBF9CF968)])
def test_fnv32a(text: str, value: int) -> None:
    """The published test vectors of FNV-1a."""
    assert fnv32a(text.encode()) == value


@given(st.text(min_size=1), st.text(min_size=1))
def test_unique_names_tell_texts_apart(one: str, other: str) -> None:
    """Names are valid and not too long, and differ where their hashes do, though they read alike."""
    first, second = unique_name(one), unique_name(other)
    assert len(first) <= 253
    assert (first == second) <= (fnv32a(one.encode()) == fnv32a(other.encode()))


def test_unique_names_of_alike_texts() -> None:
    """``my.app`` and ``my-app`` read the same and are not."""
    assert unique_name("my.app")[:7] == unique_name("my-app")[:7] == "my-app-"
    assert unique_name("my.app") != unique_name("my-app")
