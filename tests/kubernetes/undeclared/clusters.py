"""A cluster with undeclared kinds: what it publishes, lists and lets one watch."""

from __future__ import annotations

from typing import Any

import orjson

from promoter_view.kubernetes.documents import Parameters
from promoter_view.kubernetes.kinds import PROMOTER_GROUP
from promoter_view.kubernetes.outcomes import ApiError
from tests.kubernetes.fakes import ScriptedStream
from tests.kubernetes.undeclared.kinds import NAMED, OWNED, PLURALS, VERSION, document, resource, resource_list

_GROUP = f"/apis/{PROMOTER_GROUP}"
_DOCUMENT = f"/openapi/v3/apis/{PROMOTER_GROUP}/{VERSION}"


class Cluster:
    """``kinds`` are there; ``without_schema`` are not in OpenAPI yet, ``forbidden`` may not be listed."""

    def __init__(self, *kinds: str) -> None:
        self.kinds = list(kinds)
        self.without_schema: set[str] = set()
        self.forbidden: set[str] = set()
        self.failure: Exception | None = None
        self.version = VERSION
        self.objects: dict[str, list[dict[str, Any]]] = {}
        self.streams: dict[str, ScriptedStream] = {}
        self.asked: list[str] = []

    def holds(self, kind: str, *names: str, **more: Any) -> None:
        """Objects of a kind that are listed."""
        made = [self.object(kind, name, **more) for name in names]
        self.objects.setdefault(PLURALS[kind], []).extend(made)

    def object(self, kind: str, name: str, version: int = 5, **more: Any) -> dict[str, Any]:
        """One, as the cluster has it."""
        metadata = {"name": name, "namespace": "team", "resourceVersion": str(version)}
        return {"apiVersion": f"{PROMOTER_GROUP}/{VERSION}", "kind": kind, "metadata": metadata, **more}

    def change(self, kind: str, name: str, version: int, *, type_: str = "MODIFIED", **more: Any) -> None:
        """A watch tells of it."""
        found = self.object(kind, name, version, **more)
        self.streams[PLURALS[kind]].give(orjson.dumps({"type": type_, "object": found}))

    async def get(self, path: str, parameters: Parameters = ()) -> bytes:
        self.asked.append(path)
        if self.failure is not None:
            raise self.failure
        return orjson.dumps(self._answer(path, dict(parameters)))

    async def stream(self, path: str, parameters: Parameters = (), *, idle_seconds: float) -> ScriptedStream:
        self._judge(path)
        stream = self.streams[path.rpartition("/")[2]] = ScriptedStream()
        return stream

    def _answer(self, path: str, parameters: dict[str, str]) -> Any:
        if path.startswith("/openapi"):
            return self._openapi(path)
        if path in (_GROUP, f"{_GROUP}/{self.version}") and not self.kinds:
            raise ApiError(404, "NotFound", "no such group")
        if path == _GROUP:
            return {"preferredVersion": {"version": self.version}}
        if path == f"{_GROUP}/{self.version}":
            return resource_list(*(resource(kind) for kind in self.kinds))
        self._judge(path)
        return self._list(path.rpartition("/")[2], parameters)

    def _openapi(self, path: str) -> Any:
        told = sorted(set(self.kinds) - self.without_schema)
        if path == "/openapi/v3":
            url = f"{_DOCUMENT}?hash={'-'.join(told)}"
            return {"paths": {f"apis/{PROMOTER_GROUP}/{VERSION}": {"serverRelativeURL": url}}}
        return document(**{kind: {} if kind == OWNED else NAMED for kind in told})

    def _judge(self, path: str) -> None:
        plural = path.rpartition("/")[2]
        kind = next(name for name, known in PLURALS.items() if known == plural)
        if kind in self.forbidden:
            raise ApiError(403, "Forbidden", "not for you")
        if kind not in self.kinds:
            raise ApiError(404, "NotFound", "no such resource")

    def _list(self, plural: str, parameters: dict[str, str]) -> Any:
        found, start, limit = self.objects.get(plural, []), int(parameters.get("continue", 0)), int(parameters["limit"])
        more = {"continue": str(start + limit)} if len(found) > start + limit else {}
        return {"metadata": {"resourceVersion": "9", **more}, "items": found[start : start + limit]}
