"""One Stage in full: its health in words, its Applications, its Freight, its Promotions with their steps. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import quote

from promoter_view.dashboard.links import commit_url, web_url
from promoter_view.dashboard.stage_rows import (
    Health,
    StageRow,
    freight_names,
    issues_of,
    phase_css,
    read_stage_row,
)
from promoter_view.decoded import mapping, mappings, moment, text
from promoter_view.views.stage_columns import freight_name

_ACTOR = "kargo.akuity.io/create-actor"
_MOST = 100
_MAX_MESSAGE = 2000
#: Argo CD's own words for an Application's health, as a Stage's are.
_OWN = {"Healthy": Health.HEALTHY, "Progressing": Health.PROGRESSING, "Degraded": Health.UNHEALTHY}


@dataclass(frozen=True, slots=True)
class ApplicationLine:
    """An Application: the Stage's verdict on it, and what Argo CD says. ``since``: when its health last changed.

    ``checked``: a health check names it, so that it counts. ``url`` leads to Argo CD, "" where that is not known.
    """

    namespace: str
    name: str
    verdict: Health
    checked: bool
    said: str
    sync: str
    operation: str
    since: datetime | None
    wanted: str
    seen: str
    issues: tuple[str, ...]
    url: str


@dataclass(frozen=True, slots=True)
class Artifact:
    """A commit, an image or a chart of a piece of Freight."""

    kind: str
    name: str
    version: str
    subject: str
    url: str


@dataclass(frozen=True, slots=True)
class FreightLine:
    """A piece of Freight that the Stage has."""

    name: str
    whole: str
    created: datetime | None
    origin: str
    artifacts: tuple[Artifact, ...]


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step of a Promotion: "" for a phase that it has not come to."""

    uses: str
    alias: str
    phase: str
    message: str
    began: datetime | None
    ended: datetime | None

    @property
    def css(self) -> str:
        """The class of its phase."""
        return phase_css(self.phase)


@dataclass(frozen=True, slots=True)
class PromotionLine:
    """A Promotion with its steps."""

    name: str
    phase: str
    message: str
    freight: str
    actor: str
    created: datetime | None
    began: datetime | None
    ended: datetime | None
    steps: tuple[StepLine, ...]

    @property
    def css(self) -> str:
        """The class of its phase."""
        return phase_css(self.phase)


@dataclass(frozen=True, slots=True)
class StageDetail:
    """A Stage in full. ``ready`` is the message of its condition Ready, where that is not True."""

    row: StageRow
    issues: tuple[str, ...]
    applications: tuple[ApplicationLine, ...]
    freight: tuple[FreightLine, ...]
    promotions: tuple[PromotionLine, ...]
    ready: str
    created: datetime | None


def read_stage(bundle: Mapping[str, Any], argocd_url: str) -> StageDetail:
    """The page's model of a decoded StageDetails; ``argocd_url`` "" for no links."""
    names = freight_names(bundle)
    promotions = [_promotion(each, names) for each in mappings(bundle, "promotions")][-_MOST:]
    return StageDetail(
        row=read_stage_row(bundle),
        issues=issues_of(bundle.get("health")),
        applications=_applications(bundle, argocd_url),
        freight=tuple(map(_freight, islice(mappings(bundle, "freight"), _MOST))),
        promotions=tuple(reversed(promotions)),
        ready=_ready(bundle),
        created=moment(bundle, "metadata", "creationTimestamp"),
    )


def argocd_link(base: str, namespace: str, name: str) -> str:
    """An Application's page in Argo CD."""
    return f"{base}/applications/{quote(namespace, safe='')}/{quote(name, safe='')}" if base else ""


def _applications(bundle: Mapping[str, Any], argocd_url: str) -> tuple[ApplicationLine, ...]:
    """Those that are checked, the worst first; then the others that authorize the Stage."""
    known = {_name(each.get("metadata")): each for each in mappings(bundle, "applications")}
    checks = {_name(each): each for each in mappings(bundle, "health", "checks")}
    order = list(Health)
    lines = [
        _application(key, known.get(key, {}), checks.get(key), argocd_url)
        for key in islice(dict.fromkeys((*checks, *known)), _MOST)
    ]
    lines.sort(key=lambda line: (not line.checked, order.index(line.verdict), line.namespace, line.name))
    return tuple(lines)


