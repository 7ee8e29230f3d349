"""Commits as pages show them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.dashboard.strategies.commits import person, read_commit, without_trailers

SHA = "b647e8a" + "0" * 33
FOUND: dict[str, Any] = {
    "sha": SHA,
    "commitTime": "2026-11-21T08:58:15Z",
    "repoURL": "https://git.example.com/deployments/ledger",
    "author": "Mei Tanaka <mei.tanaka@example.com>",
    "subject": "fix(ledger): count once",
    "body": "It was twice.\n\nSigned-off-by: Mei Tanaka <mei.tanaka@example.com>",
    "references": [{"commit": {"sha": "c0e836c" + "1" * 33, "author": "Tom <t@x>", "subject": "Count once"}}, {}, 7],
}


def test_a_commit_says_who_what_when_and_why() -> None:
    """Everything that people ask of a commit is read, its references included."""
    commit = read_commit(FOUND)
    assert commit is not None
    assert (commit.short, commit.author, commit.subject) == ("b647e8a", "Mei Tanaka", "fix(ledger): count once")
    assert commit.body == "It was twice."
    assert commit.time == datetime(2026, 11, 21, 8, 58, 15, tzinfo=UTC)
    assert commit.url == f"https://git.example.com/deployments/ledger/commit/{SHA}"
    assert [(each.short, each.author) for each in commit.references] == [("c0e836c", "Tom")]


def test_without_a_sha_there_is_no_commit() -> None:
    """A status without a sha has no commit to show."""
    assert read_commit({"subject": "x"}) is None


@pytest.mark.parametrize(
    ("author", "name"),
    [("Mei <m@x>", "Mei"), ("<m@x>", "m@x"), ("m@x", "m@x"), ("", ""), ("A <B> <c@x>", "A")],
)
def test_authors_are_said_by_name(author: str, name: str) -> None:
    """The address is said only where there is no name."""
    assert person(author) == name


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("Why.\n\nSigned-off-by: A <a@x>\nReviewed-by: B", "Why."),
        ("Signed-off-by: A <a@x>", ""),
        ("One.\n\nTwo: is text\nand so is this", "One.\n\nTwo: is text\nand so is this"),
        ("", ""),
    ],
)
def test_trailers_are_left_out(body: str, wanted: str) -> None:
    """The last paragraph goes where it holds trailers only."""
    assert without_trailers(body) == wanted


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*FOUND, "commit"]), inner, max_size=6),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(list(FOUND)), _JSON))
def test_no_shape_raises(found: dict[str, Any]) -> None:
    """Statuses of any shape are read without an error."""
    read_commit(found)
