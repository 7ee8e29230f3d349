"""What a cluster's OpenAPI 3 documents say (KEP-2896): where each is, and its schemas. Pure, total over any JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from promoter_view.decoded import mapping, mappings, text
from promoter_view.kubernetes.kinds import Kind

Schemas = Mapping[str, Any]

ROOT = "/openapi/v3"
GROUP_VERSION_KIND = "x-kubernetes-group-version-kind"
V3_REFERENCE = "#/components/schemas/"


def document_url(index: Any, api_version: str) -> str:
    """Where the index says that a document is; "" where it does not, or points out of the documents' folder."""
    url = text(index, "paths", f"apis/{api_version}", "serverRelativeURL")
    return url if url.startswith(f"{ROOT}/") else ""


def schemas_of(document: Any) -> Schemas:
    """The schemas of a document, none where it has none."""
    return mapping(document, "components", "schemas")


def schemas_by_kind(document: Any) -> dict[tuple[str, str, str], Any]:
    """The schemas that say of just one kind that they are its, by group, version and kind."""
    found: dict[tuple[str, str, str], Any] = {}
    for schema in schemas_of(document).values():
        said = list(mappings(schema, GROUP_VERSION_KIND))
        if len(said) == 1:
            found[text(said[0], "group"), text(said[0], "version"), text(said[0], "kind")] = schema
    return found


def name_of(kind: Kind, schemas: Schemas) -> str | None:
    """The name of the schema that says that it is that kind's."""
    wanted = {"group": kind.group, "version": kind.version, "kind": kind.kind}
    for name, schema in schemas.items():
        said = schema.get(GROUP_VERSION_KIND) if isinstance(schema, dict) else None
        if isinstance(said, list) and wanted in said:
            return name
    return None
