"""What is reported: rows of one table, and the same as JSON. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from benchmarks.figures import ratio

_HEADINGS = ("work", "ours", "baseline", "ratio", "target")


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: ours, and what it is compared with where there is such a thing. ``target``: that of the yardstick."""

    work: str
    unit: str
    ours: float
    baseline: float | None = None
    target: str = ""

    @property
    def ratio(self) -> float | None:
        """Ours to the baseline."""
        return None if self.baseline is None else ratio(self.ours, self.baseline)

    def cells(self) -> tuple[str, ...]:
        """As the table shows it."""
        other = "" if self.baseline is None else f"{_number(self.baseline)} {self.unit}"
        share = "" if self.ratio is None else f"{self.ratio:.2f}"
        return self.work, f"{_number(self.ours)} {self.unit}", other, share, self.target


def table(rows: Sequence[Row]) -> str:
    """A Markdown table, its columns aligned."""
    lines = [_HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADINGS))]
    texts = [" | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    texts.insert(1, " | ".join("-" * width for width in widths))
    return "\n".join(f"| {text} |" for text in texts)


def document(machine: str, rows: Sequence[Row]) -> str:
    """The same as JSON, with what it ran on."""
    found = [{**asdict(row), "ratio": row.ratio} for row in rows]
    return json.dumps({"machine": machine, "rows": found}, indent=2) + "\n"


def _number(value: float) -> str:
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"
