"""The kinds of Kargo 1.12, as far as tests turn on their fields. Data only."""

from __future__ import annotations

from tests.crds.promoter import CONDITIONS
from tests.crds.shapes import ANY, Default, Kind

GROUP = "kargo.akuity.io"

_ORIGIN = {"kind!": ("Warehouse",), "name!": "string"}
_ARTIFACTS = {
    "commits": [{"repoURL": "string", "id": "string", "branch": "string", "tag": "string", "message": "string"}],
    "images": [{"repoURL": "string", "tag": "string", "digest": "string"}],
    "charts": [{"repoURL": "string", "name": "string", "version": "string"}],
    "artifacts": [ANY],
}
_REFERENCE = {"name": "string", "origin": _ORIGIN, **_ARTIFACTS}
_VARIABLES = [{"name!": "string", "value": "string"}]
_STEPS = [
    {
        "uses": "string",
        "as": "string",
        "if": "string",
        "config": ANY,
        "continueOnError": "boolean",
        "retry": ANY,
        "task": ANY,
        "vars": _VARIABLES,
    }
]
_PROMOTION = {"name!": "string", "freight": _REFERENCE, "finishedAt": "time", "status": ANY}
_SHARD = r".metadata.labels.kargo\.akuity\.io/shard"

_TASK = {"steps!": _STEPS, "vars": _VARIABLES}

KINDS = (
    Kind(
        "ClusterPromotionTask",
        "clusterpromotiontasks",
        "Steps that Stages of every project refer to.",
        _TASK,
        cluster_wide=True,
        spec_required=True,
        status_subresource=False,
    ),
    Kind(
        "Freight",
        "freights",
        "Artifacts that are promoted together.",
        status={"currentlyIn": ANY, "verifiedIn": ANY, "approvedFor": ANY, "metadata": ANY},
        top={"alias": "string", "discoveredAt": "time", "origin!": _ORIGIN, **_ARTIFACTS},
        columns=(("Origin (Name)", ".origin.name"),),
    ),
    Kind(
        "Project",
        "projects",
        "A namespace of Stages and Warehouses.",
        status={"conditions": CONDITIONS, "stats": ANY},
        cluster_wide=True,
    ),
    Kind(
        "ProjectConfig",
        "projectconfigs",
        "What a project has by way of policies; its name is the project's.",
        {
            "promotionPolicies": [
                {
                    "autoPromotionEnabled": "boolean",
                    "stage": "string",
                    "stageSelector": {"name": "string", "matchLabels": ANY, "matchExpressions": [ANY]},
                }
            ],
            "webhookReceivers": [ANY],
        },
        {"conditions": CONDITIONS, "observedGeneration": "integer"},
    ),
    Kind(
        "Promotion",
        "promotions",
        "Freight on its way into a Stage.",
        {
            "stage!": "string",
            "freight": "string",
            "origin": _ORIGIN,
            "steps!": _STEPS,
            "vars": _VARIABLES,
            "target": "string",
        },
        {
            "phase": "string",
            "message": "string",
            "startedAt": "time",
            "finishedAt": "time",
            "currentStep": "integer",
            "freight": _REFERENCE,
            "freightCollection": ANY,
            "healthChecks": [{"uses!": "string", "config": ANY}],
            "lastHandledRefresh": "string",
            "state": ANY,
            "stepExecutionMetadata": [
                {
                    "alias": "string",
                    "status": "string",
                    "message": "string",
                    "startedAt": "time",
                    "finishedAt": "time",
                    "errorCount": "integer",
                    "continueOnError": "boolean",
                }
            ],
        },
        short=("promo", "promos"),
        spec_required=True,
        columns=(("Shard", _SHARD), ("Stage", ".spec.stage"), ("Freight", ".spec.freight"), ("Phase", ".status.phase")),
    ),
    Kind(
        "PromotionTask",
        "promotiontasks",
        "Steps that Stages of the project refer to.",
        _TASK,
        spec_required=True,
        status_subresource=False,
    ),
    Kind(
        "Stage",
        "stages",
        "A place that Freight is promoted into, and the steps that do it.",
        {
            "shard": "string",
            "vars": _VARIABLES,
            "requestedFreight!": [{"origin!": _ORIGIN, "sources!": ANY}],
            "promotionTemplate": {"spec!": {"steps": _STEPS, "vars": _VARIABLES}},
            "verification": ANY,
        },
        {
            "conditions": CONDITIONS,
            "observedGeneration": "integer",
            "autoPromotionEnabled": "boolean",
            "autoPromotionHolds": ANY,
            "effectiveAutoPromotionHolds": ANY,
            "currentPromotion": _PROMOTION,
            "lastPromotion": _PROMOTION,
            "freightHistory": [{"id!": "string", "items": ANY, "verificationHistory": [ANY]}],
            "freightSummary": "string",
            "health": {"status": "string", "issues": ["string"], "config": ANY, "output": ANY},
            "lastHandledRefresh": "string",
            "metadata": ANY,
        },
        spec_required=True,
        columns=(
            ("Shard", ".spec.shard"),
            ("Current Freight", ".status.freightSummary"),
            ("Health", ".status.health.status"),
        ),
    ),
    Kind(
        "Warehouse",
        "warehouses",
        "Where Freight comes from.",
        {
            "shard": "string",
            "interval!": Default("string", "5m0s"),
            "freightCreationPolicy": Default(("Automatic", "Manual"), "Automatic"),
            "subscriptions!": [ANY],
        },
        {
            "conditions": CONDITIONS,
            "observedGeneration": "integer",
            "lastFreightID": "string",
            "discoveredArtifacts": ANY,
        },
        spec_required=True,
    ),
)
