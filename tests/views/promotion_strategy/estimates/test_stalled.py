"""When an environment counts as stalled, as a table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from promoter_view.views.promotion_strategy.estimates.hops import UNKNOWN_HOP, Estimate, Hop
from promoter_view.views.promotion_strategy.estimates.stalled import stalled_at

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)


def _hop(ninetieth: int) -> Hop:
    return Hop(proposed=Estimate(timedelta(minutes=1), timedelta(minutes=ninetieth), 3))


#: State, hop, after how many minutes; None: never.
TABLE = [
    ("Checking", _hop(10), 30),
    ("Promoting", _hop(10), 30),
    ("Verifying", _hop(10), 30),
    ("Checking", _hop(5), 15),
    ("Checking", _hop(1), 15),
    ("Checking", UNKNOWN_HOP, 60),
    *((state, _hop(1), None) for state in ("Unknown", "Failed", "Held", "Queued", "Waiting", "NeedsApproval")),
    *((state, _hop(1), None) for state in ("Behind", "UpToDate", "")),
]


@pytest.mark.parametrize(("state", "hop", "minutes"), TABLE)
def test_what_should_move_by_itself_stalls_after_three_times_what_is_usual(
    state: str, hop: Hop, minutes: int | None
) -> None:
    """Not before 15 minutes, after an hour where too little is known; other states never do."""
    assert stalled_at(state, NINE, hop) == (None if minutes is None else NINE + timedelta(minutes=minutes))


def test_what_nobody_knows_since_when_is_not_stalled() -> None:
    assert stalled_at("Checking", None, UNKNOWN_HOP) is None
    assert stalled_at("Checking", datetime.max.replace(tzinfo=UTC), UNKNOWN_HOP) is None, "beyond the year 9999"
