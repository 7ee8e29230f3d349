"""The answer to a list: its items one by one, none of them kept, in steps. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from promoter_view.decoded import items, text
from promoter_view.kubernetes.documents import DecodedItem, decode, decode_item, version_of
from promoter_view.kubernetes.scanning import ListPage

#: A larger page is not decoded whole, which would take one turn: 20 ms for so many bytes.
MAX_WHOLE = 4 * 1024 * 1024


class ReceivedPage:
    """What came, item by item. ``version`` and ``token`` hold once ``items`` is through.

    ``version`` is "" where it is no list, or one that is cut short; ``token`` continues the list, "" at its end.
    """

    def __init__(self, body: bytes) -> None:
        self._document = decode(body) if len(body) <= MAX_WHOLE else None
        self._scanned = ListPage(body)
        self.version = version_of(self._document)
        self.token = ""

    def items(self) -> Iterator[DecodedItem | None]:
        """Where the body cannot be decoded as a whole, each item is by itself. None is a step on the way to one."""
        if self._document is None:
            for item in self._scanned.items():
                yield (yield from decode_item(item)) if item else None
            self.version, self.token = self._scanned.version, self._scanned.more
        elif self.version:
            document, self._document = self._document, None
            yield from self._decoded(document)

    def _decoded(self, document: dict[str, Any]) -> Iterator[DecodedItem]:
        self.token = text(document, "metadata", "continue")
        waiting = items(document, "items")
        document.clear()
        waiting.reverse()
        while waiting:
            yield DecodedItem(waiting.pop())
