"""Kubeconfig files: reading, merging, and what a context amounts to. Reads files, connects to nothing."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from promoter_view.kubernetes.cluster_config import (
    ClusterConfig,
    ConfigError,
    ExecConfig,
    FileSource,
    Inline,
    Source,
    UserConfig,
)

_EXEC_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
_UNSUPPORTED_USER = {
    "auth-provider": "was removed from Kubernetes in 1.26; use exec",
    "as": "impersonation is not supported",
    "as-uid": "impersonation is not supported",
    "as-groups": "impersonation is not supported",
    "as-user-extra": "impersonation is not supported",
}


@dataclass(frozen=True, slots=True)
class Section:
    """One named entry, or the one part of it that counts, with the file that it stands in."""

    origin: str
    folder: Path
    name: str
    values: Mapping[str, Any]

    def text(self, field: str) -> str:
        """A string, "" where there is none. Errors: ConfigError."""
        value = self.values.get(field)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self.error(field, "has to be a string")
        return value

    def flag(self, field: str) -> bool:
        """A boolean, False where there is none. Errors: ConfigError."""
        value = self.values.get(field) or False
        if not isinstance(value, bool):
            raise self.error(field, "has to be true or false")
        return value

    def source(self, field: str) -> Source | None:
        """``FIELD-data`` (base64), else the file that ``FIELD`` names, relative to this one. Errors: ConfigError."""
        data = self.text(f"{field}-data")
        if data:
            try:
                return Inline(base64.b64decode(data, validate=True), f"{self.origin}: {self.name}: {field}-data")
            except binascii.Error as error:
                raise self.error(f"{field}-data", f"is not base64: {error}") from error
        return self.file(field)

    def file(self, field: str) -> Source | None:
        """The file that a field names, relative to this one. Errors: ConfigError where it cannot be read."""
        path = self.text(field)
        if not path:
            return None
        source = FileSource(self.folder / path, f"{self.origin}: {self.name}", field)
        source.read()
        return source

    def error(self, field: str, reason: str) -> ConfigError:
        """The error that names the file and this field."""
        return ConfigError(f"{self.origin}: {self.name}: {field}: {reason}")


@dataclass(frozen=True, slots=True)
class Kubeconfig:
    """One file, or several merged: entries by name."""

    origin: str
    current_context: str
    clusters: Mapping[str, Section]
    users: Mapping[str, Section]
    contexts: Mapping[str, Section]


def read_kubeconfig(path: Path) -> Kubeconfig:
    """One file. Errors: ConfigError."""
    try:
        document = yaml.load(path.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both safe
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: is not YAML: {' '.join(str(error).split())}") from error
    return parse_kubeconfig({} if document is None else document, path)


def parse_kubeconfig(document: Any, path: Path) -> Kubeconfig:
    """A decoded file. Errors: ConfigError."""
    if not isinstance(document, dict):
        raise ConfigError(f"{path}: is not a kubeconfig: has to be a mapping")
    current = document.get("current-context") or ""
    if not isinstance(current, str):
        raise ConfigError(f"{path}: current-context: has to be a string")
    named = {plural: _sections(document, path, plural) for plural in ("clusters", "users", "contexts")}
    return Kubeconfig(str(path), current, **named)


def merge(files: Iterable[Kubeconfig]) -> Kubeconfig:
    """Several files as one: of each name, and of the current context, the first counts."""
    found = list(files)
    clusters: dict[str, Section] = {}
    users: dict[str, Section] = {}
    contexts: dict[str, Section] = {}
    for file in reversed(found):
        clusters.update(file.clusters)
        users.update(file.users)
        contexts.update(file.contexts)
    current = next((file.current_context for file in found if file.current_context), "")
    return Kubeconfig(":".join(file.origin for file in found), current, clusters, users, contexts)


def select(config: Kubeconfig, context: str | None) -> ClusterConfig:
    """The cluster and user of a context, the current one where none is named. Errors: ConfigError."""
    name = context or config.current_context
    if not name:
        raise ConfigError(f"{config.origin}: current-context: is not set, and no --context is given")
    chosen = _named(config.contexts, name, config.origin, "contexts")
    cluster = _named(config.clusters, chosen.text("cluster"), config.origin, f"{chosen.name}: cluster")
    user_name = chosen.text("user")
    user = _named(config.users, user_name, config.origin, f"{chosen.name}: user") if user_name else None
    return _cluster(cluster, user)


def _named(sections: Mapping[str, Section], name: str, origin: str, field: str) -> Section:
    if name not in sections:
        raise ConfigError(f"{origin}: {field}: there is no {name!r}")
    return sections[name]


def _sections(document: Mapping[str, Any], path: Path, plural: str) -> dict[str, Section]:
    entries = document.get(plural) or []
    if not isinstance(entries, list):
        raise ConfigError(f"{path}: {plural}: has to be a list")
    sections: dict[str, Section] = {}
    for entry in entries:
        name, section = _section(entry, path, plural)
        sections.setdefault(name, section)
    return sections


def _section(entry: Any, path: Path, plural: str) -> tuple[str, Section]:
    singular = plural[:-1]
    name = entry.get("name") if isinstance(entry, dict) else None
    if not isinstance(name, str) or not name:
        raise ConfigError(f"{path}: {plural}: each entry needs a name")
    values = entry.get(singular) or {}
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: {singular} {name}: {singular}: has to be a mapping")
    return name, Section(str(path), path.parent, f"{singular} {name}", values)


def _cluster(cluster: Section, user: Section | None) -> ClusterConfig:
    server = cluster.text("server").rstrip("/")
    parts = urlsplit(server)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise cluster.error("server", f"has to be an http or https URL, not {server!r}")
    if cluster.text("proxy-url"):
        raise cluster.error("proxy-url", "is not supported")
    authority, insecure = cluster.source("certificate-authority"), cluster.flag("insecure-skip-tls-verify")
    if insecure and authority is not None:
        raise cluster.error("insecure-skip-tls-verify", "excludes a certificate authority")
    return ClusterConfig(
        server=server,
        authority=authority,
        insecure_skip_tls_verify=insecure,
        tls_server_name=cluster.text("tls-server-name"),
        user=_user(user, cluster) if user is not None else UserConfig(),
        origin=cluster.origin,
    )


def _user(user: Section, cluster: Section) -> UserConfig:
    for field, reason in _UNSUPPORTED_USER.items():
        if user.values.get(field):
            raise user.error(field, reason)
    certificate, key = user.source("client-certificate"), user.source("client-key")
    if (certificate is None) is not (key is None):
        raise user.error("client-certificate", "needs client-key, and the other way round")
    token = user.text("token")
    return UserConfig(
        # As client-go has it: tokenFile counts before token.
        token=user.file("tokenFile") or (Inline(token.encode()) if token else None),
        username=user.text("username"),
        password=user.text("password"),
        certificate=certificate,
        key=key,
        plugin=_plugin(user, cluster),
    )


def _plugin(user: Section, cluster: Section) -> ExecConfig | None:
    values = user.values.get("exec")
    if values is None:
        return None
    if not isinstance(values, dict):
        raise user.error("exec", "has to be a mapping")
    section = Section(user.origin, user.folder, f"{user.name}: exec", values)
    version, command = section.text("apiVersion"), section.text("command")
    if version not in _EXEC_VERSIONS:
        raise section.error("apiVersion", f"has to be {' or '.join(_EXEC_VERSIONS)}, not {version!r}")
    if not command:
        raise section.error("command", "is missing")
    if section.text("interactiveMode") == "Always":
        raise section.error("interactiveMode", "Always needs a terminal, and there is none")
    return ExecConfig(
        api_version=version,
        command=str(user.folder / command) if "/" in command else command,
        args=_strings(section, "args"),
        environ=_environment(section),
        cluster=_cluster_info(cluster) if section.flag("provideClusterInfo") else None,
        hint=section.text("installHint"),
    )


def _strings(section: Section, field: str) -> tuple[str, ...]:
    values = section.values.get(field) or []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise section.error(field, "has to be a list of strings")
    return tuple(values)


def _environment(section: Section) -> dict[str, str]:
    entries = section.values.get("env") or []
    try:
        pairs = {entry["name"]: entry["value"] for entry in entries}
    except (TypeError, KeyError) as error:
        raise section.error("env", "has to be a list of name and value") from error
    if not all(isinstance(part, str) for pair in pairs.items() for part in pair):
        raise section.error("env", "has to be a list of name and value")
    return pairs


def _cluster_info(cluster: Section) -> dict[str, object]:
    """The Cluster of an ExecCredential's spec (client.authentication.k8s.io)."""
    authority = cluster.source("certificate-authority")
    info: dict[str, object] = {"server": cluster.text("server")}
    if cluster.text("tls-server-name"):
        info["tls-server-name"] = cluster.text("tls-server-name")
    if cluster.flag("insecure-skip-tls-verify"):
        info["insecure-skip-tls-verify"] = True
    if authority is not None:
        info["certificate-authority-data"] = base64.b64encode(authority.read()).decode()
    return info
