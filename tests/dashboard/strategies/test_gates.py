"""Timed and scheduled gates."""

from __future__ import annotations

from datetime import UTC, datetime

from promoter_view.dashboard.strategies.checks import Phase
from promoter_view.dashboard.strategies.gates import read_schedules, read_timers


def test_a_timer_says_when_its_time_has_passed() -> None:
    """The commit's time and the required duration give the end."""
    environment = {
        "branch": "environment/staging",
        "commitTime": "2026-11-21T09:00:00Z",
        "requiredDuration": "1h15m",
        "phase": "pending",
    }
    (found,) = read_timers({"spec": {"key": "soak"}, "status": {"environments": [environment]}})
    assert (found.key, found.branch, found.phase) == ("soak", "environment/staging", Phase.PENDING)
    assert found.until == datetime(2026, 11, 21, 10, 15, tzinfo=UTC)


def test_a_malformed_duration_leaves_the_cluster_s_own_words() -> None:
    """Durations are not validated in the CRD: without an end there is still what the cluster requires."""
    environment = {
        "branch": "b",
        "commitTime": "2026-11-21T09:00:00Z",
        "requiredDuration": "soon",
    }
    (found,) = read_timers({"status": {"environments": [environment]}})
    assert (found.key, found.until, found.required) == ("timer", None, "soon")


def test_a_duration_beyond_all_dates_has_no_end() -> None:
    """A commit may claim the last day of the year 9999: no date says when two days after it are over."""
    environment = {"branch": "b", "commitTime": "9999-12-31T00:00:00Z", "requiredDuration": "48h"}
    (found,) = read_timers({"status": {"environments": [environment]}})
    assert (found.until, found.required) == (None, "48h")


def test_a_schedule_says_what_holds_and_what_is_next() -> None:
    """Both windows with their transitions, in the schedule's time zone."""
    environment = {
        "branch": "environment/production",
        "phase": "pending",
        "active": {"exclude": "freeze", "transition": "2026-11-23T08:00:00Z"},
        "next": {"allow": "office hours", "transition": "2026-11-23T09:00:00Z"},
    }
    (found,) = read_schedules(
        {"spec": {"key": "hours", "timezone": "Europe/Vienna"}, "status": {"environments": [environment]}}
    )
    assert (found.key, found.timezone, found.now.exclude, found.next.allow) == (
        "hours",
        "Europe/Vienna",
        "freeze",
        "office hours",
    )
    assert found.now.transition == datetime(2026, 11, 23, 8, tzinfo=UTC)


def test_no_gates_no_lines() -> None:
    """A gate without environments has none to show, whatever stands in their place."""
    assert not read_timers({"status": {"environments": "x"}})
    assert not read_schedules({})
