"""Watch events as lines, each encoded once however many read it. Pure but for its cache."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

from promoter_view.api.forms import Form
from promoter_view.api.status import Status
from promoter_view.records import Bundle, ChangeType

#: What the frames near the head may take: readers that keep up share these, one that lags encodes its own.
CACHE_BYTES = 32 * 1024 * 1024

_Key = tuple[int, ChangeType, Hashable, bool]


class FrameCache:
    """The frames last made, bounded by bytes; the least recently used goes first."""

    def __init__(self, max_bytes: int = CACHE_BYTES) -> None:
        self._max_bytes = max_bytes
        self._size = 0
        self._frames: OrderedDict[_Key, bytes] = OrderedDict()

    @property
    def size(self) -> int:
        """What it holds now."""
        return self._size

    def event(self, form: Form, change: ChangeType, bundle: Bundle, resource_version: int, *, first: bool) -> bytes:
        """The line of that event, from the cache where it is there; no two changes have one resourceVersion."""
        key = (resource_version, change, form.key, first)
        frame = self._frames.get(key)
        if frame is not None:
            self._frames.move_to_end(key)
            return frame
        frame = event_line(change, form.event(bundle, resource_version, first=first))
        self._keep(key, frame)
        return frame

    def _keep(self, key: _Key, frame: bytes) -> None:
        if len(frame) > self._max_bytes:
            return
        self._frames[key] = frame
        self._size += len(frame)
        while self._size > self._max_bytes:
            _, dropped = self._frames.popitem(last=False)
            self._size -= len(dropped)


def event_line(change: str, encoded: bytes) -> bytes:
    """``{"type":"...","object":...}`` and a newline (WatchEvent)."""
    return b'{"type":"%b","object":%b}\n' % (change.encode(), encoded)


def error_line(status: Status) -> bytes:
    """The ERROR event that ends a stream."""
    return event_line("ERROR", status.encode())
