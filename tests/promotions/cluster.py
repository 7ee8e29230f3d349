"""A cluster in memory, as far as the controller asks one: objects, versions, conflicts, and an Argo CD.

What the reflector brings, and when, is for tests to say. A process that dies in a request never hears of it:
from then on no request is answered.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs
from weakref import WeakKeyDictionary

import orjson
from twisted.internet.defer import Deferred

from promoter_view.kubernetes.cleaning import CleaningRules, source_object
from promoter_view.kubernetes.kinds import APPLICATION, KARGO_KINDS, PROJECT_CONFIG
from promoter_view.kubernetes.outcomes import ApiError
from promoter_view.promotions.objects import KnownObjects
from promoter_view.records import Change, ChangeType, ObjectKey, Position, Record

KINDS = {kind.plural: kind for kind in (*KARGO_KINDS, PROJECT_CONFIG, APPLICATION)}
MARKER = "kargo.akuity.io/promotion"


class Cluster:
    """Holds decoded objects by (plural, namespace, name)."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str, str], dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self.writes: list[tuple[str, str, dict[str, Any]]] = []
        self.syncs: list[tuple[str, str]] = []
        self.dies_after: int | None = None
        self.refusals: dict[str, list[ApiError]] = {}
        self.before_write: Callable[[str], None] = lambda path: None
        self.now: Callable[[], str] = lambda: "2027-01-15T08:00:00Z"
        self._version = 100
        self._offset = 0
        self._sent: WeakKeyDictionary[KnownObjects, dict[ObjectKey, str]] = WeakKeyDictionary()
        self._dead = False

    # -- what the controller asks ------------------------------------------------------------------------------------

    async def request(
        self, method: str, path: str, *, body: bytes | None = None, content_type: str = "application/json"
    ) -> bytes:
        """As KubernetesClient.request."""
        if self._dead:
            await Deferred()
        for prefix, errors in self.refusals.items():
            if errors and f"{method} {path}".startswith(prefix):
                raise errors.pop(0)
        if method == "GET":
            return orjson.dumps(self._found(path))
        self.before_write(path)
        answer = self._write(method, path, orjson.loads(body or b"{}"))
        if self.dies_after is not None and len(self.writes) >= self.dies_after:
            self._dead = True
            await Deferred()
        return orjson.dumps(answer)

    def revive(self) -> None:
        """The next process is answered again."""
        self._dead = False
        self.dies_after = None

    def _write(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if method == "POST" and not path.endswith("/events"):
            return self._create(path, body)
        if method == "POST":
            name = body["metadata"]["name"]
            if any(each["metadata"]["name"] == name for each in self.events):
                raise ApiError(409, "AlreadyExists", f'events "{name}" already exists')
            self.writes.append((method, path, body))
            self.events.append(body)
            return body
        found = self._found(path)
        wanted = body.get("metadata", {}).get("resourceVersion")
        if wanted is not None and wanted != found["metadata"]["resourceVersion"]:
            raise ApiError(409, "Conflict", "the object has been modified")
        self.writes.append((method, path, body))
        plural, _, name, subresource = _parts(path)
        if subresource:
            body = {"status": body.get("status", {})}
        elif plural != "applications":
            body = {key: value for key, value in body.items() if key != "status"}
        if plural == "applications" and "operation" in body:
            self.syncs.append((name, _marker(body["operation"])))
        return self.put(plural, _merged(found, body))

    def _create(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """As it comes: what Kargo's webhook would make of it stands there already."""
        stored = copy.deepcopy(body)
        metadata = stored["metadata"]
        metadata.setdefault("uid", f"uid-{metadata['name']}")
        metadata.setdefault("creationTimestamp", self.now())
        self.writes.append(("POST", path, body))
        return self.put(path.split("/")[6], stored)

    def _found(self, path: str) -> dict[str, Any]:
        if path.endswith("/applications"):
            return {"items": [found for key, found in self.objects.items() if key[0] == "applications"]}
        path, _, query = path.partition("?")
        if len(path.split("/")) == 7:
            wanted = dict([parse_qs(query)["labelSelector"][0].split("=")]) if query else {}
            return {"items": [found for key, found in self.objects.items() if _listed(path, wanted, key, found)]}
        plural, namespace, name, _ = _parts(path)
        found = self.objects.get((plural, namespace, name))
        if found is None:
            raise ApiError(404, "NotFound", f"{plural} {name} not found")
        return found

    # -- what others do ----------------------------------------------------------------------------------------------

    def put(self, plural: str, document: dict[str, Any]) -> dict[str, Any]:
        """Stores an object with the next resourceVersion; one that is being deleted goes with its last finalizer."""
        self._version += 1
        stored = copy.deepcopy(document)
        metadata = stored["metadata"]
        metadata["resourceVersion"] = str(self._version)
        key = (plural, metadata["namespace"], metadata["name"])
        if "deletionTimestamp" in metadata and not metadata.get("finalizers"):
            self.objects.pop(key, None)
        else:
            self.objects[key] = stored
        return stored

    def change(self, plural: str, namespace: str, name: str, patch: dict[str, Any]) -> None:
        """Somebody else's merge patch."""
        self.put(plural, _merged(self.objects[plural, namespace, name], patch))

    def of(self, plural: str, name: str) -> dict[str, Any]:
        """The object of that name, in whatever namespace."""
        return next(found for key, found in self.objects.items() if (key[0], key[2]) == (plural, name))

    def told(self) -> list[tuple[str, str]]:
        """The name of the object and the reason of each Event of Kargo's, in order."""
        about = [(each["involvedObject"]["name"], each["reason"]) for each in self.events]
        return [each for each in about if each[1] != "OperationStarted"]

    def take_operations(self, moment: str, *, phase: str = "Succeeded", health: str = "Healthy") -> int:
        """Argo CD: takes each pending operation and carries it out at once; how many there were."""
        pending = [found for key, found in self.objects.items() if key[0] == "applications" and found.get("operation")]
        for application in pending:
            self.carry_out(application, moment, phase=phase, health=health)
        return len(pending)

    def carry_out(self, application: dict[str, Any], moment: str, *, phase: str, health: str) -> None:
        """One operation, to its end."""
        done = copy.deepcopy(application)
        operation = done.pop("operation")
        sources = done["spec"].get("sources") or [done["spec"]["source"]]
        revisions = [source.get("targetRevision", "") for source in sources]
        several = "sources" in done["spec"]
        synced = {"revisions": revisions} if several else {"revision": revisions[0]}
        done["status"] = {
            "health": {"status": health},
            "sync": {"status": "Synced", **synced},
            "reconciledAt": moment,
            "operationState": {
                "operation": operation,
                "phase": phase,
                "message": "carried out",
                "finishedAt": moment,
                "syncResult": synced,
            },
        }
        self.put("applications", done)

    # -- the log -----------------------------------------------------------------------------------------------------

    def feed(self, known: KnownObjects) -> None:
        """The reflector brings all that has changed since the last time."""
        sent = self._sent.setdefault(known, {})
        records = [record for key in tuple(self.objects) if (record := self._record(key, sent)) is not None]
        here = {ObjectKey(KINDS[plural].kind, namespace, name) for plural, namespace, name in self.objects}
        for gone in [key for key in sent if key not in here]:
            del sent[gone]
            self._version += 1
            records.append(self._at(Change(ChangeType.DELETED, gone, b"", str(self._version), "path")))
        known.apply(records)

    def known(self, *, promotes: bool = False) -> KnownObjects:
        """A new process that has read the log, which holds policies where that process promotes by itself."""
        known = KnownObjects(promotes=promotes)
        if promotes:
            self._offset += 1
            known.apply([Record(self._offset, 0, Position("/apis/kargo.akuity.io/v1alpha1/projectconfigs", "1"))])
        self.feed(known)
        return known

    def _record(self, key: tuple[str, str, str], sent: dict[ObjectKey, str]) -> Record | None:
        document = self.objects[key]
        object_key, found = source_object(document, CleaningRules(KINDS[key[0]]))
        if sent.get(object_key) == found.resource_version:
            return None
        sent[object_key] = found.resource_version
        return self._at(Change(ChangeType.MODIFIED, object_key, found.body, found.resource_version, "path"))

    def _at(self, change: Change) -> Record:
        self._offset += 1
        return Record(self._offset, 0, change)


def _parts(path: str) -> tuple[str, str, str, str]:
    """Plural, namespace, name and subresource of an object's URL."""
    parts = path.split("/")
    return parts[6], parts[5], parts[7], parts[8] if len(parts) > 8 else ""


def _listed(path: str, wanted: dict[str, str], key: tuple[str, str, str], found: dict[str, Any]) -> bool:
    parts = path.split("/")
    labels = found["metadata"].get("labels") or {}
    return (parts[6], parts[5]) == key[:2] and wanted.items() <= labels.items()


def _marker(operation: dict[str, Any]) -> str:
    return next((item["value"] for item in operation.get("info", ()) if item["name"] == MARKER), "")


def _merged(target: Any, patch: Any) -> Any:
    """RFC 7386."""
    if not isinstance(patch, dict):
        return patch
    found = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            found.pop(name, None)
        else:
            found[name] = _merged(found.get(name), value)
    return found
