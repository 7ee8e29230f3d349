"""Why an environment waits for others, in words."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.views.promotion_strategy.state.summary import Summary
from tests.support.views.strategies import JSON, NEW, OLD, Decoded, bundle, check, gate, places, policy, summarize

KEY = "dependents-successful"
ORDER = [check(KEY, "pending", "Waiting for others")]
GREEN = [check("health", "success")]
LOADING = [check("load-test", "pending")]
DONE = policy("e2e", active=NEW, active_checks=GREEN)
PROD = policy("env/prod", proposed_checks=ORDER)


def diamond(e2e: Any, perf: Any, /, upstreams: Any = None, *, prod: Any = PROD, **gated: Any) -> dict[str, Any]:
    """dev, which is done; e2e and perf, None for no policy; prod. The gate says that of prod, ``gated`` of others."""
    policies = [policy("env/dev", active=NEW, active_checks=GREEN), e2e, perf, prod]
    tree = bundle(*filter(None, policies), branches=[])
    tree["promotionStrategy"]["spec"] = {
        "orderCommitStatusRef": {"name": "order"},
        "environments": [
            {"branch": "env/dev"},
            {"branch": "e2e", "dependsOn": ["env/dev"]},
            {"branch": "perf", "dependsOn": ["env/dev"]},
            {"branch": "env/prod", "dependsOn": ["e2e", "perf"]},
        ],
    }
    environments = [{"branch": "env/prod", "upstreams": upstreams}, *({"branch": k, **v} for k, v in gated.items())]
    tree["dependentsSuccessfulCommitStatuses"] = [gate("order", key=KEY, environments=environments)]
    return tree


def wanting(*branches: str, reason: str = "") -> list[dict[str, Any]]:
    """All that come before prod, of which those are not done."""
    return [
        {"branch": each, "satisfied": each not in branches, "reason": reason if each in branches else ""}
        for each in ("env/dev", "e2e", "perf")
    ]


def of_prod(tree: dict[str, Any]) -> tuple[tuple[str, ...], str]:
    """For whom it waits, and why."""
    *_, prod = summarize(Decoded(tree)).environments
    return prod.awaits, prod.message


CASES: dict[str, tuple[dict[str, Any], tuple[str, ...], str]] = {
    "both, of which one tells more": (
        diamond(policy("e2e"), policy("perf", active=NEW, active_checks=LOADING), wanting("e2e", "perf")),
        ("e2e", "perf"),
        "waits for e2e and perf: perf's check load-test is pending; e2e is being promoted",
    ),
    "one by the gate": (
        diamond(DONE, policy("perf", active=NEW, active_checks=LOADING), wanting("perf")),
        ("perf",),
        "waits for perf: its check load-test is pending",
    ),
    "one as they stand, where the gate does not tell": (
        diamond(DONE, policy("perf", active=NEW, active_checks=LOADING)),
        ("perf",),
        "waits for perf: its check load-test is pending",
    ),
    "a failure": (
        diamond(DONE, policy("perf", active=NEW, active_checks=[check("load-test", "failure", "slow")])),
        ("perf",),
        "waits for perf: its check load-test failed",
    ),
    "a merge": (
        diamond(DONE, policy("perf", auto_merge=False, pull_request="open")),
        ("perf",),
        "waits for perf: its pull request #12 waits to be merged",
    ),
    "a check before its merge": (
        diamond(DONE, policy("perf", proposed_checks=[check("approval", "pending")])),
        ("perf",),
        "waits for perf: its check approval is pending",
    ),
    "its promotion": (diamond(DONE, policy("perf")), ("perf",), "waits for perf: it is being promoted"),
    "the hydrator, in the gate's words": (
        diamond(DONE, policy("perf", active=OLD, proposed=OLD), wanting("perf", reason="Waiting for the hydrator")),
        ("perf",),
        "waits for perf: Waiting for the hydrator",
    ),
    "the hydrator, without the gate's": (
        diamond(DONE, policy("perf", active=OLD, proposed=OLD)),
        ("perf",),
        "waits for perf: it does not have that commit yet",
    ),
    "live and well: the gate's words": (
        diamond(DONE, policy("perf", active=NEW), wanting("perf", reason="It has not been seen yet")),
        ("perf",),
        "waits for perf: It has not been seen yet",
    ),
    "live and well, and the gate is silent": (
        diamond(DONE, policy("perf", active=NEW), wanting("perf")),
        ("perf",),
        "waits for perf",
    ),
    "no policy, but the gate tells of its checks": (
        diamond(DONE, None, wanting("perf"), perf={"activeCommitStatuses": LOADING}),
        ("perf",),
        "waits for perf: its check load-test is pending",
    ),
    "no policy, but the gate tells of what failed": (
        diamond(
            DONE, None, wanting("perf"), perf={"activeCommitStatuses": [*LOADING, check("e2e-test", "failure", "x")]}
        ),
        ("perf",),
        "waits for perf: its check e2e-test failed",
    ),
    "no policy": (
        diamond(DONE, None, wanting("perf", reason='Waiting for "perf" to be reported')),
        ("perf",),
        'waits for perf: Waiting for "perf" to be reported',
    ),
    "nobody is found wanting: all": (
        diamond(DONE, policy("perf", active=NEW), wanting()),
        ("e2e", "perf"),
        "waits for e2e and perf",
    ),
    "not a farther one, which the gate names too": (
        diamond(DONE, policy("perf"), wanting("env/dev", "perf")),
        ("perf",),
        "waits for perf: it is being promoted",
    ),
}


@pytest.mark.parametrize(("tree", "awaits", "words"), CASES.values(), ids=CASES)
def test_reasons(tree: dict[str, Any], awaits: tuple[str, ...], words: str) -> None:
    """An environment that the order gate holds back says for whom it waits, and what holds those, at first hand."""
    assert of_prod(tree) == (awaits, words)


def test_the_first_cause_is_told() -> None:
    """Where those that are waited for wait themselves, the reason is what holds the first, and it is told once."""
    tree = diamond(policy("e2e", proposed_checks=ORDER), policy("perf", proposed_checks=ORDER))
    tree["changeTransferPolicies"][0] = policy("env/dev", active=NEW, active_checks=[check("soak", "pending")])
    assert of_prod(tree)[1] == "waits for e2e and perf: dev's check soak is pending"


def test_its_own_cause_is_told_first() -> None:
    """One that waits and has a pending check of its own is waited for because of that."""
    tree = diamond(
        policy("e2e", proposed_checks=[*ORDER, check("lint", "pending")]), DONE | {"spec": {"activeBranch": "perf"}}
    )
    assert of_prod(tree)[1] == "waits for e2e: its check lint is pending"


def test_other_pending_checks_follow() -> None:
    """The order gate's reason comes first, for before that nothing else counts; the other checks follow."""
    prod = policy("env/prod", proposed_checks=[check("lint", "pending", "it runs"), *ORDER])
    *_, found = summarize(Decoded(diamond(DONE, policy("perf"), prod=prod))).environments
    assert found.messages == ("waits for perf: it is being promoted", "check lint is pending: it runs")


