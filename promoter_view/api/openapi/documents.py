"""The OpenAPI documents of the whole API: versions 2 and 3 and the latter's index, made anew when members change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from promoter_view.api.events.shape import EventShape
from promoter_view.api.openapi.commits import commit_operations, commit_schema
from promoter_view.api.openapi.events import event_schemas
from promoter_view.api.openapi.paths import AT, operations, paths_v2, paths_v3
from promoter_view.api.openapi.schemas import to_v2
from promoter_view.api.openapi.views import schema_name, view_schemas
from promoter_view.api.published import Published, publish
from promoter_view.reading.commits.found import KIND
from promoter_view.views.definition import GROUP, VERSION, ViewDefinition

#: The only document in the index. The aggregator merges indexes: a path that another server has would hide its own.
GROUP_PATH = f"apis/{GROUP}/{VERSION}"
_TITLE = "promoter-view"


@dataclass(frozen=True, slots=True)
class Documents:
    """``v3`` is the group's document, ``v3_index`` names it with its hash."""

    v2: Published
    v3: Published
    v3_index: Published

    @property
    def v3_url(self) -> str:
        """Where ``v3`` is and may be kept for good: another one has another hash."""
        return _url(self.v3)


def build(definitions: Sequence[ViewDefinition], version: str, members: Mapping[str, Any]) -> Documents:
    """The documents of a program of that version. ``members``: see ``openapi_views.view_schemas``."""
    schemas = view_schemas(definitions, members)
    schemas[schema_name(KIND)] = commit_schema()
    found = [operation for definition in definitions for operation in operations(definition, AT)]
    found += commit_operations()
    schemas |= event_schemas()
    found += operations(EventShape())
    info = {"title": _TITLE, "version": version}
    v3 = publish({"openapi": "3.0.0", "info": info, "paths": paths_v3(found), "components": {"schemas": schemas}})
    definitions_v2 = {name: to_v2(schema) for name, schema in schemas.items()}
    v2 = publish({"swagger": "2.0", "info": info, "paths": paths_v2(found), "definitions": definitions_v2})
    return Documents(v2, v3, publish({"paths": {GROUP_PATH: {"serverRelativeURL": _url(v3)}}}))


class OpenApi:
    """The documents as they are now. Until the cluster's schemas are known, members are plain objects.

    ``definitions`` gives the views' as they are now.
    """

    def __init__(self, definitions: Callable[[], Sequence[ViewDefinition]], *, version: str) -> None:
        self._definitions = definitions
        self._version = version
        self.documents = build(definitions(), version, {})

    def update(self, members: Mapping[str, Any]) -> None:
        """The cluster's version 3 documents by ``group/version``; whatever is wrong in them is left out."""
        try:
            self.documents = build(self._definitions(), self._version, members)
        except orjson.JSONEncodeError:
            # A default or an example in them is nested more deeply than can be written.
            self.documents = build(self._definitions(), self._version, {})


def _url(document: Published) -> str:
    return f"/openapi/v3/{GROUP_PATH}?hash={document.hash}"
