"""Durations of expressions, in nanoseconds, as Go's time package has them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from promoter_view.promotions.expressions.values import ExpressionError, Function, Native, kind_of, text_of

SECOND = 10**9
_MINUTE, _HOUR = 60 * SECOND, 3600 * SECOND
_INT64 = 2**63
_UNITS = {
    "ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": SECOND, "m": _MINUTE, "h": _HOUR
}  # fmt: skip
_PART = re.compile(rf"([0-9]{{1,30}}(?:\.[0-9]{{0,30}})?|\.[0-9]{{1,30}})({'|'.join(_UNITS)})")
_WHOLE = re.compile(rf"[+-]?(?:0|(?:{_PART.pattern}){{1,20}})")
_SHOWN = 40


@dataclass(frozen=True, slots=True, order=True)
class Duration(Native):
    """A duration."""

    kind: ClassVar[str] = "a duration"
    type_name: ClassVar[str] = "time.Duration"
    methods: ClassVar[Mapping[str, Function]] = {}

    nanoseconds: int

    @property
    def document(self) -> int:
        """See Native: its nanoseconds."""
        return self.nanoseconds

    def __str__(self) -> str:
        sign, left = ("-" if self.nanoseconds < 0 else ""), abs(self.nanoseconds)
        for unit, size in (("ns", 1), ("µs", 10**3), ("ms", 10**6)):
            if 0 < left < size * 1000 and left < SECOND:
                return f"{sign}{_decimal(left, size)}{unit}"
        hours, rest = divmod(left, _HOUR)
        minutes, seconds = divmod(rest, _MINUTE)
        larger = f"{hours}h{minutes}m" if hours else (f"{minutes}m" if minutes else "")
        return f"{sign}{larger}{_decimal(seconds, SECOND)}s"


def _decimal(amount: int, size: int) -> str:
    whole, rest = divmod(amount, size)
    fraction = f"{rest:0{len(str(size)) - 1}d}".rstrip("0") if rest else ""
    return f"{whole}.{fraction}" if fraction else str(whole)


def span(nanoseconds: int) -> Duration:
    """That duration. Errors: it is more than 64 bits hold, some 292 years."""
    if not -_INT64 <= nanoseconds < _INT64:
        raise ExpressionError("a duration is 292 years at most")
    return Duration(nanoseconds)


def span_of(value: Any) -> Duration:
    """That duration. Errors: whatever else it is."""
    if not isinstance(value, Duration):
        raise ExpressionError(f"a duration is needed, not {kind_of(value)}")
    return value


def read_span(text: Any) -> Duration:
    """As Go's ParseDuration reads it. Errors: it does not."""
    written = text_of(text)
    if not _WHOLE.fullmatch(written):
        raise ExpressionError(f'"{written[:_SHOWN]}" is no duration, as 1h30m is one; units are {", ".join(_UNITS)}')
    total = sum(int(Fraction(amount.rstrip(".")) * _UNITS[unit]) for amount, unit in _PART.findall(written))
    return span(-total if written.startswith("-") else total)


def truncated(nanoseconds: int, step: Any) -> int:
    """Towards zero, to a multiple of that duration; unchanged where that is none."""
    size = span_of(step).nanoseconds
    return nanoseconds if size <= 0 else (abs(nanoseconds) // size * size) * (-1 if nanoseconds < 0 else 1)


def rounded(nanoseconds: int, step: Any) -> int:
    """To the nearest multiple of that duration, halves away from zero; unchanged where that is none."""
    size = span_of(step).nanoseconds
    if size <= 0:
        return nanoseconds
    return ((abs(nanoseconds) * 2 + size) // (2 * size) * size) * (-1 if nanoseconds < 0 else 1)


def _in(size: int) -> Function:
    return Function(lambda found: found.nanoseconds / size, 0, 0)


def _whole(size: int) -> Function:
    return Function(lambda found: int(Fraction(found.nanoseconds, size)), 0, 0)


Duration.methods = {
    "Hours": _in(_HOUR),
    "Minutes": _in(_MINUTE),
    "Seconds": _in(SECOND),
    "Milliseconds": _whole(10**6),
    "Microseconds": _whole(10**3),
    "Nanoseconds": _whole(1),
    "Abs": Function(lambda found: Duration(abs(found.nanoseconds)), 0, 0),
    "Round": Function(lambda found, step: span(rounded(found.nanoseconds, step))),
    "Truncate": Function(lambda found, step: span(truncated(found.nanoseconds, step))),
    "String": Function(str, 0, 0),
}
