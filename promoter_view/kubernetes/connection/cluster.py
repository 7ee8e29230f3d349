"""What is known of a cluster and of the program's identity there: values, and the files that keep some of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from twisted.logger import Logger

from promoter_view.complaints import Complaint
from promoter_view.network.proxies import Proxy


class ConfigError(ValueError):
    """A configuration that cannot be used. The message names the file and the field."""


class Source(Protocol):
    """Bytes that a configuration gives, inline or as a file."""

    @property
    def name(self) -> str:
        """Where they were found: file and field."""

    def read(self) -> bytes:
        """As they are now. Errors: ConfigError."""


@dataclass(frozen=True, slots=True)
class Inline:
    """Bytes that the configuration holds itself."""

    data: bytes = field(repr=False)
    name: str = ""

    def read(self) -> bytes:
        """The bytes."""
        return self.data


class FileSource:
    """A file, read again when it has changed: tokens and certificates are rotated in place."""

    _log = Logger()

    def __init__(self, path: Path, origin: str, field: str = "") -> None:
        self.path = path
        self.name = ": ".join(filter(None, (origin, field, str(path))))
        self._lost = Complaint(self._log, "{name}: {message}; its last content is still used", name=self.name)
        self._stamp: tuple[int, int, int] | None = None
        self._data = b""

    def read(self) -> bytes:
        """Its content. A file that cannot be read now counts as it was; ConfigError where it never was."""
        try:
            found = self.path.stat()
            stamp = (found.st_ino, found.st_size, found.st_mtime_ns)
            if stamp != self._stamp:
                self._data = self.path.read_bytes()
                self._stamp = stamp
            self._lost.clear()
        except OSError as error:
            if self._stamp is None:
                raise ConfigError(f"{self.name}: {error.strerror or error}") from error
            self._lost.set(str(error.strerror))
        return self._data


@dataclass(frozen=True, slots=True)
class ExecConfig:
    """A credential plugin (client.authentication.k8s.io). ``cluster`` is handed to it when it asks for that."""

    api_version: str
    command: str
    args: tuple[str, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict)
    cluster: Mapping[str, object] | None = None
    hint: str = ""


@dataclass(frozen=True, slots=True)
class ActingAs:
    """Whom to act as (kubernetes.io, "User impersonation"): ``extra`` are keys with their values."""

    user: str
    uid: str = ""
    groups: tuple[str, ...] = ()
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class UserConfig:
    """Who we are: any of a client certificate and one of token, name and password, plugin; and whom we act as."""

    token: Source | None = None
    username: str = ""
    password: str = field(default="", repr=False)
    certificate: Source | None = None
    key: Source | None = field(default=None, repr=False)
    plugin: ExecConfig | None = None
    acts_as: ActingAs | None = None


@dataclass(frozen=True, slots=True)
class ClusterConfig:
    """A cluster's API server, the way to it, and the program's credentials. ``origin`` says where that was found."""

    server: str
    authority: Source | None = None
    insecure_skip_tls_verify: bool = False
    tls_server_name: str = ""
    user: UserConfig = field(default_factory=UserConfig)
    proxy: Proxy | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Clusters:
    """The cluster that is reflected, and the one in which Argo CD's Applications live where that is another."""

    main: ClusterConfig
    applications: ClusterConfig | None = None
