"""The Table form (meta.k8s.io/v1): what kubectl shows. Columns and cells are the view's, the layout is here. Pure."""

from __future__ import annotations

import enum
from collections.abc import Callable, Hashable, Iterator
from datetime import datetime
from functools import partial
from typing import Any, Protocol

import orjson

from promoter_view.api.format.forms import MetadataForm, Shape
from promoter_view.reading.pages import ListMeta
from promoter_view.records import Bundle
from promoter_view.views.ages import UNKNOWN, shown
from promoter_view.views.bundle_cache import BundleCache
from promoter_view.views.contents import BundleContents, Readings
from promoter_view.views.definition import Cell, Column, ViewDefinition
from promoter_view.views.isolation import Isolation
from promoter_view.web.errors import BadRequest
from promoter_view.web.parameters import Parameters, first

_TABLE = {"kind": "Table", "apiVersion": "meta.k8s.io/v1"}


class IncludeObject(enum.StrEnum):
    """What a row carries beside its cells (TableOptions)."""

    NONE = "None"
    METADATA = "Metadata"
    OBJECT = "Object"


def parse_include_object(parameters: Parameters) -> IncludeObject:
    """The query parameter includeObject; without it Metadata. Errors: BadRequest."""
    text = first(parameters, "includeObject")
    try:
        return IncludeObject(text or "Metadata")
    except ValueError as error:
        raise BadRequest(
            "Unable to convert to Table as requested: includeObject: Unsupported value: "
            f'"{text}": supported values: "Metadata", "None", "Object", ""'
        ) from error


class Cells:
    """The cells of a view's bundles. A member is decoded once, and dropped at once: trees are costly to keep.

    Where a cell is made of members that its reader may not see it is ``<unknown>``, a number null (kubectl: blank); so
    is one that cannot be made, but for the name.
    """

    def __init__(self, definition: ViewDefinition, isolation: Isolation) -> None:
        self._definition = definition
        self._isolation = isolation
        self._readings = Readings()
        self._made = BundleCache(self._make)

    def steps(self, bundle: Bundle) -> Iterator[None]:
        """Makes what ``of`` gives."""
        if not self._made.has(bundle):
            contents = BundleContents(bundle, self._readings)
            yield from self._isolation.steps(bundle.key, "cells", self._definition.cell_steps(contents))
            self._made.of(bundle)
            yield

    def of(self, bundle: Bundle) -> list[Any]:
        """A bundle's, in the order of the view's columns."""
        return self._made.of(bundle)

    def _make(self, bundle: Bundle) -> list[Any]:
        unknown = [bundle.key.name, *map(_unknown, self._definition.columns[1:])]
        contents = BundleContents(bundle, self._readings)
        made = self._isolation.of(bundle.key, "cells", lambda: self._definition.cells(contents), tuple)
        if not made:
            return unknown
        return list(map(partial(self._cell_of, bundle), self._definition.columns, made, unknown))

    def _cell_of(self, bundle: Bundle, column: Column, cell: Cell, instead: str | None) -> Any:
        if column.kind in bundle.hidden:
            return instead
        return self._isolation.of(bundle.key, f"cell {column.name}", cell, lambda: instead)


class RowCells(Protocol):
    """The cells of bundles."""

    def steps(self, bundle: Bundle) -> Iterator[None]:
        """Makes what ``of`` gives."""

    def of(self, bundle: Bundle) -> list[Any]:
        """A bundle's, in the order of the columns."""


class TableForm:
    """Rows of bundles; ``cells`` may be shared by several forms of them."""

    in_steps = True

    def __init__(
        self,
        shape: Shape,
        include: IncludeObject,
        *,
        cells: RowCells,
        now: Callable[[], datetime],
    ) -> None:
        self.key: Hashable = ("table", include)
        self._shape = shape
        self._cells = cells
        self._include = include
        self._metadata = MetadataForm(shape)
        self._now = now
        self._columns = [column_definition(column) for column in shape.columns]

    def as_of(self, moment: datetime) -> TableForm:
        """See Form."""
        return TableForm(self._shape, self._include, cells=self._cells, now=lambda: moment)

    def steps(self, bundle: Bundle) -> Iterator[None]:
        """Its row's cells, a member a step."""
        return self._cells.steps(bundle)

    def single(self, bundle: Bundle) -> bytes:
        """A Table of one row."""
        return self._table(bundle, bundle.resource_version, self._columns)

    def empty_list(self, meta: ListMeta) -> bytes:
        """The Table without its rows."""
        document = {**_TABLE, "metadata": meta.document(), "columnDefinitions": self._columns, "rows": []}
        return orjson.dumps(document)

    def item(self, bundle: Bundle) -> bytes:
        """One row."""
        return orjson.dumps(self._row(bundle, bundle.resource_version))

    def event(self, bundle: Bundle, resource_version: int, *, first: bool) -> bytes:
        """A Table of one row; the columns are told in the first event of a stream only."""
        return self._table(bundle, resource_version, self._columns if first else None)

    def bookmark(self, resource_version: int, *, initial_end: bool) -> bytes:
        """One empty row, whose object says whether the initial events are over: a Table has no annotations."""
        mark = self._metadata.bookmark(resource_version, initial_end=initial_end)
        row = {"cells": ["", *[None] * (len(self._columns) - 1)], "object": orjson.Fragment(mark)}
        metadata = {"resourceVersion": str(resource_version)}
        return orjson.dumps({**_TABLE, "metadata": metadata, "columnDefinitions": None, "rows": [row]})

    def _table(self, bundle: Bundle, resource_version: int, columns: list[dict[str, Any]] | None) -> bytes:
        metadata = {"resourceVersion": str(resource_version)}
        rows = [self._row(bundle, resource_version)]
        return orjson.dumps({**_TABLE, "metadata": metadata, "columnDefinitions": columns, "rows": rows})

    def _row(self, bundle: Bundle, resource_version: int) -> dict[str, Any]:
        now = self._now()
        cells = [shown(cell, now) for cell in self._cells.of(bundle)]
        return {"cells": cells, "object": self._object(bundle, resource_version)}

    def _object(self, bundle: Bundle, resource_version: int) -> object:
        match self._include:
            case IncludeObject.NONE:
                return None
            case IncludeObject.METADATA:
                return orjson.Fragment(self._metadata.event(bundle, resource_version, first=False))
            case IncludeObject.OBJECT:
                return orjson.Fragment(bundle.encode(resource_version))


def _unknown(column: Column) -> str | None:
    return None if column.type == "integer" else UNKNOWN


def column_definition(column: Column) -> dict[str, Any]:
    """A column as a Table tells of it."""
    return {
        "name": column.name,
        "type": column.type,
        "format": column.format,
        "description": column.description,
        "priority": column.priority,
    }
