"""Environments that a RestoreActiveCommit holds: which, why, and how that is lifted."""

from __future__ import annotations

from typing import Any

import pytest

from promoter_view.views.promotion_strategy.columns import cells
from promoter_view.views.promotion_strategy.restores import read_restore
from promoter_view.views.promotion_strategy.state.environment import EnvironmentFacts
from promoter_view.views.promotion_strategy.state.words import StateWord
from tests.support.views.strategies import NEW, Decoded, bundle, check, policy, restore, summarize

LIVE = "f" * 40
FAILURE, PENDING = [check("health", "failure")], [check("dependents-successful", "pending")]
COMING = "its pull request is on its way"
MADE = "aaaaaaa was made live again by restore-dev-fffffff: bbbbbbb stays out until that is lifted"


def gone(found: dict[str, Any]) -> dict[str, Any]:
    """The same, as somebody has deleted it and a finalizer keeps it."""
    return {**found, "metadata": {**found["metadata"], "deletionTimestamp": "2026-11-21T10:00:00Z"}}


#: The policy, the restores, the state and its first reason.
CASES: dict[str, tuple[dict[str, Any], list[Any], StateWord, str]] = {
    "it blocks": (policy(deployed=LIVE), [restore()], StateWord.HELD, MADE),
    "it blocks though nothing is on its way": (
        policy(proposed="a" * 40, deployed=LIVE),
        [restore()],
        StateWord.HELD,
        MADE,
    ),
    "it blocks what nobody has named yet": (
        policy(deployed=LIVE),
        [restore(blockedDrySha="")],
        StateWord.HELD,
        "aaaaaaa was made live again by restore-dev-fffffff: newer commits stay out until that is lifted",
    ),
    "nobody has looked at it yet": (
        policy(deployed="0" * 40),
        [restore(status={})],
        StateWord.HELD,
        "restore-dev-fffffff asks for eeeeeee to be live again",
    ),
    "it is lifted": (policy(deployed=LIVE), [restore(blocks=False)], StateWord.PROMOTING, COMING),
    "something else went live since": (policy(deployed="0" * 40), [restore()], StateWord.PROMOTING, COMING),
    "it is of another environment": (policy(deployed=LIVE), [restore(branch="x")], StateWord.PROMOTING, COMING),
    "it could not be done": (
        policy(deployed=LIVE),
        [restore(status={"conditions": [{"type": "Ready", "status": "False"}]})],
        StateWord.PROMOTING,
        COMING,
    ),
    "nothing is said of what is live": (policy(), [restore(activeSha="")], StateWord.PROMOTING, COMING),
    "what is live fails: that comes first": (
        policy(deployed=LIVE, active_checks=FAILURE),
        [restore()],
        StateWord.FAILED,
        "active check health failing",
    ),
    "what is proposed fails: it would not come in anyway": (
        policy(deployed=LIVE, proposed_checks=FAILURE),
        [restore()],
        StateWord.HELD,
        MADE,
    ),
    "the order gate holds it as well": (
        policy(deployed=LIVE, proposed_checks=PENDING),
        [restore()],
        StateWord.HELD,
        MADE,
    ),
    "an older one beside it": (
        policy(deployed=LIVE),
        [restore("restore-dev-0000000", activeSha="1" * 40), restore()],
        StateWord.HELD,
        MADE,
    ),
    "a newer one that nobody has looked at yet": (
        policy(deployed=LIVE),
        [restore("restore-dev-0000000", status={}), restore()],
        StateWord.HELD,
        MADE,
    ),
    "it was deleted before anybody looked at it": (
        policy(deployed=LIVE),
        [gone(restore(status={}))],
        StateWord.PROMOTING,
        COMING,
    ),
    "it is being deleted, and blocks": (policy(deployed=LIVE), [gone(restore())], StateWord.HELD, MADE),
    "nothing is live at all": (
        policy(active="", proposed="", deployed=LIVE),
        [restore()],
        StateWord.UNKNOWN,
        "no dry commit yet",
    ),
}


def environments(*policies: dict[str, Any], **members: Any) -> tuple[EnvironmentFacts, ...]:
    return summarize(Decoded(bundle(*policies, **members))).environments


@pytest.mark.parametrize("case", CASES)
def test_what_a_restore_holds(case: str) -> None:
    """One that blocks, and made what is live; its reason names what is live, by what, and what it keeps out."""
    found, restores, state, reason = CASES[case]
    (facts,) = environments(found, restoreActiveCommits=restores)
    assert (facts.state, facts.message) == (state, reason)
    assert facts.held_by == ("restore-dev-fffffff" if state is StateWord.HELD else "")


def test_others_wait_for_a_restore_at_first_hand() -> None:
    """Who waits for an environment that is held is told of the restore."""
    dev = policy("environment/dev", deployed=LIVE)
    prod = policy("environment/prod", proposed_checks=[check("promoter-previous-environment", "pending")])
    held, waiting = environments(dev, prod, restoreActiveCommits=[restore()])
    assert held.state is StateWord.HELD
    assert waiting.messages == ("waits for dev: its restore holds others back",)


def test_the_table_says_held() -> None:
    """STATUS and, with -o wide, by what."""
    found = [make() for make in cells(Decoded(bundle(policy(deployed=LIVE), restoreActiveCommits=[restore()])))]
    assert found[2] == "Held"
    assert f"dev: {MADE}" in found


def test_the_manifest_that_lifts_it() -> None:
    """The same object, whose spec cannot be changed otherwise, without the block; for the same promoter."""
    found = read_restore(restore(labels={"promoter.argoproj.io/instance-id": "blue"}))
    assert found.lifting == {
        "apiVersion": "promoter.argoproj.io/v1alpha1",
        "kind": "RestoreActiveCommit",
        "metadata": {
            "name": "restore-dev-fffffff",
            "namespace": "team",
            "labels": {"promoter.argoproj.io/instance-id": "blue"},
        },
        "spec": {
            "promotionStrategyRef": {"name": "payments"},
            "branch": "environment/dev",
            "sha": "e" * 40,
            "blockEnvironment": False,
        },
    }
    assert "labels" not in read_restore(restore()).lifting["metadata"]


@pytest.mark.parametrize(
    "odd", [{}, {"spec": 1, "status": [], "metadata": "x"}, {"spec": {"branch": []}, "status": {"activeSha": 1}}]
)
def test_a_restore_of_a_wrong_shape_holds_nothing(odd: dict[str, Any]) -> None:
    """What cannot be read counts as absent."""
    (facts,) = environments(policy(deployed=LIVE), restoreActiveCommits=[odd])
    assert (facts.state, facts.held_by, NEW) == (StateWord.PROMOTING, "", facts.standing.proposed_sha)
