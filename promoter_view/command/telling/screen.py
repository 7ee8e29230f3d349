"""Lines that are drawn again in their place, on a terminal. Pure: what is to be written, as text."""

from __future__ import annotations

from collections.abc import Sequence

_CLEAR_LINE, _CLEAR_BELOW = "\x1b[K", "\x1b[J"


class Screen:
    """Draws over what it drew before; of what does not fit in ``height`` lines it says how many there are."""

    def __init__(self) -> None:
        self._drawn = 0

    def draw(self, lines: Sequence[str], *, height: int) -> str:
        """What to write to show these."""
        most = max(height - 1, 2)
        shown = list(lines) if len(lines) <= most else [*lines[: most - 1], f"{len(lines) - most + 1} more"]
        start = f"\x1b[{self._drawn}A\r" if self._drawn else ""
        self._drawn = len(shown)
        return start + "".join(f"{line}{_CLEAR_LINE}\n" for line in shown) + _CLEAR_BELOW
