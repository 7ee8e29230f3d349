"""A client of one cluster's API: requests with credentials, bounded answers, streams of lines. HTTP/1.1 by treq."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgent

from promoter_view import clocks
from promoter_view.clocks import WallClock
from promoter_view.kubernetes.client.failures import NETWORK_ERRORS, unreachable
from promoter_view.kubernetes.client.request_body import RequestBody
from promoter_view.kubernetes.client.streams import BodyCollector, LineStream
from promoter_view.kubernetes.connection.cluster import ClusterConfig, ConfigError
from promoter_view.kubernetes.connection.credentials import Credential, Credentials
from promoter_view.kubernetes.connection.impersonation import impersonation_headers
from promoter_view.kubernetes.connection.plugin import run_plugin
from promoter_view.kubernetes.connection.tls import material_of, policies
from promoter_view.kubernetes.documents import Parameters, decode, error_of
from promoter_view.kubernetes.outcomes import ApiError, Outcome, Unreachable
from promoter_view.network.agents import Agents, ConnectionSettings
from promoter_view.network.sending import send
from promoter_view.network.targets import parse_target

_MAX_ERROR_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """Bounds: seconds, and bytes a body."""

    connect_timeout_seconds: float = 10.0
    header_timeout_seconds: float = 60.0
    body_idle_seconds: float = 30.0
    max_body_bytes: int = 64 * 1024 * 1024
    max_kept_connections: int = 8
    user_agent: str = "promoter-view"


class KubernetesClient:
    """One cluster. ``environ`` is what credential plugins inherit; ``agent`` stands in for the network in tests."""

    def __init__(
        self,
        reactor: Any,
        config: ClusterConfig,
        *,
        environ: Mapping[str, str] | None = None,
        settings: ClientSettings | None = None,
        wall: WallClock = clocks.wall,
        agent: IAgent | None = None,
    ) -> None:
        self._reactor = reactor
        self._config = config
        self._settings = settings or ClientSettings()
        plugin = config.user.plugin
        self._credentials = Credentials(
            config.user,
            clock=reactor,
            wall=wall,
            run_plugin=None if plugin is None else partial(run_plugin, plugin, reactor=reactor, environ=environ or {}),
        )
        self._acting_as = impersonation_headers(config.user.acts_as)
        self._target = parse_target(config.server)
        connecting = ConnectionSettings(self._settings.connect_timeout_seconds, self._settings.max_kept_connections)
        self._agents = Agents(policies, reactor=reactor, settings=connecting)
        self._agent = agent

    async def get(self, path: str, parameters: Parameters = ()) -> bytes:
        """The body of the answer. Errors: ApiError, Unreachable."""
        return await self.request("GET", path, parameters=parameters)

    async def request(
        self,
        method: str,
        path: str,
        *,
        parameters: Parameters = (),
        body: bytes | None = None,
        content_type: str = "application/json",
    ) -> bytes:
        """The body of the answer to any request. Errors: ApiError, Unreachable."""
        content = None if body is None else (body, content_type)
        response = await self._respond(method, path, parameters, content)
        return await self._body(response, self._settings.max_body_bytes)

    async def stream(self, path: str, parameters: Parameters = (), *, idle_seconds: float) -> LineStream:
        """A GET whose body is lines without end. Errors: ApiError, Unreachable; later ones come from the stream."""
        response = await self._respond("GET", path, parameters, None)
        lines = LineStream(clock=self._reactor, idle_seconds=idle_seconds)
        response.deliverBody(lines)
        return lines

    async def close(self) -> None:
        """Closes the connections that are kept for later; those in use end with their requests."""
        await self._agents.close()

    async def _respond(self, method: str, path: str, parameters: Parameters, content: tuple[bytes, str] | None) -> Any:
        """A response with a 2xx status. Refused credentials are got anew, once."""
        identity = await self._identity()
        response = await self._send(identity, method, path, parameters, content)
        if response.code == 401:
            error = await self._error(response)
            self._credentials.discard(identity)
            renewed = await self._identity()
            if renewed == identity:
                raise error
            response = await self._send(renewed, method, path, parameters, content)
        if not 200 <= response.code < 300:
            raise await self._error(response)
        return response

    async def _identity(self) -> Credential:
        try:
            return await self._credentials.get()
        except ConfigError as error:
            raise Unreachable(Outcome.CREDENTIALS, str(error)) from error

    async def _send(
        self, identity: Credential, method: str, path: str, parameters: Parameters, content: tuple[bytes, str] | None
    ) -> Any:
        headers = Headers({"Accept": ["application/json"], "User-Agent": [self._settings.user_agent]})
        if identity.authorization:
            headers.addRawHeader(b"Authorization", identity.authorization)
        for name, value in self._acting_as:
            headers.addRawHeader(name, value)
        if content is not None:
            headers.addRawHeader("Content-Type", content[1])
        sending = send(
            self._agent_for(identity),
            method,
            self._target.uri(path, parameters),
            headers=headers,
            body=None if content is None else RequestBody(content[0]),
            reactor=self._reactor,
        )
        sending.addTimeout(self._settings.header_timeout_seconds, self._reactor, self._timed_out)
        try:
            return await sending
        except NETWORK_ERRORS as error:
            raise unreachable(error) from error

    def _agent_for(self, identity: Credential) -> IAgent:
        if self._agent is not None:
            return self._agent
        try:
            material = material_of(self._config, identity.certificate)
            return self._agents.get(self._target, self._config.proxy, material)
        except ConfigError as error:
            raise Unreachable(Outcome.CREDENTIALS, str(error)) from error

    def _timed_out(self, _: object, seconds: float) -> None:
        raise Unreachable(Outcome.TIMEOUT, f"no answer within {seconds:.0f} seconds")

    async def _body(self, response: Any, max_bytes: int) -> bytes:
        collector = BodyCollector(
            clock=self._reactor, idle_seconds=self._settings.body_idle_seconds, max_bytes=max_bytes
        )
        response.deliverBody(collector)
        return await collector.done

    async def _error(self, response: Any) -> ApiError:
        body = await self._body(response, _MAX_ERROR_BYTES)
        retry_after = _retry_after(response)
        status = decode(body)
        if isinstance(status, dict) and status.get("kind") == "Status":
            return error_of({**status, "code": response.code}, retry_after_seconds=retry_after)
        return ApiError(response.code, "", body[:200].decode("utf-8", "replace").strip(), retry_after)


def _retry_after(response: Any) -> float | None:
    """The header's delay in seconds (RFC 9110, 10.2.3); its other form, a date, no API server sends."""
    values = response.headers.getRawHeaders(b"Retry-After") or [b""]
    return float(values[0]) if values[0].isdigit() and len(values[0]) < 9 else None