def _application(
    key: tuple[str, str], application: Mapping[str, Any], check: Mapping[str, Any] | None, argocd_url: str
) -> ApplicationLine:
    status, told = mapping(application, "status"), check or {}
    said = text(status, "health", "status")
    verdicts = {health.value: health for health in Health}
    verdict = verdicts.get(text(told, "status")) if check is not None else _OWN.get(said)
    operation = mapping(status, "operationState")
    words = " ".join(filter(None, (text(operation, "phase"), text(operation, "message")[:_MAX_MESSAGE])))
    return ApplicationLine(
        namespace=key[0],
        name=key[1],
        verdict=verdict or Health.UNKNOWN,
        checked=check is not None,
        said=said,
        sync=text(status, "sync", "status"),
        operation=words,
        since=moment(status, "health", "lastTransitionTime") or moment(operation, "finishedAt"),
        wanted=text(told, "revisionWanted")[:200],
        seen=(text(told, "revisionSeen") or text(status, "sync", "revision"))[:200],
        issues=issues_of(told),
        url=argocd_link(argocd_url, *key),
    )


def _freight(found: Mapping[str, Any]) -> FreightLine:
    artifacts = [
        *(_commit(each) for each in mappings(found, "commits")),
        *(
            Artifact("image", text(each, "repoURL"), text(each, "tag") or text(each, "digest"), "", "")
            for each in mappings(found, "images")
        ),
        *(
            Artifact("chart", text(each, "name") or text(each, "repoURL"), text(each, "version"), "", "")
            for each in mappings(found, "charts")
        ),
    ]
    return FreightLine(
        freight_name(found),
        text(found, "metadata", "name"),
        moment(found, "metadata", "creationTimestamp"),
        text(found, "origin", "name"),
        tuple(artifacts[:_MOST]),
    )


def _commit(found: Mapping[str, Any]) -> Artifact:
    repository, sha = text(found, "repoURL"), text(found, "id")
    subject = text(found, "message").partition("\n")[0][:300]
    version = text(found, "tag") or sha[:7]
    return Artifact("commit", repository, version, subject, commit_url(web_url(repository), sha))


def _promotion(found: Mapping[str, Any], names: Mapping[str, str]) -> PromotionLine:
    status, freight = mapping(found, "status"), text(found, "spec", "freight")
    return PromotionLine(
        text(found, "metadata", "name"),
        text(status, "phase") or "Pending",
        text(status, "message")[:_MAX_MESSAGE],
        names.get(freight, freight[:7]),
        text(found, "metadata", "annotations", _ACTOR)[:200],
        moment(found, "metadata", "creationTimestamp"),
        moment(status, "startedAt"),
        moment(status, "finishedAt"),
        _steps(found, status),
    )


def _steps(found: Mapping[str, Any], status: Mapping[str, Any]) -> tuple[StepLine, ...]:
    told = list(mappings(status, "stepExecutionMetadata"))
    steps = list(islice(mappings(found, "spec", "steps"), _MOST))
    return tuple(_step(step, told[place] if place < len(told) else {}) for place, step in enumerate(steps))


def _step(step: Mapping[str, Any], told: Mapping[str, Any]) -> StepLine:
    began, ended = moment(told, "startedAt"), moment(told, "finishedAt")
    return StepLine(
        text(step, "uses")[:200],
        (text(step, "as") or text(told, "alias"))[:200],
        text(told, "status") or ("Running" if began is not None else ""),
        text(told, "message")[:_MAX_MESSAGE],
        began,
        ended,
    )


def _ready(bundle: Mapping[str, Any]) -> str:
    for condition in mappings(bundle, "stage", "status", "conditions"):
        if text(condition, "type") == "Ready" and text(condition, "status") == "False":
            told = (text(condition, "reason"), text(condition, "message")[:_MAX_MESSAGE])
            return ": ".join(filter(None, told))
    return ""


def _name(value: Any) -> tuple[str, str]:
    return text(value, "namespace"), text(value, "name")
