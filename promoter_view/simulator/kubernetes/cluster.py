"""A Kubernetes cluster's objects: one resourceVersion counter, every write an event, as in etcd. Pure.

No HTTP here (``apiserver``), no lists by page (``listing``). Time and randomness come in through the constructor.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from promoter_view.decoded import rfc3339
from promoter_view.kubernetes.kinds import REFLECTED_KINDS, Kind
from promoter_view.simulator.kubernetes.errors import (
    already_exists,
    bad_request,
    conflict,
    invalid,
    not_found,
    uid_conflict,
)
from promoter_view.simulator.kubernetes.objects import (
    Document,
    Stored,
    mark_deleted,
    merge_patch,
    prepare_new,
    prepare_update,
    read_object,
    requested_version,
    status_update,
    storage_key,
    store,
)
from promoter_view.simulator.kubernetes.table import Table, TableBackup, TableEvent
from promoter_view.simulator.kubernetes.tables import Tables

NAMESPACES = Kind("Namespace", "namespaces", group="", version="v1", namespaced=False)
_SUFFIX = "bcdfghjklmnpqrstvwxz2456789"


class Clock(Protocol):
    """What is asked of a clock; every Twisted reactor and ``task.Clock`` is one."""

    def seconds(self) -> float:
        """Seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A cluster's state and history as they were: what a backup of etcd holds."""

    resource_version: int
    tables: tuple[TableBackup, ...]


