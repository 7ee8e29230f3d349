"""StageDetails: a Stage with its Promotions, Freight, Applications, health and what could come next. Data only."""

from __future__ import annotations

from uuid import UUID

from promoter_view.kubernetes.kinds import KARGO_KINDS
from promoter_view.views.definition import Member, ViewDefinition
from promoter_view.views.joining.relations import NamesRoot
from promoter_view.views.stage.availability import MOST_LOOKED_AT, stage_availability
from promoter_view.views.stage.columns import COLUMNS, application_steps, cells
from promoter_view.views.stage.health import stage_health
from promoter_view.views.stage.relations import (
    AuthorizesStage,
    FreightInUse,
    FreightRequested,
    NamedByHealthCheck,
    NewestFreight,
    UnendedAndLast,
)
from promoter_view.views.stage.status import STAGE_STATUS

STAGE_DETAILS = "stagedetails"
_ENDED_SHOWN = 10
_AUTHORIZES, _IN_USE = AuthorizesStage(), FreightInUse()


def stage_details(default_namespace: str) -> ViewDefinition:
    """The view. ``default_namespace``: of Applications that a health check names without one."""
    return ViewDefinition(
        kind="StageDetails",
        plural=STAGE_DETAILS,
        short_names=("sgd",),
        categories=("promoter",),
        root=next(kind for kind in KARGO_KINDS if kind.kind == "Stage"),
        root_field="stage",
        members=(_PROMOTIONS, _FREIGHT, _applications(default_namespace)),
        uid_namespace=UUID("0b9d52f4-7f4e-4c53-9d0e-5a3c8f1e7b26"),
        columns=COLUMNS,
        cells=cells,
        cell_steps=application_steps,
        description="StageDetails is a Kargo Stage with its Promotions, its Freight, its Argo CD Applications, its "
        "health and the Freight that could be promoted next, at one moment. It is computed and read-only. Each Stage "
        "has one, with the same name. Members are the objects of the cluster as they are stored, without "
        "metadata.managedFields and the annotation kubectl.kubernetes.io/last-applied-configuration.",
        root_description="The Stage itself.",
        computed=(stage_health(default_namespace), stage_availability()),
        status=STAGE_STATUS,
        selectable=("spec.shard",),
    )


_PROMOTIONS = Member(
    "promotions",
    "Promotion",
    (NamesRoot(("spec", "stage")),),
    choice=UnendedAndLast(_ENDED_SHOWN),
    description=f"The Promotions to the Stage: all that have not ended, and the last {_ENDED_SHOWN} that have, in "
    f"the order of their creation. Left out if there are none.",
)

_FREIGHT = Member(
    "freight",
    "Freight",
    (_IN_USE, FreightRequested()),
    choice=NewestFreight(MOST_LOOKED_AT),
    shown_by=_IN_USE,
    description="The Stage's current Freight, from the newest entry of status.freightHistory. By name; left out if "
    "there is none.",
)


def _applications(default_namespace: str) -> Member:
    return Member(
        "applications",
        "Application",
        (_AUTHORIZES, NamedByHealthCheck(default_namespace)),
        whole_by=_AUTHORIZES,
        elsewhere=True,
        description="The Argo CD Applications that authorize the Stage (annotation "
        "kargo.akuity.io/authorized-stage) or that a registered health check names, by namespace and name. Their "
        "sources have only repoURL, path, chart, ref and targetRevision, and they have no other annotation. Times "
        "that change all the time are left out. If an Application does not authorize the Stage, it has only its "
        "name; its result is in health. Left out if there are none.",
    )
