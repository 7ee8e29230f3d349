"""The matrix of commits and environments."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from promoter_view.dashboard.strategies.environments import read_strategy
from promoter_view.dashboard.strategies.history import HistoryLine, Matrices
from promoter_view.dashboard.strategies.past import read_past
from tests.support.views.strategies import NEW, OLD, Decoded, bundle, check, policy, restore

OLDER = "c" * 40


def past(sha: str, time: str, merged: str, **more: Any) -> dict[str, Any]:
    return {
        "active": {"dry": {"sha": sha, "commitTime": time}, "commitStatuses": more.get("checks", [])},
        "pullRequest": {"id": "1", "state": "merged", "prMergeTime": merged},
    }


HISTORY = [
    past(OLD, "2026-11-19T10:00:00Z", "2026-11-19T12:00:00Z"),
    past(OLDER, "2026-11-18T10:00:00Z", "2026-11-18T12:00:00Z"),
]


def matrix(*policies: dict[str, Any], **rest: Any) -> tuple[HistoryLine, ...]:
    found = read_strategy(Decoded(bundle(*policies, **rest)), read_past)
    return Matrices().of(found.stations).lines


def kinds(*policies: dict[str, Any], **rest: Any) -> dict[str, list[str]]:
    lines = matrix(*policies, **rest)
    return {line.commit.sha[0]: [cell.kind.value for cell in line.cells] for line in lines}


def test_each_commit_says_what_became_of_it_in_each_environment() -> None:
    """Live, proposed, replaced, and nothing, the newest commit first."""
    first = policy(
        "environment/dev", active=NEW, history=[past(NEW, "2026-11-20T10:00:00Z", "2026-11-20T12:00:00Z"), *HISTORY]
    )
    second = policy("environment/prod", history=HISTORY)
    found = kinds(first, second)
    assert list(found) == ["b", "a", "c"]
    assert found == {"b": ["live", "proposed"], "a": ["replaced", "live"], "c": ["replaced", "replaced"]}


def test_a_replaced_commit_says_how_long_it_was_live_and_by_what_it_was_replaced() -> None:
    """The time between two merges, and the next commit."""
    cell = next(line.cells[0] for line in matrix(policy(history=HISTORY)) if line.commit.sha == OLDER)
    assert cell.lasted == timedelta(days=1)
    assert cell.replaced_by is not None
    assert cell.replaced_by.sha == OLD


def test_failures_are_said_wherever_they_are() -> None:
    """A failing check makes a live, a proposed or a replaced commit a failed one."""
    bad = [check("health", "failure")]
    assert kinds(policy(active_checks=bad)) == {"b": ["proposed"], "a": ["failed"]}
    assert kinds(policy(proposed_checks=bad)) == {"b": ["failed"], "a": ["live"]}
    history = [HISTORY[0], past(OLDER, "2026-11-18T10:00:00Z", "2026-11-18T12:00:00Z", checks=bad)]
    assert kinds(policy(history=history))["c"] == ["failed"]


def test_what_is_older_than_is_kept_is_not_said_to_be_nothing() -> None:
    """Five promotions are kept: a commit older than those may have been there."""
    full = [
        past(letter * 40, f"2026-11-1{number}T10:00:00Z", f"2026-11-1{number}T12:00:00Z")
        for letter, number in zip("54321", range(9, 4, -1), strict=True)
    ]
    busy = policy("environment/dev", active="5" * 40, proposed="5" * 40, history=full)
    slow = policy("environment/prod", active=OLDER, proposed=OLDER)
    slow["status"]["active"]["dry"]["commitTime"] = "2026-11-01T10:00:00Z"
    assert kinds(busy, slow)["c"] == ["not kept", "live"]
    assert kinds(busy, slow)["1"] == ["replaced", "not yet"]


def test_a_commit_that_changes_nothing_is_a_no_op_there() -> None:
    """What the hydrator has worked off without a change says so, and is not taken for missing."""
    first = policy("environment/dev", active=NEW, proposed=NEW)
    second = policy("environment/prod", active=OLD, proposed=OLD, note=NEW)
    assert kinds(first, second) == {"b": ["live", "no-op"], "a": ["no changes", "live"]}


def test_what_is_older_than_all_that_is_live_changed_nothing() -> None:
    """A commit that went by an environment, while nothing of it was dropped, had nothing to change there."""
    first = policy("environment/dev", history=[past(OLDER, "2026-11-18T10:00:00Z", "2026-11-18T12:00:00Z")])
    assert kinds(first, policy("environment/prod"))["c"] == ["replaced", "no changes"]


def test_nothing_known_is_no_line() -> None:
    """An environment without a policy has no past."""
    assert kinds(branches=["environment/dev"]) == {}


def test_a_matrix_is_worked_out_in_steps() -> None:
    """An environment a step; what is asked for afterwards is the same as without them."""
    found = read_strategy(Decoded(bundle(policy(active=NEW, history=HISTORY))), read_past)
    matrices = Matrices()
    assert sum(1 for _ in matrices.steps(found.stations)) >= len(found.stations)
    made, plain = matrices.of(found.stations).lines, Matrices().of(found.stations).lines
    assert [(line.commit, [cell.kind for cell in line.cells]) for line in made] == [
        (line.commit, [cell.kind for cell in line.cells]) for line in plain
    ]


def test_what_a_restore_keeps_out_is_held() -> None:
    """A proposed commit in a held environment is said to be held, also where a check of it failed."""
    held = {"restoreActiveCommits": [restore()]}
    assert kinds(policy(deployed="f" * 40), **held) == {"b": ["held"], "a": ["live"]}
    bad = [check("health", "failure")]
    assert kinds(policy(deployed="f" * 40, proposed_checks=bad), **held) == {"b": ["held"], "a": ["live"]}
    assert kinds(policy(deployed="f" * 40), restoreActiveCommits=[restore(blocks=False)])["b"] == ["proposed"]