class ObjectStore:
    """The objects of every installed resource. Errors of all writes and reads: StatusError.

    ``history_events`` bounds what each resource remembers of its past. ``epoch`` counts restores: a watch that was
    opened in another epoch is cut, as it is when a control plane is restored. ``make_uid`` gives a new object's uid for
    its kind, namespace and name; a random one by default.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        random: random.Random,
        kinds: Iterable[Kind] = REFLECTED_KINDS,
        history_events: int = 20_000,
        resource_version: int = 100,
        make_uid: Callable[[Kind, str, str], str] | None = None,
    ) -> None:
        self._clock = clock
        self._random = random
        self._make_uid = make_uid or self._random_uid
        self._tables = Tables(history_events)
        self._listeners: list[Callable[[], None]] = []
        self.resource_version = resource_version
        self.epoch = 0
        self.install(NAMESPACES)
        for kind in kinds:
            self.install(kind)
        self.add_namespaces("default", "kube-system")

    # -- resources ---------------------------------------------------------------------------------------------------

    def install(self, kind: Kind) -> None:
        """Makes a resource known, as a CustomResourceDefinition does."""
        table = self._tables.install(kind)
        if table is not None:
            table.compact(self.resource_version)
            self._tell()

    def uninstall(self, kind: Kind) -> None:
        """Takes a resource away: its objects are deleted, its watches end, its paths answer 404."""
        table = self.table(kind.group, kind.plural)
        if table is None:
            return
        for found in sorted(table.objects.values(), key=_key_of):
            self._record(table, found, None)
        self._tables.uninstall(kind)
        self._tell()

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What is installed, by group and plural."""
        return self._tables.kinds

    def table(self, group: str, plural: str) -> Table | None:
        """The state and history of an installed resource."""
        return self._tables.find(group, plural)

    def kind_of(self, document: Mapping[str, object]) -> Kind:
        """The installed resource that an object is of. Errors: StatusError 400."""
        return self._tables.kind_of(document)

    def seconds(self) -> float:
        """Since 1970, by the clock that dates the objects."""
        return self._clock.seconds()

    # -- reads -------------------------------------------------------------------------------------------------------

    def get(self, kind: Kind, namespace: str, name: str) -> Document:
        """A copy of an object as it is now."""
        return self._stored(kind, namespace, name).document()

    def objects(self, kind: Kind, namespace: str = "") -> list[Document]:
        """Copies of a resource's objects as they are now, in the order of a list; namespace "" means all."""
        found = self._tables.of(kind).objects.values()
        return [one.document() for one in sorted(found, key=_key_of) if namespace in ("", one.namespace)]

    def _stored(self, kind: Kind, namespace: str, name: str) -> Stored:
        found = self._tables.of(kind).objects.get(storage_key(namespace, name))
        if found is None:
            raise not_found(kind, name)
        return found

    # -- writes ------------------------------------------------------------------------------------------------------

    def create(self, kind: Kind, namespace: str, document: Document) -> Document:
        """``POST``. With a status subresource the status is dropped; a namespace that is not there is 404."""
        table = self._tables.of(kind)
        taken = read_object(kind, namespace, self._with_name(document))
        if taken["metadata"].get("resourceVersion"):
            raise bad_request("resourceVersion should not be set on objects to be created")
        return self._add(table, taken, status=table.status)

    def update(self, kind: Kind, namespace: str, document: Document, subresource: str = "") -> Document:
        """``PUT`` of an object, or of its status. It must name the resourceVersion that it replaces."""
        table = self._tables.of(kind)
        taken = read_object(kind, namespace, document)
        old = self._stored(kind, namespace, taken["metadata"]["name"])
        version = requested_version(kind, taken)
        if version is None:
            problem = "Invalid value: 0: must be specified for an update"
            raise invalid(kind, old.name, "metadata.resourceVersion", problem)
        return self._replace(table, old, taken, subresource)

    def patch(self, kind: Kind, namespace: str, name: str, patch: Document, subresource: str = "") -> Document:
        """``PATCH`` by a merge patch; where the patch names a resourceVersion, that is the optimistic lock."""
        table = self._tables.of(kind)
        old = self._stored(kind, namespace, name)
        taken = read_object(kind, namespace, merge_patch(old.document(), patch))
        if taken["metadata"]["name"] != name:
            raise bad_request("the name of the object does not match the name on the URL")
        return self._replace(table, old, taken, subresource)

    def delete(
        self, kind: Kind, namespace: str, name: str, *, uid: str | None = None, resource_version: str | None = None
    ) -> Document:
        """``DELETE``, with preconditions. Returns the last state; with finalizers the object stays, marked."""
        table = self._tables.of(kind)
        old = self._stored(kind, namespace, name)
        found = old.document()
        if uid is not None and uid != found["metadata"]["uid"]:
            raise uid_conflict(kind, name, uid, found["metadata"]["uid"])
        if resource_version is not None and resource_version != found["metadata"]["resourceVersion"]:
            raise conflict(kind, name)
        if not found["metadata"].get("finalizers"):
            self._record(table, old, None)
            return found
        if "deletionTimestamp" in found["metadata"]:
            return found
        return self._record(table, old, mark_deleted(found, self._now()))

    def apply(self, document: Document) -> Document:
        """Creates or replaces an object whole, its status included, in one event. A short cut that no API has."""
        kind = self.kind_of(document)
        table = self._tables.of(kind)
        taken = read_object(kind, document["metadata"].get("namespace", ""), document)
        taken["metadata"].pop("resourceVersion", None)
        old = table.objects.get(storage_key(taken["metadata"].get("namespace", ""), taken["metadata"]["name"]))
        if old is None:
            return self._add(table, taken, status=False)
        found = old.document()
        prepare_update(found, taken, status=table.status)
        if "status" in document:
            taken["status"] = document["status"]
        return self._write(table, old, found, taken)

    def add_namespaces(self, *names: str) -> None:
        """Makes those namespaces that are not there yet."""
        for name in names:
            if storage_key("", name) not in self._tables.of(NAMESPACES).objects:
                self.create(NAMESPACES, "", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})

    def _with_name(self, document: Document) -> Document:
        metadata = document.get("metadata")
        if not isinstance(metadata, dict) or metadata.get("name"):
            return document
        beginning = metadata.get("generateName")
        if not isinstance(beginning, str) or not beginning:
            return document
        name = beginning + "".join(self._random.choices(_SUFFIX, k=5))
        return {**document, "metadata": {**metadata, "name": name}}

    def _add(self, table: Table, document: Document, *, status: bool) -> Document:
        metadata = document["metadata"]
        namespace = metadata.get("namespace", "")
        if namespace and storage_key("", namespace) not in self._tables.of(NAMESPACES).objects:
            raise not_found(NAMESPACES, namespace)
        if storage_key(namespace, metadata["name"]) in table.objects:
            raise already_exists(table.kind, metadata["name"])
        uid = self._make_uid(table.kind, namespace, metadata["name"])
        prepare_new(document, uid=uid, now=self._now(), status=status)
        return self._record(table, None, document)

    def _replace(self, table: Table, old: Stored, taken: Document, subresource: str) -> Document:
        if requested_version(table.kind, taken) not in (None, old.resource_version):
            raise conflict(table.kind, old.name)
        found = old.document()
        given = taken["metadata"].get("uid", found["metadata"]["uid"])
        if given != found["metadata"]["uid"]:
            raise uid_conflict(table.kind, old.name, given, found["metadata"]["uid"])
        if subresource == "status":
            return self._write(table, old, found, status_update(found, taken))
        prepare_update(found, taken, status=table.status)
        return self._write(table, old, found, taken)

    def _write(self, table: Table, old: Stored, found: Document, document: Document) -> Document:
        document["metadata"]["resourceVersion"] = found["metadata"]["resourceVersion"]
        metadata = document["metadata"]
        if "deletionTimestamp" in metadata and not metadata.get("finalizers"):
            self._record(table, old, None)
            return document
        if document == found:
            return found
        return self._record(table, old, document)

    def _record(self, table: Table, before: Stored | None, document: Document | None) -> Document:
        self.resource_version += 1
        after = None if document is None else store(document, self.resource_version)
        table.record(TableEvent(self.resource_version, before, after))
        self._tell()
        return document or {}

    def _random_uid(self, *_: object) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def _now(self) -> str:
        return rfc3339(self._clock.seconds())

    # -- the past ----------------------------------------------------------------------------------------------------

    def compact(self, resource_version: int | None = None) -> None:
        """Forgets all events up to that resourceVersion, or up to now: who stands before it gets 410."""
        for table in self._tables:
            table.compact(self.resource_version if resource_version is None else resource_version)
        self._tell()

    def advance(self, count: int = 1) -> None:
        """Moves the resourceVersion on, as writes to resources that nobody here watches do."""
        self.resource_version += count
        self._tell()

    def backup(self) -> Backup:
        """A copy of state and history, to be restored later."""
        return Backup(self.resource_version, tuple(table.backup() for table in self._tables))

    def restore(self, backup: Backup) -> None:
        """Goes back to a backup, resourceVersion and all: numbers handed out since will be used again."""
        self._tables.restore(backup.tables)
        self.resource_version = backup.resource_version
        self.epoch += 1
        self._tell()

    # -- those who wait ----------------------------------------------------------------------------------------------

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Has ``listener`` called after each change; it does no work inside the call."""
        self._listeners.append(listener)

    def unsubscribe(self, listener: Callable[[], None]) -> None:
        """No more of that; unknown listeners are ignored."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def _tell(self) -> None:
        for listener in tuple(self._listeners):
            listener()


def _key_of(found: Stored) -> str:
    return found.key
