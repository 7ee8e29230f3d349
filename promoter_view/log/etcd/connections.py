"""How etcd is connected to: which certificates are believed and shown, who we say we are; read again when changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.web.client import Agent, HTTPConnectionPool
from twisted.web.iweb import IAgent

from promoter_view.kubernetes.cluster_config import ConfigError, FileSource
from promoter_view.kubernetes.tls import ClientCertificate, ClusterPolicy, TlsMaterial
from promoter_view.log.etcd.faults import EtcdError, Fault
from promoter_view.log.settings import EtcdFiles

_KEPT_CONNECTIONS = 8


class User:
    """Who we are to etcd. The password comes from a file, never from the command line."""

    def __init__(self, name: str, password: FileSource) -> None:
        self.name = name
        self._password = password

    def password(self) -> str:
        """As the file has it now, without the newline at its end. Errors: EtcdError."""
        try:
            return self._password.read().decode("utf-8").rstrip("\n")
        except (ConfigError, ValueError) as error:
            raise EtcdError(Fault.CREDENTIALS, str(error)) from error


class Connections:
    """Makes agents. Errors: EtcdError with CREDENTIALS, which names the option."""

    def __init__(self, files: EtcdFiles, *, reactor: Any) -> None:
        self._reactor = reactor
        self._cafile = _source("etcd-cafile", files.cafile)
        self._certfile = _source("etcd-certfile", files.certfile)
        self._keyfile = _source("etcd-keyfile", files.keyfile)
        password = _source("etcd-password-file", files.password_file)
        self.user = User(files.user, password) if files.user and password else None
        self._pool = self._new_pool()
        self._material: TlsMaterial | None = None
        self._made: IAgent | None = None

    def agent(self, connect_seconds: float) -> IAgent:
        """One that shows the certificates as they are now. Errors: EtcdError."""
        try:
            material = self._read()
            if self._made is None or material != self._material:
                self._made = self._renewed(material, connect_seconds)
        except ConfigError as error:
            raise EtcdError(Fault.CREDENTIALS, str(error)) from error
        return self._made

    def close(self) -> Deferred[Any]:
        """Closes the connections that are kept for later."""
        closing: Deferred[Any] = self._pool.closeCachedConnections()
        return closing

    def _read(self) -> TlsMaterial:
        client = None
        if self._certfile is not None and self._keyfile is not None:
            names = (self._certfile.name, self._keyfile.name)
            client = ClientCertificate(self._certfile.read(), self._keyfile.read(), names)
        if self._cafile is None:
            return TlsMaterial(client=client)
        return TlsMaterial(self._cafile.read(), client=client, authority_name=self._cafile.name)

    def _renewed(self, material: TlsMaterial, connect_seconds: float) -> IAgent:
        policy = ClusterPolicy(material)
        self._pool.closeCachedConnections()
        self._pool = self._new_pool()
        self._material = material
        return Agent(self._reactor, contextFactory=policy, connectTimeout=connect_seconds, pool=self._pool)

    def _new_pool(self) -> HTTPConnectionPool:
        pool = HTTPConnectionPool(self._reactor, persistent=True)
        pool.maxPersistentPerHost = _KEPT_CONNECTIONS
        # A kept connection that the member closed meanwhile is not worth failing a request for.
        pool.retryAutomatically = True
        return pool


def _source(option: str, path: str | None) -> FileSource | None:
    return None if path is None else FileSource(Path(path), f"--{option}")
