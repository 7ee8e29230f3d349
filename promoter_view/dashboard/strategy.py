"""One strategy in full: its environments with everything that holds them, its past, its figures. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from promoter_view.dashboard.checks import Check, Phase
from promoter_view.dashboard.environments import Station, read_stations
from promoter_view.dashboard.figures import Deliveries, deliveries
from promoter_view.dashboard.gates import Schedule, Timer, schedules, timers
from promoter_view.dashboard.history import Line, matrix
from promoter_view.dashboard.links import web_url
from promoter_view.decoded import mapping, mappings, parse_time, text
from promoter_view.views.promotion_strategy_columns import repository
from promoter_view.views.summary import State


@dataclass(frozen=True, slots=True)
class Column:
    """One environment with its gates."""

    station: Station
    timers: tuple[Timer, ...]
    schedules: tuple[Schedule, ...]

    @property
    def blockers(self) -> tuple[Check, ...]:
        """The checks that keep the next commit out."""
        if self.station.upcoming is None:
            return ()
        return tuple(check for check in self.station.proposed.checks.items if check.phase is not Phase.SUCCESS)


@dataclass(frozen=True, slots=True)
class Trouble:
    """A member that says of itself that it is not ready."""

    kind: str
    name: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Detail:
    """A strategy in full. ``repository_url`` is a link of the web or ""."""

    namespace: str
    name: str
    state: State
    newest: str
    promoted: int
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    deliveries: Deliveries
    troubles: tuple[Trouble, ...]
    labels: Mapping[str, str]
    repository: str
    repository_url: str
    created: datetime | None
    resource_version: str


def read_detail(bundle: Mapping[str, Any]) -> Detail:
    """The page's model of a decoded bundle."""
    summary, stations = read_stations(bundle)
    timed, scheduled = tuple(timers(bundle)), tuple(schedules(bundle))
    columns = tuple(
        Column(
            station,
            tuple(each for each in timed if each.branch == station.branch),
            tuple(each for each in scheduled if each.branch == station.branch),
        )
        for station in stations
    )
    metadata = mapping(bundle, "metadata")
    return Detail(
        namespace=text(metadata, "namespace"),
        name=text(metadata, "name"),
        state=summary.state,
        newest=summary.newest_sha,
        promoted=summary.promoted_count,
        columns=columns,
        lines=matrix(stations),
        deliveries=deliveries(bundle),
        troubles=tuple(_troubles(bundle)),
        labels={key: value for key, value in mapping(metadata, "labels").items() if type(value) is str},
        repository=repository(bundle),
        repository_url=_repository_url(stations),
        created=parse_time(text(metadata, "creationTimestamp")),
        resource_version=text(metadata, "resourceVersion"),
    )


def _troubles(bundle: Mapping[str, Any]) -> Iterator[Trouble]:
    """Members whose condition Ready is not True: what their controllers have to say."""
    for value in bundle.values():
        for member in (value,) if isinstance(value, Mapping) else tuple(mappings(value)):
            for condition in mappings(member, "status", "conditions"):
                if text(condition, "type") == "Ready" and text(condition, "status") == "False":
                    yield Trouble(
                        text(member, "kind"),
                        text(member, "metadata", "name"),
                        text(condition, "reason"),
                        text(condition, "message")[:2000],
                    )


def _repository_url(stations: tuple[Station, ...]) -> str:
    """The repository's address, from a commit that was read from it."""
    for station in stations:
        dry = station.active.dry
        if dry is not None and dry.url:
            return web_url(dry.url.removesuffix(f"/commit/{dry.sha}"))
    return ""
