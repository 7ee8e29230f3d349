"""A table of cases of the state of an environment: what is in a bundle, and what is to be said of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.support.views.strategies import NEW, OLD, bundle, check, commit_status, gate, policy, restore

LIVE, OLDER = "f" * 40, "c" * 40
DEV, PROD = "environment/dev", "environment/prod"
ORDER = check("promoter-previous-environment", "pending")
GREEN, LINT = check("lint", "success"), check("lint", "pending", "it runs")
FAILING = check("health", "failure", "2 of 3 are down")
SOAK, NIGHTS, QA, SCAN = (check(key, "pending") for key in ("soak", "nights", "qa", "scan"))
#: Each key's kind: soak is a timer, nights a window, scan a gate, qa an approval, lint a check.
GATES: dict[str, Any] = {
    "timedCommitStatuses": [gate("soak", "TimedCommitStatus", key="soak")],
    "scheduledCommitStatuses": [gate("nights", "ScheduledCommitStatus", key="nights")],
    "webRequestCommitStatuses": [gate("scan", "WebRequestCommitStatus", key="scan")],
    "gitCommitStatuses": [gate("qa", "GitCommitStatus", key="qa", approval=True)],
}
DONE = policy(DEV, active=NEW, active_checks=[check("health", "success")])


@dataclass(frozen=True, slots=True)
class Case:
    """Of ``tree``'s last environment: its ``state``, and what it waits for in words, kinds included."""

    name: str
    tree: dict[str, Any]
    state: str
    waits: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()


def prod(
    *before: dict[str, Any], annotations: dict[str, str] | None = None, asked: Any = None, **of: Any
) -> dict[str, Any]:
    """A bundle of environments, the last of which is production; ``asked``: the strategy's proposed checks."""
    found = bundle(*before, policy(PROD, **of), **GATES)
    found["promotionStrategy"]["metadata"] = {"annotations": annotations or {}}
    found["promotionStrategy"]["spec"]["proposedCommitStatuses"] = asked
    return found


def held(restored: dict[str, Any], **of: Any) -> dict[str, Any]:
    """Production with a restore."""
    return {**prod(DONE, **{"deployed": LIVE, **of}), "restoreActiveCommits": [restored]}


def graph() -> dict[str, Any]:
    """Production behind two environments that are promoted side by side, of which one is done."""
    found = prod(
        DONE, policy("e2e", active=NEW), policy("perf", active=NEW, active_checks=[SOAK]), proposed_checks=[ORDER]
    )
    _, e2e, perf, last = found["promotionStrategy"]["spec"]["environments"]
    e2e["dependsOn"] = perf["dependsOn"] = [DEV]
    last["dependsOn"] = ["e2e", "perf"]
    return found


def odd() -> dict[str, Any]:
    """Production, whose policy's fields are none of the types that they should be."""
    found = prod(DONE)
    found["changeTransferPolicies"][-1]["status"] = {"active": [], "proposed": "x", "pullRequest": 1}
    return found


def approved_by_a_commit_status() -> dict[str, Any]:
    """Production, which waits for a check that a CommitStatus says to be an approval."""
    return {
        **prod(DONE, proposed_checks=[check("yes", "pending")]),
        "commitStatuses": [commit_status("yes", approval=True)],
    }


_MANUAL: dict[str, Any] = {"auto_merge": False, "proposed_checks": [GREEN]}
_MADE = f"{OLD[:7]} was made live again by restore-dev-fffffff: {NEW[:7]} stays out until that is lifted"

