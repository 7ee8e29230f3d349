"""Answers to get and list as gzip: who wants it, and readers that compress slice by slice or join what is compressed.

Pure. A list of bundles as they are is joined from the bundles' own runs, so that only what has changed since the last
such list is compressed; all else is compressed as it goes.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from promoter_view.api.forms import Form
from promoter_view.api.layouts import COMPACT
from promoter_view.api.listing import Page
from promoter_view.reading.pump import Reader
from promoter_view.records import Bundle
from promoter_view.slices import BeginSlice, endless
from promoter_view.views.bundle_cache import BundleCache
from promoter_view.web.deflate import HEADER, Member, Run, deflate

#: Smaller answers are sent as they are (kube-apiserver's threshold, KEP-156).
MIN_BYTES = 128 * 1024
_LEVEL = 1
_GZIP = 16 + zlib.MAX_WBITS
_COMMA = deflate(COMPACT.separator)


class Deflated:
    """What another reader says, as one gzip member; ``begun`` was pulled from it already."""

    idle = False

    def __init__(self, begun: bytes, rest: Reader) -> None:
        self._begun = begun
        self._rest = rest
        self._compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        self.finished = False

    def pull(self, max_bytes: int) -> bytes:
        """The next slice; b"" while the compressor gathers more."""
        slice_, self._begun = self._begun[:max_bytes], self._begun[max_bytes:]
        if not slice_ and not self._rest.finished:
            slice_ = self._rest.pull(max_bytes)
        packed = self._compressor.compress(slice_)
        if self._begun or not self._rest.finished:
            return packed
        self.finished = True
        return packed + self._compressor.flush()


class Whole:
    """A reader that has nothing more to say than what was begun with."""

    idle = False
    finished = True

    def pull(self, max_bytes: int) -> bytes:  # noqa: ARG002
        """Nothing."""
        return b""


class Spliced:
    """A list in the compact layout, joined from the runs of its bundles."""

    idle = False

    def __init__(self, found: Page, form: Form, runs: BundleCache[Run], begin_slice: BeginSlice = endless) -> None:
        self._bundles: Sequence[Bundle] = found.bundles
        self._runs = runs
        self._begin_slice = begin_slice
        self._member = Member()
        opening, self._closing = COMPACT.frame(form.empty_list(found.meta))
        self._lead = HEADER + self._member.text(opening)
        self._next = 0
        self.finished = False

    def pull(self, max_bytes: int) -> bytes:
        """The next slice."""
        parts, self._lead = [self._lead], b""
        size, is_over = 0, self._begin_slice()
        while self._next < len(self._bundles) and size < max_bytes:
            parts += self._item(self._bundles[self._next])
            size += len(parts[-1])
            self._next += 1
            if is_over():
                break
        if self._next == len(self._bundles):
            self.finished = True
            parts += (self._member.text(self._closing), self._member.end())
        return b"".join(parts)

    def _item(self, bundle: Bundle) -> tuple[bytes, bytes]:
        comma = self._member.run(_COMMA) if self._next else b""
        return comma, self._member.run(self._runs.of(bundle))
