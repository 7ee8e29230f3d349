"""The health of the program itself, as the page System shows it. Pure."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from promoter_view.kubernetes.reflecting.reflector import ReflectorStatus
from promoter_view.records import LogStatus
from promoter_view.views.versions import join, moment


@dataclass(frozen=True, slots=True)
class ProgramFacts:
    """What is known of the program at one moment. ``seconds`` is the clock of the reflectors' statuses.

    ``head`` and ``horizon`` are resourceVersions; sizes in bytes; ``streams`` and ``watches`` are open ones.
    ``access`` says in one line who may look, ``shard`` how running Promotions stands ("" where none are run),
    ``unreadable`` by kind how many objects' newest state could not be read.
    """

    version: str
    ready: bool
    reason: str
    log: LogStatus
    log_url: str
    head: int
    horizon: int
    history_bytes: int
    history_limit_bytes: int
    bundles: int
    streams: int
    watches: int
    seconds: float
    reflectors: Sequence[ReflectorStatus] = ()
    access: str = ""
    shard: str = ""
    unreadable: Mapping[str, int] = field(default_factory=dict)


class ProgramHealth(enum.StrEnum):
    """How a reflector is, in the order in which they are listed; the values are what the page's styles call it."""

    UNWELL = "unwell"
    WELL = "well"
    SPARED = "spared"


@dataclass(frozen=True, slots=True)
class ReflectorLine:
    """One reflector: what it mirrors, how it is, since when, and when it last read something of the cluster."""

    kind: str
    namespace: str
    state: str
    health: ProgramHealth
    lasting: timedelta
    silent: timedelta
    last_error: str


@dataclass(frozen=True, slots=True)
class ProgramPage:
    """What the page says. ``verdict`` is one line for people; ``first`` is how far back the log reaches, None: to its
    beginning.
    """

    facts: ProgramFacts
    well: bool
    verdict: str
    first: datetime | None
    horizon: datetime | None
    reflectors: tuple[ReflectorLine, ...]


_ORDER = tuple(ProgramHealth)


def read_program(facts: ProgramFacts, now: datetime) -> ProgramPage:
    """The page's model. Reflectors that are in trouble come first, those of what is not there last.

    Offsets may run ahead of ``now``, moments do not.
    """
    lines = [_line(status, facts.seconds) for status in facts.reflectors]
    lines.sort(key=lambda line: (_ORDER.index(line.health), line.kind, line.namespace))
    troubled = sum(line.health is ProgramHealth.UNWELL for line in lines)
    verdict = _verdict(facts, troubled, sum(line.health is not ProgramHealth.SPARED for line in lines))
    return ProgramPage(
        facts=facts,
        well=facts.ready and not facts.log.fault and not troubled and not facts.unreadable,
        verdict=verdict,
        first=min(moment(join(facts.log.first, 0, 0)), now) if facts.log.first > 1 else None,
        horizon=min(moment(facts.horizon), now) if facts.horizon else None,
        reflectors=tuple(lines),
    )


def _verdict(facts: ProgramFacts, troubled: int, count: int) -> str:
    if not facts.ready:
        return f"Not ready yet: {facts.reason}"
    if facts.log.fault:
        return f"The event log cannot be written, the last state is served: {facts.log.fault}"
    if troubled:
        return f"{troubled} of {count} resource types are not being watched: they may be out of date"
    if facts.unreadable:
        named = ", ".join(f"{count} {kind}" for kind, count in sorted(facts.unreadable.items()))
        return f"The newest state of {named} could not be read: an older one is shown, or none; log lines say why"
    return f"Healthy: watching {count} resource type{'s' if count != 1 else ''}; event log writable"


def _line(status: ReflectorStatus, seconds: float) -> ReflectorLine:
    return ReflectorLine(
        status.path.kind,
        status.path.namespace,
        status.state,
        _health(status, seconds),
        timedelta(seconds=max(seconds - status.since, 0.0)),
        timedelta(seconds=max(seconds - status.read_at, 0.0)),
        status.last_error,
    )


def _health(status: ReflectorStatus, seconds: float) -> ProgramHealth:
    if status.spared:
        return ProgramHealth.SPARED
    return ProgramHealth.WELL if status.is_well(seconds) else ProgramHealth.UNWELL
