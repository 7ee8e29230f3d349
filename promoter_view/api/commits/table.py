"""A CommitDetails as kubectl shows it: a row for each environment and each Stage that it may be in. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from promoter_view.api.format.tables import IncludeObject, column_definition
from promoter_view.decoded import text
from promoter_view.reading.commits.found import Findings, document_of
from promoter_view.views.ages import age, shown
from promoter_view.views.definition import Column
from promoter_view.views.status.messages import clipped

_NONE = "<none>"
_MOST_CHARACTERS = 120
_RELATIONS = (
    "live, next, delivered (was live, a later one is live now), overtaken (a later one is proposed or live), none"
)

COLUMNS = (
    Column("Name", "string", "name", "The strategy or Stage that has the commit."),
    Column("Environment", "string", "", "The environment, by its short name; empty for a Stage."),
    Column("Commit", "string", "", f"The relation of the commit to it: {_RELATIONS}."),
    Column("State", "string", "", "The state in one word."),
    Column("Live Since", "date", "", "Time since the commit went live there."),
    Column("Namespace", "string", "", "The namespace.", 1),
    Column("Waiting For", "string", "", "What the environment waits for.", 1),
    Column("Superseded By", "string", "", "The commit that is live or proposed instead.", 1),
)


def table_of(found: Findings, include: IncludeObject, now: datetime) -> dict[str, Any]:
    """A Table (meta.k8s.io/v1). All of its rows are of one object."""
    carried = {
        IncludeObject.NONE: lambda: None,
        IncludeObject.METADATA: lambda: metadata_of(found),
        IncludeObject.OBJECT: lambda: document_of(found),
    }[include]()
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": str(found.head)},
        "columnDefinitions": list(map(column_definition, COLUMNS)),
        "rows": [{"cells": [shown(cell, now) for cell in cells], "object": carried} for cells in _rows(found)],
    }


def metadata_of(found: Findings) -> dict[str, Any]:
    """A PartialObjectMetadata."""
    metadata = document_of(found)["metadata"]
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata}


def _rows(found: Findings) -> Iterator[list[Any]]:
    for strategy in found.strategies:
        for each in strategy.environments:
            state, related = each.state, each.related
            yield [
                strategy.key.name,
                state.name,
                related.relation.value,
                state.state,
                age(related.since) if related.since else _NONE,
                strategy.key.namespace,
                _waiting(each.waiting_for),
                related.by[:7] or _NONE,
            ]
    for stage in found.stages:
        since = age(stage.related.since) if stage.related.since else _NONE
        by = stage.related.by[:7] or _NONE
        told = (stage.related.relation.value, stage.whole.state, since, stage.key.namespace, _NONE, by)
        yield [stage.key.name, _NONE, *told]


def _waiting(waiting: Any) -> str:
    said = [" ".join(text(each, "message").split()) for each in waiting]
    words = ", ".join(filter(None, said))
    return clipped(words, _MOST_CHARACTERS) or _NONE
