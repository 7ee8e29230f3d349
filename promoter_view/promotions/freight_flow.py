"""Which Freight there is of each origin, in which Stages it was verified, and which Stages it flows through.

Those are the Stages without promotion steps: what they request is verified in them as soon as it is available, so that
each change of such Freight, and of its Warehouse, is a reason to look at them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from promoter_view.decoded import mapping, mappings
from promoter_view.promotions.documents import Document
from promoter_view.records import ObjectKey
from promoter_view.stages.assessment import is_control_flow
from promoter_view.stages.authorization import StageKey
from promoter_view.stages.freight import origin_of

_STAGE, _FREIGHT, _WAREHOUSE = "Stage", "Freight", "Warehouse"

#: A project, and an origin in it as collections name it.
_Origin = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Entry:
    """What is kept of an object: the origins that it is of or requests; and of Freight where it was verified."""

    origins: frozenset[_Origin]
    verified: frozenset[str] = frozenset()


class FreightFlow:
    """An index of Stages, Freight and Warehouses as the log has them."""

    def __init__(self) -> None:
        self._entries: dict[ObjectKey, _Entry] = {}
        self._by_origin: dict[tuple[str, _Origin], dict[str, None]] = {}

    def put(self, key: ObjectKey, document: Document) -> None:
        """That object is there, or is another than it was."""
        self.remove(key)
        entry = _entry(key, document)
        if entry is None:
            return
        self._entries[key] = entry
        for origin in entry.origins:
            self._by_origin.setdefault((key.kind, origin), {})[key.name] = None

    def remove(self, key: ObjectKey) -> None:
        """That object is gone."""
        entry = self._entries.pop(key, None)
        for origin in () if entry is None else entry.origins:
            names = self._by_origin[key.kind, origin]
            del names[key.name]
            if not names:
                del self._by_origin[key.kind, origin]

    def through(self, key: ObjectKey) -> frozenset[StageKey]:
        """The Stages that the Freight, or what comes of the Warehouse, of that key flows through."""
        entry = self._entries.get(key)
        if entry is None or key.kind == _STAGE:
            return frozenset()
        names = (name for origin in entry.origins for name in self._by_origin.get((_STAGE, origin), ()))
        return frozenset(StageKey(key.namespace, name) for name in names)

    def unverified(self, stage: StageKey, origins: Iterable[str]) -> Iterable[str]:
        """The names of the Freight of those origins that was not verified in that Stage."""
        found: dict[str, None] = {}
        for origin in origins:
            for name in self._by_origin.get((_FREIGHT, (stage.project, origin)), ()):
                if stage.stage not in self._entries[ObjectKey(_FREIGHT, stage.project, name)].verified:
                    found[name] = None
        return list(found)


def _entry(key: ObjectKey, document: Document) -> _Entry | None:
    if key.kind == _WAREHOUSE:
        return _Entry(frozenset({(key.namespace, f"{_WAREHOUSE}/{key.name}")}))
    if key.kind == _FREIGHT:
        verified = frozenset(mapping(document, "status", "verifiedIn"))
        return _Entry(frozenset({(key.namespace, origin_of(document))}), verified)
    if key.kind == _STAGE and is_control_flow(document):
        requested = mappings(document, "spec", "requestedFreight")
        return _Entry(frozenset((key.namespace, origin_of(each)) for each in requested))
    return None
