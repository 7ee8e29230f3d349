"""The last deployments of a strategy, a stroke each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from promoter_view.dashboard.pictures.sparkline import sparkline_of
from promoter_view.views.promotion_strategy.estimates.deliveries import Delivery
from tests.support.dashboard.company import Company

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)


def deployed(hour: int, minutes: float, *, failed: bool = False) -> Delivery:
    live = NINE + timedelta(hours=hour)
    return Delivery("a" * 40, live - timedelta(minutes=minutes), live, failed)


def test_a_stroke_is_as_high_as_the_lead_time_is_long() -> None:
    """The oldest first, in whatever order they come; those with a failed check apart."""
    found = sparkline_of([deployed(2, 10), deployed(0, 20), deployed(1, 5, failed=True)])
    assert found is not None
    assert (found.well, found.failed) == ("M1.5 14v-13M9.5 14v-6", "M5.5 14v-3")
    assert found.words == "Lead times of the last 3 deployments, median 10m, newest 10m, 1 failed"


def test_the_last_twelve_are_drawn() -> None:
    found = sparkline_of([deployed(hour, 5) for hour in range(40)])
    assert found is not None
    assert found.well.count("M") == 12
    assert found.words == "Lead times of the last 12 deployments, median 5m, newest 5m"


def test_where_no_lead_time_is_known_there_is_no_picture() -> None:
    """One of no length at all is a stroke that is seen."""
    nobody_knows, odd = replace(deployed(0, 5), committed=None), deployed(0, -5)
    assert sparkline_of([nobody_knows, odd]) is None
    assert sparkline_of([]) is None
    found = sparkline_of([deployed(0, 0)])
    assert found is not None
    assert (found.well, found.words) == ("M1.5 14v-1", "Lead times of the last deployment, median 0s, newest 0s")


def test_each_row_of_the_fleet_has_one_of_a_few_bytes() -> None:
    html = Company().page("")
    pictures = [part.partition("</svg>")[0] for part in html.split('<svg class="spark"')[1:]]
    assert len(pictures) == html.count('<li class="row')
    assert all(len(picture) < 450 for picture in pictures)
