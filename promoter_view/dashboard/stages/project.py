"""A Kargo project's Stages as its pictures and tables have them: what each has, asks for, and could take. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from promoter_view.decoded import mapping, mappings, moment, text, texts
from promoter_view.views.contents import Contents
from promoter_view.views.stage.columns import freight_name
from promoter_view.views.stage.reading import ComingFreight, read_auto, read_availability

NEVER = datetime(1, 1, 1, tzinfo=UTC)


class PipelineFreight(NamedTuple):
    """A piece of Freight: whole name and alias; of which Warehouse; the Stages that verified it, or may have it."""

    name: str
    alias: str
    warehouse: str
    made: datetime
    verified_in: frozenset[str]
    approved_for: frozenset[str]


class WantedFreight(NamedTuple):
    """What a Stage asks for: Freight of that Warehouse, from itself where ``direct``, and from those Stages."""

    warehouse: str
    direct: bool
    stages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PipelineStage:
    """A Stage in its project. ``coming``: newer Freight than it has, the newest first.

    ``auto``: by Warehouse Enabled or Held, where a policy promotes its Freight.
    """

    name: str
    requests: tuple[WantedFreight, ...]
    freight: tuple[PipelineFreight, ...]
    coming: tuple[ComingFreight, ...] = ()
    auto: Mapping[str, str] = field(default_factory=dict)

    def has(self, warehouse: str) -> PipelineFreight | None:
        """The Freight of that Warehouse that it has."""
        return next((piece for piece in self.freight if piece.warehouse == warehouse), None)


def read_pipeline_stage(contents: Contents) -> PipelineStage:
    """What of a StageDetails its place in the project depends on."""
    return PipelineStage(
        contents.name,
        contents.root(read_requests),
        tuple(sorted(contents.each("freight", read_piece))),
        contents.one("availability", read_availability),
        contents.status(read_auto),
    )


def read_requests(stage: Mapping[str, Any]) -> tuple[WantedFreight, ...]:
    """spec.requestedFreight."""
    return tuple(
        WantedFreight(
            text(each, "origin", "name"),
            mapping(each, "sources").get("direct") is True,
            tuple(texts(each, "sources", "stages")),
        )
        for each in mappings(stage, "spec", "requestedFreight")
    )


def read_piece(freight: Mapping[str, Any]) -> PipelineFreight:
    """A piece of Freight."""
    return PipelineFreight(
        text(freight, "metadata", "name"),
        freight_name(freight),
        text(freight, "origin", "name"),
        moment(freight, "discoveredAt") or moment(freight, "metadata", "creationTimestamp") or NEVER,
        frozenset(mapping(freight, "status", "verifiedIn")),
        frozenset(mapping(freight, "status", "approvedFor")),
    )


def piece_of(coming: ComingFreight) -> PipelineFreight:
    """Freight that a Stage does not have, as that which it has is told of."""
    return PipelineFreight(
        coming.name,
        coming.called,
        coming.warehouse,
        coming.found or NEVER,
        coming.verified_in,
        coming.approved_for,
    )
