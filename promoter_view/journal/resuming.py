"""Where the journal is read on: where it stands, or where the bundles are still as they were when it was written."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Protocol

from promoter_view.boundaries import Cursor, ViewReader
from promoter_view.views.definition import ViewDefinition
from promoter_view.views.digest import digest_of
from promoter_view.views.history import Expired
from promoter_view.views.versions import LAST_PLACE, join, split


class JournalViews(ViewReader, Protocol):
    """What a journal is derived from."""

    @property
    def known_digest(self) -> int | None:
        """One number for all bundles as they are now; None while it is worked out."""

    @property
    def definitions(self) -> Mapping[str, ViewDefinition]:
        """Those of the views by plural."""


def resumed(views: JournalViews, progress: int, digest: int | None) -> Generator[None, None, Cursor]:
    """A cursor that misses nothing behind ``progress``, at which the bundles had that digest. Errors: Expired, Ahead.

    A log that was copied, or that begins at a later snapshot, is not read from there any more. If its bundles are the
    same at its beginning, nothing has changed meanwhile.
    """
    try:
        return views.cursor("", "", _of_today(progress, views.head))
    except Expired:
        if digest is None:
            raise
    horizon = views.horizon
    cursor = views.cursor("", "", horizon)
    then = [bundle for view in views.definitions for bundle in views.list_at(view, "", horizon)]
    found = yield from digest_of(then)
    if found != digest:
        raise Expired(progress, horizon)
    return cursor


def _of_today(progress: int, head: int) -> int:
    """The same place in the views as this program makes them: all of an offset is in the journal, or nothing of it."""
    stands, now = split(progress), split(head)
    return progress if stands.generation == now.generation else join(stands.offset, now.generation, LAST_PLACE)
