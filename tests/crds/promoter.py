"""The kinds of GitOps Promoter 0.36, as far as tests turn on their fields. Data only."""

from __future__ import annotations

from tests.crds.shapes import ANY, Default, Kind

GROUP = "promoter.argoproj.io"

_NAMED = {"name!": "string"}
_STRATEGY = {"promotionStrategyRef!": _NAMED}
_KEYS = [{"key!": "string"}]
_PHASE = ("pending", "success", "failure")
CONDITIONS = [
    {
        "type!": "string",
        "status!": ("True", "False", "Unknown"),
        "reason!": "string",
        "message!": "string",
        "lastTransitionTime!": "time",
        "observedGeneration": "integer",
    }
]
_COMMON = {"conditions": CONDITIONS, "observedGeneration": "integer"}
_COMMIT = {
    "sha": "string",
    "subject": "string",
    "body": "string",
    "author": "string",
    "commitTime": "time",
    "repoURL": "string",
    "references": [
        {
            "commit": {
                "sha": "string",
                "subject": "string",
                "body": "string",
                "author": "string",
                "date": "time",
                "repoURL": "string",
            }
        }
    ],
}
_NOTE = {
    "drySha": "string",
    "subject": "string",
    "body": "string",
    "author": "string",
    "date": "time",
    "repoURL": "string",
}
_CHECKS = [{"key!": "string", "phase!": _PHASE, "url": "string", "description": "string"}]
_ACTIVE = {"dry": _COMMIT, "hydrated": _COMMIT, "note": _NOTE, "commitStatuses": _CHECKS}
_PULL_REQUEST = {
    "id": "string",
    "state": ("closed", "merged", "open"),
    "url": "string",
    "prCreationTime": "time",
    "prMergeTime": "time",
    "externallyMergedOrClosed": "boolean",
}
_PAST = [
    {"active": _ACTIVE, "proposed": {"hydrated": _COMMIT, "commitStatuses": _CHECKS}, "pullRequest": _PULL_REQUEST}
]
_ENVIRONMENT = {
    "branch!": "string",
    "autoMerge": Default("boolean", True),
    "activePath": "string",
    "activeCommitStatuses": _KEYS,
    "proposedCommitStatuses": _KEYS,
}
_WINDOW = [{"cron!": "string", "duration!": "string", "timezone": "string", "description": "string"}]
_TRANSITION = {"allow": "string", "exclude": "string", "transition": "time"}
_PROVIDER = {
    "github": {"appID!": "integer", "domain": "string", "installationID": "integer"},
    "gitlab": {"domain": "string"},
    "fake": {"domain": "string"},
    "secretRef": {"name": "string"},
}
_REPOSITORY = {
    "github": {"owner!": "string", "name!": "string"},
    "gitlab": {"namespace!": "string", "name!": "string", "projectId!": "integer"},
    "fake": {"owner!": "string", "name!": "string"},
    "scmProviderRef!": {"kind!": Default(("ScmProvider", "ClusterScmProvider"), "ScmProvider"), "name!": "string"},
}

