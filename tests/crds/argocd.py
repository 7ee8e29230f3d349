"""Argo CD's Application, as far as tests turn on its fields. Data only."""

from __future__ import annotations

from tests.crds.shapes import ANY, Kind

GROUP = "argoproj.io"

_SOURCE = {
    "repoURL!": "string",
    "targetRevision": "string",
    "path": "string",
    "chart": "string",
    "ref": "string",
    "name": "string",
    "helm": ANY,
    "kustomize": ANY,
    "directory": ANY,
    "plugin": ANY,
}
_HYDRATOR = {
    "drySource!": {
        "repoURL!": "string",
        "targetRevision!": "string",
        "path!": "string",
        "helm": ANY,
        "kustomize": ANY,
        "directory": ANY,
        "plugin": ANY,
    },
    "syncSource!": {"repoURL": "string", "targetBranch!": "string", "path!": "string"},
    "hydrateTo": {"targetBranch!": "string"},
}

KINDS = (
    Kind(
        "Application",
        "applications",
        "What Argo CD keeps in a cluster as it stands in Git.",
        {
            "project!": "string",
            "destination!": {"name": "string", "namespace": "string", "server": "string"},
            "source": _SOURCE,
            "sources": [_SOURCE],
            "sourceHydrator": _HYDRATOR,
            "syncPolicy": ANY,
        },
        {
            "conditions": [{"type!": "string", "message!": "string", "lastTransitionTime": "time"}],
            "health": {"status": "string", "message": "string", "lastTransitionTime": "time"},
            "history": [ANY],
            "operationState": {
                "operation!": ANY,
                "phase!": "string",
                "message": "string",
                "startedAt!": "time",
                "finishedAt": "time",
                "retryCount": "integer",
                "syncResult": ANY,
            },
            "reconciledAt": "time",
            "resources": [ANY],
            "sourceHydrator": {
                "currentOperation": {
                    "drySHA": "string",
                    "finishedAt": "time",
                    "hydratedSHA": "string",
                    "message!": "string",
                    "phase!": ("Hydrating", "Failed", "Hydrated"),
                    "sourceHydrator": _HYDRATOR,
                    "startedAt!": "time",
                },
                "lastSuccessfulOperation": {"drySHA": "string", "hydratedSHA": "string", "sourceHydrator": _HYDRATOR},
            },
            "sync": {"status!": "string", "revision": "string", "revisions": ["string"], "comparedTo": ANY},
        },
        short=("app", "apps"),
        top={"metadata!": {}, "operation": ANY},
        spec_required=True,
        status_subresource=False,
        columns=(("Sync Status", ".status.sync.status"), ("Health Status", ".status.health.status")),
    ),
)
