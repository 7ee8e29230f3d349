"""A run: its rows are told as they come, and what there is of them is reported also where it breaks."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks.processes import BrokenRunError
from benchmarks.report import Row, table


def run(measure: Callable[[Path], Iterable[Row]], *, heading: str = "") -> tuple[list[Row], int]:
    """Prints the table of what ``measure`` gives, in a folder of its own. The rows, and the exit status."""
    rows: list[Row] = []
    fault = ""
    with tempfile.TemporaryDirectory(prefix="promoter-view-bench-") as folder:
        try:
            for row in measure(Path(folder)):
                rows.append(row)
                print(" ".join(filter(None, row.cells()[:2])), file=sys.stderr, flush=True)
        except BrokenRunError as error:
            fault = f"benchmarks: {error}"
    print(f"{heading}{table(rows)}")
    print(fault, file=sys.stderr)
    return rows, 1 if fault else 0
