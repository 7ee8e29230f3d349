"""Which moment is asked for: ``?at=`` and ``--at``. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from promoter_view.moments import parse_moment
from promoter_view.views.versions import LIMIT, split
from promoter_view.web.errors import BadRequest

_DECIMAL = re.compile(r"[0-9]{1,19}\Z", re.ASCII)
_MOST = 100
#: A clock that is ahead of this one by so much may still ask for its present.
_CLOCKS_APART = timedelta(minutes=5)
EXPECTED = (
    "expected a time such as 2026-11-30T09:30:00Z or 2026-11-30T09:30Z, how long ago, such as -2h or -7d, "
    "or a resourceVersion"
)


@dataclass(frozen=True, slots=True)
class AskedMoment:
    """A moment: either of a time, in milliseconds since 1970, or of a resourceVersion; the other one is 0.

    ``text`` is how it was asked for.
    """

    text: str
    time_ms: int = 0
    resource_version: int = 0

    @property
    def offset(self) -> int:
        """That of its resourceVersion."""
        return split(self.resource_version).offset

    def holds(self, offset: int, latest_ms: int) -> bool:
        """Whether the record of that offset is part of its state; ``latest_ms``: the latest time of those up to it."""
        return offset <= self.offset if self.resource_version else latest_ms <= self.time_ms


def parse_at(text: str, now: datetime, parameter: str = "at") -> AskedMoment:
    """The moment that a parameter of that name asks for. Errors: BadRequest."""
    shown = text[:_MOST]
    if _DECIMAL.match(text):
        version = int(text)
        if not 0 < version < LIMIT:
            raise BadRequest(f"{parameter}: {shown!r} is no resourceVersion; {EXPECTED}")
        return AskedMoment(shown, resource_version=version)
    try:
        found = parse_moment(text, now)
    except ValueError as error:
        raise BadRequest(f"{parameter}: invalid time {shown!r}; {EXPECTED}") from error
    if found > now + _CLOCKS_APART:
        raise BadRequest(f"{parameter}: {shown!r} is in the future; {EXPECTED}")
    return AskedMoment(shown, time_ms=int(found.timestamp() * 1000))


def moment_of(resource_version: int) -> AskedMoment:
    """That of a resourceVersion."""
    return AskedMoment(str(resource_version), resource_version=resource_version)
