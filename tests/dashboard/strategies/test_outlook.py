"""What the past of environments tells of what is on its way, on what was read and on the page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from promoter_view.dashboard.strategies.environments import Station, first_stall
from promoter_view.dashboard.strategies.outlook import read_outlook
from promoter_view.views.promotion_strategy.estimates.hops import UNKNOWN_HOP, Estimate, Hop
from tests.dashboard.strategies.test_past import entry, strategy
from tests.support.views.strategies import NEW, OLD, policy

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)
SHAS = [character * 40 for character in "cdef"]


def at(minute: float) -> datetime:
    return NINE + timedelta(minutes=minute)


def past(took: int) -> list[Any]:
    """Four promotions, a day and more ago: each was proposed at its hour, and live so many minutes later."""
    return [_taken(sha, hour, took) for hour, sha in enumerate(SHAS, 1)]


def _taken(sha: str, hour: int, took: int) -> dict[str, Any]:
    opened = NINE - timedelta(days=1, hours=hour)
    found = entry(sha, (opened + timedelta(minutes=took)).isoformat())
    found["pullRequest"]["prCreationTime"] = opened.isoformat()
    return found


def proposed(branch: str, *, took: int, opened: datetime, **more: Any) -> dict[str, Any]:
    """An environment to which another commit is proposed since then."""
    found = policy(branch, pull_request="open", history=past(took), **more)
    found["status"]["pullRequest"]["prCreationTime"] = opened.isoformat()
    return found


def stations(*policies: dict[str, Any], **members: Any) -> tuple[Station, ...]:
    return strategy(*policies, **members).stations


def test_what_waits_for_others_is_estimated_from_its_proposal_until_they_have_it() -> None:
    dev = proposed("environment/dev", took=2, opened=NINE)
    prod = proposed("environment/prod", took=12, opened=at(1))
    first, last = (station.outlook for station in stations(dev, prod))
    assert first.likely is not None
    assert (first.likely.earliest, first.waits_since) == (at(2), NINE)
    assert last.likely is not None
    assert (last.likely.earliest, last.waits_since) == (at(13), at(1)), "since it was proposed"
    assert last.hop.usual == Estimate(timedelta(minutes=10), timedelta(minutes=10), 4), "since dev had it"


def test_once_what_it_depends_on_has_it_the_hop_counts_from_then() -> None:
    """A commit that changes nothing there says nothing of when."""
    arrived = entry(NEW, at(5).isoformat())
    dev = policy("environment/dev", active=NEW, history=[arrived, *past(2)])
    prod = proposed("environment/prod", took=12, opened=at(1))
    _, last = stations(dev, prod)
    assert last.outlook.likely is not None
    assert (last.outlook.likely.since, last.outlook.likely.earliest) == (at(5), at(15))
    assert last.outlook.waits_since == at(5)
    _, last = stations(policy("environment/dev", active=OLD, proposed=OLD, note=NEW, history=past(2)), prod)
    assert last.outlook.likely is not None
    assert last.outlook.likely.since == at(1)


def test_what_is_not_under_way_waits_for_nothing() -> None:
    """Its hop is known all the same; of the states only those that should move by themselves stall."""
    hop = Hop(proposed=Estimate(timedelta(minutes=5), timedelta(minutes=10), 3))
    resting = read_outlook(hop, "UpToDate", since=NINE, proposed=None, arrived=None)
    assert (resting.hop, resting.waits_since, resting.likely, resting.stalled_at) == (hop, None, None, None)
    assert read_outlook(hop, "Verifying", since=NINE, proposed=None, arrived=None).stalled_at == at(30)
    assert read_outlook(UNKNOWN_HOP, "Promoting", since=NINE, proposed=NINE, arrived=None).stalled_at == at(60)


def test_a_strategy_stalls_with_the_first_of_its_environments() -> None:
    late = proposed("environment/a", took=20, opened=at(9))
    soon = proposed("environment/b", took=40, opened=NINE)
    assert first_stall(stations(late, soon)) == at(60)
    assert first_stall(stations(policy(active=NEW))) is None


def test_of_little_that_is_known_nothing_is_invented() -> None:
    """A pull request that says no time leaves the hydrated commit's; where there is none either nobody knows."""
    (found,) = stations(policy(pull_request="open"))
    assert (found.proposed_at, found.outlook.likely, found.outlook.waits_since) == (None, None, None)
    hydrated = policy()
    hydrated["status"]["proposed"]["hydrated"] = {"sha": "9" * 40, "commitTime": at(3).isoformat()}
    (found,) = stations(hydrated)
    assert (found.proposed_at, found.outlook.likely, found.outlook.waits_since) == (at(3), None, at(3))
    assert found.since is not None
    assert found.outlook.stalled_at == found.since + timedelta(hours=1), "its state lasts since then"
