"""What other objects of the project tell: the metadata that steps have put on Freight and Stages. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from promoter_view.decoded import mapping
from promoter_view.promotions.expressions.json_texts import from_document
from promoter_view.promotions.expressions.values import ExpressionError, Function, text_of

#: Gives the object of that kind and name of the Promotion's project, as far as is known now; None for not found.
ProjectObjects = Callable[[str, str], Mapping[str, Any] | None]


def metadata_functions(objects: ProjectObjects) -> dict[str, Function]:
    """The functions that read them. Each gives nil for an object that is not there, or has none."""
    return {
        "freightMetadata": Function(lambda name: _found(objects, "Freight", name, "status", "metadata")),
        "freightStatus": Function(lambda name: _found(objects, "Freight", name, "status")),
        "stageMetadata": Function(lambda name: _found(objects, "Stage", name, "status", "metadata")),
    }


def _found(objects: ProjectObjects, kind: str, name: Any, *path: str) -> Any:
    if not text_of(name):
        raise ExpressionError(f"the name of a {kind} must not be empty")
    document = objects(kind, name)
    return from_document(mapping(document, *path)) or (None if document is None or len(path) > 1 else {})
