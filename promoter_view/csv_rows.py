"""Rows of comma-separated values (RFC 4180). Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

_LINE_END = "\r\n"


def csv_row(cells: Sequence[str]) -> str:
    """A line, without its end."""
    written = io.StringIO()
    csv.writer(written, lineterminator=_LINE_END).writerow(cells)
    return written.getvalue().removesuffix(_LINE_END)
