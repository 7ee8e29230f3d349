"""Lines out of a byte stream, in any chunking, within a bound. Pure.

A Kubernetes watch is one JSON document a line (API concepts, "Efficient detection of changes").
"""

from __future__ import annotations

MAX_LINE_BYTES = 16 * 1024 * 1024


class LineTooLong(ValueError):  # noqa: N818 - a state, as Twisted's ConnectionLost
    """A line has grown past the bound. ``lines`` are the whole ones that came before it in the same call."""

    def __init__(self, max_bytes: int, lines: list[bytes]) -> None:
        super().__init__(f"a line is longer than {max_bytes} bytes")
        self.lines = lines


class LineBuffer:
    """Bytes in, whole lines out, without their newline. Bytes once searched are not searched again."""

    def __init__(self, max_bytes: int = MAX_LINE_BYTES) -> None:
        self._max_bytes = max_bytes
        self._parts: list[bytes] = []
        self._size = 0

    @property
    def partial(self) -> bool:
        """A line has begun and not ended."""
        return self._size > 0

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that ``data`` completes. Errors: LineTooLong, after which the buffer is of no more use."""
        *ended, rest = data.split(b"\n")
        lines: list[bytes] = []
        for piece in ended:
            self._hold(piece, lines)
            lines.append(b"".join(self._parts))
            self._parts.clear()
            self._size = 0
        self._hold(rest, lines)
        return lines

    def _hold(self, piece: bytes, lines: list[bytes]) -> None:
        self._size += len(piece)
        if self._size > self._max_bytes:
            raise LineTooLong(self._max_bytes, lines)
        if piece:
            self._parts.append(piece)
