"""A Stage in one line, and what is remembered of it to tell what changes. Pure."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from promoter_view.decoded import mapping, mappings, moment, text
from promoter_view.views.stage_columns import application_counts, freight_name

_MAX_ISSUE = 2000


class Health(enum.StrEnum):
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
        return "Nothing promoted" if self is Health.NONE else self.value


_CSS = {
    Health.UNHEALTHY: "failed",
    Health.UNKNOWN: "unknown",
    Health.PROGRESSING: "promoting",
    Health.HEALTHY: "promoted",
    Health.NONE: "unknown",
}
_HEALTHS = {health.value: health for health in Health}


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


@dataclass(frozen=True, slots=True)
class StageRow:
    """A Stage in one line: what ``fleet.FleetQuery`` looks at, and what its row shows."""

    namespace: str
    name: str
    state: Health
    issue: str
    more_issues: int
    freight: tuple[str, ...]
    healthy: int
    applications: int
    current: Deed | None
    last: Deed | None
    shard: str
    labels: Mapping[str, str]
    changed: datetime | None
    words: str

    @property
    def rank(self) -> int:
        """The place of its health, the worst first."""
        return list(Health).index(self.state)


def health_of(bundle: Mapping[str, Any]) -> Health:
    """The Stage's state."""
    return _HEALTHS.get(text(bundle, "health", "status"), Health.NONE)


def issues_of(value: Any) -> tuple[str, ...]:
    """Why it is not healthy."""
    found = mapping(value).get("issues")
    told = found if isinstance(found, list) else []
    return tuple(" ".join(each.split())[:_MAX_ISSUE] for each in told if isinstance(each, str))


def phase_css(phase: str) -> str:
    """The class of a Promotion's or a step's phase."""
    known = {"Succeeded": "promoted", "Running": "promoting", "Pending": "unknown", "": "unknown", "Skipped": "unknown"}
    return known.get(phase, "failed")


def read_stage_row(bundle: Mapping[str, Any]) -> StageRow:
    """The row of a decoded StageDetails."""
    metadata, issues = mapping(bundle, "metadata"), issues_of(bundle.get("health"))
    healthy, applications = application_counts(bundle)
    namespace, name = text(metadata, "namespace"), text(metadata, "name")
    freight = tuple(freight_name(each) for each in mappings(bundle, "freight"))
    names = freight_names(bundle)
    current, last = (_deed(bundle, which, names) for which in ("currentPromotion", "lastPromotion"))
    told = [f"{namespace}/{name}", *freight, *(each.name for each in (current, last) if each is not None)]
    told += [text(each, "metadata", "name") for each in mappings(bundle, "applications")]
    return StageRow(
        namespace=namespace,
        name=name,
        state=health_of(bundle),
        issue=issues[0] if issues else "",
        more_issues=max(len(issues) - 1, 0),
        freight=freight,
        healthy=healthy,
        applications=applications,
        current=current,
        last=last,
        shard=text(bundle, "stage", "spec", "shard"),
        labels={key: value for key, value in mapping(metadata, "labels").items() if type(value) is str},
        changed=last.at if last is not None else None,
        words=" ".join(dict.fromkeys(told)).lower(),
    )


def freight_names(bundle: Mapping[str, Any]) -> Mapping[str, str]:
    """How people call the Freight that is shown, by its name."""
    return {text(each, "metadata", "name"): freight_name(each) for each in mappings(bundle, "freight")}


def _deed(bundle: Mapping[str, Any], which: str, names: Mapping[str, str]) -> Deed | None:
    found = mapping(bundle, "stage", "status", which)
    name = text(found, "name")
    if not name:
        return None
    whole = next((each for each in mappings(bundle, "promotions") if text(each, "metadata", "name") == name), {})
    status = {**mapping(whole, "status"), **mapping(found, "status")}
    freight = text(found, "freight", "name") or text(whole, "spec", "freight")
    at = moment(status, "finishedAt") or moment(found, "finishedAt") or moment(status, "startedAt")
    return Deed(
        name,
        text(status, "phase") or "Running",
        text(status, "message")[:_MAX_ISSUE],
        names.get(freight, freight[:7]),
        at or moment(whole, "metadata", "creationTimestamp"),
    )
