"""One word of state: promoter.md's table, case by case."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.views.promotion_strategy.standing import StateWord, newest_dry_commit, summarize_environment
from promoter_view.views.promotion_strategy.summary import worst
from tests.support.views.strategies import (
    EARLIER,
    JSON,
    LATER,
    NEW,
    OLD,
    Decoded,
    bundle,
    check,
    commit,
    history,
    policy,
    restore,
    summarize,
)

GREEN = [check("lint", "success")]
PENDING = [check("lint", "pending", "lint is  still\nrunning")]
PREVIOUS = [check("promoter-previous-environment", "pending", "Waiting for previous environment to be promoted")]

CASES: dict[str, tuple[dict[str, Any] | None, StateWord, tuple[str, ...]]] = {
    "no policy": (None, StateWord.UNKNOWN, ("no ChangeTransferPolicy yet",)),
    "no dry sha": (policy(active="", proposed=""), StateWord.UNKNOWN, ("no dry commit yet",)),
    "no dry sha wins over a failure": (
        policy(active="", proposed="", active_checks=[check("health", "failure")]),
        StateWord.UNKNOWN,
        ("no dry commit yet",),
    ),
    "nothing proposed": (policy(proposed=""), StateWord.UNKNOWN, ("no proposed dry commit",)),
    "nothing proposed, and unhealthy": (
        policy(proposed="", active_checks=[check("health", "failure")]),
        StateWord.FAILED,
        ("active check health failing",),
    ),
    "active failure": (
        policy(active_checks=[check("argocd-health", "failure", "2 of 3 degraded")]),
        StateWord.FAILED,
        ("active check argocd-health failing: 2 of 3 degraded",),
    ),
    "proposed failure": (
        policy(proposed_checks=[*PENDING, check("scan", "failure")]),
        StateWord.FAILED,
        ("proposed check scan failing",),
    ),
    "both fail": (
        policy(active_checks=[check("health", "failure")], proposed_checks=[check("scan", "failure")]),
        StateWord.FAILED,
        ("active check health failing", "proposed check scan failing"),
    ),
    "a failure wins over promoted": (
        policy(active=NEW, active_checks=[check("health", "failure")]),
        StateWord.FAILED,
        ("active check health failing",),
    ),
    "promoted": (policy(active=NEW), StateWord.PROMOTED, ()),
    "promoted while a check is pending": (policy(active=NEW, proposed_checks=PENDING), StateWord.PROMOTED, ()),
    "no-op hydration": (policy(active=OLD, proposed=OLD, note=NEW), StateWord.PROMOTED, ()),
    "no-op hydration over an older proposal": (policy(active="c" * 40, proposed=OLD, note=NEW), StateWord.PROMOTED, ()),
    "a note that agrees is no no-op": (policy(note=NEW), StateWord.PROMOTING, ()),
    "awaits a merge": (
        policy(auto_merge=False, pull_request="open", proposed_checks=GREEN),
        StateWord.AWAITING_MERGE,
        ("pull request #12 waits to be merged",),
    ),
    "awaits a merge without any check": (
        policy(auto_merge=False, pull_request="open"),
        StateWord.AWAITING_MERGE,
        ("pull request #12 waits to be merged",),
    ),
    "its pull request is not open": (
        policy(auto_merge=False, pull_request="closed", proposed_checks=GREEN),
        StateWord.PROMOTING,
        (),
    ),
    "merged by itself": (policy(auto_merge=True, pull_request="open", proposed_checks=GREEN), StateWord.PROMOTING, ()),
    "autoMerge defaults to true": (policy(pull_request="open", proposed_checks=GREEN), StateWord.PROMOTING, ()),
    "not yet green": (
        policy(auto_merge=False, pull_request="open", proposed_checks=[*GREEN, *PENDING]),
        StateWord.BLOCKED,
        ("lint: lint is still running",),
    ),
    "blocked": (policy(proposed_checks=PENDING), StateWord.BLOCKED, ("lint: lint is still running",)),
    "blocked without a description": (policy(proposed_checks=[check("soak", "pending")]), StateWord.BLOCKED, ("soak",)),
    "blocked by the previous environment": (
        policy(proposed_checks=[*GREEN, *PREVIOUS, *PENDING]),
        StateWord.BLOCKED,
        (
            "previous environment: Waiting for previous environment to be promoted",
            "lint: lint is still running",
        ),
    ),
    "an active check that is pending blocks nothing": (policy(active_checks=PENDING), StateWord.PROMOTING, ()),
    "first promotion of a new environment": (policy(active=""), StateWord.PROMOTING, ()),
    "promoting": (policy(proposed_checks=GREEN), StateWord.PROMOTING, ()),
}


@pytest.mark.parametrize(("found", "state", "reasons"), CASES.values(), ids=CASES)
def test_environment(found: dict[str, Any] | None, state: StateWord, reasons: tuple[str, ...]) -> None:
    """Each case of an environment has the state, and the words for it, that the first rule that holds gives."""
    environment = summarize_environment("environment/dev", found)
    assert (environment.state, environment.reasons) == (state, reasons)


def test_worst_follows_the_order() -> None:
    """The worse of two states is the earlier in: Failed, Held, Blocked, AwaitingMerge, Promoting, Unknown, Promoted."""
    order = ["Failed", "Held", "Blocked", "AwaitingMerge", "Promoting", "Unknown", "Promoted"]
    for place, worse in enumerate(order):
        for better in order[place:]:
            assert worst([StateWord(better), StateWord(worse)]) == worse


def test_strategy_is_its_worst_environment() -> None:
    """A strategy has the state of its worst environment, and names the first that is in it."""
    tree = bundle(
        policy("dev", active=NEW),
        policy("staging", proposed_checks=PENDING),
        policy("prod", proposed_checks=PREVIOUS),
    )
    summary = summarize(Decoded(tree))
    assert summary.state is StateWord.BLOCKED
    assert summary.foremost is not None
    assert summary.foremost.branch == "staging"


def test_environments_follow_the_spec_and_join_by_branch() -> None:
    """Environments stand in the spec's order, each with the first policy of its branch; one without is Unknown."""
    first, second = policy("prod", active=NEW), policy("prod", active=OLD)
    summary = summarize(Decoded(bundle(policy("dev"), first, second, branches=["prod", "dev", "new"])))
    assert [(each.branch, each.state) for each in summary.environments] == [
        ("prod", StateWord.PROMOTED),
        ("dev", StateWord.PROMOTING),
        ("new", StateWord.UNKNOWN),
    ]


