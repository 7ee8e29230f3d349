"""Who tells of an environment's past, how far back, and what of it was restored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from promoter_view.dashboard.strategies.environments import ShownStrategy, Station, read_strategy
from promoter_view.dashboard.strategies.figures import figures, kept_words
from promoter_view.dashboard.strategies.history import CellKind, Matrices
from promoter_view.dashboard.strategies.past import read_last, read_past
from tests.support.views.strategies import NEW, OLD, Decoded, bundle, history, policy

OLDER = "c" * 40
NOW = datetime(2026, 11, 22, tzinfo=UTC)
FAILED = [{"key": "health", "phase": "failure"}]


def entry(sha: str, merged: str, number: str = "1", **more: Any) -> dict[str, Any]:
    """A promotion that was; ``checks`` are those at its merge, ``restored`` where its hydrated commit came from."""
    found = {
        "active": {
            "dry": {"sha": sha, "commitTime": "2026-11-18T00:00:00Z"},
            "hydrated": {"sha": "f" * 40, "commitTime": more.get("hydrated", merged)},
            "commitStatuses": more.get("checks", []),
        },
        "pullRequest": {"id": number, "state": "merged", "prMergeTime": merged},
    }
    return {**found, "restoredFrom": more["restored"]} if "restored" in more else found


FIRST, SECOND = entry(OLD, "2026-11-19T10:00:00Z", "3"), entry(OLDER, "2026-11-18T10:00:00Z", "2")
RESTORED = entry(OLD, "2026-11-17T10:00:00Z", "1", hydrated="2026-11-21T08:00:00Z", restored="e" * 40, checks=FAILED)


def without_past(**more: Any) -> dict[str, Any]:
    """A policy as releases from 0.41 on write it."""
    found = policy(**more)
    del found["status"]["history"]
    return found


def strategy(*policies: dict[str, Any], read: Any = read_past, **members: Any) -> ShownStrategy:
    return read_strategy(Decoded(bundle(*policies, **members)), read)


def station(*policies: dict[str, Any], **members: Any) -> Station:
    (found,) = strategy(*policies, **members).stations
    return found


#: What the policy tells, the histories that are there; the pull requests that are told of, how many are kept, whether
#: it is told at all.
SOURCES: dict[str, tuple[dict[str, Any], list[Any], list[str], int, bool]] = {
    "a policy alone": (policy(history=[FIRST, SECOND]), [], ["3", "2"], 5, True),
    "a history alone": (without_past(), [history("environment/dev", FIRST, SECOND)], ["3", "2"], 20, True),
    "both": (policy(history=[FIRST, SECOND]), [history("environment/dev", FIRST, SECOND)], ["3", "2"], 20, True),
    "both, of which the policy's is older": (
        policy(history=[SECOND]),
        [history("environment/dev", FIRST)],
        ["3"],
        20,
        True,
    ),
    "a history that is not filled yet": (policy(history=[FIRST]), [history("environment/dev")], ["3"], 5, True),
    "a history of another branch": (without_past(), [history("environment/prod", FIRST)], [], 5, False),
    "a history that nobody has looked at": (
        without_past(),
        [{**history("environment/dev"), "status": {}}],
        [],
        5,
        False,
    ),
    "a history of nothing": (without_past(), [history("environment/dev")], [], 20, True),
    "nobody": (without_past(), [], [], 5, False),
    "nobody, where nothing was ever live": (without_past(active=""), [], [], 5, True),
    "two histories of one branch": (
        without_past(),
        [history("environment/dev", FIRST), history("environment/dev", SECOND)],
        ["3"],
        20,
        True,
    ),
    "two histories of one branch, of which one is empty": (
        without_past(),
        [history("environment/dev"), history("environment/dev", SECOND)],
        ["2"],
        20,
        True,
    ),
    "a history that is null": (
        {**without_past(), "status": {**without_past()["status"], "history": None}},
        [{**history("environment/dev"), "status": {"history": None, "conditions": None, "observedGeneration": "x"}}],
        [],
        5,
        False,
    ),
    "a history of a wrong shape": (without_past(), [{"spec": {"activeBranch": 1}, "status": []}], [], 5, False),
}


@pytest.mark.parametrize("case", SOURCES)
def test_who_tells_of_the_past(case: str) -> None:
    """A history counts before the policy's own status, and nothing is told twice while both are there."""
    own, histories, numbers, kept, is_told = SOURCES[case]
    found = station(own, changeTransferPolicyHistories=histories)
    assert [past.request.number for past in found.history if past.request] == numbers
    assert (found.past.kept, found.past.is_told) == (kept, is_told)


def test_rows_read_the_last_promotion_only() -> None:
    """Of a fleet's rows no more is kept than they show; what is searched for is known of all."""
    members = {"changeTransferPolicyHistories": [history("environment/dev", FIRST, SECOND)]}
    (found,) = strategy(without_past(), read=read_last, **members).stations
    assert (len(found.history), found.past.count, len(found.deliveries)) == (1, 2, 2)
    assert {"#3", "#2", OLDER[:12]} <= set(found.past.words)


def test_what_is_live_came_by_the_promotion_that_brought_it() -> None:
    """A history that lags behind its policy is not taken for what is live: then the policy's own request counts."""
    late = {"changeTransferPolicyHistories": [history("environment/dev", SECOND)]}
    found = station(without_past(active=OLD, proposed=OLD, pull_request="merged", deployed="f" * 40), **late)
    assert found.last_request is not None
    assert found.last_request.number == "12"
    assert found.live_since == datetime(2026, 11, 20, 10, tzinfo=UTC)
    up_to_date = {"changeTransferPolicyHistories": [history("environment/dev", FIRST, SECOND)]}
    found = station(without_past(active=OLD, proposed=OLD, pull_request="open"), **up_to_date)
    assert found.last_request is not None
    assert (found.last_request.number, found.live_since) == ("3", datetime(2026, 11, 19, 10, tzinfo=UTC))


