"""What is said of a field selector that no event can match. Pure.

It is a warning, for Kubernetes has no error for a value.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from promoter_view.journal.entries import EventType
from promoter_view.kubernetes.selectors import FieldSelector

_EVENTS = tuple(event.value for event in EventType if event is not EventType.GAP)
_WHOLE = (40, 64)


def hint(fields: FieldSelector, views: Sequence[str]) -> str:
    """A few words in ASCII without quotes, "" where each value can be matched. ``views``: those whose events are told.

    No value is repeated: it may hold anything.
    """
    known = {"event": _EVENTS, "view": views}
    for term in fields.requirements:
        if term.field in known and term.value not in known[term.field]:
            return _unknown(term.field, term.value, known[term.field])
        if term.field == "commit" and len(term.value) not in _WHOLE:
            return "the field selector commit takes a whole dry sha; kubectl promotion where finds short ones"
    return ""


def _unknown(field: str, value: str, known: Sequence[str]) -> str:
    near = get_close_matches(value, known, n=1)
    meant = f"did you mean {near[0]}" if near else f"there are {', '.join(known)}"
    return f"the field selector {field} has a value that no event has: {meant}"
