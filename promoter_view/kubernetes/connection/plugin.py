"""Credential plugins: running one, and reading what it prints (client.authentication.k8s.io, ExecCredential)."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from twisted.internet.defer import Deferred
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from promoter_view.decoded import text
from promoter_view.kubernetes.connection.cluster import ExecConfig
from promoter_view.kubernetes.connection.tls import ClientCertificate
from promoter_view.kubernetes.outcomes import Outcome, Unreachable

_MAX_OUTPUT_BYTES = 1024 * 1024
_SHOWN_ERROR_BYTES = 500
_TIMEOUT_SECONDS = 60.0
_STANDARD_OUTPUT = 1


@dataclass(frozen=True, slots=True)
class PluginCredential:
    """What a plugin gave. ``expires_at`` in seconds since 1970, None: until it is refused."""

    token: str = field(default="", repr=False)
    certificate: ClientCertificate | None = None
    expires_at: float | None = None


async def run_plugin(config: ExecConfig, *, reactor: Any, environ: Mapping[str, str]) -> PluginCredential:
    """Runs the plugin once, within 60 seconds and 1 MiB. Errors: Unreachable with CREDENTIALS."""
    environment = {**environ, **config.environ, "KUBERNETES_EXEC_INFO": _request(config)}
    executable = shutil.which(config.command, path=environment.get("PATH"))
    if executable is None:
        raise _failure(config, f"is not there or not executable. {config.hint}".strip())
    process = _Plugin(config)
    try:
        reactor.spawnProcess(process, executable, [config.command, *config.args], env=environment)
    except OSError as error:
        raise _failure(config, f"cannot be run: {error}") from error
    timer = reactor.callLater(_TIMEOUT_SECONDS, process.kill, f"gave no answer within {_TIMEOUT_SECONDS:.0f} seconds")
    try:
        return read_credential(config, await process.done)
    finally:
        if timer.active():
            timer.cancel()


def read_credential(config: ExecConfig, output: bytes) -> PluginCredential:
    """An ExecCredential's status. Errors: Unreachable with CREDENTIALS."""
    try:
        document = orjson.loads(output)
    except orjson.JSONDecodeError as error:
        raise _failure(config, f"printed no JSON: {error}") from error
    status = document.get("status") if isinstance(document, dict) else None
    if not isinstance(status, dict) or document.get("apiVersion") != config.api_version:
        raise _failure(config, f"printed no ExecCredential of {config.api_version} with a status")
    token, certificate = text(status, "token"), text(status, "clientCertificateData")
    key, expiry = text(status, "clientKeyData"), text(status, "expirationTimestamp")
    if bool(certificate) is not bool(key) or not (token or certificate):
        raise _failure(config, "gave neither a token nor a client certificate with its key")
    client = ClientCertificate(certificate.encode(), key.encode()) if certificate else None
    return PluginCredential(token, client, _expiry(config, expiry) if expiry else None)


def _expiry(config: ExecConfig, written: str) -> float:
    try:
        expiry = datetime.fromisoformat(written)
    except ValueError as error:
        raise _failure(config, f"gave an expirationTimestamp that is none: {written}") from error
    if expiry.tzinfo is None:
        raise _failure(config, f"gave an expirationTimestamp without a time zone: {written}")
    return expiry.timestamp()


def _request(config: ExecConfig) -> str:
    spec: dict[str, object] = {"interactive": False}
    if config.cluster is not None:
        spec["cluster"] = dict(config.cluster)
    return orjson.dumps({"apiVersion": config.api_version, "kind": "ExecCredential", "spec": spec}).decode()


def _failure(config: ExecConfig, reason: str) -> Unreachable:
    return Unreachable(Outcome.CREDENTIALS, f"credential plugin {config.command} {reason}")


class _Plugin(ProcessProtocol):
    """Collects what a plugin prints. ``done`` fires with it once the process has ended; its canceller ends it."""

    def __init__(self, config: ExecConfig) -> None:
        self.done: Deferred[bytes] = Deferred(lambda _: self.kill("was cancelled"))
        self._config = config
        self._output: list[bytes] = []
        self._errors = b""
        self._size = 0
        self._killed = ""

    def connectionMade(self) -> None:
        """It has nobody to ask."""
        assert self.transport is not None
        self.transport.closeStdin()

    def kill(self, reason: str) -> None:
        """Ends it; ``reason`` is what the error says."""
        if self._killed or self.transport is None or self.transport.pid is None:
            return
        self._killed = reason
        self.transport.signalProcess("KILL")
        # A child of its own may hold the pipes open after it: it is over when we say so.
        self.transport.loseConnection()

    def childDataReceived(self, childFD: int, data: bytes) -> None:
        """IProcessProtocol: output within bounds; of what it says on standard error, the end."""
        if childFD != _STANDARD_OUTPUT:
            self._errors = (self._errors + data)[-_SHOWN_ERROR_BYTES:]
            return
        self._size += len(data)
        if self._size > _MAX_OUTPUT_BYTES:
            self._output.clear()
            self.kill(f"printed more than {_MAX_OUTPUT_BYTES} bytes")
        else:
            self._output.append(data)

    def processEnded(self, reason: Failure) -> None:
        """IProcessProtocol: it is over."""
        if self.done.called:
            return
        status = getattr(reason.value, "exitCode", None)
        if self._killed or status != 0:
            said = " ".join(self._errors.decode("utf-8", "replace").split())
            self.done.errback(_failure(self._config, self._killed or f"ended with status {status}: {said}"))
        else:
            self.done.callback(b"".join(self._output))
