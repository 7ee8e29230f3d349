"""Every request of the controller to the cluster: reads past the log, and writes that carry a resourceVersion.

Nothing is written while this instance may not: each write asks first. A write that meets another's (409) is for whoever
decided on it to decide again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import urlencode

import orjson

from promoter_view.decoded import mapping, text
from promoter_view.kubernetes.documents import DecodedItem, decode, items_of, version_of
from promoter_view.kubernetes.kinds import APPLICATION, KARGO_KINDS, PROJECT_CONFIG
from promoter_view.kubernetes.outcomes import ApiError, Outcome, Unreachable
from promoter_view.metrics import Metrics
from promoter_view.promotions.documents import Document
from promoter_view.promotions.merge_patch import merge_diff
from promoter_view.promotions.telling.event import Involved

MERGE_PATCH = "application/merge-patch+json"
_KINDS = {kind.kind: kind for kind in (*KARGO_KINDS, PROJECT_CONFIG, APPLICATION)}


class Requests(Protocol):
    """What is asked of a cluster's client."""

    async def request(
        self, method: str, path: str, *, body: bytes | None = None, content_type: str = "application/json"
    ) -> bytes:
        """The body of the answer. Errors: ApiError, Unreachable."""


class Conflict(Exception):  # noqa: N818 - a state, as Twisted's ConnectionLost
    """Somebody else wrote or deleted the object since it was read: what was decided on it does not count."""


class MayNotWrite(Exception):  # noqa: N818 - a state, as Twisted's ConnectionLost
    """This instance does not hold the Lease of its shard, or not any more."""


class Writes:
    """``applications`` is the client of the cluster in which Applications live, ``cluster`` that of all else."""

    def __init__(
        self, cluster: Requests, applications: Requests, *, may_write: Callable[[], bool], metrics: Metrics
    ) -> None:
        self._cluster = cluster
        self._applications = applications
        self._may_write = may_write
        self._metrics = metrics

    async def read(self, kind: str, namespace: str, name: str) -> Document | None:
        """The object as it is now; None where there is none. Errors: ApiError, Unreachable."""
        try:
            return _document(await self._of(kind).request("GET", path_of(kind, namespace, name)))
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    async def list(self, kind: str, namespace: str, labels: str = "") -> Sequence[DecodedItem]:
        """All objects of a kind in a namespace as they are now; one that cannot be read hides no other.

        ``labels`` is a label selector, "" for all. Errors: ApiError, Unreachable.
        """
        path = path_of(kind, namespace, "").removesuffix("/") + (
            f"?{urlencode({'labelSelector': labels})}" if labels else ""
        )
        found = items_of(await self._of(kind).request("GET", path))
        if found is None:
            raise Unreachable(Outcome.NOT_JSON, "the answer is no list")
        return [item for item in found if isinstance(item.document, dict)]

    async def write_status(self, kind: str, document: Document, status: Mapping[str, Any]) -> Document:
        """Replaces the status of that copy; what is the same is not sent. Errors: as ``patch``."""
        change = merge_diff(mapping(document, "status"), status)
        return await self.patch(kind, document, {"status": change}, subresource="/status")

    async def patch(self, kind: str, document: Document, change: Document, *, subresource: str = "") -> Document:
        """A merge patch of that very copy. Errors: Conflict, MayNotWrite, ApiError, Unreachable."""
        locked = {"resourceVersion": version_of(document)}
        body = {**change, "metadata": {**mapping(change, "metadata"), **locked}}
        return await self._write("PATCH", kind, _path(kind, document) + subresource, body, MERGE_PATCH)

    async def merge(self, kind: str, namespace: str, name: str, change: Document) -> None:
        """A merge patch of whatever is there now. Errors: as ``patch``."""
        await self._write("PATCH", kind, path_of(kind, namespace, name), change, MERGE_PATCH)

    async def create(self, kind: str, namespace: str, document: Document) -> Document:
        """The object as it was stored: its name may be another. Errors: as ``patch``."""
        path = path_of(kind, namespace, "").removesuffix("/")
        return await self._write("POST", kind, path, document, "application/json")

    async def create_event(self, about: Involved, event: Document) -> None:
        """A core/v1 Event where the object is that it is about. Errors: as ``patch``; Conflict: it is there."""
        path = f"/api/v1/namespaces/{about.namespace}/events"
        await self._write("POST", about.kind, path, event, "application/json")

    async def _write(self, method: str, kind: str, path: str, body: Document, content_type: str) -> Document:
        if not self._may_write():
            raise MayNotWrite
        try:
            answer = await self._of(kind).request(method, path, body=orjson.dumps(body), content_type=content_type)
        except ApiError as error:
            if error.status in (404, 409):
                self._metrics.write_conflicts.labels(kind).inc()
                raise Conflict(f"{kind} {path}: {error.message}") from error
            raise
        return _document(answer)

    def _of(self, kind: str) -> Requests:
        return self._applications if kind == APPLICATION.kind else self._cluster


def path_of(kind: str, namespace: str, name: str) -> str:
    """The path of an object's URL."""
    found = _KINDS[kind]
    return f"/apis/{found.group}/{found.version}/namespaces/{namespace}/{found.plural}/{name}"


def _path(kind: str, document: Document) -> str:
    return path_of(kind, text(document, "metadata", "namespace"), text(document, "metadata", "name"))


def _document(body: bytes) -> Document:
    found = decode(body)
    if not isinstance(found, dict):
        raise Unreachable(Outcome.NOT_JSON, "the answer is no JSON object")
    return found
