"""One strategy in full: its environments with everything that holds them, its past, its figures. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from typing import Any, TypeVar

from promoter_view.contacts import Contact, read_contacts
from promoter_view.dashboard.strategies.checks import Checks, Phase, ShownCheck
from promoter_view.dashboard.strategies.comparing import Comparing, Comparison, forge_of
from promoter_view.dashboard.strategies.environments import ShownStrategy, Station, first_stall
from promoter_view.dashboard.strategies.figures import Deliveries
from promoter_view.dashboard.strategies.gate_reports import GateReport, read_reports
from promoter_view.dashboard.strategies.gates import Schedule, Timer, read_schedules, read_timers
from promoter_view.dashboard.strategies.history import HistoryLine, Matrix
from promoter_view.decoded import mappings, parse_time, text
from promoter_view.urls import web_url
from promoter_view.views.contents import BundleContents, Contents
from promoter_view.views.promotion_strategy.columns import repository
from promoter_view.views.promotion_strategy.order import Order
from promoter_view.views.promotion_strategy.restores import RESTORES, Restore, read_restore
from promoter_view.views.promotion_strategy.state.kinds import CHECKS, ReasonKind
from promoter_view.views.promotion_strategy.state.standing import OfBranch
from promoter_view.views.promotion_strategy.state.words import StateWord
from promoter_view.web.yaml_text import to_yaml

_MAX_MESSAGE = 2000
#: States in which proposed checks are what an environment waits for.
_WAITING_FOR_CHECKS = frozenset((StateWord.QUEUED, StateWord.CHECKING, StateWord.WAITING, StateWord.NEEDS_APPROVAL))


@dataclass(frozen=True, slots=True)
class EnvironmentColumn:
    """One environment with its gates, and what holds it where a restore does."""

    station: Station
    timers: tuple[Timer, ...]
    schedules: tuple[Schedule, ...]
    restore: Restore | None = None
    comparisons: tuple[Comparison, ...] = ()

    @property
    def lifting(self) -> str:
        """The manifest that lifts the restore, as text to be applied."""
        return "" if self.restore is None else to_yaml(self.restore.lifting).decode()

    @property
    def held_since(self) -> datetime | None:
        """Since when the restore holds it: it counts from the commit that it made, until then from its making."""
        if self.restore is None or self.restore.is_new:
            return self.restore.created if self.restore is not None else None
        return self.station.live_since

    @property
    def restored_by(self) -> str:
        """Who made the commit by which it was restored, "" where that is not known."""
        made = self.station.active.hydrated
        return made.author if made is not None and self.restore is not None and not self.restore.is_new else ""

    @property
    def awaited(self) -> Checks:
        """Where it waits for checks, those that are pending; the order gate's says for whom it waits."""
        reported = self.station.proposed.checks.items
        return Checks((*map(self._explained, filter(self._is_awaited, reported)), *self._unreported()))

    @property
    def others(self) -> Checks:
        """The proposed checks that are not said to be waited for already."""
        return Checks(tuple(check for check in self.station.proposed.checks.items if not self._is_awaited(check)))

    def _is_awaited(self, check: ShownCheck) -> bool:
        return self.station.state in _WAITING_FOR_CHECKS and check.phase in (Phase.PENDING, Phase.UNKNOWN)

    def _unreported(self) -> Iterator[ShownCheck]:
        if self.station.state in _WAITING_FOR_CHECKS:
            reported = {check.key for check in self.station.proposed.checks.items}
            for reason in self.station.facts.reasons:
                if reason.kind in CHECKS and reason.kind is not ReasonKind.ORDER and reason.key not in reported:
                    yield ShownCheck(reason.key, reason.key, Phase.PENDING, "not reported yet")

    def _explained(self, check: ShownCheck) -> ShownCheck:
        facts = self.station.facts
        return replace(check, description=facts.message) if check.of_order and facts.awaits else check


