"""Credentials for a cluster, request by request: files reread as they rotate, plugins run again as theirs expire."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from twisted.internet.defer import DeferredLock
from twisted.internet.interfaces import IReactorTime

from promoter_view.clocks import WallClock
from promoter_view.kubernetes.connection.cluster import UserConfig
from promoter_view.kubernetes.connection.plugin import PluginCredential
from promoter_view.kubernetes.connection.tls import ClientCertificate, own_certificate
from promoter_view.kubernetes.outcomes import Unreachable

#: A credential is not used in its last seconds: a request takes a while.
_EXPIRY_MARGIN_SECONDS = 30.0
#: A plugin that failed, or gave what is in its last seconds, is not run again at once for each who wants it: many keep
#: what they give until it expires.
_PAUSE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Credential:
    """What one request is made with: a header Authorization (b"" for none) and a client certificate."""

    authorization: bytes = field(default=b"", repr=False)
    certificate: ClientCertificate | None = None
    given: PluginCredential | None = field(default=None, compare=False)


class Credentials:
    """A user's credentials. ``run_plugin`` runs the user's plugin, for a user who has one."""

    def __init__(
        self,
        user: UserConfig,
        *,
        clock: IReactorTime,
        wall: WallClock,
        run_plugin: Callable[[], Awaitable[PluginCredential]] | None,
    ) -> None:
        self._user = user
        self._clock = clock
        self._wall = wall
        self._run_plugin = run_plugin
        self._lock = DeferredLock()
        self._given: PluginCredential | None = None
        self._given_at = 0.0
        self._failed: tuple[float, Unreachable] | None = None

    async def get(self) -> Credential:
        """As it is now. Errors: ConfigError; Unreachable with CREDENTIALS."""
        given = await self._plugin(self._run_plugin) if self._run_plugin is not None else PluginCredential()
        return Credential(self._authorization(given), given.certificate or own_certificate(self._user), given)

    def discard(self, refused: Credential) -> None:
        """It was refused: a plugin is run again for the next one, unless that has already been done."""
        if self._given is refused.given:
            self._given = None

    def _authorization(self, given: PluginCredential) -> bytes:
        if given.token:
            return b"Bearer " + given.token.encode()
        if self._user.token is not None:
            return b"Bearer " + self._user.token.read().strip()
        if self._user.username:
            return b"Basic " + base64.b64encode(f"{self._user.username}:{self._user.password}".encode())
        return b""

    async def _plugin(self, run: Callable[[], Awaitable[PluginCredential]]) -> PluginCredential:
        """One run at a time; those who wait for it share what it gave."""
        await self._lock.acquire()
        try:
            if self._given is None or self._expired(self._given):
                self._given = await self._fresh(run)
            return self._given
        finally:
            self._lock.release()

    async def _fresh(self, run: Callable[[], Awaitable[PluginCredential]]) -> PluginCredential:
        if self._failed is not None and self._clock.seconds() - self._failed[0] < _PAUSE_SECONDS:
            raise self._failed[1]
        self._failed = None
        try:
            given = await run()
        except Unreachable as error:
            self._failed = (self._clock.seconds(), error)
            raise
        self._given_at = self._clock.seconds()
        return given

    def _expired(self, given: PluginCredential) -> bool:
        if given.expires_at is None:
            return False
        left = given.expires_at - self._wall()
        if 0 < left < _EXPIRY_MARGIN_SECONDS:
            return self._clock.seconds() - self._given_at >= _PAUSE_SECONDS
        return left <= 0
