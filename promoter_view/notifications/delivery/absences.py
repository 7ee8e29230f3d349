"""Whose cursors are still kept, and who has been declared by nobody for too long. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

#: A file that was wrong for a while, or that another replica has read before this one, costs no cursor.
KEPT_SECONDS = 3600.0


class Absences:
    """For how long names have been absent, as far as this process has seen it."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}

    def over(self, absent: Iterable[str], now: float) -> Sequence[str]:
        """Those of them that have been absent for too long; who is not among them now begins anew. ``now``: seconds."""
        self._since = {name: self._since.get(name, now) for name in absent}
        return [name for name, since in self._since.items() if now - since >= KEPT_SECONDS]
