"""The watch of a path: what each event means for the log, and how far the path has come by it. Pure."""

from __future__ import annotations

from typing import Any

from promoter_view.kubernetes.cleaning import MalformedObject
from promoter_view.kubernetes.client.backoff import Backoff
from promoter_view.kubernetes.documents import DecodedItem, WatchEvent, version_of
from promoter_view.kubernetes.reflecting.gathering import Gathering, unread
from promoter_view.kubernetes.reflecting.messages import Actions, Bookmark, Delete, Open, PassOver, Put
from promoter_view.kubernetes.reflecting.requests import PathRequests

#: Content that cannot be read, at one position, so often in a row: then the path is listed.
_UNREADABLE_LIMIT = 3


class Watching:
    """The watches of one path, one after another, from a position on.

    ``position`` is None before the first list; ``read_at`` is when something was last read, None if never.
    ``backoff`` hears how they went; one of ``good_while_seconds`` went well.
    """

    def __init__(
        self, gathering: Gathering, requests: PathRequests, backoff: Backoff, good_while_seconds: float
    ) -> None:
        self._gathering = gathering
        self._requests = requests
        self._backoff = backoff
        self._good_while_seconds = good_while_seconds
        self.position: str | None = None
        self.read_at: float | None = None
        self._opened_at = 0.0
        self._opened_position: str | None = None
        self._unreadable = ("", 0)

    def open(self, now: float) -> Open:
        """The request for what comes after the position."""
        assert self.position is not None
        self.begin(now)
        return self._requests.watch(self.position)

    def begin(self, now: float) -> None:
        """A watch is open, be it the rest of a WatchList."""
        self._opened_at, self._opened_position = now, self.position

    def forget(self) -> None:
        """The position does not hold."""
        self.position = None
        self._unreadable = ("", 0)

    def advance(self, position: str, now: float) -> None:
        """So far has been read; "" where it was not told how far."""
        self.position = position or self.position
        self.read_at = now

    def change(self, event: WatchEvent, now: float) -> Actions:
        """An object was added, modified or deleted."""
        if event.type == "DELETED":
            return self._delete(event.object, now)
        return self._put(DecodedItem(event.object, event.fault), event.type, now)

    def bookmark(self, version: str, now: float) -> Bookmark:
        """Nothing has changed up to there."""
        self.advance(version, now)
        return Bookmark(version)

    def _put(self, item: DecodedItem, kind: str, now: float) -> Actions:
        try:
            key, found = self._gathering.read(item)
        except MalformedObject as error:
            yield from self._pass_over(error, item)
            return
        self.advance(found.resource_version, now)
        yield Put(key, found, kind)

    def _delete(self, document: dict[str, Any], now: float) -> Actions:
        """Of what is gone no more is needed than who it was: also what could not be read has gone."""
        version = version_of(document)
        try:
            key = self._gathering.key(document)
        except MalformedObject as error:
            yield from self._pass_over(error, DecodedItem(document))
            return
        self.advance(version, now)
        yield Delete(key, version, version or None)

    def _pass_over(self, error: MalformedObject, item: DecodedItem) -> Actions:
        """The watch goes on behind it. It was heard, and not read: ``read_at`` stays."""
        malformed = self._gathering.malformed(error)
        yield malformed
        found = unread(error, item)
        self.position = found.resource_version or self.position
        if malformed.named:
            yield PassOver(error.key, found, found.resource_version or None)
        elif found.resource_version:
            yield Bookmark(found.resource_version)

    def is_unreadable(self) -> bool:
        """Something that cannot be read has come once more: whether so often at this position that it stays so."""
        assert self.position is not None
        position, count = self._unreadable
        self._unreadable = (self.position, count + 1 if position == self.position else 1)
        return self._unreadable[1] >= _UNREADABLE_LIMIT

    def end(self, now: float) -> None:
        """A watch is over. One that delivered something, or lived for a good while, is no failure in a row."""
        if now - self._opened_at >= self._good_while_seconds:
            self._backoff.reset()
        elif self.position != self._opened_position:
            self._backoff.begin_again()
