"""Faults on demand: what a test has the simulator do wrong, where, and how often.

A fault of a request takes the place of its answer or changes it; a fault of an event strikes an open watch just before
the next event, or bookmark, is written. No faults are armed unless a test arms them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Refuse:
    """A request is answered with this status, as a Status object and, where given, with a Retry-After header."""

    code: int
    reason: str = ""
    message: str = "refused by a fault"
    retry_after_seconds: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing more is written; the connection stays open. Of a request: not even headers come."""


@dataclass(frozen=True, slots=True)
class Delay:
    """The answer to a request comes this much later (a slow page)."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Shuffle:
    """A list's items, or a watch's initial events, come in a random order of resourceVersions."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The connection is reset: of a request before the answer is whole, of a watch in the middle of an event's line.

    ``mid_line`` False cuts a watch between two events.
    """

    mid_line: bool = True


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """A watch ends cleanly, before its time."""


@dataclass(frozen=True, slots=True)
class Garbage:
    """These bytes are written into a watch, whatever they are: not JSON, or a line that is too long."""

    data: bytes


@dataclass(frozen=True, slots=True)
class ErrorEvent:
    """A watch gets an ERROR event with this Status inside its 200 stream, and ends."""

    code: int
    reason: str
    message: str = "an error by a fault"
    retry_after_seconds: int | None = None


RequestFault = Refuse | Silence | Delay | Shuffle | Cut
EventFault = Silence | Cut | StreamEnd | Garbage | ErrorEvent
AnyFault = RequestFault | EventFault


@dataclass(slots=True, eq=False)
class Armed:
    """A fault that waits. It strikes ``times`` times (None: always) after it has let ``skip`` occasions pass."""

    fault: AnyFault
    path: str
    verb: str
    skip: int
    times: int | None
    struck: int = 0

    def strikes(self, verb: str, path: str) -> bool:
        """Whether it strikes on this occasion; counts it."""
        if self.path not in path or self.verb not in ("", verb) or self.struck == self.times:
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.struck += 1
        return True


class ArmedFaults:
    """The faults that are armed. ``path`` is a part of the URL's path, "" for any.

    Verbs of requests: ``get``, ``list``, ``watch``, ``watchlist``, ``create``, ``update``, ``patch``, ``delete``.
    """

    def __init__(self) -> None:
        self._requests: list[Armed] = []
        self._events: list[Armed] = []

    def on_request(
        self, fault: RequestFault, *, path: str = "", verb: str = "", skip: int = 0, times: int | None = 1
    ) -> Armed:
        """Arms a fault of requests; the answer tells how often it struck."""
        return _arm(self._requests, Armed(fault, path, verb, skip, times))

    def on_event(self, fault: EventFault, *, path: str = "", skip: int = 0, times: int | None = 1) -> Armed:
        """Arms a fault of open watches; an idle watch meets it with its next event or bookmark."""
        return _arm(self._events, Armed(fault, path, "", skip, times))

    def refuse_watch_list(self, *, path: str = "") -> Armed:
        """From now on sendInitialEvents is refused, as servers before 1.32 do."""
        message = (
            'ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: '
            "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled"
        )
        return self.on_request(Refuse(422, "Invalid", message), path=path, verb="watchlist", times=None)

    def clear(self) -> None:
        """Disarms all."""
        self._requests.clear()
        self._events.clear()

    def of_request(self, verb: str, path: str) -> AnyFault | None:
        """The fault that strikes this request."""
        return _first(self._requests, verb, path)

    def of_event(self, path: str) -> AnyFault | None:
        """The fault that strikes a watch before its next event."""
        return _first(self._events, "", path)


def _arm(where: list[Armed], armed: Armed) -> Armed:
    where.append(armed)
    return armed


def _first(where: list[Armed], verb: str, path: str) -> AnyFault | None:
    return next((armed.fault for armed in where if armed.strikes(verb, path)), None)
