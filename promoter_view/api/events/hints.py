"""Field selectors of events: branches may be short, and of what no event can match something is said. Pure.

It is a warning, for Kubernetes has no error for a value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from promoter_view.api.warnings import unknown_value
from promoter_view.journal.entries import EventType
from promoter_view.journal.store import is_branch
from promoter_view.kubernetes.selectors import FieldRequirement, FieldSelector

_EVENTS = tuple(event.value for event in EventType if event is not EventType.GAP)
_WHOLE = (40, 64)
_BRANCH = "environment"


@dataclass(frozen=True, slots=True)
class BranchRequirement(FieldRequirement):
    """Its value may be the end of a branch: see ``is_branch``."""

    def admits(self, value: str) -> bool:
        """Whether a field of that value is selected."""
        return is_branch(self.value, value) is self.equal


def of_branches(fields: FieldSelector) -> FieldSelector:
    """The same, where environments may be written short."""
    return FieldSelector(tuple(_of_branch(term) for term in fields.requirements))


def _of_branch(term: FieldRequirement) -> FieldRequirement:
    return BranchRequirement(term.field, term.equal, term.value) if term.field == _BRANCH else term


def hint(fields: FieldSelector, views: Sequence[str]) -> str:
    """A few words in ASCII without quotes, "" where each value can be matched. ``views``: those whose events are told.

    No value is repeated: it may hold anything.
    """
    known = {"event": _EVENTS, "view": views}
    for term in fields.requirements:
        if term.field in known and term.value not in known[term.field]:
            return unknown_value(term.field, term.value, known[term.field], "event")
        if term.field == "commit" and len(term.value) not in _WHOLE:
            return "the field selector commit takes a whole dry sha; kubectl promotion where finds short ones"
    return ""
