"""What a resource path names, and what a request on it wants to do. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from promoter_view.access.admission import Attributes
from promoter_view.api.negotiation import Verb
from promoter_view.views.definition import GROUP, VERSION, ViewDefinition

#: Every resource path begins with this.
PREFIX = f"/apis/{GROUP}/{VERSION}/".encode()

_WRITE_VERBS = {b"POST": "create", b"PUT": "update", b"PATCH": "patch", b"DELETE": "delete"}


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


def parse_path(path: bytes, definitions: Mapping[str, ViewDefinition]) -> ResourceTarget | None:
    """``[namespaces/NS/]RESOURCE[/NAME]`` behind the prefix; None where it names nothing (a name needs a namespace).

    As with kube-apiserver a slash at the end names nothing more.
    """
    match [plain_path(part) for part in path[len(PREFIX) :].rstrip(b"/").split(b"/")]:
        case ["namespaces", namespace, resource] if namespace and resource in definitions:
            return ResourceTarget(definitions[resource], namespace, "")
        case ["namespaces", namespace, resource, name] if namespace and name and resource in definitions:
            return ResourceTarget(definitions[resource], namespace, name)
        case [resource] if resource in definitions:
            return ResourceTarget(definitions[resource], "", "")
    return None


def plain_path(path: bytes) -> str:
    """The path, or a part of it, decoded: as it is reviewed and as it is routed, which must be one."""
    return unquote_to_bytes(path).decode("utf-8", "replace")


def is_routable(plain: str) -> bool:
    """A route can be meant. The router overlooks a first character and empty parts, a review does not."""
    return plain.startswith("/") and "//" not in plain and "\N{REPLACEMENT CHARACTER}" not in plain


def verb_of(target: ResourceTarget, watch: bool) -> Verb:
    """A watch on a path with a name is a get: ``watch`` is ignored there."""
    if target.name:
        return Verb.GET
    return Verb.WATCH if watch else Verb.LIST


def attributes_of(method: bytes, path: bytes, target: ResourceTarget, verb: Verb, selected_name: str) -> Attributes:
    """What is put before a review; ``selected_name`` is that of the field selector metadata.name."""
    write = _WRITE_VERBS.get(method)
    return Attributes(
        verb="deletecollection" if write == "delete" and not target.name else write or verb,
        path=path.decode("ascii", "replace"),
        group=GROUP,
        version=VERSION,
        resource=target.definition.plural,
        namespace=target.namespace,
        name=target.name or selected_name,
    )
