"""Which Freight each Stage could take, and which Stages a change of Freight is a reason to look at. No I/O.

Freight is requested by many Stages, and changes each time that one of them takes it: only those are looked at that wait
for what has changed. That is new Freight for who takes it directly, and for others what is said of a Stage upstream.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from promoter_view.decoded import mapping
from promoter_view.promotions.documents import Document, seconds_of
from promoter_view.records import ObjectKey
from promoter_view.stages.authorization import StageKey
from promoter_view.stages.freight import FreightRequest, read_freight, read_requests

_STAGE, _FREIGHT, _CONFIG = "Stage", "Freight", "ProjectConfig"
_PARTS = ("currentlyIn", "verifiedIn", "approvedFor")
_Key = TypeVar("_Key")
_Name = TypeVar("_Name")
#: A project, an origin in it, and a Stage upstream; "" for its Warehouse.
_Source = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class _Piece:
    """What is kept of Freight. ``said`` is what its status says of Stages, each with its name in front."""

    origin: str
    discovered: float
    said: frozenset[tuple[str, str, str]]

    @property
    def stages(self) -> frozenset[str]:
        """The Stages that its status names."""
        return frozenset(stage for stage, _, _ in self.said)


class Demand:
    """An index of Stages and Freight as the log has them."""

    def __init__(self) -> None:
        self._sources: dict[StageKey, frozenset[_Source]] = {}
        self._takers: dict[_Source, dict[StageKey, None]] = {}
        self._pieces: dict[ObjectKey, _Piece] = {}
        self._by_origin: dict[tuple[str, str], dict[str, None]] = {}
        self._projects: dict[str, dict[StageKey, None]] = {}

    def put(self, key: ObjectKey, document: Document) -> frozenset[StageKey]:
        """That object is there, or is another than it was: the Stages to look at for that."""
        if key.kind == _STAGE:
            self._replace_stage(StageKey(key.namespace, key.name), frozenset(_sources(key.namespace, document)))
        if key.kind == _CONFIG:
            return frozenset(self._projects.get(key.namespace, ()))
        return self._replace_piece(key, _piece(document)) if key.kind == _FREIGHT else frozenset()

    def remove(self, key: ObjectKey) -> frozenset[StageKey]:
        """That object is gone: the Stages to look at for that."""
        if key.kind == _STAGE:
            self._replace_stage(StageKey(key.namespace, key.name), None)
        if key.kind == _CONFIG:
            return frozenset(self._projects.get(key.namespace, ()))
        return self._replace_piece(key, None) if key.kind == _FREIGHT else frozenset()

    def offered(self, stage: StageKey, request: FreightRequest) -> Sequence[str]:
        """The names of the Freight of that request that could be available to the Stage, the newest first."""
        found = []
        wanted = {stage.stage, *request.stages}
        for name in self._by_origin.get((stage.project, request.origin), ()):
            piece = self._pieces[ObjectKey(_FREIGHT, stage.project, name)]
            if request.direct or not wanted.isdisjoint(piece.stages):
                found.append((piece.discovered, name))
        return [name for _, name in sorted(found, reverse=True)]

    def _replace_stage(self, stage: StageKey, sources: frozenset[_Source] | None) -> None:
        for source in self._sources.pop(stage, frozenset()):
            _discard(self._takers, source, stage)
        _discard(self._projects, stage.project, stage)
        if sources is not None:
            self._sources[stage] = sources
            self._projects.setdefault(stage.project, {})[stage] = None
            for source in sources:
                self._takers.setdefault(source, {})[stage] = None

    def _replace_piece(self, key: ObjectKey, after: _Piece | None) -> frozenset[StageKey]:
        before = self._pieces.pop(key, None)
        if before is not None:
            _discard(self._by_origin, (key.namespace, before.origin), key.name)
        if after is not None:
            self._pieces[key] = after
            self._by_origin.setdefault((key.namespace, after.origin), {})[key.name] = None
        return frozenset(self._told(key.namespace, before, after))

    def _told(self, project: str, before: _Piece | None, after: _Piece | None) -> Iterator[StageKey]:
        none: frozenset[tuple[str, str, str]] = frozenset()
        changed = (before.said if before else none) ^ (after.said if after else none)
        upstream = {stage for stage, _, _ in changed}
        if before is None or after is None:
            upstream.add("")
        for origin in {piece.origin for piece in (before, after) if piece is not None}:
            for name in upstream:
                yield from self._takers.get((project, origin, name), ())


def _sources(project: str, stage: Document) -> Iterable[_Source]:
    for request in read_requests(stage):
        for upstream in ("",) if request.direct else request.stages:
            yield project, request.origin, upstream


def _piece(document: Document) -> _Piece:
    freight = read_freight(document)
    said = frozenset(
        (stage, part, repr(value)) for part in _PARTS for stage, value in mapping(freight.status, part).items()
    )
    return _Piece(freight.origin, seconds_of(freight.discovered) or 0.0, said)


def _discard(index: dict[_Key, dict[_Name, None]], key: _Key, name: _Name) -> None:
    found = index.get(key, {})
    found.pop(name, None)
    if not found:
        index.pop(key, None)
