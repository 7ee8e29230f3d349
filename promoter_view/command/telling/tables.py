"""Tables and lines for terminals, as kubectl aligns them. Pure. What others wrote moves no cursor here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from promoter_view.command.telling.colours import Palette
from promoter_view.views.ages import human_duration

NONE = "-"
_GAP = "   "


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], palette: Palette, *, width: int = 0) -> list[str]:
    """Lines of aligned cells, none longer than ``width`` where that is not 0; states have their colours."""
    shown = [[plain(cell) or NONE for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(headings, *shown, strict=True)]
    head = clipped(_GAP.join(_padded(headings, widths)).rstrip(), width)
    return [palette.heading(head), *(_line(row, widths, headings, palette, width) for row in shown)]


def _line(row: Sequence[str], widths: Sequence[int], headings: Sequence[str], palette: Palette, width: int) -> str:
    """Clipped before it is coloured: an escape sequence is never cut."""
    padded = _padded(row, widths)
    line = clipped(_GAP.join(padded).rstrip(), width)
    if not palette.enabled:
        return line
    parts, start = [], 0
    for heading, cell in zip(headings, padded, strict=True):
        part = line[start : start + len(cell)]
        parts.append(palette.state(cell, part) if heading in ("STATE", "HEALTH") else part)
        start += len(cell) + len(_GAP)
        parts.append(line[start - len(_GAP) : start])
    return "".join(parts)


def _padded(cells: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [cell.ljust(size) for cell, size in zip(cells, widths, strict=True)]


def plain(words: str) -> str:
    """One line, without what a terminal would obey."""
    return "".join(each if each.isprintable() else " " for each in words).strip()


def clipped(line: str, width: int) -> str:
    """At most so many columns; 0: as it is."""
    return line if not width or len(line) <= width else line[: width - 1] + "…"


def ago(moment: datetime | None, now: datetime) -> str:
    """``4m``; what lies ahead a little, as clocks differ, is ``0s``."""
    return NONE if moment is None else human_duration(max(now - moment, timedelta()))


def until(moment: datetime, now: datetime) -> str:
    """``in 12m``, or that it is over and nobody has said so yet."""
    return "due, not yet reported" if moment <= now else f"in {human_duration(moment - now)}"
