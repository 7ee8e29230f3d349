"""The timeline of a strategy: bars of what was live, on what was read and on the page."""

from __future__ import annotations

from typing import Any

from promoter_view.dashboard.pictures.axis import axis_of
from promoter_view.dashboard.pictures.timeline import Lane, lane_of, timeline_axis
from promoter_view.dashboard.strategies.environments import Station
from tests.dashboard.strategies.test_past import FAILED, entry, strategy
from tests.support.dashboard.company import Company
from tests.support.views.strategies import NEW, OLD, policy, restore

OLDER = "c" * 40


def at(hour: int) -> str:
    return f"2026-11-20T{hour:02}:00:00Z"


def station(*policies: dict[str, Any], **members: Any) -> Station:
    return strategy(*policies, **members).stations[0]


def lane(found: Station) -> Lane:
    axis = timeline_axis([found])
    assert axis is not None
    return lane_of(found, axis, held=bool(found.facts.held_by))


def test_a_bar_lasts_from_when_a_commit_went_live_to_the_next() -> None:
    """The oldest first; what is live reaches the end of the axis, here from 0 to 10 o'clock."""
    past = [entry(NEW, at(8)), entry(OLD, at(4), checks=FAILED), entry(OLDER, at(1))]
    found = lane(station(policy(active=NEW, proposed=NEW, history=past)))
    assert [(bar.x, bar.width, bar.sha, bar.marks) for bar in found.bars] == [
        (10.0, 30.0, "ccccccc", ()),
        (40.0, 40.0, "aaaaaaa", ("failed",)),
        (80.0, 20.0, "bbbbbbb", ()),
    ]
    assert found.bars[-1].look == "newest"
    assert found.words == "3 commits, 1 failed; bbbbbbb is live from 20 Nov 2026, 08:00 UTC"
    assert found.bars[1].title == "aaaaaaa : from 20 Nov 2026, 04:00 UTC, until 20 Nov 2026, 08:00 UTC, failed"


def test_what_was_restored_or_is_held_is_marked() -> None:
    past = [entry(OLD, at(1), hydrated=at(8), restored="e" * 40), entry(NEW, at(4)), entry(OLD, at(1))]
    found = station(policy(history=past, deployed="f" * 40), restoreActiveCommits=[restore()])
    assert found.facts.held_by
    assert [(bar.look, bar.marks) for bar in lane(found).bars][-1] == ("live", ("restored", "held"))
    assert "1 restored" in lane(found).words


def test_a_commit_looks_the_same_in_every_environment() -> None:
    past = [entry(NEW, at(8)), entry(OLD, at(4))]
    looks = {
        bar.look
        for branch in ("environment/dev", "environment/prod")
        for bar in lane(station(policy(branch, active=NEW, history=past))).bars[:1]
    }
    assert len(looks) == 1


def test_what_nobody_tells_is_no_bar() -> None:
    """Entries without a commit or a time, times in no order, and an environment of which nothing is known."""
    odd = [entry(NEW, at(4)), {"active": {"dry": {"sha": OLD}}}, {}, entry(OLDER, at(9))]
    assert [bar.width > 0 for bar in lane(station(policy(active=NEW, proposed=NEW, history=odd))).bars] == [True, True]
    assert timeline_axis([station(policy(history=[]))]) is None
    axis = axis_of([station(policy(active=NEW, history=[entry(NEW, at(4))])).live_since or 0])
    assert axis is not None
    assert lane_of(station(policy(history=[])), axis, held=False).words == "it is not known when commits went live"
    unknown_now = station(policy(active=NEW, proposed=NEW, history=[entry(OLD, at(4)), entry(OLDER, at(1))]))
    assert [(bar.sha, bar.look in ("odd", "even")) for bar in lane(unknown_now).bars] == [("ccccccc", True)]


def test_it_is_on_the_page_of_a_strategy_and_bounded() -> None:
    """Each lane leads to its environment's card."""
    company = Company()
    company.go_on(60)
    html = company.page("strategies/payments/ledger")
    count = html.count('<li class="column')
    assert count > 1
    assert html.count('class="lane" id="lane-') == count
    assert html.count('<g class="bar') >= count
