"""Durations as Go writes them (``1h30m``, ``45s``), as fields of the cluster carry them. Pure."""

from __future__ import annotations

import re
from datetime import timedelta

_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_WHOLE = re.compile(rf"\+?(?:{_PART.pattern})+")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_MAX_SECONDS = 10 * 366 * 86400.0


def parse_duration(text: str) -> timedelta | None:
    """That duration; None where it is none, is negative, or is of more than ten years."""
    if text == "0":
        return timedelta()
    if len(text) > 60 or not _WHOLE.fullmatch(text):
        return None
    seconds = sum(float(amount) * _SECONDS[unit] for amount, unit in _PART.findall(text))
    return timedelta(seconds=seconds) if seconds <= _MAX_SECONDS else None
