"""The newest known copy of each object that the controller decides on: what the log holds, or what a write answered.

A write's answer is newer than the log until the reflector brings it: copies older than that are not looked at. Who is
concerned by a change is told by the Stages that the changed object names, before and after, and those that it flows
through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from promoter_view.decoded import mapping, text
from promoter_view.kubernetes.documents import decode, version_of
from promoter_view.promotions.automatic.demand import Demand
from promoter_view.promotions.documents import Document
from promoter_view.promotions.freight_flow import FreightFlow
from promoter_view.promotions.values import Promotion, Stage, read_promotion, read_stage
from promoter_view.records import ABSENT, LOST, Change, ChangeType, ObjectKey, Position, Record, Snapshot, SourceObject
from promoter_view.slices import Steps
from promoter_view.stages.application import Application, read_application
from promoter_view.stages.authorization import StageKey, authorization_of
from promoter_view.stages.freight import Freight, FreightRequest, read_freight

if TYPE_CHECKING:
    from promoter_view.boundaries import Follows

STAGE, PROMOTION, FREIGHT, APPLICATION = "Stage", "Promotion", "Freight", "Application"
WAREHOUSE, PROJECT_CONFIG = "Warehouse", "ProjectConfig"
_Value = TypeVar("_Value")
_KINDS = frozenset({STAGE, PROMOTION, FREIGHT, WAREHOUSE, APPLICATION, PROJECT_CONFIG})

#: Told of a changed object, and of the Stages that it names.
Listener = Callable[[ObjectKey, frozenset[StageKey]], None]


@dataclass(frozen=True, slots=True)
class _Learned:
    """What a request brought: ``document`` None for not found. ``version`` is its resourceVersion."""

    document: Document | None
    version: str


class KnownObjects:
    """A fold of the log, and what was learned since. ``listener`` is told of each change once the records are taken.

    ``promotes``: Stages are concerned by Freight that they could take, too, and by their Project's policies.
    """

    def __init__(self, *, promotes: bool = False) -> None:
        self._promotes = promotes
        self._demand = Demand() if promotes else None
        self._objects: dict[ObjectKey, SourceObject] = {}
        self._learned: dict[ObjectKey, _Learned] = {}
        self._names: dict[ObjectKey, frozenset[StageKey]] = {}
        self._by_stage: dict[tuple[str, StageKey], dict[str, None]] = {}
        self._applications: dict[str, dict[str, None]] = {}
        self._flow = FreightFlow()
        self._installed: dict[str, bool] = {}
        self._listener: Listener | None = None

    def listen(self, listener: Listener | None) -> None:
        """Whom to tell; None for nobody."""
        self._listener = listener

    def restore(self, snapshot: Snapshot) -> Steps:
        """See Follows."""
        restored = KnownObjects(promotes=self._promotes)
        for key, found in snapshot.objects.items():
            if key.kind in _KINDS:
                restored._put(key, found)
                yield
        self._objects, self._names, self._by_stage = restored._objects, restored._names, restored._by_stage
        self._applications, self._learned = restored._applications, {}
        self._flow, self._demand = restored._flow, restored._demand
        self._installed = {path: at != ABSENT for path, at in snapshot.positions.items() if _listed(path)}

    def apply(self, records: Sequence[Record]) -> None:
        """See Follows."""
        touched: dict[ObjectKey, frozenset[StageKey]] = {}
        for record in records:
            entry = record.entry
            if isinstance(entry, Change) and entry.key.kind in _KINDS:
                touched[entry.key] = touched.get(entry.key, frozenset()) | self._take(entry)
            elif isinstance(entry, Position) and entry.position == LOST:
                # A cluster that was restored counts its resourceVersions anew: none of them is newer than the log.
                self._learned.clear()
            elif isinstance(entry, Position) and _listed(entry.path):
                self._installed[entry.path] = entry.position != ABSENT
        if self._listener is not None:
            for key, stages in touched.items():
                self._listener(key, stages)

    @property
    def has_applications(self) -> bool:
        """Whether the cluster knows Applications at all; as long as nothing is known of that, it does."""
        return self._has(APPLICATION) is not False

    @property
    def has_project_configs(self) -> bool | None:
        """Whether the cluster knows ProjectConfigs; None as long as they were not listed, nor found to be absent."""
        return self._has(PROJECT_CONFIG)

    def stage(self, key: StageKey) -> Stage | None:
        """The newest known copy of that Stage; None where there is none."""
        return self._read(read_stage, STAGE, key.project, key.stage)

    def promotion(self, project: str, name: str) -> Promotion | None:
        """The newest known copy of that Promotion; None where there is none."""
        return self._read(read_promotion, PROMOTION, project, name)

    def freight(self, project: str, name: str) -> Freight | None:
        """The newest known copy of that Freight; None where there is none."""
        return self._read(read_freight, FREIGHT, project, name)

    def application(self, namespace: str, name: str) -> Application | None:
        """The newest known copy of that Application; None where there is none."""
        return self._read(read_application, APPLICATION, namespace, name)

    def get(self, kind: str, namespace: str, name: str) -> Document | None:
        """The newest known copy; None where there is none."""
        key = ObjectKey(kind, namespace, name)
        learned = self._learned.get(key)
        if learned is not None:
            return learned.document
        found = self._objects.get(key)
        document = None if found is None else decode(found.body)
        return document if isinstance(document, dict) else None

    def promotions(self, stage: StageKey) -> Sequence[Promotion]:
        """All Promotions of that Stage."""
        return self._of(stage, PROMOTION, read_promotion)

    def freight_of(self, stage: StageKey) -> Sequence[Freight]:
        """All Freight whose status names that Stage."""
        return self._of(stage, FREIGHT, read_freight)

    def unverified(self, stage: StageKey, origins: Iterable[str]) -> Iterable[str]:
        """The names of the Freight of those origins that was not verified in that Stage, as far as the log knows."""
        return self._flow.unverified(stage, origins)

    def offered(self, stage: StageKey, request: FreightRequest) -> Iterable[Freight]:
        """The Freight of that request that could be available to the Stage, the newest first."""
        names = () if self._demand is None else self._demand.offered(stage, request)
        return (found for name in names if (found := self.freight(stage.project, name)) is not None)

    def applications(self, namespace: str) -> Sequence[Application]:
        """All Applications of that namespace, by name."""
        learned = {key.name for key in self._learned if key.kind == APPLICATION and key.namespace == namespace}
        names = sorted(learned.union(self._applications.get(namespace, ())))
        found = (self.application(namespace, name) for name in names)
        return [each for each in found if each is not None]

    def stages(self) -> Iterable[StageKey]:
        """Every Stage that there is, and every one that a Promotion names."""
        known = {StageKey(key.namespace, key.name) for key in self._objects if key.kind == STAGE}
        return known | {stage for kind, stage in self._by_stage if kind == PROMOTION}

    def learn(self, kind: str, document: Document) -> bool:
        """What a request answered is known from now on, unless something newer is; whether that changes anything."""
        key = ObjectKey(kind, text(document, "metadata", "namespace"), text(document, "metadata", "name"))
        version, known = version_of(document), self._objects.get(key)
        earlier = self._learned.get(key)
        if earlier is not None and not is_newer(version, earlier.version):
            return False
        if known is not None and not is_newer(version, known.resource_version):
            return False
        self._learned[key] = _Learned(document, version)
        if kind == PROMOTION:
            self._name(key, _stages_named(key, document))
        return True

    def learn_absent(self, kind: str, namespace: str, name: str) -> bool:
        """There is no such object, whatever the log still holds; whether that changes anything."""
        key = ObjectKey(kind, namespace, name)
        known = self._objects.get(key)
        before = self.get(kind, namespace, name)
        if known is None:
            self._learned.pop(key, None)
        else:
            self._learned[key] = _Learned(None, known.resource_version)
        return before is not None

    def _read(self, read: Callable[[Document], _Value], kind: str, namespace: str, name: str) -> _Value | None:
        document = self.get(kind, namespace, name)
        return None if document is None else read(document)

    def _has(self, kind: str) -> bool | None:
        found = [is_installed for path, is_installed in self._installed.items() if _listed(path) == kind]
        return any(found) if found else None

    def _of(self, stage: StageKey, kind: str, read: Callable[[Document], _Value]) -> Sequence[_Value]:
        names = self._by_stage.get((kind, stage), ())
        found = (self.get(kind, stage.project, name) for name in tuple(names))
        return [read(document) for document in found if document is not None]

    def _take(self, change: Change) -> frozenset[StageKey]:
        learned = self._learned.get(change.key)
        if learned is not None and not is_newer(learned.version, change.resource_version):
            del self._learned[change.key]
        before = self._concerned(change.key)
        if change.type is ChangeType.DELETED:
            return before | self._remove(change.key)
        told = self._put(change.key, SourceObject(change.body, change.resource_version))
        return before | self._concerned(change.key) | told

    def _concerned(self, key: ObjectKey) -> frozenset[StageKey]:
        return self._names.get(key, frozenset()) | self._flow.through(key)

    def _put(self, key: ObjectKey, found: SourceObject) -> frozenset[StageKey]:
        """Those that it concerns, beside the Stages that it names."""
        self._unname(key)
        self._objects[key] = found
        document = decode(found.body)
        self._name(key, _stages_named(key, document))
        self._flow.put(key, mapping(document))
        if key.kind == APPLICATION:
            self._applications.setdefault(key.namespace, {})[key.name] = None
        return frozenset() if self._demand is None else self._demand.put(key, mapping(document))

    def _remove(self, key: ObjectKey) -> frozenset[StageKey]:
        self._unname(key)
        self._flow.remove(key)
        self._objects.pop(key, None)
        if key.kind == APPLICATION:
            self._applications.get(key.namespace, {}).pop(key.name, None)
        return frozenset() if self._demand is None else self._demand.remove(key)

    def _name(self, key: ObjectKey, stages: frozenset[StageKey]) -> None:
        """What was created by a request is of its Stage before the log has it."""
        if stages:
            self._names[key] = self._names.get(key, frozenset()) | stages
        for stage in stages:
            self._by_stage.setdefault((key.kind, stage), {})[key.name] = None

    def _unname(self, key: ObjectKey) -> None:
        for stage in self._names.pop(key, frozenset()):
            names = self._by_stage.get((key.kind, stage), {})
            names.pop(key.name, None)
            if not names:
                self._by_stage.pop((key.kind, stage), None)


def _listed(path: str) -> str:
    """The kind of a list path, by its id, where it counts whether there is that kind at all; else ""."""
    found = path.partition("?")[0]
    return next((kind for kind, (group, plural) in _OPTIONAL.items() if group in found and found.endswith(plural)), "")


_OPTIONAL = {
    APPLICATION: ("/apis/argoproj.io/", "/applications"),
    PROJECT_CONFIG: ("/apis/kargo.akuity.io/", "/projectconfigs"),
}


def is_newer(version: str, other: str) -> bool:
    """Whether a resourceVersion is newer than another of the same object; opaque ones are not."""
    both = (version, other)
    decimal = all(each.isascii() and each.isdecimal() for each in both)
    return decimal and int(version) > int(other)


def _stages_named(key: ObjectKey, document: Document | None) -> frozenset[StageKey]:
    """The Stages that an object is of, or says something of."""
    if key.kind in (WAREHOUSE, PROJECT_CONFIG):
        return frozenset()
    if key.kind == STAGE:
        return frozenset({StageKey(key.namespace, key.name)})
    if key.kind == APPLICATION:
        return frozenset(authorization_of(document or {}).stages)
    if key.kind == PROMOTION:
        stage = text(document, "spec", "stage")
        return frozenset({StageKey(key.namespace, stage)}) if stage else frozenset()
    status = mapping(document, "status")
    names = {name for part in ("currentlyIn", "verifiedIn", "approvedFor") for name in mapping(status, part)}
    return frozenset(StageKey(key.namespace, name) for name in names)


if TYPE_CHECKING:
    _: type[Follows] = KnownObjects