@pytest.mark.parametrize(
    ("policies", "newest", "promoted"),
    [
        ([], "", 0),
        ([policy("dev", active="", proposed="")], "", 0),
        ([policy("dev", active=NEW), policy("prod")], NEW, 1),
        ([policy("dev", active=NEW), policy("prod", active=NEW)], NEW, 2),
        # What is live may be newer than what is proposed: another environment's hydration lags.
        ([policy("dev", active=NEW, proposed=OLD), policy("prod", active=OLD, proposed=OLD)], NEW, 1),
        # Nothing to change in production for the newest commit.
        ([policy("dev", active=NEW), policy("prod", active=OLD, proposed=OLD, note=NEW)], NEW, 2),
        ([policy("dev", active=NEW), policy("prod", active=OLD, proposed=OLD, note="c" * 40)], NEW, 1),
    ],
)
def test_newest_and_promoted(policies: list[dict[str, Any]], newest: str, promoted: int) -> None:
    """The newest dry commit is known, and how many environments have it or have nothing to change for it."""
    summary = summarize(Decoded(bundle(*policies)))
    assert (summary.newest_sha, summary.promoted_count) == (newest, promoted)


def test_newest_goes_by_commit_time() -> None:
    """commitTime decides, compared as a moment and not as text; a commit without one is older than any other."""
    statuses = [
        {"active": {"dry": commit("x", "2026-11-20T09:30:00+02:00")}, "proposed": {"dry": commit("y", EARLIER)}},
        {"active": {"dry": commit("z", "")}, "proposed": {"dry": commit("w", "2026-11-20T08:00:00Z")}},
    ]
    assert newest_dry_commit(statuses).sha == "w"
    assert newest_dry_commit(statuses[:1]).sha == "x"
    assert newest_dry_commit([{"active": {"dry": commit("z", "no time")}}]).sha == "z"
    assert newest_dry_commit([{"active": {"dry": {"commitTime": LATER}}}]).sha == ""


def places(tree: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) of a tree."""
    items = list(tree.items()) if isinstance(tree, dict) else list(enumerate(tree)) if isinstance(tree, list) else []
    return [(tree, key) for key, _ in items] + [place for _, value in items for place in places(value)]


def full_bundle() -> dict[str, Any]:
    """A bundle with every field that anything is read from."""
    return copy.deepcopy(
        bundle(
            policy("dev", active=NEW, pull_request="open", auto_merge=False, proposed_checks=GREEN),
            policy("prod", note=OLD, active_checks=PENDING, history=[{"pullRequest": {"prMergeTime": EARLIER}}]),
            changeTransferPolicyHistories=[history("dev", {"pullRequest": {"prMergeTime": EARLIER}})],
            pullRequests=[{"status": {"state": "open"}}],
            restoreActiveCommits=[restore(branch="dev")],
            gitRepository={"spec": {"github": {"owner": "org", "name": "app"}}},
        )
    )


@given(st.data())
def test_any_shape_has_a_summary(data: st.DataObject) -> None:
    """Whatever stands in any place of a bundle, there is a summary and nothing is raised."""
    tree = full_bundle()
    for _ in range(data.draw(st.integers(1, 3))):
        container, key = data.draw(st.sampled_from(places(tree)))
        container[key] = data.draw(JSON)
    summary = summarize(Decoded(tree))
    assert summary.state in StateWord
    assert 0 <= summary.promoted_count <= len(summary.environments)


@given(JSON)
def test_anything_has_a_summary(anything: Any) -> None:
    """What is no bundle at all is an Unknown strategy without environments."""
    assert summarize(Decoded(anything)).state is StateWord.UNKNOWN
