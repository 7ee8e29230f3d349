"""Leases in memory, as kube-apiserver keeps them."""

from __future__ import annotations

from typing import Any

import orjson
from twisted.internet.defer import Deferred

from promoter_view.kubernetes.outcomes import ApiError, Outcome, Unreachable


class Leases:
    """Lease objects by (namespace, name).

    ``trouble`` is raised by every request while it is set; while ``silent`` none is answered. Where ``held`` is a list
    each request is answered once what it puts there has fired, with what is there then.
    """

    def __init__(self) -> None:
        self.found: dict[tuple[str, str], dict[str, Any]] = {}
        self.requests: list[str] = []
        self.trouble: Exception | None = None
        self.may_list = True
        self.silent = False
        self.namespaces = {"kargo"}
        self.held: list[Deferred[None]] | None = None
        self._version = 0

    def put(self, namespace: str, name: str, labels: dict[str, str] | None = None, **spec: Any) -> None:
        self._version += 1
        metadata = {"namespace": namespace, "name": name, "resourceVersion": str(self._version)}
        self.found[namespace, name] = {"metadata": metadata | ({"labels": labels} if labels else {}), "spec": spec}

    async def request(
        self, method: str, path: str, *, body: bytes | None = None, content_type: str = "application/json"
    ) -> bytes:
        """As KubernetesClient.request."""
        self.requests.append(f"{method} {path}")
        if self.silent:
            await Deferred()
        if self.held is not None:
            answer: Deferred[None] = Deferred()
            self.held.append(answer)
            await answer
        if self.trouble is not None:
            raise self.trouble
        if "/namespaces/" not in path:
            return self._list(path)
        document = orjson.loads(body) if body is not None else None
        namespace = path.split("/")[5]
        name = document["metadata"]["name"] if document else path.split("/")[7]
        known = self.found.get((namespace, name))
        if method == "GET":
            if known is None:
                raise ApiError(404, "NotFound", "no such Lease")
            return orjson.dumps(known)
        if namespace not in self.namespaces:
            raise ApiError(404, "NotFound", f'namespaces "{namespace}" not found')
        version = document["metadata"].get("resourceVersion")
        if (known["metadata"]["resourceVersion"] if known else None) != version:
            raise ApiError(409, "Conflict", "it was written meanwhile")
        self.put(namespace, name, document["metadata"].get("labels"), **document["spec"])
        return orjson.dumps(self.found[namespace, name])

    def _list(self, path: str) -> bytes:
        if not self.may_list:
            raise ApiError(403, "Forbidden", "may not list leases")
        name = path.rpartition("%3D")[2]
        return orjson.dumps({"items": [lease for key, lease in self.found.items() if key[1] == name]})


GONE = Unreachable(Outcome.TIMEOUT, "no answer")
