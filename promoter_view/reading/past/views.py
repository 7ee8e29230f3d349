"""The views as they were at one moment: they stay so. What pages, lists and searches read in place of those of now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from promoter_view.boundaries import Cursor, ViewReader, Wakeable
from promoter_view.records import Bundle, BundleKey
from promoter_view.views.history import Expired


class PastViews:
    """A ``boundaries.ViewReader`` whose head does not move. ``bundles`` by view, of each in the order of a list."""

    ready = True

    def __init__(self, bundles: Mapping[str, Sequence[Bundle]], head: int) -> None:
        self._lists = bundles
        self._bundles = {bundle.key: bundle for found in bundles.values() for bundle in found}
        self.head = self.horizon = head

    def get(self, key: BundleKey) -> Bundle | None:
        """The bundle as it was then."""
        return self._bundles.get(key)

    def list(self, view: str, namespace: str = "") -> Sequence[Bundle]:
        """The bundles as they were then."""
        found = self._lists.get(view, ())
        return tuple(bundle for bundle in found if bundle.key.namespace == namespace) if namespace else found

    def list_at(self, view: str, namespace: str, resource_version: int) -> Sequence[Bundle]:
        """The same, for that moment. Errors: Expired for any other."""
        if resource_version != self.head:
            raise Expired(resource_version, self.head)
        return self.list(view, namespace)

    def cursor(self, view: str, namespace: str, after: int) -> Cursor:  # noqa: ARG002
        """Nothing comes after it. Errors: Expired."""
        raise Expired(after, self.head)

    def subscribe(self, reader: Wakeable) -> None:
        """It would never be woken."""

    def unsubscribe(self, reader: Wakeable) -> None:
        """There are none."""


if TYPE_CHECKING:
    _reader: type[ViewReader] = PastViews
