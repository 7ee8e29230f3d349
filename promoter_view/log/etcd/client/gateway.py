"""A client of etcd over its own JSON gateway: several endpoints, TLS, a user and its password, bounds. Decides nothing.

The gateway takes one document a request and answers a stream only once the request has ended (HTTP/1.1), so there is
one request a watch. It never answers some requests that it does not understand: each has a time within which its
headers must come.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson
from twisted.internet.defer import Deferred
from twisted.internet.error import TimeoutError as ConnectTimeout
from twisted.web.http_headers import Headers

from promoter_view.kubernetes.client.failures import NETWORK_ERRORS, unreachable
from promoter_view.kubernetes.client.request_body import RequestBody
from promoter_view.kubernetes.client.streams import BodyCollector, LineStream
from promoter_view.kubernetes.outcomes import Outcome as NetworkOutcome
from promoter_view.kubernetes.outcomes import Unreachable
from promoter_view.log.etcd.client import wire
from promoter_view.log.etcd.client.connections import EtcdConnections
from promoter_view.log.etcd.client.faults import EtcdError, Fault
from promoter_view.log.etcd.client.values import Found, Keys, Message, Outcome, Space, Transaction
from promoter_view.metrics import Metrics
from promoter_view.network.sending import send
from promoter_view.network.targets import Target, parse_target

if TYPE_CHECKING:
    from promoter_view.log.etcd.client.values import Etcd, Watch

_FAULTS = {
    NetworkOutcome.TLS: Fault.TLS,
    NetworkOutcome.TIMEOUT: Fault.TIMEOUT,
    NetworkOutcome.SILENT: Fault.TIMEOUT,
    NetworkOutcome.UNREACHABLE: Fault.UNREACHABLE,
}


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """Bounds, in seconds and bytes. ``idle_seconds`` is longer than etcd's progress notifications are apart (10 m)."""

    answer_seconds: float = 4.0
    keep_alive_seconds: float = 1.0
    body_seconds: float = 10.0
    idle_seconds: float = 1500.0
    max_body_bytes: int = 128 << 20


