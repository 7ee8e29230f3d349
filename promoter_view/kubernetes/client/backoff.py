"""How long to wait before trying again: doubling, jittered, bounded. Pure."""

from __future__ import annotations

from collections.abc import Callable

#: No answer of the cluster makes a reflector wait longer than this.
MAX_RETRY_AFTER_SECONDS = 300.0


class Backoff:
    """Waits of one reflector. ``random`` gives numbers in [0, 1)."""

    def __init__(self, *, random: Callable[[], float], first_seconds: float = 0.2, limit_seconds: float = 30.0) -> None:
        self._random = random
        self._first_seconds = first_seconds
        self._limit_seconds = limit_seconds
        self._attempts = 0

    def reset(self) -> None:
        """It has gone well for a good while."""
        self._attempts = 0

    def begin_again(self) -> None:
        """It has gone well, if not for long: the waits are short again, though never none."""
        self._attempts = min(self._attempts, 1)

    def soon(self) -> float:
        """Seconds to wait after what is normal: none, unless it was also the last thing that happened."""
        if self._attempts == 0:
            self._attempts = 1
            return 0.0
        return self.next()

    def next(self, retry_after_seconds: float | None = None) -> float:
        """Seconds to wait after a failure: half to whole of the doubled bound, and never less than was asked for."""
        bound = min(self._limit_seconds, self._first_seconds * 2.0 ** min(self._attempts, 30))
        self._attempts += 1
        seconds = bound * (0.5 + self._random() / 2)
        if retry_after_seconds is None:
            return seconds
        asked = max(0.0, min(retry_after_seconds, MAX_RETRY_AFTER_SECONDS))
        return max(seconds, asked * (1 + self._random() / 5))
