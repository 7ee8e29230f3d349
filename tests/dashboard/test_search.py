"""What a search for text finds."""

from __future__ import annotations

from typing import Any

import pytest

from promoter_view.dashboard.search import freight_words, joined, read_search
from promoter_view.dashboard.strategies.environments import read_policy, read_strategy
from promoter_view.dashboard.strategies.fleet import read_row
from tests.views.strategies import Decoded

DRY, HYDRATED, SOURCE, OLD, NOOP = (letter * 40 for letter in "abcde")
BUNDLE: dict[str, Any] = {
    "metadata": {"namespace": "payments", "name": "ledger"},
    "promotionStrategy": {"spec": {"environments": [{"branch": "environment/prod"}]}},
    "changeTransferPolicies": [
        {
            "spec": {"activeBranch": "environment/prod"},
            "status": {
                "active": {
                    "dry": {
                        "sha": DRY,
                        "author": "Ada <ada@example.com>",
                        "subject": "Raise the limit",
                        "references": [{"commit": {"sha": SOURCE}}],
                    },
                    "hydrated": {"sha": HYDRATED},
                },
                "proposed": {"note": {"drySha": NOOP}},
                "pullRequest": {"id": "42", "state": "merged"},
                "history": [{"active": {"dry": {"sha": OLD}}, "pullRequest": {"id": "17"}}],
            },
        }
    ],
}
WORDS = read_row(Decoded(BUNDLE), read_strategy(Decoded(BUNDLE), read_policy)).words
#: What is typed, and whether it finds the strategy above. The browser's search is tried on the same.
TYPED = {
    "": True,
    "ledger": True,
    "PAYMENTS/led": True,
    "ada raise": True,
    "ada lower": False,
    DRY: True,
    HYDRATED: True,
    SOURCE: True,
    OLD: True,
    NOOP: True,
    OLD[:7]: True,
    OLD.upper(): True,
    OLD[:11] + "0" * 29: False,
    "9" * 40: False,
    "#42": True,
    "#17": True,
    "#4": False,
    "#421": False,
    "42": True,
    f"#42 {OLD}": True,
    "[(*": False,
}


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
