"""When requests arrive on a connection: each in time, and one a turn of the reactor."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall

#: How long a request may take to arrive, from its first byte to the last; the first one from the connection on.
REQUEST_SECONDS = 30.0


class Arrival:
    """The calls of one connection. ``late`` is called when a request takes too long, ``next_turn`` in another turn."""

    def __init__(
        self,
        call_later: Callable[[float, Callable[[], None]], IDelayedCall],
        *,
        late: Callable[[], None],
        next_turn: Callable[[], None],
    ) -> None:
        #: None: the connection is gone.
        self._call_later: Callable[[float, Callable[[], None]], IDelayedCall] | None = call_later
        self._late = late
        self._next_turn = next_turn
        self._deadline: IDelayedCall | None = None
        self._turn: IDelayedCall | None = None

    def watch_clock(self, *, arriving: bool) -> None:
        """A request is arriving since some time, or none is."""
        if arriving and self._deadline is None and self._call_later is not None:
            self._deadline = self._call_later(REQUEST_SECONDS, self._end)
        elif not arriving and self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def await_turn(self) -> None:
        """There is a next request; others go first."""
        if self._turn is None and self._call_later is not None:
            self._turn = self._call_later(0, self._take_turn)

    def cancel(self) -> None:
        """Nothing more is to arrive."""
        for call in (self._deadline, self._turn):
            if call is not None:
                call.cancel()
        self._deadline = self._turn = None

    def forget(self) -> None:
        """The same for good. The connection is known no more: what is over leaves no garbage that has to be found."""
        self.cancel()
        self._call_later, self._late, self._next_turn = None, _nothing, _nothing

    def _end(self) -> None:
        self._deadline = None
        self._late()

    def _take_turn(self) -> None:
        self._turn = None
        self._next_turn()


def _nothing() -> None:
    """What a connection that is gone has to do."""
