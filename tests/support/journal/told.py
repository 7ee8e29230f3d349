"""A world whose journal is open, and whose entries a test writes itself, behind the writer's back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from twisted.internet.defer import Deferred

from promoter_view.journal.entries import JournalEntry
from promoter_view.journal.store import Batch
from promoter_view.slices import SLICE_SECONDS
from tests.support.api.world import World


class Told:
    """``world``'s journal, opened."""

    def __init__(self, world: World) -> None:
        self.world = world
        opening = Deferred.fromCoroutine(self.world.journal.open())
        # Its writer rests between two slices.
        for _ in range(10):
            self.world.turn(SLICE_SECONDS)
        assert opening.called
        self.base = self.world.journal.progress

    def write(self, *entries: JournalEntry) -> list[JournalEntry]:
        """Entries at the next resourceVersions: those of one version stay together."""
        journal, now = self.world.journal, datetime.fromtimestamp(self.world.wall(), UTC)
        moved = [
            JournalEntry(
                it.identity._replace(resource_version=self.base + it.identity.resource_version),
                it.time if it.time.year < 2000 else now,
                it.key,
                it.uid,
                it.happening,
            )
            for it in entries
        ]
        last = moved[-1].identity.resource_version
        told: list[Sequence[JournalEntry]] = []
        journal._store.append(Batch(last, moved)).addCallback(told.append)
        assert journal._writer is not None
        journal._writer.progress = journal._writer.examined = last
        journal._tell(told[0])
        self.world.turn()
        return list(told[0])
