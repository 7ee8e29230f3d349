"""One Stage in full: its health in words, its Applications, its Freight, its Promotions with their steps. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import quote

from promoter_view.contacts import Contact, choose_contacts, read_contacts
from promoter_view.dashboard.stages.freight_flow import NextLine
from promoter_view.dashboard.stages.rows import (
    ShownHealth,
    StageRow,
    freight_names,
    issues_of,
    phase_css,
    read_stage_row,
)
from promoter_view.decoded import mapping, mappings, moment, number, parse_time, text
from promoter_view.urls import public_url, web_url
from promoter_view.views.commits import commit_url
from promoter_view.views.contents import BundleContents, Contents
from promoter_view.views.stage.columns import freight_name
from promoter_view.views.stage.reading import read_auto, read_availability

_ACTOR = "kargo.akuity.io/create-actor"
_MOST = 100
_MAX_MESSAGE = 2000
#: Argo CD's own words for an Application's health, as a Stage's are.
_OWN = {"Healthy": ShownHealth.HEALTHY, "Progressing": ShownHealth.PROGRESSING, "Degraded": ShownHealth.UNHEALTHY}
_VERDICTS = {health.value: health for health in ShownHealth}


@dataclass(frozen=True, slots=True)
class ApplicationLine:
    """An Application: the Stage's verdict on it, and what Argo CD says. ``since``: when its health last changed.

    ``checked``: a health check names it, so that it counts. ``dry`` is the dry commit that was hydrated last, as
    ``hydrated``; ``hydration`` is the phase of the hydrator's operation and its message. ``url`` leads to Argo CD. ""
    is what is not known, or not there.
    """

    namespace: str
    name: str
    verdict: ShownHealth
    checked: bool
    said: str
    sync: str
    operation: str
    since: datetime | None
    wanted: str
    seen: str
    dry: str
    hydrated: str
    hydration: str
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
    """A Stage in full. ``ready`` is the message of its condition Ready, where that is not True.

    ``coming``: newer Freight than it has, and ``left_out`` how much more.
    """

    row: StageRow
    issues: tuple[str, ...]
    applications: tuple[ApplicationLine, ...]
    freight: tuple[FreightLine, ...]
    promotions: tuple[PromotionLine, ...]
    ready: str
    created: datetime | None
    contacts: tuple[Contact, ...] = ()
    coming: tuple[NextLine, ...] = ()
    left_out: int = 0


def shown_promotions(contents: Contents) -> frozenset[str]:
    """The names of the Promotions that are there to be shown."""
    return frozenset(each.name for each in contents.each("promotions", _promotion)[-_MOST:])


class _Said(NamedTuple):
    """What Argo CD says of an Application."""

    key: tuple[str, str]
    health: str
    sync: str
    operation: str
    since: datetime | None
    revision: str
    dry: str
    hydrated: str
    hydration: str


class _Check(NamedTuple):
    """The Stage's verdict on an Application."""

    key: tuple[str, str]
    status: str
    wanted: str
    seen: str
    issues: tuple[str, ...]


_NOTHING_SAID = _Said(("", ""), "", "", "", None, "", "", "", "")
_NO_CHECK = _Check(("", ""), "", "", "", ())


def read_stage(contents: Contents, argocd_url: str) -> StageDetail:
    """The page's model of a StageDetails; ``argocd_url`` "" for no links."""
    names, auto = freight_names(contents), contents.status(read_auto)
    promotions = contents.each("promotions", _promotion)[-_MOST:]
    return StageDetail(
        row=read_stage_row(contents),
        issues=contents.one("health", issues_of),
        applications=_applications(contents, argocd_url),
        freight=tuple(contents.each("freight", _freight)[:_MOST]),
        promotions=tuple(replace(each, freight=names.get(each.freight, each.freight[:7])) for each in promotions[::-1]),
        ready=contents.root(_ready),
        created=parse_time(contents.created),
        coming=tuple(
            NextLine(each, "", auto.get(each.warehouse, "")) for each in contents.one("availability", read_availability)
        ),
        left_out=contents.one("availability", _left_out),
        contacts=choose_contacts([contents.root(read_contacts), *contents.each("applications", read_contacts)]),
    )


def stage_steps(contents: BundleContents) -> Iterator[None]:
    """Reads what ``read_stage`` wants beside its row, a member a step."""
    contents.one("health", _read_checks)
    yield
    yield from contents.steps("applications", read_contacts)
    for name, read in (("applications", _said), ("freight", _freight), ("promotions", _promotion)):
        yield from contents.steps(name, read)


def argocd_link(base: str, namespace: str, name: str) -> str:
    """An Application's page in Argo CD."""
    return f"{base}/applications/{quote(namespace, safe='')}/{quote(name, safe='')}" if base else ""


