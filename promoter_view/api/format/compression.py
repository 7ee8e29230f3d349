"""Answers to get and list as gzip, compressed as they go. Pure.

Not lists of bundles as they are: those are joined from the bundles' own runs (``reading.wire``), so that only what has
changed since the last such list is compressed.
"""

from __future__ import annotations

import zlib

from promoter_view.reading.pump import Reader

#: Smaller answers are sent as they are (kube-apiserver's threshold, KEP-156).
MIN_BYTES = 128 * 1024
_LEVEL = 1
_GZIP = 16 + zlib.MAX_WBITS


class Deflated:
    """What was begun with, and what another reader says after it, as one gzip member."""

    idle = False

    def __init__(self, begun: bytes, rest: Reader | None = None) -> None:
        self._begun = begun
        self._rest = rest
        self._compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        self.finished = False

    def pull(self, max_bytes: int) -> bytes:
        """The next slice; b"" while the compressor gathers more."""
        slice_, self._begun = self._begun[:max_bytes], self._begun[max_bytes:]
        if not slice_ and self._rest is not None and not self._rest.finished:
            slice_ = self._rest.pull(max_bytes)
        packed = self._compressor.compress(slice_)
        if self._begun or (self._rest is not None and not self._rest.finished):
            return packed
        self.finished = True
        return packed + self._compressor.flush()
