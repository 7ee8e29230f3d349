"""Where a command writes: what the terminal is like, and how words get there. Thin."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from promoter_view.clocks import wall
from promoter_view.command.telling.colours import Palette, wants_colour
from promoter_view.command.telling.screen import Screen

_NO_TERMINAL, _USUAL = (0, 0), (80, 24)


def _is_terminal() -> bool:
    return sys.stdout.isatty()


def _can_erase() -> bool:
    return os.environ.get("TERM") != "dumb"


@dataclass(slots=True)
class Output:
    """Standard output, and standard error for what is no result. Errors of all: BrokenPipeError."""

    is_terminal: bool = field(default_factory=_is_terminal)
    palette: Palette = field(
        default_factory=lambda: Palette(enabled=wants_colour(os.environ, is_terminal=_is_terminal()))
    )
    _screen: Screen = field(default_factory=Screen)

    @property
    def width(self) -> int:
        """Columns; 0 where there is no terminal, and lines have any length."""
        return shutil.get_terminal_size(_NO_TERMINAL).columns if self.is_terminal else 0

    @property
    def can_draw(self) -> bool:
        """Lines can be drawn in their place."""
        return self.is_terminal and _can_erase()

    def lines(self, lines: Sequence[str]) -> None:
        """Writes them, at once."""
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()

    def draw(self, lines: Sequence[str]) -> None:
        """Writes them over those that were drawn before."""
        height = shutil.get_terminal_size(_USUAL).lines
        sys.stdout.write(self._screen.draw(lines, height=height))
        sys.stdout.flush()

    @property
    def error_width(self) -> int:
        """Columns of standard error; 0 where it is no terminal that erases lines. One may not say how wide it is."""
        return shutil.get_terminal_size(_USUAL).columns if sys.stderr.isatty() and _can_erase() else 0

    def progress(self, line: str) -> None:
        """On standard error: in the place of the last one on a terminal, else as a line; "" only takes it away."""
        if self.error_width:
            sys.stderr.write(f"\r\x1b[K{line}")
        elif line:
            sys.stderr.write(f"{line}\n")
        sys.stderr.flush()

    def note(self, line: str) -> None:
        """Says something beside the result."""
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def now() -> datetime:
    """For ages."""
    return datetime.fromtimestamp(wall(), UTC)
