"""Reads decoded JSON of any shape: what is not of the type asked for counts as absent. Pure, and raises nothing.

Objects in a cluster may be older than their CRD's schema, so a member of the wrong type is met in practice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

_NOTHING: Mapping[str, Any] = {}
#: As Go writes a time that is not set.
GO_ZERO = "0001-01-01T00:00:00Z"
_ZERO = datetime.fromisoformat(GO_ZERO)


def mapping(value: Any, *path: str) -> Mapping[str, Any]:
    """The object below ``value`` at ``path``; empty where there is none."""
    for key in path:
        if not isinstance(value, dict):
            return _NOTHING
        value = value.get(key)
    return value if isinstance(value, dict) else _NOTHING


def text(value: Any, *path: str) -> str:
    """The string below ``value`` at ``path``; "" where there is none."""
    for key in path:
        if not isinstance(value, dict):
            return ""
        value = value.get(key)
    return value if isinstance(value, str) else ""


def number(value: Any, *path: str) -> int:
    """The whole number below ``value`` at ``path``; 0 where there is none."""
    found = mapping(value, *path[:-1]).get(path[-1])
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def items(value: Any, *path: str) -> list[Any]:
    """The list below ``value`` at ``path``; empty where there is none."""
    if path:
        value = mapping(value, *path[:-1]).get(path[-1])
    return value if isinstance(value, list) else []


def mappings(value: Any, *path: str) -> Iterator[Mapping[str, Any]]:
    """The objects in the list below ``value`` at ``path``; its other items are skipped."""
    return (item for item in items(value, *path) if isinstance(item, dict))


def texts(value: Any, *path: str) -> list[str]:
    """The strings in the list below ``value`` at ``path``; its other items are skipped."""
    return [item for item in items(value, *path) if isinstance(item, str)]


def parse_time(stamp: str) -> datetime | None:
    """An RFC 3339 time (``2026-11-05T17:59:00Z``), in UTC; None where it is not one, or has no time zone.

    None too where it is Go's zero time, by which controllers say that there is none, and where its zone leads out of
    the years 1 to 9999: no moment that is given here fails when it is shown.
    """
    try:
        moment = datetime.fromisoformat(stamp)
        found = moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
    return None if found == _ZERO else found


def rfc3339(seconds: float) -> str:
    """A moment in seconds since 1970 as Kubernetes writes it, in whole seconds."""
    return datetime.fromtimestamp(int(seconds), UTC).replace(tzinfo=None).isoformat() + "Z"


def moment(value: Any, *path: str) -> datetime | None:
    """The RFC 3339 time below ``value`` at ``path``; None where there is none."""
    return parse_time(text(value, *path))
