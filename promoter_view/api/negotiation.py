"""Which form of an object a client wants: the Accept header against what can be made (RFC 9110, 12.5.1). Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from promoter_view.web.accept import Clause, parse_clauses
from promoter_view.web.errors import NotAcceptable

#: Of aggregated discovery; they differ in their name only.
DISCOVERY_VERSIONS = ("v2", "v2beta1")


class Verb(enum.StrEnum):
    """What is asked of a resource path."""

    GET = "get"
    LIST = "list"
    WATCH = "watch"


class Representation(enum.Enum):
    """The forms in which a bundle is served."""

    OBJECT = enum.auto()
    TABLE = enum.auto()
    METADATA = enum.auto()


class MediaType(enum.StrEnum):
    """The formats in which documents are served."""

    JSON = "application/json"
    YAML = "application/yaml"


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a client gets. ``pretty``: the clause asks for indented text (``;pretty=1``)."""

    representation: Representation
    media_type: MediaType
    pretty: bool


def parse_accept(header: str | None) -> list[Clause]:
    """The clauses in the order of preference: by q, and as they stand where it is equal. q=0 is left out."""
    found = [clause for clause in parse_clauses(header or "*/*") if clause.quality > 0]
    return sorted(found, key=lambda clause: -clause.quality)


def negotiate(header: str | None, verb: Verb) -> Accepted:
    """The first that can be made. Errors: NotAcceptable."""
    for clause in parse_accept(header):
        media_type = _media_type(clause, verb)
        representation = None if media_type is None else _representation(clause, verb)
        if media_type is not None and representation is not None:
            return Accepted(representation, media_type, clause.parameters.get("pretty") == "1")
    raise NotAcceptable(MediaType.JSON if verb is Verb.WATCH else ", ".join(MediaType))


def discovery_version(header: str | None) -> str | None:
    """The version of APIGroupDiscoveryList that is wanted (apidiscovery.k8s.io, KEP-3352); None: plain discovery.

    kubectl 1.27 to 1.29 know v2beta1 only. Errors: NotAcceptable.
    """
    wanted = {"g": "apidiscovery.k8s.io", "as": "APIGroupDiscoveryList"}
    for clause in parse_accept(header):
        if _is_json(clause) and "as" not in clause.parameters:
            return None
        version = clause.parameters.get("v", "")
        if _is_json(clause) and wanted.items() <= clause.parameters.items() and version in DISCOVERY_VERSIONS:
            return version
    raise NotAcceptable("application/json")


def require_json(header: str | None) -> None:
    """JSON is acceptable, of documents that come in no other form. Errors: NotAcceptable."""
    if not any(_is_json(clause) for clause in parse_accept(header)):
        raise NotAcceptable("application/json")


def _media_type(clause: Clause, verb: Verb) -> MediaType | None:
    if _is_json(clause):
        return MediaType.JSON
    # A watch is a stream of documents, one a line: YAML has no such form.
    return MediaType.YAML if clause.value == MediaType.YAML and verb is not Verb.WATCH else None


def _representation(clause: Clause, verb: Verb) -> Representation | None:
    form = clause.parameters.get("as")
    if form is None:
        return Representation.OBJECT
    if (clause.parameters.get("g"), clause.parameters.get("v")) != ("meta.k8s.io", "v1"):
        return None
    if form == "Table":
        return Representation.TABLE
    # A list of metadata has a name of its own; the events of a watch hold single objects.
    single = "PartialObjectMetadataList" if verb is Verb.LIST else "PartialObjectMetadata"
    return Representation.METADATA if form == single else None


def _is_json(clause: Clause) -> bool:
    return clause.value in ("application/json", "application/*", "*/*")
