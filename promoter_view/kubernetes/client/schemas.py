"""Follows the OpenAPI 3 documents of the cluster (KEP-2896): its index, and what it names once that has changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from promoter_view.complaints import Complaint
from promoter_view.kubernetes.client.backoff import Backoff
from promoter_view.kubernetes.documents import decode
from promoter_view.kubernetes.outcomes import ApiError, ClusterError, Outcome, Unreachable

_ROOT = "/openapi/v3"
#: How soon a changed CustomResourceDefinition shows; the index is about 10 KB.
_POLL_SECONDS = 60.0


class DocumentReader(Protocol):
    """What is needed of a client (client.KubernetesClient)."""

    async def get(self, path: str) -> bytes:
        """The body of the answer. Errors: ClusterError."""


class SchemaFollower:
    """Calls ``changed`` with the decoded documents by ``group/version``, once they are known and when they change.

    A group and version that the cluster does not publish is left out, once it is missing for the second time. When the
    cluster cannot be asked, what was known stays. Nothing is kept here but where the documents were: decoded they are
    large.
    """

    _log = Logger()

    def __init__(
        self,
        group_versions: Sequence[str],
        *,
        client: DocumentReader,
        clock: IReactorTime,
        random: Callable[[], float],
        changed: Callable[[Mapping[str, Any]], None],
    ) -> None:
        self._group_versions = tuple(group_versions)
        self._client = client
        self._clock = clock
        self._backoff = Backoff(random=random, first_seconds=1.0, limit_seconds=_POLL_SECONDS)
        self._jitter = random
        self._changed = changed
        self._urls: Mapping[str, str] = {}
        self._missed = False
        self._unread = Complaint(
            self._log,
            "schemas of the cluster cannot be read: {message}",
            over="schemas of the cluster can be read again",
        )
        self._running: Deferred[None] | None = None

    @property
    def line(self) -> str:
        """What ``/readyz?verbose`` says: which documents are known, and why not more."""
        known = ", ".join(self._urls) or "none"
        return f"known schemas: {known}" + (f"; {self._unread.message}" if self._unread.message else "")

    def start(self) -> None:
        """Begins. Call once."""
        self._running = Deferred.fromCoroutine(self._run()).addErrback(self._over)

    def stop(self) -> None:
        """No more of it; idempotent."""
        running, self._running = self._running, None
        if running is not None:
            running.cancel()

    async def _run(self) -> None:
        while True:
            await deferLater(self._clock, await self._poll())

    async def _poll(self) -> float:
        """Seconds to wait for the next one."""
        try:
            await self._read()
        except ClusterError as error:
            self._unread.set(str(error))
            return self._backoff.next(error.retry_after_seconds)
        self._unread.clear()
        self._backoff.reset()
        return _POLL_SECONDS * (0.9 + self._jitter() / 5)

    async def _read(self) -> None:
        index = await self._index()
        urls = {each: url for each in self._group_versions if (url := _url(index, f"apis/{each}"))}
        missed_before, self._missed = self._missed, not self._urls.keys() <= urls.keys()
        # A server that has just started publishes custom resources late: what is missing is believed the second time.
        if urls == self._urls or (self._missed and not missed_before):
            return
        documents = {each: await self._document(url) for each, url in urls.items()}
        self._changed(documents)
        self._urls = urls

    async def _index(self) -> dict[str, Any]:
        try:
            return await self._document(_ROOT)
        except ApiError as error:
            # Before Kubernetes 1.24, and in the simulator, there is none.
            if error.status == 404:
                return {}
            raise

    async def _document(self, url: str) -> dict[str, Any]:
        found = decode(await self._client.get(url))
        if not isinstance(found, dict):
            raise Unreachable(Outcome.NOT_JSON, f"{url} is no JSON object")
        return found

    def _over(self, failure: Failure) -> None:
        if not failure.check(CancelledError):
            self._log.failure("schemas are no longer followed", failure)


def _url(index: Mapping[str, Any], key: str) -> str:
    """Where the index says that a document is; "" where it does not, or points out of the documents' folder."""
    paths = index.get("paths")
    entry = paths.get(key) if isinstance(paths, dict) else None
    url = entry.get("serverRelativeURL") if isinstance(entry, dict) else None
    return url if isinstance(url, str) and url.startswith(f"{_ROOT}/") else ""
