"""Asking the cluster for a review: bounded in number and time, tried again where that may help."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import orjson
from twisted.internet.defer import Deferred, DeferredSemaphore
from twisted.internet.defer import TimeoutError as DeferredTimeout
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger, LogLevel

from promoter_view.complaints import Complaint
from promoter_view.kubernetes.client.backoff import Backoff
from promoter_view.kubernetes.outcomes import ClusterError, Outcome
from promoter_view.metrics import Metrics
from promoter_view.web.errors import ReviewUnavailable

_AT_ONCE = 32
_MAX_WAITING = 2048
_DEADLINE_SECONDS = 10.0
_ATTEMPTS = 3
#: A review changes nothing, so it may be asked again also where the first request may have arrived. A kept connection
#: that the server has just closed is the usual case.
_WORTH_ANOTHER = (Outcome.RESET, Outcome.UNREACHABLE, Outcome.THROTTLED, Outcome.SERVER_ERROR)


class Poster(Protocol):
    """What is needed of a client (kubernetes.client.KubernetesClient)."""

    async def request(self, method: str, path: str, *, body: bytes | None = None) -> bytes:
        """The body of the answer. Errors: ClusterError."""


class Reviewer:
    """Asks for one kind of review; ``name`` is its label in metrics, ``path`` where it is created."""

    _log = Logger()

    def __init__(
        self,
        name: str,
        path: str,
        document: Mapping[str, str],
        *,
        client: Poster,
        clock: IReactorTime,
        random: Callable[[], float],
        metrics: Metrics,
    ) -> None:
        self._name = name
        self._path = path
        self._document = document
        self._client = client
        self._clock = clock
        self._random = random
        self._metrics = metrics
        self._slots = DeferredSemaphore(_AT_ONCE)
        self._unavailable = Complaint(
            self._log, "No {name} review can be had: {message}", again=LogLevel.debug, name=name
        )

    async def ask(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        """The status of that review. Errors: ReviewUnavailable."""
        begun = self._clock.seconds()
        try:
            status = await self._within_deadline(spec)
        except (ClusterError, ValueError, DeferredTimeout) as error:
            raise self._refusal(error) from error
        finally:
            self._metrics.review_seconds.labels(self._name).observe(self._clock.seconds() - begun)
        self._unavailable.clear()
        return status

    def _within_deadline(self, spec: Mapping[str, Any]) -> Deferred[dict[str, Any]]:
        if len(self._slots.waiting) >= _MAX_WAITING:
            raise ValueError(f"{_MAX_WAITING} reviews are waiting already")
        asking = Deferred.fromCoroutine(self._in_turn(orjson.dumps({**self._document, "spec": spec})))
        return asking.addTimeout(_DEADLINE_SECONDS, self._clock)

    async def _in_turn(self, body: bytes) -> dict[str, Any]:
        await self._slots.acquire()
        try:
            return _status(await self._attempts(body))
        finally:
            self._slots.release()

    async def _attempts(self, body: bytes) -> bytes:
        backoff = Backoff(random=self._random, first_seconds=0.1, limit_seconds=1.0)
        for _ in range(_ATTEMPTS - 1):
            try:
                return await self._client.request("POST", self._path, body=body)
            except ClusterError as error:
                if error.outcome not in _WORTH_ANOTHER:
                    raise
                await deferLater(self._clock, backoff.next(error.retry_after_seconds))
        return await self._client.request("POST", self._path, body=body)

    def _refusal(self, error: Exception) -> ReviewUnavailable:
        """For the client, who does not get the failure's own words."""
        self._unavailable.set(str(error) or type(error).__name__)
        self._metrics.reviews.labels(self._name, "unavailable").inc()
        return ReviewUnavailable(f"the cluster could not be asked for a {self._name} review")


def _status(body: bytes) -> dict[str, Any]:
    found = orjson.loads(body)
    status = found.get("status") if isinstance(found, dict) else None
    if not isinstance(status, dict):
        raise ValueError("the answer is no review")
    return status
