"""Watch events as lines, each encoded once however many read it. Pure but for its cache."""

from __future__ import annotations

from collections.abc import Hashable

from promoter_view.api.forms import Form
from promoter_view.records import Bundle, ChangeType
from promoter_view.views.recent import Recent
from promoter_view.web.deflate import Run, deflate
from promoter_view.web.status import Status

#: What the frames near the head may take: readers that keep up share these, one that lags encodes its own.
CACHE_BYTES = 32 * 1024 * 1024

_Key = tuple[int, ChangeType, Hashable, frozenset[str], bool]


class FrameCache:
    """The frames last made, as lines and as compressed runs; ``max_bytes`` bounds each of the two."""

    def __init__(self, max_bytes: int = CACHE_BYTES) -> None:
        self._lines: Recent[bytes] = Recent(max_bytes)
        self._runs: Recent[Run] = Recent(max_bytes)

    @property
    def size(self) -> int:
        """What it holds now, bytes."""
        return self._lines.size + self._runs.size

    def event(self, form: Form, change: ChangeType, bundle: Bundle, resource_version: int, *, first: bool) -> bytes:
        """The line of that event, from the cache where it is there; no two changes have one resourceVersion."""
        key = (resource_version, change, form.key, bundle.hidden, first)
        line = self._lines.get(key)
        if line is None:
            line = event_line(change, form.event(bundle, resource_version, first=first))
            self._lines.keep(key, line, len(line))
        return line

    def run(self, form: Form, change: ChangeType, bundle: Bundle, resource_version: int, *, first: bool) -> Run:
        """That line compressed. Where all readers take runs, no lines are kept."""
        key = (resource_version, change, form.key, bundle.hidden, first)
        run = self._runs.get(key)
        if run is None:
            line = self._lines.get(key) or event_line(change, form.event(bundle, resource_version, first=first))
            run = deflate(line)
            self._runs.keep(key, run, len(run.data))
        return run


def event_line(change: str, encoded: bytes) -> bytes:
    """``{"type":"...","object":...}`` and a newline (WatchEvent)."""
    return b'{"type":"%b","object":%b}\n' % (change.encode(), encoded)


def error_line(status: Status) -> bytes:
    """The ERROR event that ends a stream."""
    return event_line("ERROR", status.encode())