@dataclass(frozen=True, slots=True)
class Trouble:
    """A member that says of itself that it is not ready."""

    kind: str
    name: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Detail:
    """A strategy in full; ``left_out`` commits are older than its lines. ``repository_url``: a web link or ""."""

    namespace: str
    name: str
    state: StateWord
    since: datetime | None
    newest: str
    promoted: int
    columns: tuple[EnvironmentColumn, ...]
    lines: tuple[HistoryLine, ...]
    left_out: int
    deliveries: Deliveries
    troubles: tuple[Trouble, ...]
    gates: tuple[GateReport, ...]
    labels: Mapping[str, str]
    order: Order
    front: frozenset[str]
    repository: str
    repository_url: str
    created: datetime | None
    contacts: tuple[Contact, ...] = ()

    @property
    def stalled_at(self) -> datetime | None:
        """From when on one of its environments is stalled, should nothing change."""
        return first_stall(column.station for column in self.columns)

    @property
    def visible(self) -> bool:
        """Its reader may see how its environments stand."""
        return all(column.station.visible for column in self.columns)


def read_detail(contents: Contents, strategy: ShownStrategy, past: Matrix) -> Detail:
    """The page's model of a strategy that was read with its past; ``past`` is the same as a matrix."""
    stations = strategy.stations
    timed = _by_branch(contents.each("timedCommitStatuses", read_timers))
    scheduled = _by_branch(contents.each("scheduledCommitStatuses", read_schedules))
    url = _repository_url(stations)
    comparing = Comparing(stations, past.lines, url, forge_of(contents))
    restores = {each.name: each for each in contents.each(RESTORES, read_restore)}
    return Detail(
        namespace=contents.namespace,
        name=contents.name,
        state=strategy.status.state,
        since=strategy.status.whole.since,
        newest=strategy.status.whole.newest_sha,
        promoted=strategy.status.whole.promoted,
        columns=tuple(
            EnvironmentColumn(
                each,
                timed.get(each.branch, ()),
                scheduled.get(each.branch, ()),
                restores.get(each.facts.held_by),
                comparing.of(vertex),
            )
            for each, vertex in zip(stations, strategy.order.vertices, strict=True)
        ),
        lines=past.lines,
        left_out=past.left_out,
        deliveries=strategy.deliveries,
        troubles=tuple(_troubles(contents)),
        gates=read_reports(contents),
        labels=contents.labels,
        order=strategy.order,
        front=strategy.front,
        repository=repository(contents),
        repository_url=url,
        created=parse_time(contents.created),
        contacts=contents.root(read_contacts),
    )


def trouble_steps(contents: BundleContents) -> Iterator[None]:
    """Reads what members say of themselves, a member a step."""
    contents.root(read_trouble)
    yield
    for field in contents.fields:
        yield from contents.steps(field, read_trouble)


def _troubles(contents: Contents) -> Iterator[Trouble]:
    """Of each member what its controller has to say where its condition Ready is not True."""
    yield from contents.root(read_trouble)
    for field in contents.fields:
        yield from chain.from_iterable(contents.each(field, read_trouble))


def read_trouble(member: Mapping[str, Any]) -> tuple[Trouble, ...]:
    """What a member says of itself that is not ready."""
    return tuple(
        Trouble(
            text(member, "kind"),
            text(member, "metadata", "name"),
            text(condition, "reason"),
            text(condition, "message")[:_MAX_MESSAGE],
        )
        for condition in mappings(member, "status", "conditions")
        if text(condition, "type") == "Ready" and text(condition, "status") == "False"
    )


_Gate = TypeVar("_Gate", bound=OfBranch)


def _by_branch(found: Iterable[Iterable[_Gate]]) -> Mapping[str, tuple[_Gate, ...]]:
    gates: dict[str, tuple[_Gate, ...]] = {}
    for each in found:
        for gate in each:
            gates[gate.branch] = (*gates.get(gate.branch, ()), gate)
    return gates


def _repository_url(stations: tuple[Station, ...]) -> str:
    """The repository's address, from a commit that was read from it."""
    for station in stations:
        dry = station.active.dry
        if dry is not None and dry.url:
            return web_url(dry.url.removesuffix(f"/commit/{dry.sha}"))
    return ""
