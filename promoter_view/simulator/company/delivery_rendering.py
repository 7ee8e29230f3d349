"""Projects as objects of Kargo and Argo CD. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from promoter_view.decoded import rfc3339
from promoter_view.durations import format_duration
from promoter_view.kubernetes.kinds import APPLICATION, KARGO_KINDS
from promoter_view.simulator.company.delivery_model import (
    Project,
    SimulatedApplication,
    SimulatedFreight,
    SimulatedPromotion,
    SimulatedStage,
)
from promoter_view.simulator.company.manifests import Document

ARGOCD = "argocd"
_VERSIONS = {kind.kind: kind.api_version for kind in (*KARGO_KINDS, APPLICATION)}
_WAREHOUSE = "main"
#: Of Kargo, that runs these Stages.
_SHARD = "gitops"
_ORIGIN = {"kind": "Warehouse", "name": _WAREHOUSE}


def render_project(project: Project) -> Iterator[Document]:
    """All its objects; their metadata have neither uid nor resourceVersion."""
    subscriptions = [
        {"git": {"repoURL": _repository(project.name), "branch": "main"}},
        {"image": {"repoURL": f"registry.example.com/{project.name}"}},
        {"chart": {"repoURL": f"oci://registry.example.com/charts/{project.name}"}},
    ]
    yield _object("Warehouse", _WAREHOUSE, project.name, spec={"subscriptions": subscriptions}, status={})
    for freight in project.freight:
        yield _freight(project, freight)
    for stage in project.stages:
        yield _stage(project, stage)
        for promotion in stage.promotions:
            yield _promotion(project, stage, promotion)
        for application in stage.applications:
            yield _application(project, stage, application)


def _object(kind: str, name: str, namespace: str, **body: Any) -> Document:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **body.pop("metadata", {})}
    return {"apiVersion": _VERSIONS[kind], "kind": kind, "metadata": metadata, **body}


def _repository(project: str) -> str:
    return f"https://git.example.com/{project}/deploy.git"


def _freight(project: Project, freight: SimulatedFreight) -> Document:
    having = [stage for stage in project.stages if stage.has[0] == freight]
    labels = {"kargo.akuity.io/alias": freight.alias}
    # What a Stage has that is healthy is verified there, and so is what it had before that.
    verified = [stage for stage in project.stages if freight in stage.has[0 if stage.is_healthy else 1 :]]
    status: dict[str, Any] = {
        "currentlyIn": {stage.name: {"since": _since(stage, freight)} for stage in having},
        "verifiedIn": {stage.name: {"verifiedAt": _since(stage, freight)} for stage in verified},
    }
    return _object(
        "Freight",
        freight.name,
        project.name,
        metadata={"labels": labels},
        alias=freight.alias,
        origin=_ORIGIN,
        discoveredAt=rfc3339(freight.created),
        **_artifacts(project, freight),
        status=status,
    )


def _since(stage: SimulatedStage, freight: SimulatedFreight) -> str:
    """When that Freight came into the Stage, as far as its Promotions tell."""
    came = (each.finished for each in stage.promotions if each.freight == freight and each.phase == "Succeeded")
    return rfc3339(max(came, default=freight.created))


def _reference(project: Project, freight: SimulatedFreight) -> dict[str, Any]:
    return {"name": freight.name, "origin": _ORIGIN, **_artifacts(project, freight)}


def _artifacts(project: Project, freight: SimulatedFreight) -> dict[str, Any]:
    """The commit that is deployed, and the image and the chart that it names: by these one looks for it, too."""
    commit = {"repoURL": _repository(project.name), "branch": "main", "id": freight.commit}
    # Of the commit, so that it is the same whenever it is rendered.
    digest = hashlib.sha256(freight.commit.encode()).hexdigest()
    version = f"{int(digest[0], 16)}.{int(digest[1:3], 16)}.{int(digest[3:5], 16)}"
    image = {"repoURL": f"registry.example.com/{project.name}", "tag": f"v{version}", "digest": f"sha256:{digest}"}
    chart = {"repoURL": f"oci://registry.example.com/charts/{project.name}", "version": version}
    return {"commits": [commit], "images": [image], "charts": [chart]}


def _collection(project: Project, freight: SimulatedFreight) -> dict[str, Any]:
    return {"id": freight.name, "items": {f"Warehouse/{_WAREHOUSE}": _reference(project, freight)}}


def _steps(stage: SimulatedStage, freight: str) -> list[dict[str, Any]]:
    sources = [{"repoURL": "${{ vars.repo }}", "desiredRevision": freight}]
    apps = [{"name": each.name, "namespace": ARGOCD, "sources": sources} for each in stage.applications]
    return [{"uses": "argocd-update", "as": "update", "config": {"apps": apps}}]


def _stage(project: Project, stage: SimulatedStage) -> Document:
    sources: dict[str, Any] = {"stages": [stage.upstream]} if stage.upstream else {"direct": True}
    if stage.soak_seconds:
        sources["requiredSoakTime"] = format_duration(stage.soak_seconds)
    template = {"spec": {"steps": _steps(stage, "${{ commitFrom(vars.repo).ID }}")}}
    requested = [{"origin": _ORIGIN, "sources": sources}]
    spec = {"shard": _SHARD, "requestedFreight": requested, "promotionTemplate": template}
    status: dict[str, Any] = {
        "freightHistory": [_collection(project, freight) for freight in stage.has],
        "freightSummary": stage.has[0].name,
    }
    if not stage.upstream:
        status["autoPromotionEnabled"] = True
    if stage.under_way is not None:
        status["currentPromotion"] = _in_short(project, stage, stage.under_way)
    if stage.last is not None:
        status["lastPromotion"] = {
            **_in_short(project, stage, stage.last),
            "finishedAt": rfc3339(stage.last.finished),
            "status": _promotion_status(project, stage, stage.last),
        }
    metadata = {"labels": {"kargo.akuity.io/shard": _SHARD}, "annotations": _whom_to_ask(project, stage)}
    return _object("Stage", stage.name, project.name, metadata=metadata, spec=spec, status=status)


def _whom_to_ask(project: Project, stage: SimulatedStage) -> dict[str, str]:
    team = project.name.removesuffix("-delivery")
    return {
        "promoter-view.io/owner": f"team {team}",
        "promoter-view.io/contact": f"mailto:{team}@example.com",
        "promoter-view.io/runbook": f"https://runbooks.example.com/{project.name}/{stage.name}",
    }


def _in_short(project: Project, stage: SimulatedStage, promotion: SimulatedPromotion) -> dict[str, Any]:
    return {"name": stage.promotion_name(promotion), "freight": _reference(project, promotion.freight)}


def _promotion(project: Project, stage: SimulatedStage, promotion: SimulatedPromotion) -> Document:
    return _object(
        "Promotion",
        stage.promotion_name(promotion),
        project.name,
        metadata={"labels": {"kargo.akuity.io/shard": _SHARD, "kargo.akuity.io/stage": stage.name}},
        spec={
            "stage": stage.name,
            "freight": promotion.freight.name,
            "steps": _steps(stage, promotion.freight.commit),
        },
        status=_promotion_status(project, stage, promotion),
    )


def _promotion_status(project: Project, stage: SimulatedStage, promotion: SimulatedPromotion) -> dict[str, Any]:
    status: dict[str, Any] = {"phase": promotion.phase, "freight": _reference(project, promotion.freight)}
    if promotion.started:
        word = promotion.phase if promotion.finished else "Running"
        step = {"alias": "update", "startedAt": rfc3339(promotion.started), "status": word}
        status |= {"startedAt": rfc3339(promotion.started), "currentStep": 0, "stepExecutionMetadata": [step]}
    if promotion.finished:
        status["finishedAt"] = rfc3339(promotion.finished)
        status["stepExecutionMetadata"][0]["finishedAt"] = rfc3339(promotion.finished)
    if promotion.message:
        status["message"] = promotion.message
    if promotion.phase == "Succeeded":
        wanted = [_wanted(each, promotion.freight) for each in stage.applications]
        status["healthChecks"] = [{"uses": "argocd-update", "config": {"apps": wanted}}]
    return status


def _wanted(application: SimulatedApplication, freight: SimulatedFreight) -> dict[str, Any]:
    return {"name": application.name, "namespace": ARGOCD, "desiredRevisions": [freight.commit]}


def _application(project: Project, stage: SimulatedStage, application: SimulatedApplication) -> Document:
    source = {"repoURL": _repository(project.name), "path": stage.name, "targetRevision": application.revision}
    spec = {
        "project": project.name,
        "source": source,
        "destination": {"name": "in-cluster", "namespace": f"{project.name}-{stage.name}"},
    }
    annotations = {"kargo.akuity.io/authorized-stage": f"{project.name}:{stage.name}"}
    document = _object(
        "Application",
        application.name,
        ARGOCD,
        metadata={"annotations": annotations},
        spec=spec,
        status=_application_status(application),
    )
    return document | ({"operation": _operation(application)} if application.is_syncing else {})


def _operation(application: SimulatedApplication) -> dict[str, Any]:
    info = [{"name": "kargo.akuity.io/promotion", "value": application.promotion}]
    return {"initiatedBy": {"username": "kargo-controller", "automated": True}, "info": info, "sync": {}}


def _application_status(application: SimulatedApplication) -> dict[str, Any]:
    ended = rfc3339(application.synced)
    operation = {"phase": "Succeeded", "operation": _operation(application), "startedAt": ended, "finishedAt": ended}
    return {
        "health": {"status": application.health, "lastTransitionTime": rfc3339(application.health_since)},
        "sync": {"status": "Synced", "revision": application.revision},
        "operationState": {**operation, "syncResult": {"revision": application.revision}},
        "reconciledAt": ended,
    }
