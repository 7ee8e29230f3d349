"""What is the matter with the log: one line for people, a metric for each reason."""

from __future__ import annotations

from twisted.logger import Logger

from promoter_view.metrics import Metrics


class Faults:
    """The faults that last, by their reason, e.g. ENOSPC. ``name`` is the log's, in log lines."""

    _log = Logger()

    def __init__(self, name: str, *, metrics: Metrics) -> None:
        self._name = name
        self._metrics = metrics
        self._faults: dict[str, str] = {}
        self._warnings: dict[str, str] = {}

    @property
    def fault(self) -> str | None:
        """What holds appending up, for longest; None while nothing does."""
        return next(iter(self._faults.values()), None)

    @property
    def warning(self) -> str:
        """What will hold it up, or ""."""
        return next(iter(self._warnings.values()), "")

    def set(self, reason: str, line: str, *, holds_up: bool = True) -> None:
        """It begins, or lasts; said in the log when it begins."""
        lines = self._faults if holds_up else self._warnings
        begins = reason not in lines
        lines[reason] = line
        if begins:
            self._metrics.log_fault.labels(reason).set(1)
            self._log.error("{line}", line=line)

    def forget(self) -> None:
        """Whoever met them has ended: none of them is there, nor known to be over."""
        for reason in (*self._faults, *self._warnings):
            self._metrics.log_fault.labels(reason).set(0)
        self._faults.clear()
        self._warnings.clear()

    def clear(self, *reasons: str) -> None:
        """These are over, where they were there."""
        for reason in reasons:
            if self._faults.pop(reason, None) or self._warnings.pop(reason, None):
                self._metrics.log_fault.labels(reason).set(0)
                self._log.info("the event log in {name} works again ({reason} is over)", name=self._name, reason=reason)
