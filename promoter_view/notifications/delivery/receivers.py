"""Posts messages to one receiver. Nothing of an address but scheme and host is ever said, and nothing of an answer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hyperlink import URLParseError
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.http_headers import Headers

from promoter_view.journal.entries import JournalEntry
from promoter_view.kubernetes.client.failures import NETWORK_ERRORS, unreachable
from promoter_view.kubernetes.client.request_body import RequestBody
from promoter_view.kubernetes.connection.cluster import ConfigError, FileSource
from promoter_view.kubernetes.connection.tls import TlsMaterial, policies
from promoter_view.kubernetes.outcomes import Outcome, Unreachable
from promoter_view.network.agents import Agents, ConnectionSettings
from promoter_view.network.proxies import proxy_from
from promoter_view.network.sending import send
from promoter_view.network.targets import Target, target_of
from promoter_view.notifications.addresses import EXPECTED_URL, NoAddressError, address_of, check_address
from promoter_view.notifications.declaring import Receiver
from promoter_view.notifications.delivery.answers import MessageFate, ReceiverAnswer, no_answer, read_answer
from promoter_view.notifications.messages import OutgoingMessage
from promoter_view.notifications.signatures import SecretError, read_secrets, webhook_headers
from promoter_view.runtime import Runtime

#: From the first byte that is sent to the answer's status.
ANSWER_SECONDS = 15.0
#: Of a whole answer: more headers than that cost the receiver its connection at once.
_CONNECTING = ConnectionSettings(connect_seconds=5.0, max_kept=1, max_answer_bytes=256 * 1024)
#: Of an answer's body; what is longer costs the receiver its connection.
_MOST_BYTES = 64 * 1024
_BODY_SECONDS = 5.0


class ReceiverConnection:
    """One receiver: connections are kept, files are read again when they change. Closed, it is not used any more."""

    def __init__(self, receiver: Receiver, *, runtime: Runtime) -> None:
        self._receiver = receiver
        self._runtime = runtime
        self._url = _source("urlFile", receiver.url_file)
        self._authority = _source("caFile", receiver.ca_file)
        self._secrets = _source("secretFile", receiver.secret_file)
        self._values = {
            header.name: _source(f"headers.{header.name}.valueFile", header.value_file) for header in receiver.headers
        }
        self._agents = Agents(policies, reactor=runtime.reactor, settings=_CONNECTING)

    async def post(self, message: OutgoingMessage, entries: Sequence[JournalEntry]) -> ReceiverAnswer:
        """What came of it. May be cancelled. ``entries`` are those that the message tells of."""
        try:
            url = address_of(self._address(), entries)
            headers = self._headers(message, entries[-1].identity.name)
            sending = Deferred.fromCoroutine(self._send(url, headers, message.body))
        except NoAddressError as error:
            return ReceiverAnswer(MessageFate.REFUSED, str(error))
        except ConfigError as error:
            return no_answer(str(error))
        except SecretError as error:
            return no_answer(f"secretFile: {error}")
        sending.addTimeout(ANSWER_SECONDS, self._runtime.reactor, _late)
        return await sending

    def close(self) -> Deferred[Any]:
        """Closes what is kept."""
        closing: Deferred[Any] = self._agents.close()
        return closing

    async def _send(self, url: str, headers: Headers, body: bytes) -> ReceiverAnswer:
        runtime = self._runtime
        try:
            target = _target(url)
            agent = self._agents.get(target, proxy_from(runtime.environ, target), self._material())
            sending = send(
                agent, "POST", url.encode("ascii"), headers=headers, body=RequestBody(body), reactor=runtime.reactor
            )
        except URLParseError:
            return no_answer(EXPECTED_URL)
        except ValueError as error:
            return no_answer(str(error))
        try:
            response = await sending
        except CancelledError:
            raise
        except NETWORK_ERRORS as error:
            return no_answer(f"no answer: {_words_of(unreachable(error))}")
        _undecoded(response).deliverBody(_Discarded(runtime.reactor))
        told = response.headers.getRawHeaders(b"Retry-After") or [None]
        retry_after = None if told[0] is None else told[0].decode("latin-1")
        return read_answer(response.code, retry_after, runtime.now())

    def _address(self) -> str:
        """Errors: ConfigError: the file may be in the middle of a change."""
        if self._url is None:
            return self._receiver.url
        try:
            return check_address(_text(self._url))
        except NoAddressError as error:
            raise ConfigError(f"{self._url.name}: {error}") from error

    def _headers(self, message: OutgoingMessage, identity: str) -> Headers:
        """Errors: ConfigError, SecretError, for a file that cannot be used."""
        secrets = () if self._secrets is None else read_secrets(self._secrets.read())
        timestamp = int(self._runtime.wall())
        headers = Headers({"User-Agent": ["promoter-view"], "Accept": ["*/*"]})
        for header in self._receiver.headers:
            source = self._values[header.name]
            headers.setRawHeaders(header.name, [header.value if source is None else _text(source)])
        for name, value in message.headers:
            headers.setRawHeaders(name, [value])
        headers.setRawHeaders("Content-Type", [message.content_type])
        for name, value in webhook_headers(identity, timestamp, message.body, secrets):
            headers.setRawHeaders(name, [value])
        return headers

    def _material(self) -> TlsMaterial:
        if self._authority is None:
            return TlsMaterial()
        return TlsMaterial(self._authority.read(), authority_name=self._authority.name)


class _Discarded(Protocol):
    """Reads a body to nowhere, so that its connection can be kept; not for long, and not much of it."""

    transport: Any  # has loseConnection; Twisted has no interface for it

    def __init__(self, clock: Any) -> None:
        self._left = _MOST_BYTES
        self._giving_up = clock.callLater(_BODY_SECONDS, self._give_up)

    def dataReceived(self, data: bytes) -> None:
        """IProtocol."""
        self._left -= len(data)
        if self._left < 0:
            self._give_up()

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: ARG002
        """IProtocol."""
        if self._giving_up.active():
            self._giving_up.cancel()

    def _give_up(self) -> None:
        if self.transport is not None:
            self.transport.loseConnection()


def _words_of(error: Unreachable) -> str:
    """Where something came that is no HTTP, its words are the receiver's, and not said."""
    is_broken = error.outcome is Outcome.RESET
    return "the connection broke off, or what came is no HTTP" if is_broken else str(error)


def _undecoded(response: Any) -> Any:
    """As it came: what nobody reads is not taken out of gzip."""
    while (inner := getattr(response, "original", None)) is not None:
        response = inner
    return response


def _late(*_: object) -> ReceiverAnswer:
    return no_answer(f"no answer within {ANSWER_SECONDS:.0f} seconds")


def _target(url: str) -> Target:
    """The server alone: what is kept of connections does not depend on a path. Errors: ValueError."""
    return target_of(urlsplit(url)._replace(path="", query=""))


def _source(field: str, path: str) -> FileSource | None:
    return FileSource(Path(path), field) if path else None


def _text(source: FileSource) -> str:
    """Errors: ConfigError."""
    try:
        found = source.read().decode("utf-8").strip()
    except UnicodeDecodeError as error:
        raise ConfigError(f"{source.name}: expected UTF-8") from error
    if not found.isprintable():
        raise ConfigError(f"{source.name}: expected one line")
    return found
