"""When requests arrive on a connection."""

from __future__ import annotations

from weakref import ref

from twisted.internet.task import Clock

from promoter_view.web.arrival import Arrival


class Connection:
    """As much of one as is called."""

    def late(self) -> None:
        """A request takes too long."""

    def go_on(self) -> None:
        """The next request has its turn."""


def test_what_is_over_knows_its_connection_no_more() -> None:
    """Nothing is scheduled for it then, and it goes without the collector of garbage."""
    clock, connection = Clock(), Connection()
    arrival = Arrival(clock.callLater, late=connection.late, next_turn=connection.go_on)
    arrival.watch_clock(arriving=True)
    arrival.await_turn()
    arrival.forget()
    arrival.watch_clock(arriving=True)
    arrival.await_turn()
    assert not clock.getDelayedCalls()
    gone = ref(connection)
    del connection
    assert gone() is None
