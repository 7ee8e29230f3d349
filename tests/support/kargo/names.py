"""Names of Promotions as Kargo gives them: the Stage's, a ULID, seven characters of the Freight's."""

from __future__ import annotations

import secrets
import threading
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_ULID_CHARACTERS = 26
_RANDOM_BITS = 80
_FREIGHT_CHARACTERS = 7
_MAX_NAME = 253
_MAX_STAGE = _MAX_NAME - _ULID_CHARACTERS - _FREIGHT_CHARACTERS - 2


class Names:
    """Gives names that sort in the order in which they are given, from any thread."""

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()

    def promotion(self, stage: str, freight: str) -> str:
        """A new Promotion's name, whatever its maker called it."""
        prefix = stage if len(stage) <= _MAX_STAGE else stage[:_MAX_STAGE].rstrip(".-")
        return f"{prefix}.{self._ulid()}.{freight[:_FREIGHT_CHARACTERS]}".lower()

    def _ulid(self) -> str:
        """48 bits of milliseconds and 80 of chance, in Crockford's base 32; never less than the one before."""
        with self._lock:
            drawn = (time.time_ns() // 1_000_000 << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS)
            self._last = max(drawn, self._last + 1)
            number = self._last
        places = range(5 * (_ULID_CHARACTERS - 1), -1, -5)
        return "".join(_ALPHABET[number >> place & 31] for place in places)
