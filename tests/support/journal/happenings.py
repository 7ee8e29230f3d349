"""What happens to one bundle of a world, as the journal is told of it."""

from __future__ import annotations

from collections.abc import Iterator

from promoter_view.journal.deriving.changes import derive_steps
from promoter_view.journal.entries import Happening
from promoter_view.records import Bundle, BundleKey
from promoter_view.views.contents import Readings
from tests.support.views.world import Document, World


class Eventful:
    """Objects are put, and what that means is given, in order."""

    def __init__(self, key: BundleKey) -> None:
        self.key = key
        self.world = World()
        self.readings = Readings()
        self._position = self.world.projector.head

    @property
    def bundle(self) -> Bundle:
        """As it is now."""
        found = self.world.projector.get(self.key)
        assert found is not None
        return found

    def put(self, *documents: Document) -> list[Happening]:
        """Objects are there, or have changed."""
        self.world.put(*documents)
        return list(self._told())

    def delete(self, *documents: Document) -> list[Happening]:
        """Objects are gone."""
        self.world.delete(*documents)
        return list(self._told())

    def _told(self) -> Iterator[Happening]:
        changes = self.world.projector.cursor(self.key.view, "", self._position).take(1 << 20)
        self._position = self.world.projector.head
        for change in changes:
            found: list[Happening] = []
            for _ in derive_steps(change, self.readings, found):
                pass
            yield from found