def test_a_root_that_is_held_back_says_what_the_gate_says() -> None:
    """An environment that depends on nobody, and is held back all the same, has the check's own words."""
    tree = bundle(policy("dev", proposed_checks=[check("promoter-previous-environment", "pending", "Odd")]))
    (found,) = summarize(Decoded(tree)).environments
    assert (found.awaits, found.messages) == ((), ("previous environment: Odd",))
    held = policy("env/dev", proposed_checks=ORDER)
    tree = diamond(DONE, DONE)
    tree["changeTransferPolicies"][0] = held
    first, *_ = summarize(Decoded(tree)).environments
    assert first.awaits == ()
    assert first.message.startswith("environments before it")


def fan(count: int, name: str, description: str) -> Summary:
    names = [f"{name}{n}" for n in range(count)]
    pending = [check(description, "pending")]
    policies = [policy(each, active=NEW, active_checks=pending) for each in names]
    tree = bundle(*policies, PROD)
    tree["promotionStrategy"]["spec"]["orderCommitStatusRef"] = {"name": "order"}
    tree["promotionStrategy"]["spec"]["environments"][-1]["dependsOn"] = names
    return summarize(Decoded(tree))


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (3, "waits for e0, e1 and e2: e0's check c is pending; e1's check c is pending; 1 more"),
        (100, "waits for e0, e1, e2 and 97 more: e0's check c is pending; e1's check c is pending; 98 more"),
    ],
)
def test_many(count: int, words: str) -> None:
    """Of many the first are told, and how many there are more."""
    assert fan(count, "e", "c").environments[-1].messages == (words,)


@given(count=st.integers(1, 12), name=st.text(max_size=90), description=st.text(max_size=90))
def test_reasons_are_short(count: int, name: str, description: str) -> None:
    """A reason has 25 words and 300 characters at most, however long names and keys are."""
    for each in fan(count, name, description).environments:
        assert all(len(reason.split()) <= 25 and len(reason) <= 300 for reason in each.messages[:1] if each.awaits)


@pytest.mark.parametrize(
    ("e2e", "perf", "foremost"),
    [
        (policy("e2e", proposed_checks=ORDER), policy("perf", proposed_checks=LOADING), "e2e"),
        (DONE, policy("perf", proposed_checks=LOADING), "perf"),
        (DONE, policy("perf"), "perf"),
        (policy("e2e", active_checks=[check("x", "failure")]), policy("perf", proposed_checks=LOADING), "e2e"),
    ],
)
def test_the_foremost_of_a_graph(e2e: Any, perf: Any, foremost: str) -> None:
    """It is one that failed, else the least settled of the first level that lacks the newest commit."""
    summary = summarize(Decoded(diamond(e2e, perf)))
    assert summary.foremost is not None
    assert summary.foremost.branch == foremost
    assert summary.promoted_count == 1 + (e2e is DONE)


@given(st.data())
def test_any_shape_has_reasons(data: st.DataObject) -> None:
    """Whatever stands in any place of a bundle with a graph and a gate, nothing is raised."""
    tree = copy.deepcopy(diamond(policy("e2e"), policy("perf", active_checks=LOADING), wanting("e2e", "perf")))
    for _ in range(data.draw(st.integers(1, 3))):
        container, key = data.draw(st.sampled_from(places(tree)))
        container[key] = data.draw(JSON)
    summary = summarize(Decoded(tree))
    assert summary.foremost is None or summary.foremost in summary.environments
