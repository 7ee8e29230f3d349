"""The part of the demo's company that promotes with Kargo and Argo CD, as values. Pure; a move gives new ones."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

from promoter_view.simulator.company.naming import new_sha

_ADJECTIVES = ("brave", "calm", "eager", "gentle", "keen", "lively", "proud", "quick", "silent", "wise")
_ANIMALS = ("badger", "crane", "falcon", "heron", "lynx", "marten", "otter", "owl", "stoat", "wren")
#: How many ended Promotions of a Stage are kept, and how many pieces of Freight of a project.
KEPT_PROMOTIONS = 14
KEPT_FREIGHT = 8
_FAILURES = (
    "step argocd-update failed: the sync of the Application failed: one or more objects failed to apply",
    "step argocd-update timed out after 5m0s: the Application is still being synced",
    "step git-push failed: the branch was changed by somebody else",
)


@dataclass(frozen=True, slots=True)
class SimulatedFreight:
    """One commit on its way. ``created`` in seconds since 1970, as all times here."""

    name: str
    alias: str
    commit: str
    created: float


@dataclass(frozen=True, slots=True)
class SimulatedPromotion:
    """``number`` counts those of a Stage. ``phase`` is Kargo's word."""

    number: int
    freight: SimulatedFreight
    created: float
    phase: str = "Pending"
    started: float = 0.0
    finished: float = 0.0
    message: str = ""


@dataclass(frozen=True, slots=True)
class SimulatedApplication:
    """As Argo CD has it. ``is_syncing``: an operation is under way."""

    name: str
    revision: str
    health: str = "Healthy"
    health_since: float = 0.0
    is_syncing: bool = False
    synced: float = 0.0
    promotion: str = ""


@dataclass(frozen=True, slots=True)
class SimulatedStage:
    """``has`` is its Freight, the newest first; ``promotions`` all that are kept, in order.

    ``soak_seconds``: how long it has to have been upstream before it comes here.
    """

    name: str
    upstream: str
    applications: tuple[SimulatedApplication, ...]
    has: tuple[SimulatedFreight, ...]
    promotions: tuple[SimulatedPromotion, ...] = ()
    checked: bool = True
    soak_seconds: float = 0.0

    @property
    def since(self) -> float:
        """Since when it has what it has, 0.0 for always."""
        succeeded = (each.finished for each in reversed(self.promotions) if each.phase == "Succeeded")
        return next(succeeded, 0.0)

    @property
    def under_way(self) -> SimulatedPromotion | None:
        """The Promotion that has not ended."""
        return next((each for each in self.promotions if not each.finished), None)

    @property
    def last(self) -> SimulatedPromotion | None:
        """The last one that has."""
        return next((each for each in reversed(self.promotions) if each.finished), None)

    @property
    def is_healthy(self) -> bool:
        """Whether what it has may go on to the next Stage."""
        succeeded = self.last is None or self.last.phase == "Succeeded"
        return succeeded and self.under_way is None and all(each.health == "Healthy" for each in self.applications)

    def promotion_name(self, promotion: SimulatedPromotion) -> str:
        """As Kargo's webhook makes it, with a number in place of the ULID."""
        return f"{self.name}.{promotion.number:010d}.{promotion.freight.name[:7]}"


@dataclass(frozen=True, slots=True)
class Project:
    """A Kargo project: its Stages in order, its Freight, the newest last."""

    name: str
    stages: tuple[SimulatedStage, ...]
    freight: tuple[SimulatedFreight, ...] = field(default=())

    def with_stage(self, stage: SimulatedStage) -> Project:
        """The same with that one in the place of the one of its name."""
        return replace(self, stages=tuple(stage if each.name == stage.name else each for each in self.stages))

    def available(self, stage: SimulatedStage, now: float) -> SimulatedFreight | None:
        """The newest Freight that may be promoted there at that time, where that is another than it has."""
        source = next((each for each in self.stages if each.name == stage.upstream), None)
        is_ready = source is not None and source.is_healthy and now >= source.since + stage.soak_seconds
        newest = self.freight[-1] if source is None else source.has[0] if is_ready else None
        return newest if newest is not None and newest not in stage.has else None


def new_freight(random: random.Random, now: float) -> SimulatedFreight:
    """One commit from a Warehouse."""
    alias = f"{random.choice(_ADJECTIVES)}-{random.choice(_ANIMALS)}"
    return SimulatedFreight(new_sha(random), alias, new_sha(random), now)


def found_freight(project: Project, freight: SimulatedFreight) -> Project:
    """The Warehouse has found it; old Freight that no Stage has is forgotten."""
    used = {stage.has[0].name for stage in project.stages}
    used |= {each.freight.name for stage in project.stages for each in stage.promotions}
    recent = project.freight[-KEPT_FREIGHT:]
    kept = tuple(each for each in project.freight if each.name in used or each in recent)
    return replace(project, freight=(*kept, freight))


def begun(stage: SimulatedStage, freight: SimulatedFreight, now: float) -> SimulatedStage:
    """A Promotion is made; it waits."""
    number = stage.promotions[-1].number + 1 if stage.promotions else 1
    return replace(stage, promotions=(*stage.promotions[-KEPT_PROMOTIONS:], SimulatedPromotion(number, freight, now)))


def running(stage: SimulatedStage, promotion: SimulatedPromotion, now: float) -> SimulatedStage:
    """Its steps run: the Applications are being synced."""
    name = stage.promotion_name(promotion)
    syncing = tuple(replace(each, is_syncing=True, promotion=name) for each in stage.applications)
    return _with(replace(stage, applications=syncing), replace(promotion, phase="Running", started=now))


def succeeded(stage: SimulatedStage, promotion: SimulatedPromotion, now: float) -> SimulatedStage:
    """The Applications are at the new commit, and come up."""
    synced = tuple(
        SimulatedApplication(each.name, promotion.freight.commit, "Progressing", now, False, now, each.promotion)
        for each in stage.applications
    )
    has = (promotion.freight, *stage.has)[:10]
    ended = replace(promotion, phase="Succeeded", finished=now)
    return _with(replace(stage, applications=synced, has=has), ended)


def failed(stage: SimulatedStage, promotion: SimulatedPromotion, now: float, random: random.Random) -> SimulatedStage:
    """It did not work out: the Applications stay at what they had."""
    left = tuple(replace(each, is_syncing=False, synced=now) for each in stage.applications)
    ended = replace(promotion, phase=random.choice(("Failed", "Errored")), finished=now)
    return _with(replace(stage, applications=left), replace(ended, message=random.choice(_FAILURES)))


def turned(stage: SimulatedStage, index: int, health: str, now: float) -> SimulatedStage:
    """One Application's health is another."""
    found = list(stage.applications)
    found[index] = replace(found[index], health=health, health_since=now)
    return replace(stage, applications=tuple(found))


def _with(stage: SimulatedStage, promotion: SimulatedPromotion) -> SimulatedStage:
    kept = (promotion if each.number == promotion.number else each for each in stage.promotions)
    return replace(stage, promotions=tuple(kept))
