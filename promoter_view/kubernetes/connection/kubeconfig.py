"""Kubeconfig files: reading and merging. Reads files, connects to nothing."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml

from promoter_view.kubernetes.connection.cluster import (
    ConfigError,
    FileSource,
    Inline,
    Source,
)

T = TypeVar("T")

#: What Go's decoder passes over: a block scalar has its line ends still.
_LINE_ENDS = str.maketrans("", "", "\r\n")


@dataclass(frozen=True, slots=True)
class KubeconfigSection:
    """One named entry, or the one part of it that counts, with the file that it stands in."""

    origin: str
    folder: Path
    name: str
    values: Mapping[str, Any]

    def text(self, field: str) -> str:
        """A string, "" where there is none; YAML's ``!!binary`` is another way to write one. Errors: ConfigError."""
        value = self.values.get(field)
        if value is None:
            return ""
        if isinstance(value, bytes):
            value = value.decode("utf-8", "replace")
        if not isinstance(value, str):
            raise self.error(field, "has to be a string")
        return value

    def flag(self, field: str) -> bool:
        """A boolean, False where there is none. Errors: ConfigError."""
        value = self.values.get(field) or False
        if not isinstance(value, bool):
            raise self.error(field, "has to be true or false")
        return value

    def strings(self, field: str) -> tuple[str, ...]:
        """A list of strings, () where there is none. Errors: ConfigError."""
        values = self.values.get(field) or []
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise self.error(field, "has to be a list of strings")
        return tuple(values)

    def source(self, field: str) -> Source | None:
        """``FIELD-data`` (base64), else the file that ``FIELD`` names, relative to this one. Errors: ConfigError."""
        data = self.text(f"{field}-data")
        if data:
            try:
                found = base64.b64decode(data.translate(_LINE_ENDS), validate=True)
            except (binascii.Error, ValueError) as error:
                raise self.error(f"{field}-data", f"is not base64: {error}") from error
            return Inline(found, f"{self.origin}: {self.name}: {field}-data")
        return self.file(field)

    def file(self, field: str) -> Source | None:
        """The file that a field names, relative to this one. Errors: ConfigError where it cannot be read."""
        path = self.text(field)
        if not path:
            return None
        source = FileSource(self.folder / path, f"{self.origin}: {self.name}", field)
        source.read()
        return source

    def parsed(self, field: str, parse: Callable[[str], T], text: str) -> T:
        """What ``parse`` makes of the field's text. Errors: ConfigError."""
        try:
            return parse(text)
        except ValueError as error:
            raise self.error(field, str(error)) from error

    def error(self, field: str, reason: str) -> ConfigError:
        """The error that names the file and this field."""
        return ConfigError(f"{self.origin}: {self.name}: {field}: {reason}")


@dataclass(frozen=True, slots=True)
class Kubeconfig:
    """One file, or several merged: entries by name."""

    origin: str
    current_context: str
    clusters: Mapping[str, KubeconfigSection]
    users: Mapping[str, KubeconfigSection]
    contexts: Mapping[str, KubeconfigSection]


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
    clusters: dict[str, KubeconfigSection] = {}
    users: dict[str, KubeconfigSection] = {}
    contexts: dict[str, KubeconfigSection] = {}
    for file in reversed(found):
        clusters.update(file.clusters)
        users.update(file.users)
        contexts.update(file.contexts)
    current = next((file.current_context for file in found if file.current_context), "")
    return Kubeconfig(":".join(file.origin for file in found), current, clusters, users, contexts)


def _sections(document: Mapping[str, Any], path: Path, plural: str) -> dict[str, KubeconfigSection]:
    entries = document.get(plural) or []
    if not isinstance(entries, list):
        raise ConfigError(f"{path}: {plural}: has to be a list")
    sections: dict[str, KubeconfigSection] = {}
    for entry in entries:
        name, section = _section(entry, path, plural)
        if name in sections:
            raise ConfigError(f"{path}: {section.name}: is there twice")
        sections[name] = section
    return sections


def _section(entry: Any, path: Path, plural: str) -> tuple[str, KubeconfigSection]:
    singular = plural[:-1]
    name = entry.get("name") if isinstance(entry, dict) else None
    if not isinstance(name, str) or not name:
        raise ConfigError(f"{path}: {plural}: each entry needs a name")
    values = entry.get(singular) or {}
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: {singular} {name}: {singular}: has to be a mapping")
    return name, KubeconfigSection(str(path), path.parent, f"{singular} {name}", values)
