"""Kargo's objects as what is decided from: a Promotion, a Stage, each read once, where it comes in.

``document`` is what a value was read from: a write starts from that, and what is not named here is in it alone. A text
is "" where there is none. Pure, and total.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from promoter_view.decoded import mapping, number, text
from promoter_view.promotions.documents import Document, objects
from promoter_view.promotions.state.execution import Execution, PlannedStep, read_execution, read_plan
from promoter_view.promotions.state.requests import (
    ABORT,
    CREATE_ACTOR,
    ROLLBACK,
    Reverification,
    is_deleting,
    refresh_of,
    reverification_of,
)
from promoter_view.stages.freight import FreightRequest, read_requests
from promoter_view.stages.shard import shard_of_promotion, shard_of_stage
from promoter_view.stages.steps import foreign_steps


@dataclass(frozen=True, slots=True)
class LastPromotion:
    """status.lastPromotion: the newest that the Stage has seen the end of. ``collection`` is the Freight of it."""

    name: str
    finished_at: str
    phase: str
    message: str
    collection: Document


@dataclass(frozen=True, slots=True)
class StageStatus:
    """``current`` names the Promotion that has its turn. ``history`` is freightHistory, what is in use first.

    ``freight`` names what is in use. ``verification`` and ``verification_message`` are of its newest verification, and
    ``verified_at`` is when that ended; ``was_verified``: any of them was successful.
    """

    document: Document
    current: str
    last: LastPromotion
    history: Sequence[Document]
    freight: frozenset[str]
    verification: str
    verification_message: str
    verified_at: str
    was_verified: bool

    @property
    def is_verified(self) -> bool:
        """Whether the newest verification of the Freight in use was successful."""
        return self.verification == "Successful"


@dataclass(frozen=True, slots=True)
class Stage:
    """``has_steps``: Promotions do something for it; one without steps is for control flow only.

    ``foreign_steps``: kinds of steps that are not run here. ``asks_analysis``: spec.verification is there. ``refresh``
    is the newest request to look again, and ``reverification`` that to verify anew.
    """

    document: Document
    name: str
    generation: int
    shard: str
    is_deleting: bool
    refresh: str
    reverification: Reverification
    requested: Sequence[FreightRequest]
    has_steps: bool
    foreign_steps: Sequence[str]
    asks_analysis: bool
    status: StageStatus

    def with_status(self, status: Document) -> Stage:
        """The same once that is its status."""
        return replace(self, document={**self.document, "status": status}, status=read_stage_status(status))


@dataclass(frozen=True, slots=True)
class Promotion:
    """``abort`` and ``refresh`` are what people ask for by annotation; ``actor`` is who has made it.

    ``freight`` is what it is to promote by its spec; ``taken`` refers to that once it runs, and ``collection`` is all
    the Freight that its Stage has with it.
    """

    document: Document
    namespace: str
    name: str
    uid: str
    created: str
    is_deleting: bool
    abort: str
    refresh: str
    actor: str
    stage: str
    freight: str
    target: str
    variables: Sequence[Document]
    plan: Sequence[PlannedStep]
    status: Document
    execution: Execution
    taken: Document
    collection: Document

    @property
    def has_ended(self) -> bool:
        """It changes no more."""
        return self.execution.phase.terminal

    @property
    def is_rollback(self) -> bool:
        """Kargo made it to go back to Freight that was verified before."""
        return text(self.document, "metadata", "annotations", ROLLBACK) == "true"

    def shard(self, stage: Stage | None) -> str:
        """Whose it is, where that is its Stage; None where its Stage is not there."""
        return shard_of_promotion(self.document, "" if stage is None else stage.shard)


def read_stage(document: Document) -> Stage:
    """Reads a decoded Stage."""
    metadata, spec = mapping(document, "metadata"), mapping(document, "spec")
    return Stage(
        document=document,
        name=text(metadata, "name"),
        generation=number(metadata, "generation"),
        shard=shard_of_stage(document),
        is_deleting=is_deleting(document),
        refresh=refresh_of(document),
        reverification=reverification_of(document),
        requested=read_requests(document),
        has_steps=bool(mapping(spec, "promotionTemplate", "spec").get("steps")),
        foreign_steps=foreign_steps(document),
        asks_analysis=isinstance(spec.get("verification"), dict),
        status=read_stage_status(mapping(document, "status")),
    )


def read_stage_status(status: Document) -> StageStatus:
    """Reads the status of a Stage."""
    history = objects(status, "freightHistory")
    in_use = history[0] if history else {}
    verifications = objects(in_use, "verificationHistory")
    newest = verifications[0] if verifications else {}
    return StageStatus(
        document=status,
        current=text(status, "currentPromotion", "name"),
        last=_last(mapping(status, "lastPromotion")),
        history=history,
        freight=frozenset(filter(None, (text(item, "name") for item in mapping(in_use, "items").values()))),
        verification=text(newest, "phase"),
        verification_message=text(newest, "message"),
        verified_at=text(newest, "finishTime"),
        was_verified=any(text(each, "phase") == "Successful" for each in verifications),
    )


def read_promotion(document: Document) -> Promotion:
    """Reads a decoded Promotion."""
    metadata, spec, status = (mapping(document, part) for part in ("metadata", "spec", "status"))
    return Promotion(
        document=document,
        namespace=text(metadata, "namespace"),
        name=text(metadata, "name"),
        uid=text(metadata, "uid"),
        created=text(metadata, "creationTimestamp"),
        is_deleting=is_deleting(document),
        abort=text(metadata, "annotations", ABORT),
        refresh=refresh_of(document),
        actor=text(metadata, "annotations", CREATE_ACTOR),
        stage=text(spec, "stage"),
        freight=text(spec, "freight"),
        target=text(spec, "target"),
        variables=objects(spec, "vars"),
        plan=read_plan(document),
        status=status,
        execution=read_execution(document),
        taken=mapping(status, "freight"),
        collection=mapping(status, "freightCollection"),
    )


def _last(found: Document) -> LastPromotion:
    name, finished_at, status = text(found, "name"), text(found, "finishedAt"), mapping(found, "status")
    collection = mapping(status, "freightCollection")
    return LastPromotion(name, finished_at, text(status, "phase"), text(status, "message"), collection)
