"""How policies name Stages."""

from __future__ import annotations

import pytest

from promoter_view.promotions.automatic.patterns import PatternError, matches_name


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("test", "test", True),
        ("test", "test-1", False),
        ("te*", "test", False),
        ("glob:*-test", "eu-test", True),
        ("glob:*-test", "eu-test-1", False),
        ("glob:**", "anything", True),
        ("glob:te?t", "test", True),
        ("glob:te?t", "tet", False),
        ("glob:{dev,test-*}", "test-1", True),
        ("glob:{dev,test-*}", "prod", False),
        ("glob:a,b", "a,b", True),
        ("glob:a}", "a}", True),
        ("glob:test-[1-3]", "test-2", True),
        ("glob:test-[1-3]", "test-4", False),
        ("glob:test-[^1-3]", "test-4", True),
        ("glob:test-[!1-3]", "test-2", False),
        (r"glob:te[\]x]t", "te]t", True),
        (r"glob:a\*", "a*", True),
        (r"glob:a\*", "ab", False),
        ("glob:a.b", "axb", False),
        ("regex:^(dev|test)$", "test", True),
        ("regex:es", "test", True),
        ("regexp:^t", "prod", False),
    ],
)
def test_names(pattern: str, name: str, matches: bool) -> None:
    """Exactly, or by a glob of the whole name, or by a regular expression that is found anywhere in it."""
    assert matches_name(pattern, name) is matches


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("glob:{dev", "a { is not closed"),
        ("glob:[a", "it ends too early"),
        ("glob:a\\", "it ends too early"),
        ("glob:[z-a]", "is no pattern"),
        ("regex:(", "'regex:\\(' is no pattern: missing"),
        ("regex:\ud800", "is no pattern"),
        ("regex:(a+)+$x{1000}{1000}", "is no pattern"),
    ],
)
def test_what_is_no_pattern(pattern: str, why: str) -> None:
    """A pattern that cannot be read is named, with what is wrong with it."""
    with pytest.raises(PatternError, match=why):
        matches_name(pattern, "test")
