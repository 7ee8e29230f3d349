"""The promoter's objects of a real cluster, written and read as ``tests.support.program.fleet`` asks for it."""

from __future__ import annotations

from typing import Any

from promoter_view.kubernetes.kinds import PROMOTER_KINDS, Kind
from tests.support.plane.client import Client, RefusedError, collection_path

Document = dict[str, Any]

_KINDS = {kind.kind: kind for kind in PROMOTER_KINDS}
_NOT_FOUND, _CONFLICT = 404, 409


class WrittenCluster:
    """Each write is one request for the object, and one more for its status where it has one."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def add_namespaces(self, *names: str) -> None:
        """Makes those that are not there yet."""
        for name in names:
            try:
                self._client.create_whole({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
            except RefusedError as refused:
                if refused.status != _CONFLICT:
                    raise

    def apply(self, document: Document) -> Document:
        """Creates or replaces an object, then its status."""
        path = f"{collection_path(document)}/{document['metadata']['name']}"
        try:
            found = self._client.get(path)
        except RefusedError as refused:
            if refused.status != _NOT_FOUND:
                raise
            return self._client.create_whole(document)
        metadata = document["metadata"] | {"resourceVersion": found["metadata"]["resourceVersion"]}
        written = self._client.update(path, document | {"metadata": metadata})
        if "status" not in document:
            return written
        return self._client.patch(f"{path}/status", {"status": document["status"]})

    def delete(self, kind: Kind, namespace: str, name: str) -> None:
        """Deletes an object that is there."""
        self._client.delete(f"{_path(kind, namespace)}/{name}")

    def objects(self, kind: Kind, namespace: str = "") -> list[Document]:
        """The objects as they are now, none of a kind that is not installed; what a list leaves out is put back."""
        try:
            items: list[Document] = self._client.get(_path(kind, namespace))["items"]
        except RefusedError as refused:
            if refused.status != _NOT_FOUND:
                raise
            return []
        return [{"apiVersion": kind.api_version, "kind": kind.kind, **item} for item in items]

    def of(self, plural: str) -> list[Document]:
        """All objects of a resource."""
        return self.objects(next(kind for kind in _KINDS.values() if kind.plural == plural))


def _path(kind: Kind, namespace: str) -> str:
    scope = f"namespaces/{namespace}/" if namespace else ""
    return f"/apis/{kind.group}/{kind.version}/{scope}{kind.plural}"
