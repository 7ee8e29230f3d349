"""Lines out of a byte stream, in any chunking, within a bound. Pure.

A Kubernetes watch is one JSON document a line (API concepts, "Efficient detection of changes").
"""

from __future__ import annotations

from promoter_view.kubernetes.bounds import KEPT_BYTES, MAX_LINE_BYTES, MAX_PASSED_BYTES, CutLine


class LineTooLong(ValueError):  # noqa: N818 - a state, as Twisted's ConnectionLost
    """A line does not end. ``lines`` are the whole ones that came before it in the same call."""

    def __init__(self, max_bytes: int, lines: list[bytes]) -> None:
        super().__init__(f"a line is longer than {max_bytes} bytes")
        self.lines = lines


class LineBuffer:
    """Bytes in, whole lines out, without their newline. Bytes once searched are not searched again."""

    def __init__(
        self,
        max_bytes: int = MAX_LINE_BYTES,
        *,
        kept_bytes: int = KEPT_BYTES,
        max_passed_bytes: int = MAX_PASSED_BYTES,
    ) -> None:
        self._max_bytes = max_bytes
        self._kept_bytes = min(kept_bytes, max_bytes)
        self._max_passed_bytes = max_passed_bytes
        self._parts: list[bytes] = []
        self._size = 0

    @property
    def partial(self) -> bool:
        """A line has begun and not ended."""
        return self._size > 0

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that ``data`` completes; of one above the bound a ``CutLine``.

        Errors: LineTooLong, after which the buffer is of no more use.
        """
        *ended, rest = data.split(b"\n")
        lines: list[bytes] = []
        for piece in ended:
            self._hold(piece, lines)
            lines.append(self._end())
        self._hold(rest, lines)
        return lines

    def _hold(self, piece: bytes, lines: list[bytes]) -> None:
        self._size += len(piece)
        if self._size > self._max_passed_bytes:
            raise LineTooLong(self._max_passed_bytes, lines)
        if self._size > self._max_bytes:
            self._cut(piece)
        elif piece:
            self._parts.append(piece)

    def _cut(self, piece: bytes) -> None:
        """Memory stays bounded, however far the line goes on."""
        if self._size - len(piece) <= self._max_bytes:
            self._parts = [b"".join((*self._parts, piece))[: self._kept_bytes]]

    def _end(self) -> bytes:
        line = b"".join(self._parts)
        whole = self._size <= self._max_bytes
        self._parts.clear()
        self._size = 0
        return line if whole else CutLine(line)
