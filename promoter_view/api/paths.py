"""What a resource path names, and what a request on it wants to do. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import unquote_to_bytes

from promoter_view.access.admission import Attributes
from promoter_view.api.negotiation import Verb
from promoter_view.journal.serving.bundles import PLURAL
from promoter_view.reading.commits.found import RESOURCE
from promoter_view.views.definition import GROUP, VERSION, ViewDefinition

#: Every resource path begins with this.
PREFIX = f"/apis/{GROUP}/{VERSION}/".encode()

_WRITE_VERBS = {b"POST": "create", b"PUT": "update", b"PATCH": "patch", b"DELETE": "delete"}


class PathTarget(Protocol):
    """What a path names: a resource, a namespace ("" for all or none), and a name ("" for the collection)."""

    @property
    def resource(self) -> str:
        """As a review has it."""

    @property
    def namespace(self) -> str:
        """ "" at the cluster scope."""

    @property
    def name(self) -> str:
        """ "" for the collection."""


@dataclass(frozen=True, slots=True)
class CommitTarget:
    """A commit in a namespace ("" for all): ``name`` is its sha, "" for the collection, which cannot be listed."""

    namespace: str
    name: str
    resource: str = RESOURCE


@dataclass(frozen=True, slots=True)
class EventTarget:
    """Events of a namespace ("" for all), or the one of a ``name``."""

    namespace: str
    name: str
    resource: str = PLURAL


@dataclass(frozen=True, slots=True)
class ResourceTarget:
    """A view, a namespace ("" for all) and a name ("" for the collection)."""

    definition: ViewDefinition
    namespace: str
    name: str

    @property
    def view(self) -> str:
        """The view's name, as resources are named."""
        return self.definition.plural

    @property
    def resource(self) -> str:
        """The same."""
        return self.view


def parse_path(path: bytes, definitions: Mapping[str, ViewDefinition]) -> ResourceTarget | None:
    """``[namespaces/NS/]RESOURCE[/NAME]`` behind the prefix; None where it names nothing (a name needs a namespace).

    As with kube-apiserver a slash at the end names nothing more.
    """
    match _parts(path):
        case ["namespaces", namespace, resource] if namespace and resource in definitions:
            return ResourceTarget(definitions[resource], namespace, "")
        case ["namespaces", namespace, resource, name] if namespace and name and resource in definitions:
            return ResourceTarget(definitions[resource], namespace, name)
        case [resource] if resource in definitions:
            return ResourceTarget(definitions[resource], "", "")
    return None


def parse_commit_path(path: bytes) -> CommitTarget | None:
    """``[namespaces/NS/]commits[/SHA]`` behind the prefix; a sha needs no namespace: then all are meant."""
    match _parts(path):
        case ["namespaces", namespace, resource, *rest] if namespace and resource == RESOURCE and len(rest) <= 1:
            return CommitTarget(namespace, "".join(rest))
        case [resource, *rest] if resource == RESOURCE and len(rest) <= 1:
            return CommitTarget("", "".join(rest))
    return None


def parse_event_path(path: bytes) -> EventTarget | None:
    """``[namespaces/NS/]promotionevents[/NAME]`` behind the prefix; a name needs a namespace."""
    match _parts(path):
        case ["namespaces", namespace, resource, *rest] if namespace and resource == PLURAL and len(rest) <= 1:
            return EventTarget(namespace, "".join(rest))
        case [resource] if resource == PLURAL:
            return EventTarget("", "")
    return None


def _parts(path: bytes) -> list[str]:
    return [plain_path(part) for part in path[len(PREFIX) :].rstrip(b"/").split(b"/")]


def plain_path(path: bytes) -> str:
    """The path, or a part of it, decoded: as it is reviewed and as it is routed, which must be one."""
    return unquote_to_bytes(path).decode("utf-8", "replace")


def is_routable(plain: str) -> bool:
    """A route can be meant. The router overlooks a first character and empty parts, a review does not."""
    return plain.startswith("/") and "//" not in plain and "\N{REPLACEMENT CHARACTER}" not in plain


def verb_of(target: PathTarget, watch: bool) -> Verb:
    """A watch on a path with a name is a get: ``watch`` is ignored there."""
    if target.name:
        return Verb.GET
    return Verb.WATCH if watch else Verb.LIST


def attributes_of(method: bytes, path: bytes, target: PathTarget, verb: Verb, selected_name: str) -> Attributes:
    """What is put before a review; ``selected_name`` is the name in the field selector metadata.name."""
    write = _WRITE_VERBS.get(method)
    return Attributes(
        verb="deletecollection" if write == "delete" and not target.name else write or verb,
        path=path.decode("ascii", "replace"),
        group=GROUP,
        version=VERSION,
        resource=target.resource,
        namespace=target.namespace,
        name=target.name or selected_name,
    )
