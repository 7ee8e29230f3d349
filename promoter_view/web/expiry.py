"""When certificates end: a metric for each that is in use, a warning before its end, after it, and before it begins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from twisted.logger import Logger

from promoter_view import clocks
from promoter_view.clocks import WallClock
from promoter_view.complaints import Complaint
from promoter_view.metrics import Metrics
from promoter_view.network.key_pairs import Pem, read_certificates

_DAY_SECONDS = 86400.0
#: Longer than a weekend; cert-manager and the kubelet have renewed theirs long before.
_SOON_SECONDS = 7 * _DAY_SECONDS

#: The certificates in use, as PEM. Errors while they cannot be read: OSError, ValueError.
Read = Callable[[], bytes]


class Expiry:
    """Looks at what it was told of."""

    _log = Logger()

    def __init__(self, *, metrics: Metrics, now: WallClock = clocks.wall) -> None:
        self._metrics = metrics
        self._now = now
        self._followed: list[_Followed] = []

    def follow_chain(self, name: str, read: Read) -> None:
        """A certificate that is shown, with its chain: the first of them to end counts."""
        self._follow(_Followed(name, read, min, self._log))

    def follow_bundle(self, name: str, read: Read) -> None:
        """Authorities that are believed: the last of them to end counts, as old ones stay beside their successors."""
        self._follow(_Followed(name, read, max, self._log))

    def check(self) -> None:
        """Look at all of them."""
        for followed in self._followed:
            self._look(followed)

    def _follow(self, followed: _Followed) -> None:
        self._followed.append(followed)
        self._look(followed)

    def _look(self, followed: _Followed) -> None:
        ends = followed.ends()
        if ends is None:
            return
        self._metrics.certificate_expiry.labels(followed.name).set(ends)
        followed.check(self._now())


class _Followed:
    """One of them, and what is wrong with it."""

    def __init__(self, name: str, read: Read, choose: Callable[[Sequence[float]], float], log: Logger) -> None:
        self.name = name
        self._read = read
        self._choose = choose
        self._pem = b""
        self._ends: float | None = None
        self._begins = 0.0
        self._complaint = Complaint(log, "{name}: {message}", name=name)

    def ends(self) -> float | None:
        """In seconds since 1970; None while there is none that can be read."""
        try:
            pem = self._read()
            if pem != self._pem:
                certificates = read_certificates(Pem(self.name, pem))
                self._ends = self._choose([each.not_valid_after_utc.timestamp() for each in certificates])
                self._begins = min(each.not_valid_before_utc.timestamp() for each in certificates)
                self._pem = pem
                self._complaint.clear()
        except (OSError, ValueError):
            # Whoever uses it says so; what is in use goes on to count.
            return self._ends
        return self._ends

    def check(self, now: float) -> None:
        """Say what is to be said of it and was not said yet."""
        ends = self._ends or 0.0
        day = _day(ends)
        if ends <= now:
            self._complaint.set(f"the certificate has expired, at {day}: peers refuse it; replace it", reason="expired")
        elif ends - now < _SOON_SECONDS:
            self._complaint.set(f"the certificate expires in less than 7 days, at {day}; replace it", reason="soon")
        elif now < self._begins:
            begins = _day(self._begins)
            self._complaint.set(f"the certificate is not valid before {begins}: peers refuse it until then")
        else:
            self._complaint.clear()


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