class Gateway:
    """An Etcd. ``user`` is a name and its password, None where etcd asks for none; ``agent`` is for tests."""

    def __init__(
        self,
        endpoints: Sequence[str],
        *,
        reactor: Any,
        metrics: Metrics,
        connections: EtcdConnections,
        settings: GatewaySettings | None = None,
    ) -> None:
        self._endpoints = deque(map(parse_target, endpoints))
        self._reactor = reactor
        self._metrics = metrics
        self._connections = connections
        self._settings = settings or GatewaySettings()
        self._token = ""

    async def range(self, keys: Keys, *, revision: int = 0, limit: int = 0) -> Found:
        """See Etcd."""
        return wire.found_of(await self._call("kv/range", wire.range_request(keys, revision, limit)))

    async def commit(self, transaction: Transaction) -> Outcome:
        """See Etcd."""
        return wire.outcome_of(await self._call("kv/txn", wire.transaction_request(transaction)))

    async def watch(self, keys: Keys, *, revision: int) -> Watch:
        """See Etcd."""
        asking = partial(self._authenticated, method="watch", document=wire.watch_request(keys, revision))
        response = await self._anywhere(asking)
        lines = LineStream(clock=self._reactor, idle_seconds=self._settings.idle_seconds)
        response.deliverBody(lines)
        return GatewayWatch(lines)

    async def grant(self, seconds: int) -> int:
        """See Etcd."""
        return wire.number(await self._call("lease/grant", {"TTL": str(seconds)}), "ID")

    async def keep_alive(self, lease: int) -> int:
        """See Etcd."""
        # A member that is stopped may not take the lease's whole time.
        answer = await self._call("lease/keepalive", {"ID": str(lease)}, self._settings.keep_alive_seconds)
        return wire.number(answer.get("result", {}), "TTL")

    async def revoke(self, lease: int) -> None:
        """See Etcd."""
        await self._call("lease/revoke", {"ID": str(lease)})

    async def compact(self, revision: int) -> None:
        """See Etcd."""
        await self._call("kv/compaction", {"revision": str(revision)})

    async def space(self) -> Space:
        """See Etcd."""
        return wire.space_of(await self._call("maintenance/status", {}))

    def turn(self) -> None:
        """See Etcd."""
        self._endpoints.rotate(-1)

    async def close(self) -> None:
        """See Etcd."""
        await self._connections.close()

    async def _call(self, method: str, document: wire.Document, seconds: float = 0.0) -> wire.Document:
        asking = partial(self._answer, method=method, document=document, seconds=seconds)
        found: wire.Document = await self._anywhere(asking)
        return found

    async def _answer(self, endpoint: Target, *, method: str, document: wire.Document, seconds: float) -> wire.Document:
        response = await self._authenticated(endpoint, method=method, document=document, seconds=seconds)
        return wire.decode(await self._body(response))

    async def _anywhere(self, ask: Callable[[Target], Awaitable[Any]]) -> Any:
        """What the first member says that answers."""
        failure: EtcdError | None = None
        for endpoint in tuple(self._endpoints):
            try:
                return await ask(endpoint)
            except EtcdError as error:
                self._metrics.etcd_failures.labels(error.fault.value).inc()
                if not error.transient:
                    raise
                failure = error
                self._shun(endpoint)
        assert failure is not None
        raise failure

    def _shun(self, endpoint: Target) -> None:
        if self._endpoints[0] == endpoint:
            self.turn()

    async def _authenticated(
        self, endpoint: Target, *, method: str, document: wire.Document, seconds: float = 0.0
    ) -> Any:
        """A response with status 200, within ``seconds`` where they are given."""
        if self._connections.user is None:
            return await self._post(endpoint, method, document, seconds)
        if not self._token:
            await self._log_in(endpoint)
        used = self._token
        try:
            return await self._post(endpoint, method, document, seconds)
        except EtcdError as error:
            if error.fault is not Fault.UNAUTHENTICATED:
                raise
        # Tokens end after a few minutes (--auth-token-ttl), and with the member that gave them.
        if self._token == used:
            await self._log_in(endpoint)
        return await self._post(endpoint, method, document, seconds)

    async def _log_in(self, endpoint: Target) -> None:
        user = self._connections.user
        assert user is not None
        self._token = ""
        response = await self._post(endpoint, "auth/authenticate", {"name": user.name, "password": user.password()})
        self._token = str(wire.decode(await self._body(response)).get("token", ""))

    async def _post(self, endpoint: Target, method: str, document: wire.Document, seconds: float = 0.0) -> Any:
        headers = Headers({"Content-Type": ["application/json"]})
        if self._token:
            headers.addRawHeader("Authorization", self._token)
        agent = self._connections.agent(endpoint)
        body = RequestBody(orjson.dumps(document))
        uri = endpoint.uri(f"/v3/{method}")
        sending = send(agent, "POST", uri, headers=headers, body=body, reactor=self._reactor)
        sending.addTimeout(seconds or self._settings.answer_seconds, self._reactor, _late)
        try:
            response = await sending
        except NETWORK_ERRORS as error:
            raise _network_error(error, endpoint) from error
        if response.code != 200:
            raise await self._error(response, endpoint)
        return response

    async def _body(self, response: Any) -> bytes:
        collector = BodyCollector(
            clock=self._reactor,
            idle_seconds=self._settings.body_seconds,
            max_bytes=self._settings.max_body_bytes,
        )
        response.deliverBody(collector)
        try:
            return await collector.done
        except Unreachable as error:
            raise _etcd_error(error) from error

    async def _error(self, response: Any, endpoint: Target) -> EtcdError:
        body = await self._body(response)
        if b"CommonName" in body:
            # With authentication on its gateway takes no certificate that could be mistaken for a user (etcd docs).
            return EtcdError(
                Fault.CREDENTIALS, f"{endpoint}: --etcd-certfile: give one without a CommonName: {_words(body)}"
            )
        error = wire.error_of(wire.decode(body)) if body.startswith(b"{") else None
        return error or EtcdError(Fault.MALFORMED, f"{endpoint} answers {response.code}: {_words(body)}")


class GatewayWatch:
    """A Watch: each line of the answer is a message."""

    def __init__(self, lines: LineStream) -> None:
        self._lines = lines

    def read(self) -> Deferred[Sequence[Message]]:
        """See Watch."""
        reading: Deferred[Sequence[Message]] = self._lines.read().addCallbacks(_messages, _broken)
        return reading

    def close(self) -> None:
        """See Watch."""
        self._lines.close()


def _messages(lines: Sequence[bytes]) -> Sequence[Message]:
    return [wire.message_of(line) for line in lines if line]


def _broken(failure: Any) -> Any:
    if failure.check(Unreachable):
        raise _etcd_error(failure.value)
    return failure


def _network_error(error: Exception, endpoint: Target) -> EtcdError:
    found = _etcd_error(unreachable(error))
    return EtcdError(found.fault, f"{endpoint}: {found}")


def _etcd_error(error: Unreachable) -> EtcdError:
    return EtcdError(_FAULTS.get(error.outcome, Fault.RESET), str(error))


def _words(body: bytes) -> str:
    return body[:200].decode("utf-8", "replace").strip()


def _late(_: object, seconds: float) -> None:
    raise ConnectTimeout(f"no answer within {seconds:.0f} seconds")


if TYPE_CHECKING:
    _etcd: type[Etcd] = Gateway
    _watch: type[Watch] = GatewayWatch