def test_a_restore_has_its_own_time_and_is_marked() -> None:
    """Its pull request and checks are copies of the old promotion's: neither tells when it came, or how it stands."""
    members = {"changeTransferPolicyHistories": [history("environment/dev", RESTORED, SECOND)]}
    found = station(without_past(active=OLD, proposed=OLD), **members)
    restored_at = datetime(2026, 11, 21, 8, tzinfo=UTC)
    assert (found.live_since, found.restored_from) == (restored_at, "e" * 7)
    assert found.history[0].active.checks.items == ()
    lines = {line.commit.sha: line.cells[0] for line in Matrices().of([found]).lines}
    assert (lines[OLD].kind, lines[OLD].since, lines[OLD].restored_from) == (CellKind.LIVE, restored_at, "e" * 7)
    assert lines[OLDER].lasted == restored_at - datetime(2026, 11, 18, 10, tzinfo=UTC)


def test_a_restore_that_was_replaced_is_marked_as_well() -> None:
    """Further down in the past it is said too, and lasted from its own time on."""
    past = history("environment/dev", entry(NEW, "2026-11-21T18:00:00Z"), RESTORED)
    found = station(without_past(active=NEW, proposed=NEW), changeTransferPolicyHistories=[past])
    lines = {line.commit.sha: line.cells[0] for line in Matrices().of([found]).lines}
    assert (lines[OLD].kind, lines[OLD].restored_from, lines[OLD].lasted) == (
        CellKind.REPLACED,
        "e" * 7,
        timedelta(hours=10),
    )


def test_figures_do_not_count_a_restore() -> None:
    """It is no promotion: not in their number, not in a time, not as a failure."""
    members = {"changeTransferPolicyHistories": [history("environment/dev", RESTORED, FIRST, SECOND)]}
    found = figures([strategy(without_past(active=OLD, proposed=OLD, active_checks=FAILED), **members).deliveries], NOW)
    assert (found.promotions, found.failure_share, found.kept, found.untold) == (2, 0.0, "last 20", 0)
    assert found.since == datetime(2026, 11, 18, 10, tzinfo=UTC)


def test_a_merge_time_that_is_none_is_the_commits() -> None:
    """What is not a time counts as absent, in figures as elsewhere."""
    odd = entry(OLD, "yesterday", hydrated="2026-11-21T08:00:00Z")
    members = {"changeTransferPolicyHistories": [history("environment/dev", odd)]}
    found = station(without_past(), **members)
    assert [each.live for each in found.deliveries] == [found.live_since] == [datetime(2026, 11, 21, 8, tzinfo=UTC)]


def test_what_fails_now_is_the_failure_of_what_is_live() -> None:
    """Not of the promotion before it, where nothing tells when the last one was."""
    odd = entry(NEW, "", "4")
    del odd["active"]["hydrated"]
    past = {"changeTransferPolicyHistories": [history("environment/dev", odd, FIRST)]}
    found = station(without_past(active=NEW, active_checks=FAILED), **past)
    assert [(each.sha, each.failed) for each in found.deliveries] == [(OLD, False)]


def test_figures_say_of_how_many_environments_nobody_tells() -> None:
    """Nothing told is not the same as nothing done."""
    dev, prod = without_past(branch="environment/dev"), without_past(branch="environment/prod")
    members = {"changeTransferPolicyHistories": [history("environment/dev", FIRST)]}
    found = figures([strategy(dev, prod, **members).deliveries], NOW)
    assert (found.promotions, found.deployments, found.untold, found.per_day) == (1, 0, 1, None)
    nothing = figures([strategy(dev, prod).deliveries], NOW)
    assert (nothing.promotions, nothing.untold, nothing.kept) == (0, 2, "")


def test_what_is_told_by_several_is_said_of_all() -> None:
    """While some environments are of one release and some of another."""
    assert [kept_words(frozenset(each)) for each in ((), (5,), (20, 5))] == ["", "last 5", "last 5 to 20"]


@pytest.mark.parametrize(("count", "kind"), [(5, CellKind.NOTHING), (19, CellKind.NOTHING), (20, CellKind.UNKNOWN)])
def test_twenty_are_kept_by_a_history(count: int, kind: CellKind) -> None:
    """What is older than the oldest may have been there only where as many are there as are kept."""
    entries = [entry(f"{number:040x}", "2026-11-20T10:00:00Z") for number in range(count)]
    dev = without_past(branch="environment/dev", active=f"{0:040x}", proposed=f"{0:040x}")
    prod = policy("environment/prod", active=OLDER, proposed=OLDER)
    prod["status"]["active"]["dry"]["commitTime"] = "2026-11-01T00:00:00Z"
    members = {"changeTransferPolicyHistories": [history("environment/dev", *entries)]}
    lines = Matrices().of(strategy(dev, prod, **members).stations).lines
    assert next(line.cells[0].kind for line in lines if line.commit.sha == OLDER) is kind


def test_where_nobody_tells_nothing_is_said_not_to_have_been() -> None:
    """A commit that is older than what is live may have been there: that is not kept, and no "no changes"."""
    dev, prod = without_past(branch="environment/dev"), policy("environment/prod", active=OLDER, proposed=OLDER)
    prod["status"]["active"]["dry"]["commitTime"] = "2026-11-01T00:00:00Z"
    lines = Matrices().of(strategy(dev, prod).stations).lines
    assert next(line.cells[0].kind for line in lines if line.commit.sha == OLDER) is CellKind.UNKNOWN
