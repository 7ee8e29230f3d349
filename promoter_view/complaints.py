"""Something that is wrong for a while: said once when it begins, and once when it is over."""

from __future__ import annotations

from collections.abc import Hashable

from twisted.logger import Logger, LogLevel


class Complaint:
    """What is said of one such thing: a reason and a message, as a condition of Kubernetes has them.

    ``line`` says it in the log, with ``{message}`` and the ``fields``; ``over`` that it is over, where that is worth a
    line. What lasts is said at the level ``again``; None: not at all.
    """

    def __init__(
        self,
        log: Logger,
        line: str,
        *,
        over: str = "",
        level: LogLevel = LogLevel.warn,
        again: LogLevel | None = None,
        **fields: str,
    ) -> None:
        self._log = log
        self._line = line
        self._over = over
        self._level = level
        self._again = again
        self._fields = fields
        self._reason: Hashable = None
        #: For ``/readyz?verbose``; "" while nothing is wrong.
        self.message = ""

    def set(self, message: str, *, reason: Hashable = True, **fields: str) -> None:
        """It begins, or lasts: the same ``reason`` is not said anew. ``fields`` are further ones of this line."""
        level = self._again if reason == self._reason else self._level
        self._reason, self.message = reason, message
        if level is not None:
            self._log.emit(level, self._line, message=message, **self._fields, **fields)

    def clear(self) -> None:
        """It is over, where it was there."""
        if self._reason is not None and self._over:
            self._log.info(self._over, **self._fields)
        self._reason, self.message = None, ""
