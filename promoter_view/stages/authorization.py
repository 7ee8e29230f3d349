"""Which Stages an Application lets itself be changed for: its authorized-stage annotation. Pure, and total.

The annotation delegates the authority of whoever may edit the Application. So it is read strictly: one bad entry voids
all of it, and whoever is refused is told why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from promoter_view.decoded import mapping
from promoter_view.stages.application import Application

#: ``project:stage``, several joined by commas.
ANNOTATION = "kargo.akuity.io/authorized-stage"
_SHOWN = 3
_SHOWN_LENGTH = 100


class StageKey(NamedTuple):
    """Names one Stage. A project is the namespace of that name."""

    project: str
    stage: str

    def __str__(self) -> str:
        return f"{self.project}:{self.stage}"


@dataclass(frozen=True, slots=True)
class Authorization:
    """What an annotation says: the Stages it names, in order; or none, and the problem in words."""

    stages: tuple[StageKey, ...] = ()
    problem: str = ""


def parse_annotation(annotation: str) -> Authorization:
    """Reads the annotation. An entry ends at a comma, its project at the first colon; spaces around do not count."""
    entries = [entry for part in annotation.split(",") if (entry := part.strip())]
    if not entries:
        return Authorization(problem=f"its annotation {ANNOTATION} names no Stage: it has to be project:stage")
    keys = []
    for position, entry in enumerate(entries, 1):
        project, _, stage = (half.strip() for half in entry.partition(":"))
        problem = _problem(project, stage)
        if problem:
            where = f"entry {position} of its annotation {ANNOTATION}"
            return Authorization(problem=f"{where}, {_quoted(entry)}, {problem}; so none of it counts")
        keys.append(StageKey(project, stage))
    return Authorization(tuple(keys))


def _problem(project: str, stage: str) -> str:
    if not project or not stage:
        return "is not of the form project:stage"
    if "*" in project or "*" in stage:
        return "holds a glob, but each Stage has to be named"
    return ""


def authorization_of(application: Mapping[str, Any]) -> Authorization:
    """What a decoded Application says."""
    annotation = mapping(application, "metadata", "annotations").get(ANNOTATION)
    if annotation is None:
        return Authorization(problem=f"it has no annotation {ANNOTATION}")
    if not isinstance(annotation, str):
        return Authorization(problem=f"its annotation {ANNOTATION} is no string")
    return parse_annotation(annotation)


def refusal(application: Application, stage: StageKey) -> str:
    """Why that Stage may not have this Application changed, as one sentence with the way out; "" where it may."""
    found = authorization_of(application.document)
    if stage in found.stages:
        return ""
    named = ", ".join(_quoted(str(key)) for key in found.stages[:_SHOWN])
    more = f" and {len(found.stages) - _SHOWN} more" if len(found.stages) > _SHOWN else ""
    why = found.problem or f"its annotation {ANNOTATION} names {named}{more} only"
    needed = f'{ANNOTATION}: "{stage}"'
    return f"Application {application} is not authorized for Stage {stage}: {why} (needed: {needed})"


def _quoted(entry: str) -> str:
    return f'"{entry[:_SHOWN_LENGTH]}"' + ("..." if len(entry) > _SHOWN_LENGTH else "")
