"""What is said of a field selector that no event can match. Pure.

It is a warning, for Kubernetes has no error for a value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from promoter_view.api.warnings import unknown_value
from promoter_view.journal.entries import EventType
from promoter_view.kubernetes.selectors import FieldRequirement, FieldSelector

_EVENTS = tuple(event.value for event in EventType if event is not EventType.GAP)
_WHOLE = (40, 64)
BRANCH = "environment"
#: By what a field selector names, the branches of events that it may mean.
Branches = Mapping[str, Sequence[str]]


def of_branches(fields: FieldSelector, branches: Branches) -> FieldSelector:
    """The same, where environments may be written short: as the one branch that ends so."""
    return FieldSelector(tuple(_of_branch(term, branches) for term in fields.requirements))


def _of_branch(term: FieldRequirement, branches: Branches) -> FieldRequirement:
    found = branches.get(term.value, ()) if term.field == BRANCH else ()
    return replace(term, value=found[0]) if len(found) == 1 else term


def hint(fields: FieldSelector, views: Sequence[str], branches: Branches) -> str:
    """A few words in ASCII without quotes, "" where each value can be matched. ``views``: those whose events are told.

    No value is repeated: it may hold anything.
    """
    known = {"event": _EVENTS, "view": views}
    for term in fields.requirements:
        if term.field in known and term.value not in known[term.field]:
            return unknown_value(term.field, term.value, known[term.field], "event")
        if term.field == BRANCH and len(branches.get(term.value, ())) > 1:
            return "several branches end in the value of the field selector environment: give the whole branch"
        if term.field == "commit" and len(term.value) not in _WHOLE:
            return "the field selector commit takes a whole dry sha; kubectl promotion where finds short ones"
    return ""
