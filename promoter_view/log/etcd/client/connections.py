"""How etcd is connected to: which certificates are believed and shown, who we say we are; read again when changed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from twisted.internet.defer import Deferred
from twisted.web.iweb import IAgent

from promoter_view.kubernetes.connection.cluster import ConfigError, FileSource
from promoter_view.kubernetes.connection.tls import ClientCertificate, TlsMaterial, policies
from promoter_view.log.etcd.client.faults import EtcdError, Fault
from promoter_view.log.settings import EtcdFiles
from promoter_view.network.agents import Agents, ConnectionSettings
from promoter_view.network.proxies import proxy_from
from promoter_view.network.targets import Target

_CONNECTING = ConnectionSettings(connect_seconds=1.5, max_kept=8)


class User:
    """User, password and certificate for etcd. The password comes from a file, never from the command line."""

    def __init__(self, name: str, password: FileSource) -> None:
        self.name = name
        self._password = password

    def password(self) -> str:
        """As the file has it now, without the newline at its end. Errors: EtcdError."""
        try:
            return self._password.read().decode("utf-8").rstrip("\n")
        except (ConfigError, ValueError) as error:
            raise EtcdError(Fault.CREDENTIALS, str(error)) from error


class EtcdConnections:
    """Makes agents; ``environ`` names proxies. Errors: EtcdError with CREDENTIALS, which names the option."""

    def __init__(self, files: EtcdFiles, *, reactor: Any, environ: Mapping[str, str] = MappingProxyType({})) -> None:
        self._cafile = _source("etcd-cafile", files.cafile)
        self._certfile = _source("etcd-certfile", files.certfile)
        self._keyfile = _source("etcd-keyfile", files.keyfile)
        password = _source("etcd-password-file", files.password_file)
        self.user = User(files.user, password) if files.user and password else None
        self._environ = environ
        self._agents = Agents(policies, reactor=reactor, settings=_CONNECTING)

    def agent(self, member: Target) -> IAgent:
        """One that shows the certificates as they are now, for one member. Errors: EtcdError."""
        try:
            return self._agents.get(member, proxy_from(self._environ, member), self._read())
        except ValueError as error:
            raise EtcdError(Fault.CREDENTIALS, str(error)) from error

    def close(self) -> Deferred[Any]:
        """Closes the connections that are kept for later."""
        closing: Deferred[Any] = self._agents.close()
        return closing

    def _read(self) -> TlsMaterial:
        client = None
        if self._certfile is not None and self._keyfile is not None:
            names = (self._certfile.name, self._keyfile.name)
            client = ClientCertificate(self._certfile.read(), self._keyfile.read(), names)
        if self._cafile is None:
            return TlsMaterial(client=client)
        return TlsMaterial(self._cafile.read(), client=client, authority_name=self._cafile.name)


def _source(option: str, path: str | None) -> FileSource | None:
    return None if path is None else FileSource(Path(path), f"--{option}")
