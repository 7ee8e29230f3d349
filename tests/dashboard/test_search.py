"""What a search for text finds."""

from __future__ import annotations

import pytest

from promoter_view.dashboard.search import freight_words, joined, read_search
from tests.support.dashboard.searches import DRY, HYDRATED, OLD, SOURCE, TYPED, WORDS


@pytest.mark.parametrize(("typed", "found"), TYPED.items())
def test_strategies(typed: str, found: bool) -> None:
    """By names, authors, subjects, any sha of its commits (dry, hydrated, source, past), pull requests."""
    assert read_search(typed).finds(WORDS) is found


def test_freight() -> None:
    """A Stage is found by its Freight's name, commits, tags, digests and versions."""
    freight = {
        "metadata": {"name": OLD},
        "commits": [{"id": DRY, "tag": "v1"}],
        "images": [{"tag": "2.0", "digest": f"sha256:{SOURCE}"}],
        "charts": [{"version": "3.1.4"}],
    }
    words = joined(freight_words(freight))
    for typed in (OLD, DRY, "v1", "2.0", f"sha256:{SOURCE}", "3.1.4"):
        assert read_search(typed).finds(words)
    assert not read_search(HYDRATED).finds(words)


def test_words_are_few() -> None:
    """However often a commit occurs, a row carries it once, and its beginning only."""
    assert WORDS.count(DRY[:7]) == 1
    assert DRY not in WORDS
