"""Deployments and lead times by day or week, worked out by hand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from promoter_view.dashboard.pictures.delivery_chart import DeliveryChart, chart_steps, drawn_steps
from promoter_view.dashboard.strategies.figures import Deliveries
from promoter_view.journal.figures.meters import Calendar
from promoter_view.slices import outcome
from promoter_view.views.promotion_strategy.estimates.deliveries import Delivery
from tests.support.dashboard.company import Company

NOW = datetime(2026, 11, 26, 15, tzinfo=UTC)  # a Thursday


def deployed(days_ago: float, *lead_minutes: float) -> list[Delivery]:
    live = NOW - timedelta(days=days_ago)
    return [Delivery("a" * 40, live - timedelta(minutes=lead), live, failed=False) for lead in lead_minutes]


def chart(*found: Iterable[Delivery]) -> DeliveryChart:
    drawn = outcome(chart_steps(map(ends, found), NOW))
    assert drawn is not None
    return drawn


def ends(found: Iterable[Delivery]) -> Deliveries:
    """Those of a strategy of one environment."""
    return Deliveries((tuple(found),), frozenset({0}), frozenset({0}))


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def test_what_the_journal_tells_is_drawn_alike() -> None:
    """The same deployments make the same chart, wherever they were counted."""
    calendar = Calendar()
    for days_ago, leads in ((3, (60, 120, 30)), (1, (15,))):
        for lead in leads:
            calendar.add(NOW - timedelta(days=days_ago), 60 * lead)
    assert outcome(drawn_steps(calendar, NOW)) == chart(deployed(3, 60, 120, 30), deployed(1, 15))
    assert outcome(drawn_steps(Calendar(), NOW)) is None


def test_days_count_what_is_known_of_them() -> None:
    """Days in between have none; below three lead times there is no percentile; what says no commit's time counts."""
    unknown = Delivery("b" * 40, None, NOW, failed=False)
    odd = Delivery("b" * 40, NOW + minutes(1), NOW, failed=False)
    found = chart([*deployed(2, 10, 20, 60)], [*deployed(0, 30), unknown, odd])
    assert found.noun == "day"
    assert [(each.start, each.deployments, each.lead_times, each.median, each.ninetieth) for each in found.periods] == [
        (date(2026, 11, 24), 3, 3, minutes(20), minutes(60)),
        (date(2026, 11, 25), 0, 0, None, None),
        (date(2026, 11, 26), 3, 1, minutes(30), None),
    ]
    assert (found.most, found.longest, found.left_out) == (3, minutes(60), 0)


def test_what_is_drawn_is_to_scale() -> None:
    """There is room for fourteen days, the last at the end; the longest time and the busiest day touch the top line."""
    first, between, last = (found := chart(deployed(2, 10, 20, 60), deployed(0, 30))).columns
    assert (first.count_y, between.count_y, round(last.count_y)) == (6.0, 56.0, 39)
    assert (first.ninetieth_y, first.median_y, between.median_y, last.median_y) == (6.0, 62.0, None, 48.0)
    assert round(last.middle) == 96
    assert first.words == "24 Nov: 3 deployments, lead time median 20m, 90 % within 1h"
    assert [words for _, words in found.ticks] == ["24 Nov", "25 Nov", "26 Nov"]
    assert chart(deployed(0, 0)).columns[0].median_y is None, "no lead time is longer than nothing"


def test_longer_spans_are_in_weeks_of_which_there_are_53() -> None:
    found = chart(deployed(31, 5), deployed(0, 5, 5))
    assert (found.noun, found.periods[0].start, len(found.periods)) == ("week", date(2026, 10, 26), 5)
    assert found.periods[-1].deployments == 2
    long = chart(deployed(1000, 5), deployed(370, 5), deployed(0, 5))
    assert (len(long.periods), long.left_out) == (53, 2)
    assert len(long.ticks) <= 6


def test_what_is_ahead_or_as_early_as_can_be_hurts_nothing() -> None:
    """A clock that was ahead says nothing of what is; where nothing is left there is no picture."""
    first = Delivery("a" * 40, None, datetime.min.replace(tzinfo=UTC), failed=False)
    assert chart([first], deployed(0, 5)).left_out == 1
    assert outcome(chart_steps([ends(deployed(-3, 5))], NOW)) is None
    assert outcome(chart_steps([], NOW)) is None


def test_it_is_on_the_page_of_the_activity_with_a_table_behind_it() -> None:
    company = Company()
    html = company.page("activity")
    assert 'id="delivery-chart"' in html
    assert html.count('<circle class="median"') >= 1
    assert '<th scope="row">2026-11-21</th>' in html
    assert 'id="delivery-chart"' not in company.page("activity", {"name": "nothing-of-this-name"})
