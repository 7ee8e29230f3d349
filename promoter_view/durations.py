"""Durations as Go writes them: ``1h30m``, ``45s``. Pure."""

from __future__ import annotations

import re

_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(rf"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)({'|'.join(_SECONDS)})")
_WHOLE = re.compile(rf"\+?(?:{_PART.pattern})+")
#: time.Duration counts nanoseconds, in 63 bits.
_MAX_SECONDS = float((1 << 63) // 10**9)


def parse_duration(written: str, *, days: bool = False) -> float | None:
    """Its seconds; None where Go reads none, or a negative one. ``days``: ``7d`` is one too."""
    if written == "0":
        return 0.0
    if not _WHOLE.fullmatch(written) or ("d" in written and not days):
        return None
    seconds = sum(float(amount) * _SECONDS[unit] for amount, unit in _PART.findall(written))
    return seconds if seconds <= _MAX_SECONDS else None


def format_duration(seconds: float) -> str:
    """In whole seconds: 300 is ``5m0s``."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes}m{rest}s"
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
