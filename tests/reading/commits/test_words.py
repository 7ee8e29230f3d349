"""What the bytes of members tell of."""

from __future__ import annotations

from promoter_view.reading.commits.words import SCANNERS
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS


def test_a_day_that_never_was_is_no_time() -> None:
    """The oldest is the earliest of those that are times."""
    scanner = SCANNERS[PROMOTION_STRATEGY_DETAILS.plural]
    odd, good = b'"commitTime":"2026-02-30T00:00:00Z"', b'"commitTime":"2026-03-01T00:00:00Z"'
    assert scanner.oldest(odd + good) == "2026-03-01T00:00:00Z"
    assert scanner.oldest(odd) == scanner.oldest(b"") == ""
