"""What somebody is told who reads a view that is empty because its root is not there: a Warning header. Pure.

kubectl prints it, and so does client-go. Without it "No resources found" would say the same of a cluster without Kargo
and of a project without Stages.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from promoter_view.records import ABSENT, LOST, ListPath
from promoter_view.views.definition import ViewDefinition

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


def warning_header(words: str) -> str:
    """RFC 7234, 5.5, with the code and agent that Kubernetes uses. The words are plain ASCII without quotes."""
    return f'299 - "{words}"'