def _applications(contents: Contents, argocd_url: str) -> tuple[ApplicationLine, ...]:
    """Those that are checked, the worst first; then the others that authorize the Stage."""
    known = {each.key: each for each in contents.each("applications", _said)}
    checks = {each.key: each for each in contents.one("health", _read_checks)}
    order = list(ShownHealth)
    lines = [
        _application(key, known.get(key), checks.get(key), argocd_url)
        for key in islice(dict.fromkeys((*checks, *known)), _MOST)
    ]
    lines.sort(key=lambda line: (not line.checked, order.index(line.verdict), line.namespace, line.name))
    return tuple(lines)


def _application(key: tuple[str, str], said: _Said | None, check: _Check | None, argocd_url: str) -> ApplicationLine:
    said, told = said or _NOTHING_SAID, check or _NO_CHECK
    verdict = _VERDICTS.get(told.status) if check is not None else _OWN.get(said.health)
    return ApplicationLine(
        namespace=key[0],
        name=key[1],
        verdict=verdict or ShownHealth.UNKNOWN,
        checked=check is not None,
        said=said.health,
        sync=said.sync,
        operation=said.operation,
        since=said.since,
        wanted=told.wanted,
        seen=told.seen or said.revision,
        dry=said.dry,
        hydrated=said.hydrated,
        hydration=said.hydration,
        issues=told.issues,
        url=argocd_link(argocd_url, *key),
    )


def _said(application: Mapping[str, Any]) -> _Said:
    status = mapping(application, "status")
    operation = mapping(status, "operationState")
    hydrator = mapping(status, "sourceHydrator")
    return _Said(
        _name(application.get("metadata")),
        text(status, "health", "status"),
        text(status, "sync", "status"),
        _outcome(operation),
        moment(status, "health", "lastTransitionTime") or moment(operation, "finishedAt"),
        text(status, "sync", "revision")[:200],
        text(hydrator, "lastSuccessfulOperation", "drySHA")[:200],
        text(hydrator, "lastSuccessfulOperation", "hydratedSHA")[:200],
        _outcome(mapping(hydrator, "currentOperation")),
    )


def _outcome(operation: Mapping[str, Any]) -> str:
    """The phase of an operation, and its message."""
    return " ".join(filter(None, (text(operation, "phase"), text(operation, "message")[:_MAX_MESSAGE])))


def _read_checks(health: Mapping[str, Any]) -> Sequence[_Check]:
    return [
        _Check(
            _name(each),
            text(each, "status"),
            text(each, "revisionWanted")[:200],
            text(each, "revisionSeen")[:200],
            issues_of(each),
        )
        for each in mappings(health, "checks")
    ]


def _freight(found: Mapping[str, Any]) -> FreightLine:
    artifacts = [
        *(_commit(each) for each in mappings(found, "commits")),
        *(
            Artifact("image", text(each, "repoURL"), text(each, "tag") or text(each, "digest"), "", "")
            for each in mappings(found, "images")
        ),
        *(
            Artifact("chart", text(each, "name") or public_url(text(each, "repoURL")), text(each, "version"), "", "")
            for each in mappings(found, "charts")
        ),
    ]
    return FreightLine(
        freight_name(found),
        text(found, "metadata", "name"),
        moment(found, "discoveredAt") or moment(found, "metadata", "creationTimestamp"),
        text(found, "origin", "name"),
        tuple(artifacts[:_MOST]),
    )


def _commit(found: Mapping[str, Any]) -> Artifact:
    repository, sha = public_url(text(found, "repoURL")), text(found, "id")
    subject = text(found, "message").partition("\n")[0][:300]
    version = text(found, "tag") or sha[:7]
    return Artifact("commit", repository, version, subject, commit_url(web_url(repository), sha))


def _promotion(found: Mapping[str, Any]) -> PromotionLine:
    """Its Freight is named as the Promotion does."""
    status = mapping(found, "status")
    return PromotionLine(
        text(found, "metadata", "name"),
        text(status, "phase") or "Pending",
        text(status, "message")[:_MAX_MESSAGE],
        text(found, "spec", "freight"),
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


def _ready(stage: Mapping[str, Any]) -> str:
    for condition in mappings(stage, "status", "conditions"):
        if text(condition, "type") == "Ready" and text(condition, "status") == "False":
            told = (text(condition, "reason"), text(condition, "message")[:_MAX_MESSAGE])
            return ": ".join(filter(None, told))
    return ""


def _left_out(availability: Mapping[str, Any]) -> int:
    return number(availability, "leftOut")


def _name(value: Any) -> tuple[str, str]:
    return text(value, "namespace"), text(value, "name")
