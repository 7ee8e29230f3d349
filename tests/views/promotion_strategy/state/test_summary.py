"""A strategy in one word, and where it stands."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.views.promotion_strategy.state.standing import read_standing
from promoter_view.views.promotion_strategy.state.words import StateWord
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
    full_bundle,
    gate,
    places,
    policy,
    summarize,
)

PENDING = [check("lint", "pending", "lint is  still\nrunning")]
PREVIOUS = [check("promoter-previous-environment", "pending", "Waiting for previous environment to be promoted")]
FAILING = [check("health", "failure")]


def test_the_words_stand_in_order() -> None:
    """What needs a person comes first, then the least settled."""
    assert [word.value for word in StateWord] == [
        "Failed",
        "Held",
        "NeedsApproval",
        "Unknown",
        "Behind",
        "Queued",
        "Checking",
        "Waiting",
        "Promoting",
        "Verifying",
        "UpToDate",
    ]
    assert [word for word in StateWord if word.needs_a_person] == ["Failed", "Held", "NeedsApproval"]


@pytest.mark.parametrize(
    ("policies", "state", "message"),
    [
        ([policy("dev", active=NEW), policy("prod", active=NEW)], "UpToDate", ""),
        (
            [policy("dev", active=NEW, active_checks=PENDING), policy("prod", active=NEW)],
            "Verifying",
            "dev: check lint is pending: lint is still running",
        ),
        (
            [
                policy("dev", active=NEW),
                policy("staging", proposed_checks=PENDING),
                policy("prod", proposed_checks=PREVIOUS),
            ],
            "Checking",
            "staging: check lint is pending: lint is still running",
        ),
        (
            [policy("dev", active=NEW, active_checks=PENDING), policy("prod", proposed_checks=PREVIOUS)],
            "Queued",
            "prod waits for dev: its check lint is pending",
        ),
        (
            [policy("dev", active=NEW), policy("staging"), policy("prod", active_checks=FAILING)],
            "Failed",
            "prod: active check health failing",
        ),
        (
            [policy("dev", proposed_checks=PENDING), policy("prod", auto_merge=False, pull_request="open")],
            "NeedsApproval",
            "prod: pull request #12 waits to be merged",
        ),
        (
            [policy("dev", active=OLD, proposed=OLD), policy("prod", active=NEW)],
            "Behind",
            "dev: bbbbbbb is not proposed here yet",
        ),
        # What is newest everywhere is waited for no more, whatever older commit is proposed.
        ([policy("dev", active=NEW, proposed=OLD, proposed_checks=PENDING)], "UpToDate", ""),
        ([], "Unknown", ""),
    ],
)
def test_a_strategy_in_one_word(policies: list[dict[str, Any]], state: str, message: str) -> None:
    """What needs a person, else how the first stands that lacks the newest commit, else whether all is verified."""
    summary = summarize(Decoded(bundle(*policies)))
    assert (summary.state, summary.message) == (state, message)


def test_a_level_counts_as_one() -> None:
    """Of those that are promoted side by side the least settled gives the state, though it is listed later."""
    tree = bundle(policy("dev", active=NEW), policy("eu"), policy("us", proposed_checks=PENDING), policy("last"))
    for environment in tree["promotionStrategy"]["spec"]["environments"][1:]:
        environment["dependsOn"] = ["dev"]
    tree["promotionStrategy"]["spec"]["environments"][3]["dependsOn"] = ["eu", "us"]
    summary = summarize(Decoded(tree))
    assert (summary.state, summary.message) == ("Checking", "us: check lint is pending: lint is still running")


def test_environments_follow_the_spec_and_join_by_branch() -> None:
    """Environments stand in the spec's order, each with the first policy of its branch; one without is Unknown."""
    first, second = policy("prod", active=NEW), policy("prod", active=OLD)
    summary = summarize(Decoded(bundle(policy("dev"), first, second, branches=["prod", "dev", "new"])))
    assert [(each.branch, each.state) for each in summary.environments] == [
        ("prod", StateWord.UP_TO_DATE),
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
    assert (summary.newest.sha, summary.promoted_count) == (newest, promoted)


@pytest.mark.parametrize(
    ("status", "sha"),
    [
        ({"active": {"dry": commit("x", "2026-11-20T09:30:00+02:00")}, "proposed": {"dry": commit("y", EARLIER)}}, "x"),
        ({"active": {"dry": commit("z", "")}, "proposed": {"dry": commit("w", "2026-11-20T08:00:00Z")}}, "w"),
        ({"active": {"dry": commit("z", "no time")}}, "z"),
        ({"active": {"dry": {"commitTime": LATER}}}, ""),
    ],
)
def test_newest_goes_by_commit_time(status: dict[str, Any], sha: str) -> None:
    """commitTime decides, compared as a moment and not as text; a commit without one is older than any other."""
    assert read_standing({"status": status}).newest.sha == sha


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


def test_a_check_that_is_called_as_its_kind_is() -> None:
    """GitOps Promoter calls the check of a TimedCommitStatus timer: it is named once."""
    timer = [check("timer", "pending", "soaks")]
    tree = bundle(policy("dev", active=NEW, active_checks=timer), policy("prod", proposed_checks=PREVIOUS))
    tree["timedCommitStatuses"] = [gate("a", "TimedCommitStatus", key="timer")]
    summary = summarize(Decoded(tree))
    assert summary.message == "prod waits for dev: its timer is pending"
    assert summary.environments[0].messages == ("timer is pending: soaks",)
