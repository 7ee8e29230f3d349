"""Children of children that have ended: as process 1 of a container we are their parent, and nobody else is."""

from __future__ import annotations

import os
from collections.abc import Callable

from twisted.internet.interfaces import IReactorTime

from promoter_view.periodic import Periodic

_LOOK_SECONDS = 10.0


class OrphanReaper(Periodic):
    """As process 1, the parent of all whose parents have ended: waits for them, or each would stay as a zombie.

    Such are what credential plugins leave behind. Children of our own are left to whoever started them: ``peek`` names
    a child that has ended (0 for none) without taking its status, ``reap`` takes it, ``is_ours`` knows the reactor's.
    """

    def __init__(
        self,
        *,
        reactor: IReactorTime,
        peek: Callable[[], int],
        reap: Callable[[int], object],
        is_ours: Callable[[int], bool],
    ) -> None:
        super().__init__(reactor, lambda: _LOOK_SECONDS, self._reap_all)
        self._peek = peek
        self._reap = reap
        self._is_ours = is_ours

    def _reap_all(self) -> None:
        ended = self._peek()
        while ended and not self._is_ours(ended):
            self._reap(ended)
            ended = self._peek()


def ended_child() -> int:
    """The process ID of a child that has ended and was not waited for; 0 where there is none."""
    try:
        found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return 0
    return 0 if found is None else found.si_pid
