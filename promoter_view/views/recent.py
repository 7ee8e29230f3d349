"""Values last used, bounded by bytes. Pure."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

_Value = TypeVar("_Value")


class Recent(Generic[_Value]):
    """By key; the least recently used goes first where there are more than ``max_bytes``."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._kept: OrderedDict[Hashable, tuple[_Value, int]] = OrderedDict()
        self.size = 0

    def get(self, key: Hashable) -> _Value | None:
        """The value, where it is there."""
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        return found[0]

    def put(self, key: Hashable, value: _Value, size: int) -> None:
        """Keep it in the place of what there is under that key."""
        known = self._kept.pop(key, None)
        if known is not None:
            self.size -= known[1]
        self.keep(key, value, size)

    def keep(self, key: Hashable, value: _Value, size: int) -> None:
        """Keep it under a key that has none yet, unless it alone is too large."""
        if size > self._max_bytes:
            return
        self._kept[key] = value, size
        self.size += size
        while self.size > self._max_bytes:
            _, (_, dropped) = self._kept.popitem(last=False)
            self.size -= dropped