KINDS = (
    Kind(
        "ArgoCDCommitStatus",
        "argocdcommitstatuses",
        "Reports the health of Argo CD Applications as commit statuses.",
        {
            **_STRATEGY,
            "key": Default("string", "argocd-health"),
            "applicationSelector!": {"matchLabels": frozenset({"string"}), "matchExpressions": [ANY]},
            "url": {"template": "string", "options": ["string"]},
        },
        {
            **_COMMON,
            "applicationsSelected": [
                {
                    "clusterName!": "string",
                    "environment!": "string",
                    "name!": "string",
                    "namespace!": "string",
                    "phase!": _PHASE,
                    "sha!": "string",
                    "lastTransitionTime": "time",
                }
            ],
        },
    ),
    Kind(
        "ChangeTransferPolicy",
        "changetransferpolicies",
        "Moves changes from a proposed branch to an active one.",
        {
            "gitRepositoryRef!": _NAMED,
            "activeBranch!": "string",
            "proposedBranch!": "string",
            "activePath": "string",
            "autoMerge": Default("boolean", True),
            "activeCommitStatuses": _KEYS,
            "proposedCommitStatuses": _KEYS,
            "pullRequest": {"labels": {"expression!": "string"}},
        },
        {**_COMMON, "active": _ACTIVE, "proposed": _ACTIVE, "pullRequest": _PULL_REQUEST, "history": _PAST},
    ),
    Kind(
        "ClusterScmProvider",
        "clusterscmproviders",
        "How a source code host is reached, for every namespace.",
        _PROVIDER,
        _COMMON,
        cluster_wide=True,
    ),
    Kind(
        "CommitStatus",
        "commitstatuses",
        "One check of one commit.",
        {
            "gitRepositoryRef!": _NAMED,
            "sha!": "string",
            "name!": "string",
            "description!": "string",
            "phase!": Default(_PHASE, "pending"),
            "url": "string",
        },
        {**_COMMON, "id": "string", "phase": Default((*_PHASE, ""), "pending"), "sha": "string"},
        columns=(("Key", ".spec.name"), ("Sha", ".status.sha"), ("Phase", ".status.phase")),
    ),
    Kind(
        "GitCommitStatus",
        "gitcommitstatuses",
        "A check that an expression makes of the commit itself.",
        {
            **_STRATEGY,
            "key!": "string",
            "expression!": "string",
            "description": "string",
            "target": Default(("active", "proposed"), "active"),
        },
        {
            **_COMMON,
            "environments": [
                {
                    "branch!": "string",
                    "phase!": _PHASE,
                    "proposedHydratedSha!": "string",
                    "activeHydratedSha": "string",
                    "targetedSha": "string",
                    "expressionResult": "boolean",
                }
            ],
        },
        spec_required=True,
    ),
    Kind(
        "GitRepository",
        "gitrepositories",
        "A repository on a source code host.",
        _REPOSITORY,
        _COMMON,
        columns=(
            ("Scm Provider", ".spec.scmProviderRef.name"),
            ("Ready", ".status.conditions[?(@.type=='Ready')].status"),
        ),
    ),
    Kind(
        "PromotionStrategy",
        "promotionstrategies",
        "The environments that a change goes through, and what holds it in each.",
        {
            "gitRepositoryRef!": _NAMED,
            "environments!": [_ENVIRONMENT],
            "activePath": "string",
            "activeCommitStatuses": _KEYS,
            "proposedCommitStatuses": _KEYS,
            "pullRequest": {"labels": {"expression!": "string"}},
        },
        {
            **_COMMON,
            "environments!": [
                {
                    "branch!": "string",
                    "active!": _ACTIVE,
                    "proposed!": _ACTIVE,
                    "pullRequest": _PULL_REQUEST,
                    "history": _PAST,
                    "lastHealthyDryShas": [{"sha!": "string", "time!": "time"}],
                }
            ],
        },
        spec_required=True,
        columns=(("Ready", ".status.conditions[?(@.type=='Ready')].status"),),
    ),
    Kind(
        "PullRequest",
        "pullrequests",
        "A pull request that carries a change into an environment.",
        {
            "gitRepositoryRef!": _NAMED,
            "title!": "string",
            "description": "string",
            "sourceBranch!": "string",
            "targetBranch!": "string",
            "mergeSha!": "string",
            "state!": Default(("closed", "merged", "open"), "open"),
            "commit": {"message!": "string"},
            "labels": ["string"],
        },
        {
            **_COMMON,
            **_PULL_REQUEST,
            "state": ("", "closed", "merged", "open"),
            "appliedLabels": ["string"],
        },
    ),
    Kind(
        "ScheduledCommitStatus",
        "scheduledcommitstatuses",
        "Windows in which environments may be changed.",
        {
            **_STRATEGY,
            "key!": "string",
            "timezone": Default("string", "UTC"),
            "allow": _WINDOW,
            "exclude": _WINDOW,
            "environments!": [{"branch!": "string", "allow": _WINDOW, "exclude": _WINDOW}],
        },
        {
            **_COMMON,
            "environments": [
                {
                    "branch!": "string",
                    "phase!": ("pending", "success"),
                    "sha!": "string",
                    "active": _TRANSITION,
                    "next": _TRANSITION,
                }
            ],
        },
        spec_required=True,
    ),
    Kind("ScmProvider", "scmproviders", "How a source code host is reached.", _PROVIDER, _COMMON),
    Kind(
        "TimedCommitStatus",
        "timedcommitstatuses",
        "How long a change stays in an environment before it goes on.",
        {
            **_STRATEGY,
            "key": Default("string", "timer"),
            "environments!": [{"branch!": "string", "duration!": "string"}],
        },
        {
            **_COMMON,
            "environments": [
                {
                    "branch!": "string",
                    "phase!": ("pending", "success"),
                    "sha!": "string",
                    "commitTime!": "time",
                    "requiredDuration!": "string",
                    "atMostDurationRemaining!": "string",
                }
            ],
        },
        spec_required=True,
    ),
    Kind(
        "WebRequestCommitStatus",
        "webrequestcommitstatuses",
        "A check that a web service makes.",
        {
            **_STRATEGY,
            "key!": "string",
            "descriptionTemplate": "string",
            "urlTemplate": "string",
            "reportOn": Default(("proposed", "active"), "proposed"),
            "httpRequest!": {
                "urlTemplate!": "string",
                "method": "string",
                "headerTemplates": frozenset({"string"}),
                "bodyTemplate": "string",
                "timeout": Default("string", "30s"),
                "authentication": ANY,
            },
            "mode!": {"context": "string", "polling": {"interval": "string"}, "trigger": ANY},
            "success!": {"when!": {"expression!": "string", "output": ANY, "variables": ANY}},
        },
        {
            **_COMMON,
            "environments": [
                {
                    "branch!": "string",
                    "phase!": _PHASE,
                    "lastRequestTime": "time",
                    "lastResponseStatusCode": "integer",
                    "reportedSha": "string",
                    "responseOutput": ANY,
                    "successOutput": ANY,
                    "triggerOutput": ANY,
                }
            ],
            "promotionStrategyContext": ANY,
        },
        spec_required=True,
    ),
)
