"""The feed follows the history by itself."""

from __future__ import annotations

from twisted.internet.task import Clock

from promoter_view.dashboard.activity import Activity
from promoter_view.dashboard.following import ActivityFollower, RowWarmer
from promoter_view.slices import cooperator
from tests.support.dashboard.company import Company
from tests.support.views.world import VIEW


def _settle(clock: Clock) -> None:
    for _ in range(200):
        clock.advance(0)


def test_it_reads_what_is_held_and_then_what_comes() -> None:
    """From the horizon on, a slice a turn, and with each move of the head."""
    company, clock = Company(), Clock()
    activity = Activity(company.subjects, company.isolation)
    company.go_on(20)
    follower = ActivityFollower(company.world.projector, [VIEW], activity, cooperator=cooperator(clock))
    follower.start()
    _settle(clock)
    known = list(company.activity.newest_first(company.now))
    assert list(activity.newest_first(company.now))[: len(known)] == known
    company.go_on(20)
    _settle(clock)
    more = list(company.activity.newest_first(company.now))
    assert len(more) > len(known)
    assert list(activity.newest_first(company.now))[: len(more)] == more


def test_after_it_is_stopped_nothing_runs() -> None:
    """No call is left, and a moving head wakes nobody."""
    company, clock = Company(), Clock()
    follower = ActivityFollower(
        company.world.projector, [VIEW], Activity(company.subjects, company.isolation), cooperator=cooperator(clock)
    )
    follower.start()
    follower.stop()
    company.go_on(5)
    assert clock.getDelayedCalls() == []


def test_behind_the_horizon_it_starts_over() -> None:
    """What it has missed it does not pretend to know: the feed begins again at the horizon."""
    company, clock = Company(), Clock()
    activity = Activity(company.subjects, company.isolation)
    company.go_on(5)
    follower = ActivityFollower(company.world.projector, [VIEW], activity, cooperator=cooperator(clock))
    follower.start()
    clock.advance(0)
    company.world.projector._history._max_bytes = 20_000
    for _ in range(20):
        company.clock.advance(1)
        company.reflect()
    _settle(clock)
    horizon = company.world.projector.horizon
    assert all(entry.resource_version > horizon for entry in activity.newest_first(company.now))


def test_rows_are_made_ahead_of_the_first_visitor() -> None:
    """One a turn once the first state is there, and never again: from then on each change makes its own."""
    company, clock = Company(), Clock()
    warmer = RowWarmer(company.world.projector, VIEW, company.fragments, cooperator=cooperator(clock))
    warmer.start()
    assert not all(map(company.subjects[VIEW]._shown.has, company.bundles))
    _settle(clock)
    assert all(map(company.subjects[VIEW]._shown.has, company.bundles))
    assert clock.getDelayedCalls() == []


def test_a_warmer_that_is_stopped_leaves_nothing() -> None:
    """Half-way it can be ended."""
    company, clock = Company(), Clock()
    warmer = RowWarmer(company.world.projector, VIEW, company.fragments, cooperator=cooperator(clock))
    warmer.start()
    clock.advance(0)
    warmer.stop()
    assert clock.getDelayedCalls() == []
