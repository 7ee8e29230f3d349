"""What somebody is told who reads a view and finds nothing, for a reason that they don't see: a Warning header. Pure.

kubectl prints it, and so does client-go. Without it "No resources found" would say the same of a cluster without Kargo
and of a project without Stages, and of a state that is misspelt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from difflib import get_close_matches

from promoter_view.kubernetes.selectors import FieldSelector
from promoter_view.records import ABSENT, LOST, ListPath
from promoter_view.views.definition import STATE, ViewDefinition

#: The text of a Warning header for a view by its plural, "" for none.
Warn = Callable[[str], str]


class EmptyViews:
    """``paths`` are all that are reflected; ``position`` is that of one by its id, ``count`` the bundles of a view."""

    def __init__(
        self,
        definitions: Sequence[ViewDefinition],
        paths: Sequence[ListPath],
        *,
        position: Callable[[str], str | None],
        count: Callable[[str], int],
    ) -> None:
        self._definitions = {definition.plural: definition for definition in definitions}
        self._roots = {
            plural: [path.id for path in paths if path.kind == definition.root.kind]
            for plural, definition in self._definitions.items()
        }
        self._position = position
        self._count = count

    def warning(self, view: str) -> str:
        """Why there is nothing in that view, where that is more than that nobody has made anything."""
        if self._count(view):
            return ""
        definition = self._definitions[view]
        root = f"{definition.root.plural}.{definition.root.group}"
        positions = {self._position(path) for path in self._roots[view]}
        if positions == {ABSENT}:
            return f"{root} is not installed in this cluster: there are no {definition.kind} until it is"
        if positions and positions <= {ABSENT, LOST}:
            return f"{root} cannot be read at the moment, or this server lacks the permission to list and watch it"
        return ""


def unknown_state(fields: FieldSelector, definition: ViewDefinition) -> str:
    """What is said of a field selector on a state that there is not: the nearest one; "" where all can be matched.

    Kubernetes has no error for a value. It is not repeated: it may hold anything.
    """
    states = definition.status.states if definition.status is not None else ()
    asked = (term.value for term in fields.requirements if term.field == STATE and term.value)
    word = next((each for each in asked if each not in states), None)
    return "" if word is None else unknown_value(STATE, word, states, definition.kind)


def unknown_value(field: str, value: str, known: Sequence[str], what: str) -> str:
    """``what`` is a noun: that which has none of that value."""
    near = get_close_matches(value, known, n=1)
    meant = f"did you mean {near[0]}" if near else f"there are {', '.join(known)}"
    return f"the field selector {field} has a value that no {what} has: {meant}"


def warning_header(words: str) -> str:
    """RFC 7234, 5.5, with the code and agent that Kubernetes uses. The words are plain ASCII without quotes."""
    return f'299 - "{words}"'
