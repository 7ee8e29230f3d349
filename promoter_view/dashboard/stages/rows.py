"""A Stage in one line, and what is remembered of it to tell what changes. Pure."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple

from promoter_view.dashboard.search import freight_words, joined
from promoter_view.dashboard.strategies.fleet import Listed
from promoter_view.decoded import mapping, mappings, moment, text, texts
from promoter_view.stages.shard import shard_of_stage
from promoter_view.views.contents import BundleContents, Contents, Read
from promoter_view.views.stage.columns import application_counts, application_steps, freight_name, read_status

_MAX_ISSUE = 2000


class ShownHealth(enum.StrEnum):
    """What a person sees first. The members stand in order, the worst first."""

    UNHEALTHY = "Unhealthy"
    UNKNOWN = "Unknown"
    PROGRESSING = "Progressing"
    HEALTHY = "Healthy"
    NONE = "None"

    @property
    def css(self) -> str:
        """The class of its colour and shape, which are those of a strategy's states."""
        return _CSS[self]

    @property
    def word(self) -> str:
        """As people say it."""
        return "Nothing promoted" if self is ShownHealth.NONE else self.value


_CSS = {
    ShownHealth.UNHEALTHY: "failed",
    ShownHealth.UNKNOWN: "unknown",
    ShownHealth.PROGRESSING: "promoting",
    ShownHealth.HEALTHY: "promoted",
    ShownHealth.NONE: "unknown",
}
_HEALTHS = {health.value: health for health in ShownHealth}


@dataclass(frozen=True, slots=True)
class Deed:
    """A Promotion in one line. ``freight`` is how people call it; ``at`` when it ended, began, or was made."""

    name: str
    phase: str
    message: str
    freight: str
    at: datetime | None

    @property
    def css(self) -> str:
        """The class of its phase."""
        return phase_css(self.phase)


class FreightSources(NamedTuple):
    """Where a Stage takes Freight from: Warehouses themselves, and Stages upstream."""

    warehouses: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StageRow(Listed):
    """A Stage in one line: what ``fleet.FleetQuery`` looks at, and what its row shows.

    ``hidden``: the kinds of members that its reader may not see.
    """

    state: ShownHealth
    issue: str
    more_issues: int
    freight: tuple[str, ...]
    healthy: int
    applications: int
    current: Deed | None
    last: Deed | None
    shard: str
    sources: FreightSources = FreightSources()  # noqa: RUF009 - frozen, and of nothing
    hidden: frozenset[str] = frozenset()

    @property
    def upstream(self) -> Sequence[str]:
        """The Stages that its Freight has to have been in."""
        return self.sources.stages


def issues_of(value: Any) -> tuple[str, ...]:
    """Why it is not healthy."""
    return tuple(" ".join(each.split())[:_MAX_ISSUE] for each in texts(value, "issues"))


def phase_css(phase: str) -> str:
    """The class of a Promotion's or a step's phase."""
    known = {"Succeeded": "promoted", "Running": "promoting", "Pending": "unknown", "": "unknown", "Skipped": "unknown"}
    return known.get(phase, "failed")


def read_name(member: Mapping[str, Any]) -> str:
    """metadata.name."""
    return text(member, "metadata", "name")


def nameless_stage_row(namespace: str, name: str) -> StageRow:
    """The row of a Stage of which nothing can be shown but that it is there."""
    where = f"{namespace}/{name}".lower()
    return StageRow(namespace, name, ShownHealth.UNKNOWN, {}, None, where, "", 0, (), 0, 0, None, None, "")


def read_stage_row(contents: Contents) -> StageRow:
    """The row of a StageDetails."""
    issues = contents.one("health", issues_of)
    healthy, applications = application_counts(contents)
    freight = tuple(contents.each("freight", freight_name))
    names = freight_names(contents)
    current, last = (_deed(contents, which, names) for which in (_current, _last))
    told = [f"{contents.namespace}/{contents.name}", *freight]
    told += [each.name for each in (current, last) if each is not None]
    told += contents.each("applications", read_name)
    told += chain.from_iterable(contents.each("freight", freight_words))
    return StageRow(
        namespace=contents.namespace,
        name=contents.name,
        state=_HEALTHS.get(contents.one("health", read_status), ShownHealth.NONE),
        issue=issues[0] if issues else "",
        more_issues=max(len(issues) - 1, 0),
        freight=freight,
        healthy=healthy,
        applications=applications,
        current=current,
        last=last,
        shard=contents.root(shard_of_stage),
        sources=contents.root(_requests),
        labels=contents.labels,
        changed=last.at if last is not None else None,
        words=joined(told),
        hidden=contents.hidden,
    )


def stage_row_steps(contents: BundleContents) -> Iterator[None]:
    """Reads what ``read_stage_row`` wants, an Application a step."""
    yield from application_steps(contents)
    yield from contents.steps("applications", read_name)


def freight_names(contents: Contents) -> Mapping[str, str]:
    """How people call the Freight that is shown, by its name."""
    return dict(zip(contents.each("freight", read_name), contents.each("freight", freight_name), strict=True))


class _Told(NamedTuple):
    """What a Promotion itself says: of its status those fields that a Deed is made of."""

    name: str
    status: Mapping[str, Any]
    freight: str
    created: datetime | None


_NOTHING_TOLD = _Told("", {}, "", None)


def _deed(contents: Contents, which: Read[Mapping[str, Any]], names: Mapping[str, str]) -> Deed | None:
    found = contents.root(which)
    name = text(found, "name")
    if not name:
        return None
    whole = next((each for each in contents.each("promotions", _told) if each.name == name), _NOTHING_TOLD)
    status = {**whole.status, **mapping(found, "status")}
    freight = text(found, "freight", "name") or whole.freight
    at = moment(status, "finishedAt") or moment(found, "finishedAt") or moment(status, "startedAt")
    return Deed(
        name,
        text(status, "phase") or "Running",
        text(status, "message")[:_MAX_ISSUE],
        names.get(freight, freight[:7]),
        at or whole.created,
    )


def _told(promotion: Mapping[str, Any]) -> _Told:
    status = mapping(promotion, "status")
    return _Told(
        read_name(promotion),
        {field: status[field] for field in ("phase", "message", "startedAt", "finishedAt") if field in status},
        text(promotion, "spec", "freight"),
        moment(promotion, "metadata", "creationTimestamp"),
    )


def _current(stage: Mapping[str, Any]) -> Mapping[str, Any]:
    return mapping(stage, "status", "currentPromotion")


def _last(stage: Mapping[str, Any]) -> Mapping[str, Any]:
    return mapping(stage, "status", "lastPromotion")


def _requests(stage: Mapping[str, Any]) -> FreightSources:
    warehouses, stages = dict[str, None](), dict[str, None]()
    for each in mappings(stage, "spec", "requestedFreight"):
        sources = mapping(each, "sources")
        stages |= dict.fromkeys(texts(sources, "stages"))
        if sources.get("direct") is True:
            warehouses[text(each, "origin", "name")] = None
    return FreightSources(tuple(filter(None, warehouses)), tuple(stages))
