"""The cluster's authentication configuration, read and watched: kube-system/extension-apiserver-authentication.

Every extension API server may read it through the Role extension-apiserver-authentication-reader, by that name only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger

from promoter_view.access.authentication_config import AuthenticationConfig, from_config_map
from promoter_view.access.trust import Trust
from promoter_view.complaints import Complaint
from promoter_view.kubernetes.client.backoff import Backoff
from promoter_view.kubernetes.documents import decode, error_of
from promoter_view.kubernetes.outcomes import ApiError, ClusterError, Outcome, Unreachable

PATH = "/api/v1/namespaces/kube-system/configmaps"
NAME = "extension-apiserver-authentication"
_SELECTED = ("fieldSelector", f"metadata.name={NAME}")
_WATCH_SECONDS = 600
#: Bookmarks come about each minute.
_IDLE_SECONDS = 150.0
#: A watch that lasted so long was no failure.
_STEADY_SECONDS = 30.0


class MissingConfiguration(Exception):  # noqa: N818 - a state of the cluster
    """The ConfigMap is not there, cannot be read by us, or cannot be understood; the message says what to do."""


class Lines(Protocol):
    """An open watch (kubernetes.streams.LineStream)."""

    def read(self) -> Deferred[list[bytes]]:
        """The lines that have come; [] is the clean end. Errors: ClusterError."""

    def close(self) -> None:
        """No more of it."""


class ConfigMapReader(Protocol):
    """What is needed of a client (kubernetes.client.KubernetesClient)."""

    async def get(self, path: str, parameters: Any = ()) -> bytes:
        """The body of the answer. Errors: ClusterError."""

    async def stream(self, path: str, parameters: Any = (), *, idle_seconds: float) -> Lines:
        """An open watch. Errors: ClusterError."""


class Delegation:
    """Keeps ``trust`` as the cluster publishes it. What was read once counts until something else is read.

    A cluster that definitely does not give it (404, 403, no such ConfigMap) at the first try is reported to
    ``refused``, or with ``tolerate`` counts as one that publishes nothing. One that does not answer is asked again.
    """

    _log = Logger()

    def __init__(
        self,
        trust: Trust,
        *,
        client: ConfigMapReader,
        clock: IReactorTime,
        random: Callable[[], float],
        refused: Callable[[str], object],
        tolerate: bool = False,
    ) -> None:
        self._trust = trust
        self._client = client
        self._clock = clock
        self._backoff = Backoff(random=random)
        self._refused = refused
        self._tolerate = tolerate
        self._data: dict[str, str] | None = None
        self._running: Deferred[None] | None = None
        self._unread = Complaint(self._log, "{message}")

    @property
    def fault(self) -> str | None:
        """What is in the way of reading it, whether or not it was read before."""
        return self._unread.message or None

    def start(self) -> None:
        """Read it, then watch it until ``stop``."""
        self._running = Deferred.fromCoroutine(self._run())
        self._running.addErrback(self._over)

    async def stop(self) -> None:
        """No more of it."""
        if self._running is not None:
            self._running.cancel()

    def _over(self, failure: Any) -> None:
        if not failure.check(CancelledError):
            self._log.failure("Reading the authentication configuration broke", failure=failure)
            self._refused("a fault in promoter-view, see above")

    async def _run(self) -> None:
        while True:
            begun = self._clock.seconds()
            try:
                await self._watch(await self._list())
            except (ClusterError, MissingConfiguration) as error:
                if self._note(error):
                    return
            if self._clock.seconds() - begun >= _STEADY_SECONDS:
                self._backoff.reset()
            await deferLater(self._clock, self._backoff.next())

    async def _list(self) -> str:
        match _decoded(await self._client.get(PATH, (_SELECTED,))):
            case {"metadata": {"resourceVersion": str(version)}, "items": [dict(found), *_]}:
                self._take(found)
                return version
            case {"metadata": {"resourceVersion": str()}, "items": [] | None}:
                raise MissingConfiguration(f"the ConfigMap kube-system/{NAME} is not there")
        raise Unreachable(Outcome.NOT_JSON, f"{PATH}: the answer is not a list")

    async def _watch(self, resource_version: str) -> None:
        parameters = (
            _SELECTED,
            ("watch", "1"),
            ("resourceVersion", resource_version),
            ("allowWatchBookmarks", "true"),
            ("timeoutSeconds", str(_WATCH_SECONDS)),
        )
        lines = await self._client.stream(PATH, parameters, idle_seconds=_IDLE_SECONDS)
        try:
            while came := await lines.read():
                for line in came:
                    self._see(_decoded(line))
        finally:
            lines.close()

    def _see(self, event: dict[str, Any]) -> None:
        match event:
            case {"type": "ADDED" | "MODIFIED", "object": dict(found)}:
                self._take(found)
            case {"type": "DELETED"}:
                raise MissingConfiguration(f"the ConfigMap kube-system/{NAME} was deleted")
            case {"type": "ERROR", "object": dict(status)}:
                raise error_of(status)
            case {"type": "BOOKMARK"}:
                return
            case _:
                raise Unreachable(Outcome.NOT_JSON, f"{PATH}: a line of the watch is no event")

    def _take(self, found: dict[str, Any]) -> None:
        data = found.get("data") or {}
        if not isinstance(data, dict):
            raise MissingConfiguration(f"the ConfigMap kube-system/{NAME} is malformed: data is no map")
        if data == self._data:
            self._unread.clear()
            return
        try:
            config = from_config_map(data)
        except ValueError as error:
            raise MissingConfiguration(f"the ConfigMap kube-system/{NAME} is malformed: {error}") from error
        self._log.info("The authentication configuration was {what}", what="changed" if self._data else "read")
        self._data = data
        self._unread.clear()
        self._trust.publish(config)

    def _note(self, error: Exception) -> bool:
        """Whether that is the end of trying."""
        words = f"the authentication configuration cannot be read: {error}"
        self._unread.set(words, reason=words)
        if self._trust.config is not None:
            return False
        if self._tolerate:
            self._trust.publish(AuthenticationConfig())
            return False
        definite = isinstance(error, MissingConfiguration) or (
            isinstance(error, ApiError) and error.status in (403, 404)
        )
        if definite:
            self._refused(
                f"{words}; bind the Role extension-apiserver-authentication-reader in kube-system to this program's "
                "user, or give --authentication-tolerate-lookup-failure or --authentication-skip-lookup"
            )
        return definite


def _decoded(body: bytes) -> dict[str, Any]:
    found = decode(body)
    if not isinstance(found, dict):
        raise Unreachable(Outcome.NOT_JSON, "the answer is not a JSON object")
    return found
