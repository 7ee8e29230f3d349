"""What a demo's port answers beside the views: its cluster, joined with them as kube-apiserver's aggregator does it.

So tools that ask a cluster for its namespaces first, such as k9s and Lens, find them. What is said of all groups at
once has both; the views' own paths, health and metrics are the program's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from twisted.web.server import NOT_DONE_YET, Request

from promoter_view.api import discovery as views
from promoter_view.api.openapi.documents import GROUP_PATH, OpenApi
from promoter_view.simulator.kubernetes import discovery
from promoter_view.simulator.kubernetes.apiserver import ApiServer
from promoter_view.simulator.kubernetes.errors import StatusError
from promoter_view.views.definition import GROUP
from promoter_view.web.entrance import send

_PROGRAM = ("/livez", "/readyz", "/healthz", "/metrics", "/notifications")
_OWN = (f"/apis/{GROUP}", f"/openapi/v3/{GROUP_PATH}", "/openapi/v2", *_PROGRAM)
_JSON = "application/json"
_STARTING = StatusError(503, "ServiceUnavailable", "the demo is starting")


class ClusterFront:
    """``openapi`` has the views' documents. Until ``open`` the answer is 503."""

    def __init__(self, openapi: OpenApi) -> None:
        self._openapi = openapi
        self._cluster: ApiServer | None = None
        self._joined: Mapping[bytes, Callable[[ApiServer], Any]] = {b"/apis": _groups, b"/openapi/v3": self._documents}

    def open(self, cluster: ApiServer) -> None:
        """That cluster is there from now on."""
        self._cluster = cluster

    def serves(self, path: bytes) -> bool:
        """All but the views' own paths, and the program's."""
        return not any(path == own.encode() or path.startswith(f"{own}/".encode()) for own in _OWN)

    def render(self, request: Request) -> int:
        """Answers it, now or later."""
        joined = self._joined.get(request.path.rstrip(b"/"))
        if self._cluster is None:
            request.setResponseCode(_STARTING.code)
            send(request, orjson.dumps(_STARTING.document()), _JSON)
        elif joined is not None and request.method == b"GET":
            send(request, orjson.dumps(joined(self._cluster)), _JSON)
        else:
            return self._cluster.render(request)
        return NOT_DONE_YET

    def _documents(self, cluster: ApiServer) -> Any:
        found = discovery.find(("openapi", "v3"), cluster.cluster.kinds) or {"paths": {}}
        own = orjson.loads(self._openapi.documents.v3_index.body)
        return {"paths": {**found["paths"], **own["paths"]}}


def _groups(cluster: ApiServer) -> Any:
    found = discovery.find(("apis",), cluster.cluster.kinds) or {"groups": []}
    groups = [*found["groups"], *views.api_group_list()["groups"]]
    return {**found, "groups": sorted(groups, key=lambda each: str(each["name"]))}
