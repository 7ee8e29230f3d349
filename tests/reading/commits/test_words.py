"""What the bytes of members tell of."""

from __future__ import annotations

from promoter_view.reading.commits.words import SCANNERS, windows
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS


def test_a_day_that_never_was_is_no_time() -> None:
    """The oldest is the earliest of those that are times."""
    scanner = SCANNERS[PROMOTION_STRATEGY_DETAILS.plural]
    odd, good = b'"commitTime":"2026-02-30T00:00:00Z"', b'"commitTime":"2026-03-01T00:00:00Z"'
    assert scanner.oldest(odd + good) == "2026-03-01T00:00:00Z"
    assert scanner.oldest(odd) == scanner.oldest(b"") == ""


def test_what_two_texts_share_at_either_end_is_left_out() -> None:
    """Of two long versions of an object only what differs is looked at, with no word cut."""
    start, end = b"a" * 5_000, b"z" * 5_000
    old, new = windows(start + b" one " + end, start + b" another " + end)
    assert b" one " in old
    assert b" another " in new
    assert max(len(old), len(new)) < 3_000
    assert windows(b"short", b"other") == (b"short", b"other")
