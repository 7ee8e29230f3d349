"""Follows the OpenAPI 3 documents of the cluster (KEP-2896): its index, and what it names once that has changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from twisted.internet.interfaces import IReactorTime

from promoter_view.kubernetes.client.polling import POLL_SECONDS, Polling
from promoter_view.kubernetes.documents import decode
from promoter_view.kubernetes.openapi import ROOT, document_url
from promoter_view.kubernetes.outcomes import ApiError, Outcome, Unreachable


class DocumentReader(Protocol):
    """What is needed of a client (client.KubernetesClient)."""

    async def get(self, path: str) -> bytes:
        """The body of the answer. Errors: ClusterError."""


async def read_document(client: DocumentReader, url: str) -> dict[str, Any]:
    """The JSON object at that URL. Errors: ClusterError."""
    found = decode(await client.get(url))
    if not isinstance(found, dict):
        raise Unreachable(Outcome.NOT_JSON, f"{url} is no JSON object")
    return found


async def read_index(client: DocumentReader) -> dict[str, Any]:
    """The index of the OpenAPI 3 documents; about 10 KB. Errors: ClusterError."""
    try:
        return await read_document(client, ROOT)
    except ApiError as error:
        # Before Kubernetes 1.24, and in the simulator, there is none.
        if error.status == 404:
            return {}
        raise


class SchemaFollower:
    """Calls ``changed`` with the decoded documents by ``group/version``, once they are known and when they change.

    A group and version that the cluster does not publish is left out, once it is missing for the second time. When the
    cluster cannot be asked, what was known stays. Nothing is kept here but where the documents were: decoded they are
    large. ``what``: for log lines.
    """

    def __init__(
        self,
        group_versions: Callable[[], Sequence[str]],
        *,
        client: DocumentReader,
        clock: IReactorTime,
        random: Callable[[], float],
        changed: Callable[[Mapping[str, Any]], None],
        what: str = "schemas",
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._group_versions = group_versions
        self._client = client
        self._changed = changed
        self._urls: Mapping[str, str] = {}
        self._missed = False
        self._polling = Polling(what, self._read, clock=clock, random=random, poll_seconds=poll_seconds)

    @property
    def line(self) -> str:
        """What ``/readyz?verbose`` says: which documents are known, and why not more."""
        problem = self._polling.problem
        return f"known schemas: {', '.join(self._urls) or 'none'}" + (f"; {problem}" if problem else "")

    def start(self) -> None:
        """Begins, or reads all anew, for whoever does not have what was read before."""
        self._urls = {}
        self._polling.start()

    def stop(self) -> None:
        """No more of it; idempotent."""
        self._polling.stop()

    async def _read(self) -> None:
        index = await read_index(self._client)
        urls = {each: url for each in self._group_versions() if (url := document_url(index, each))}
        missed_before, self._missed = self._missed, not self._urls.keys() <= urls.keys()
        # A server that has just started publishes custom resources late: what is missing is believed the second time.
        if urls == self._urls or (self._missed and not missed_before):
            return
        documents = {each: await read_document(self._client, url) for each, url in urls.items()}
        self._changed(documents)
        self._urls = urls
