"""The arithmetic of resourceVersions: offset, generation and place in one decimal integer. Pure.

resourceVersion = offset * 262,144 + generation * 65,536 + place (docs/concepts.md). The order of two resourceVersions
of one generation is the order of the changes.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from promoter_view.log.offsets import UNITS_PER_SECOND

OFFSET_UNIT = 262_144
GENERATION_UNIT = 65_536
#: The place after every change of an offset: a list at that offset, or a bundle whose own place is not known.
LAST_PLACE = 65_535
#: Beyond any resourceVersion that can be handed out (signed 64 bits, as Kubernetes' storage has it).
LIMIT = 1 << 63


class Version(NamedTuple):
    """A resourceVersion taken apart."""

    offset: int
    generation: int
    place: int


def join(offset: int, generation: int, place: int) -> int:
    """The resourceVersion of a place in an offset."""
    return offset * OFFSET_UNIT + generation * GENERATION_UNIT + place


def split(resource_version: int) -> Version:
    """The inverse of ``join``."""
    offset, rest = divmod(resource_version, OFFSET_UNIT)
    return Version(offset, *divmod(rest, GENERATION_UNIT))


def moment(resource_version: int) -> datetime:
    """About when that was, or later: offsets run ahead of the clock where it was set back."""
    return datetime.fromtimestamp(split(resource_version).offset / UNITS_PER_SECOND, UTC)