CASES = (
    Case(
        "no ChangeTransferPolicy",
        bundle(DONE, branches=[DEV, PROD]),
        "Unknown",
        ("no ChangeTransferPolicy yet",),
        ("hydration",),
    ),
    Case("no dry commit", prod(DONE, active="", proposed=""), "Unknown", ("no dry commit yet",), ("hydration",)),
    Case(
        "no dry commit, and a check failed",
        prod(DONE, active="", proposed="", active_checks=[FAILING]),
        "Unknown",
        ("no dry commit yet",),
        ("hydration",),
    ),
    Case("its ChangeTransferPolicy has the wrong shape", odd(), "Unknown", ("no dry commit yet",), ("hydration",)),
    Case(
        "an active check failed",
        prod(DONE, active_checks=[FAILING]),
        "Failed",
        ("active check health failing: 2 of 3 are down",),
        ("check",),
    ),
    Case(
        "the newest commit is live, and a check on it failed",
        prod(DONE, active=NEW, active_checks=[FAILING]),
        "Failed",
        ("active check health failing: 2 of 3 are down",),
        ("check",),
    ),
    Case(
        "an active and a proposed check failed",
        prod(DONE, active_checks=[FAILING], proposed_checks=[check("scan", "failure")]),
        "Failed",
        ("active check health failing: 2 of 3 are down", "proposed gate scan failing"),
        ("check", "gate"),
    ),
    Case(
        "a restore holds it, and what is live failed",
        held(restore(branch=PROD), active_checks=[FAILING]),
        "Failed",
        ("active check health failing: 2 of 3 are down",),
        ("check",),
    ),
    Case("a restore holds it", held(restore(branch=PROD)), "Held", (_MADE,), ("restore",)),
    Case(
        "a restore holds it, and a proposed check failed",
        held(restore(branch=PROD), proposed_checks=[FAILING]),
        "Held",
        (_MADE,),
        ("restore",),
    ),
    Case(
        "a restore that nobody has looked at yet",
        held(restore(branch=PROD, status={}), deployed="0" * 40),
        "Held",
        (f"restore-dev-fffffff asks for {'e' * 7} to be live again",),
        ("restore",),
    ),
    Case(
        "a restore that is lifted",
        held(restore(branch=PROD, blocks=False)),
        "Promoting",
        ("its pull request is on its way",),
        ("merge",),
    ),
    Case(
        "a restore of another environment",
        held(restore(branch=DEV), proposed_checks=[LINT]),
        "Checking",
        ("check lint is pending: it runs",),
        ("check",),
    ),
    Case(
        "a proposed check failed",
        prod(DONE, proposed_checks=[LINT, FAILING]),
        "Failed",
        ("proposed check health failing: 2 of 3 are down",),
        ("check",),
    ),
    Case(
        "a proposed check failed, and its commit is live since",
        prod(DONE, active=NEW, proposed_checks=[FAILING]),
        "UpToDate",
    ),
    Case(
        "the environment before it is being promoted",
        prod(policy(DEV), proposed_checks=[ORDER]),
        "Queued",
        ("waits for dev: it is being promoted",),
        ("order",),
    ),
    Case(
        "the environment before it waits for a timer",
        prod(policy(DEV, active=NEW, active_checks=[SOAK]), proposed_checks=[ORDER]),
        "Queued",
        ("waits for dev: its timer soak is pending",),
        ("order",),
    ),
    Case(
        "queued, and other checks are pending",
        prod(policy(DEV), proposed_checks=[QA, LINT, ORDER]),
        "Queued",
        ("waits for dev: it is being promoted", "check lint is pending: it runs", "approval qa is pending"),
        ("order", "check", "approval"),
    ),
    Case(
        "behind two environments, one of which is done",
        graph(),
        "Queued",
        ("waits for perf: its timer soak is pending",),
        ("order",),
    ),
    Case(
        "the first environment is held back by the order check",
        bundle(policy(PROD, proposed_checks=[ORDER])),
        "Queued",
        ("previous environment",),
        ("order",),
    ),
    Case(
        "a check is pending",
        prod(DONE, proposed_checks=[GREEN, LINT | {"key": "unit"}]),
        "Checking",
        ("check unit is pending: it runs",),
        ("check",),
    ),
    Case("a gate is pending", prod(DONE, proposed_checks=[SCAN]), "Checking", ("gate scan is pending",), ("gate",)),
    Case(
        "a check, a timer and an approval are pending",
        prod(DONE, proposed_checks=[QA, SOAK, LINT]),
        "Checking",
        ("check lint is pending: it runs", "timer soak is pending", "approval qa is pending"),
        ("check", "timer", "approval"),
    ),
    Case(
        "its policy asks for a check that nothing reports",
        prod(DONE, asks=("lint", "unit"), proposed_checks=[GREEN]),
        "Checking",
        ("check unit is not reported yet",),
        ("check",),
    ),
    Case(
        "its strategy asks for a check that nothing reports",
        prod(DONE, asked=[{"key": "unit"}], proposed_checks=[GREEN]),
        "Checking",
        ("check unit is not reported yet",),
        ("check",),
    ),
    Case(
        "a check says a word that nobody knows",
        prod(DONE, proposed_checks=[check("lint", "queued")]),
        "Checking",
        ("check lint is pending",),
        ("check",),
    ),
    Case("a timer is pending", prod(DONE, proposed_checks=[SOAK]), "Waiting", ("timer soak is pending",), ("timer",)),
    Case(
        "a window is closed, and an approval is missing",
        prod(DONE, proposed_checks=[QA, NIGHTS]),
        "Waiting",
        ("window nights is pending", "approval qa is pending"),
        ("window", "approval"),
    ),
    Case(
        "an approval by an annotated gate is missing",
        prod(DONE, proposed_checks=[QA]),
        "NeedsApproval",
        ("approval qa is pending",),
        ("approval",),
    ),
    Case(
        "an approval that the strategy names is missing",
        prod(DONE, annotations={"promoter-view.io/approval-keys": "sec, lint"}, proposed_checks=[LINT]),
        "NeedsApproval",
        ("approval lint is pending: it runs",),
        ("approval",),
    ),
    Case(
        "an approval by an annotated CommitStatus is missing",
        approved_by_a_commit_status(),
        "NeedsApproval",
        ("approval yes is pending",),
        ("approval",),
    ),
    Case(
        "manual merge, pull request open",
        prod(DONE, pull_request="open", **_MANUAL),
        "NeedsApproval",
        ("pull request #12 waits to be merged",),
        ("merge",),
    ),
    Case(
        "manual merge, no pull request",
        prod(DONE, **_MANUAL),
        "NeedsApproval",
        ("no pull request is open yet, and a person has to merge it",),
        ("merge",),
    ),
    Case(
        "manual merge, pull request closed",
        prod(DONE, pull_request="closed", **_MANUAL),
        "NeedsApproval",
        ("pull request #12 is closed, and its commit is not live",),
        ("merge",),
    ),
    Case(
        "manual merge, pull request merged or closed",
        prod(DONE, pull_request="merged-or-closed", **_MANUAL),
        "NeedsApproval",
        ("pull request #12 is merged or closed, and its commit is not live",),
        ("merge",),
    ),
    Case(
        "manual merge, and a check is pending",
        prod(DONE, pull_request="open", auto_merge=False, proposed_checks=[LINT]),
        "Checking",
        ("check lint is pending: it runs",),
        ("check",),
    ),
    Case(
        "all green",
        prod(DONE, pull_request="open", proposed_checks=[GREEN]),
        "Promoting",
        ("pull request #12 is being merged",),
        ("merge",),
    ),
    Case("no checks at all", prod(DONE), "Promoting", ("its pull request is on its way",), ("merge",)),
    Case(
        "the first promotion of a new environment",
        prod(DONE, active=""),
        "Promoting",
        ("its pull request is on its way",),
        ("merge",),
    ),
    Case(
        "all green, and a check on what is live is pending",
        prod(DONE, active_checks=[LINT]),
        "Promoting",
        ("its pull request is on its way",),
        ("merge",),
    ),
    Case(
        "live, and a check on it is pending",
        prod(DONE, active=NEW, active_checks=[LINT, SOAK]),
        "Verifying",
        ("check lint is pending: it runs", "timer soak is pending"),
        ("check", "timer"),
    ),
    Case(
        "the newest commit is not proposed here",
        prod(DONE, active=OLD, proposed=OLD),
        "Behind",
        (f"{NEW[:7]} is not proposed here yet",),
        ("hydration",),
    ),
    Case(
        "nothing is proposed",
        prod(DONE, proposed=""),
        "Behind",
        (f"{NEW[:7]} is not proposed here yet",),
        ("hydration",),
    ),
    Case(
        "a no-op for an older commit",
        prod(DONE, active=OLD, proposed=OLD, note=OLDER),
        "Behind",
        (f"{NEW[:7]} is not proposed here yet",),
        ("hydration",),
    ),
    Case("a no-op for the newest commit", prod(DONE, active=OLD, proposed=OLD, note=NEW), "UpToDate"),
    Case("a no-op over an older proposal", prod(DONE, active=OLDER, proposed=OLD, note=NEW), "UpToDate"),
    Case(
        "a note that agrees with what is proposed is no no-op",
        prod(DONE, note=NEW),
        "Promoting",
        ("its pull request is on its way",),
        ("merge",),
    ),
    Case("the newest commit is live", prod(DONE, active=NEW, proposed_checks=[LINT, ORDER]), "UpToDate"),
)
