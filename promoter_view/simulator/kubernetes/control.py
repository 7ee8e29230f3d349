"""Commands to a simulator in another process: ``POST /simulator/COMMAND`` with a JSON object. Not a part of Kubernetes.

compact {resourceVersion?} · advance {count} · backup {name} · restore {name} · drop-watches {} · install {plural} ·
uninstall {plural} · request-fault, event-fault {fault, ...its fields, path?, verb?, skip?, times?} · clear-faults {}.
Answers 200 with ``{"resourceVersion": N}``, or 400 with ``{"error": ...}``.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import orjson
from twisted.web.http import Request
from twisted.web.resource import Resource

from promoter_view.kubernetes.kinds import Kind
from promoter_view.simulator.kubernetes import faults
from promoter_view.simulator.kubernetes.apiserver import ApiServer
from promoter_view.simulator.kubernetes.cluster import Backup

_FAULTS: dict[str, Callable[..., Any]] = {
    "Refuse": faults.Refuse,
    "Silence": faults.Silence,
    "Delay": faults.Delay,
    "Shuffle": faults.Shuffle,
    "Cut": faults.Cut,
    "End": faults.StreamEnd,
    "Garbage": lambda data: faults.Garbage(base64.b64decode(data)),
    "ErrorEvent": faults.ErrorEvent,
}
_WHERE = ("path", "verb", "skip", "times")

Arguments = dict[str, Any]


class Control(Resource):
    """Runs commands on one server and its cluster. ``kinds`` are those that can be installed again."""

    isLeaf = True  # noqa: N815 (Twisted's name)

    def __init__(self, api: ApiServer) -> None:
        super().__init__()
        self._api = api
        self._cluster = api.cluster
        self._kinds = {kind.plural: kind for kind in api.cluster.kinds}
        self._backups: dict[str, Backup] = {}
        self._commands: dict[str, Callable[[Arguments], object]] = {
            "compact": lambda given: self._cluster.compact(given.get("resourceVersion")),
            "advance": lambda given: self._cluster.advance(int(given["count"])),
            "backup": lambda given: self._backups.update({given["name"]: self._cluster.backup()}),
            "restore": lambda given: self._cluster.restore(self._backups[given["name"]]),
            "drop-watches": lambda given: self._api.drop_watches(**given),
            "install": lambda given: self._cluster.install(self._kind(given)),
            "uninstall": lambda given: self._cluster.uninstall(self._kind(given)),
            "request-fault": lambda given: _arm(self._api.faults.on_request, given),
            "event-fault": lambda given: _arm(self._api.faults.on_event, given),
            "clear-faults": lambda given: self._api.faults.clear(**given),
        }

    def render_POST(self, request: Request) -> bytes:
        """Runs one command."""
        request.setHeader(b"content-type", b"application/json")
        name = request.path.decode("ascii", "replace").rpartition("/")[2]
        try:
            given = orjson.loads(request.content.read() if request.content else b"")
            self._commands[name](given)
        except (KeyError, TypeError, ValueError) as error:
            request.setResponseCode(400)
            return orjson.dumps({"error": f"{name}: {error!r}"})
        return orjson.dumps({"resourceVersion": self._cluster.resource_version})

    def _kind(self, given: Arguments) -> Kind:
        return self._kinds[given["plural"]]


def _arm(arm: Callable[..., object], given: Arguments) -> None:
    where = {key: given.pop(key) for key in _WHERE if key in given}
    make = _FAULTS[given.pop("fault")]
    arm(make(**given), **where)
