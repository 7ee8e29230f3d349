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


def exact_duration(seconds: float) -> str:
    """To the microsecond, which is what a moment in seconds since 1970 tells: ``1m2.990382s``, ``15ms``, ``0s``."""
    micros = round(seconds * 1e6)
    if 0 < micros < 10**6:
        unit, size = ("ms", 10**3) if micros >= 10**3 else ("µs", 1)
        return _decimal(micros, size) + unit
    minutes, rest = divmod(micros, 60 * 10**6)
    hours, minutes = divmod(minutes, 60)
    shown = _decimal(rest, 10**6) + "s"
    if hours:
        return f"{hours}h{minutes}m{shown}"
    return f"{minutes}m{shown}" if minutes else shown


def _decimal(amount: int, unit: int) -> str:
    """That many of its parts as so many units, without zeros at the end."""
    whole, part = divmod(amount, unit)
    digits = str(part).zfill(len(str(unit)) - 1).rstrip("0") if part else ""
    return f"{whole}.{digits}" if digits else str(whole)


def format_duration(seconds: float) -> str:
    """In whole seconds: 300 is ``5m0s``."""
    return exact_duration(int(seconds))


def brief_duration(seconds: float) -> str:
    """The same as people write it: ``5m`` and not ``5m0s``."""
    return format_duration(seconds).replace("m0s", "m").replace("h0m", "h")
