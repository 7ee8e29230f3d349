"""When a commit is likely to be live."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from promoter_view.views.promotion_strategy.estimates.hops import UNKNOWN_HOP, Estimate, Hop
from promoter_view.views.promotion_strategy.estimates.likely import Likely, likely

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)
TEN = NINE + timedelta(hours=1)
SHORT = Estimate(timedelta(minutes=7), timedelta(minutes=18), 12)
LONG = Estimate(timedelta(minutes=40), timedelta(minutes=90), 12)


def test_it_counts_from_when_what_it_depends_on_had_it_else_from_its_proposal() -> None:
    hop = Hop(awaited=SHORT, proposed=LONG)
    assert likely(hop, arrived=TEN, proposed=NINE) == Likely(
        TEN, TEN + timedelta(minutes=7), TEN + timedelta(minutes=18), SHORT
    )
    assert likely(hop, arrived=None, proposed=NINE) == Likely(
        NINE, NINE + timedelta(minutes=40), NINE + timedelta(minutes=90), LONG
    )
    assert likely(Hop(proposed=LONG), arrived=TEN, proposed=NINE) == likely(hop, arrived=None, proposed=NINE)


def test_nothing_is_invented() -> None:
    """Without an estimate, without a moment to count from, or where it would be beyond the year 9999."""
    assert likely(UNKNOWN_HOP, arrived=TEN, proposed=NINE) is None
    assert likely(Hop(SHORT, LONG), arrived=None, proposed=None) is None
    assert likely(Hop(SHORT), arrived=datetime.max.replace(tzinfo=UTC), proposed=None) is None
