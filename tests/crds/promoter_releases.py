"""GitOps Promoter's kinds by release: what each one after 0.36 changed, and one that nobody has made. Data only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.crds.promoter import CONDITIONS, GROUP, KINDS
from tests.crds.shapes import ANY, GONE, Default, Definition, Kind, Nullable, changed, definition

_NAMED = {"name!": "string"}
_STRATEGY = {"promotionStrategyRef!": _NAMED}
_COMMON = {"conditions": CONDITIONS, "observedGeneration": "integer", "instanceID": "string"}
_PHASES = ("pending", "success", "failure", "")
_STATES = ("closed", "merged", "open", "merged-or-closed", "unknown")
_POLICY = next(kind for kind in KINDS if kind.name == "ChangeTransferPolicy")
_COMMIT = _POLICY.status["active"]["dry"]
_PAST = _POLICY.status["history"][0]
_REQUEST = {**_POLICY.status["pullRequest"], "state": _STATES, "mergedTargetSha": "string"}
_CHECKS = [{"key!": "string", "phase!": ("pending", "success", "failure"), "url": "string", "description": "string"}]
_GATE_ENVIRONMENT = {
    "branch!": "string",
    "phase": _PHASES,
    "description": "string",
    "url": "string",
    "reportedSha": "string",
}

Kinds = tuple[Kind, ...]


def _released(before: Kinds, differences: Mapping[str, Mapping[str, Any]], new: Sequence[Kind] = ()) -> Kinds:
    """The kinds of a release, from those of the one before."""
    assert differences.keys() <= {kind.name for kind in before}
    return (*(changed(kind, differences.get(kind.name, {})) for kind in before), *new)


#: 0.37 and 0.38: what becomes of a pull request; the order of environments is a gate.
_SHARED = {f"status.environments.{name}": shape for name, shape in _GATE_ENVIRONMENT.items() if name != "branch!"}
_GATES = ("GitCommitStatus", "TimedCommitStatus", "WebRequestCommitStatus", "ScheduledCommitStatus")
V0_38 = _released(
    KINDS,
    {
        "ChangeTransferPolicy": {
            "status.pullRequest": _REQUEST,
            "status.history.pullRequest": _REQUEST,
        },
        "PromotionStrategy": {
            "status.environments.pullRequest": _REQUEST,
            "status.environments.history.pullRequest": _REQUEST,
        },
        "PullRequest": {"status.state": ("", *_STATES), "status.mergedTargetSha": "string"},
        **dict.fromkeys(_GATES, _SHARED),
        "ArgoCDCommitStatus": {"status.environments": [_GATE_ENVIRONMENT]},
    },
    (
        Kind(
            "DependentsSuccessfulCommitStatus",
            "dependentssuccessfulcommitstatuses",
            "Holds an environment back until those that it depends on are done.",
            {
                **_STRATEGY,
                "key!": "string",
                "url": {"template": "string", "options": ["string"]},
                "environments": [{"branch!": "string", "dependsOn": ["string"]}],
            },
            {
                **_COMMON,
                "environments": [
                    {
                        **_GATE_ENVIRONMENT,
                        "activeCommitStatuses": _CHECKS,
                        "upstreams": [{"branch!": "string", "satisfied!": "boolean", "reason": "string"}],
                    }
                ],
            },
            spec_required=True,
        ),
    ),
)

#: 0.39: a strategy says which environment depends on which, and names the gate that sees to it.
V0_39 = _released(
    V0_38,
    {
        "PromotionStrategy": {
            "spec.orderCommitStatusRef!": {
                "group": Default("string", GROUP),
                "kind": Default("string", "DependentsSuccessfulCommitStatus"),
                "name!": "string",
            },
            "spec.environments.dependsOn": ["string"],
        },
        "DependentsSuccessfulCommitStatus": {"spec.environments": GONE},
    },
)

#: 0.41: what was is kept by an object of its own.
_HISTORY = Kind(
    "ChangeTransferPolicyHistory",
    "changetransferpolicyhistories",
    "The promotions that an environment has had.",
    {"gitRepositoryRef!": _NAMED, "activeBranch!": "string", "activePath": "string"},
    {
        **_COMMON,
        "history": [
            {
                **_PAST,
                "active": {**_PAST["active"], "dry": Nullable(_COMMIT)},
                "pullRequest": _REQUEST,
                "mergeCommitSnapshotMismatch": "boolean",
            }
        ],
    },
    spec_required=True,
    columns=(("Active Branch", ".spec.activeBranch"), ("Ready", ".status.conditions[?(@.type=='Ready')].status")),
)
V0_41 = _released(
    V0_39,
    {
        "ChangeTransferPolicy": {
            "status.history": GONE,
            "status.active.dry": Nullable(_COMMIT),
            "status.proposed.dry": Nullable(_COMMIT),
        },
        "PromotionStrategy": {"status.environments.history": GONE},
    },
    (_HISTORY,),
)

#: 0.44: a commit that was live can be made so again.
V0_44 = _released(
    V0_41,
    {"ChangeTransferPolicyHistory": {"status.history.restoredFrom": "string"}},
    (
        Kind(
            "RestoreActiveCommit",
            "restoreactivecommits",
            "Makes a commit live again that was.",
            {**_STRATEGY, "branch!": "string", "sha!": "string", "blockEnvironment": Default("boolean", True)},
            {**_COMMON, "activeSha": "string", "blockedDrySha": "string", "restoredFrom": "string"},
            spec_required=True,
            columns=(("Strategy", ".spec.promotionStrategyRef.name"), ("Branch", ".spec.branch")),
        ),
    ),
)

#: Invented: a gate with a field that reads like a secret, a kind that is owned, a field with another name, a new state.
FUTURE = _released(
    V0_44,
    {
        "PullRequest": {"status.state": ("", *_STATES, "queued"), "status.url": GONE, "status.webURL": "string"},
        "ChangeTransferPolicy": {"status.pullRequest.state": (*_STATES, "queued")},
    },
    (
        Kind(
            "ChatApprovalCommitStatus",
            "chatapprovalcommitstatuses",
            "A person says yes in a chat.",
            {**_STRATEGY, "key!": "string", "channel!": "string", "webhookToken": "string", "template": ANY},
            {**_COMMON, "environments": [{**_GATE_ENVIRONMENT, "approvers": ["string"]}]},
            spec_required=True,
        ),
        Kind(
            "ChangeTransferPolicyForecast",
            "changetransferpolicyforecasts",
            "When a change is expected to be live.",
            {"activeBranch!": "string"},
            {**_COMMON, "expected": "time"},
            spec_required=True,
        ),
    ),
)

RELEASES: Mapping[str, Kinds] = {
    "0.36": KINDS,
    "0.38": V0_38,
    "0.39": V0_39,
    "0.41": V0_41,
    "0.44": V0_44,
    "future": FUTURE,
}


def release(name: str) -> list[Definition]:
    """The CustomResourceDefinitions of that release."""
    return [definition(GROUP, kind) for kind in RELEASES[name]]


def every_kind() -> list[Definition]:
    """Those of 0.36, as most tests write its objects, and each kind that has come since: a place for every member."""
    known = {kind.name for kind in KINDS}
    return [definition(GROUP, kind) for kind in (*KINDS, *(kind for kind in V0_44 if kind.name not in known))]
