"""Changes of the cluster, all the time, at a rate that leaves the machine room for the rest."""

from __future__ import annotations

import random
import threading

from tests.support.program.fleet import Fleet
from tests.support.program.simulated import Simulated

_WRITES_A_SECOND = 10


class Load:
    """A fleet that changes all the time, until ``rest``."""

    def __init__(self, cluster: Simulated) -> None:
        self._fleet = Fleet(cluster.written, random.Random(7))
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._failure: BaseException | None = None

    def __enter__(self) -> Load:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(30)

    def rest(self) -> None:
        """No more changes. Errors: whatever ended them before."""
        self.__exit__()
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        try:
            while not self._over.wait(1 / _WRITES_A_SECOND):
                self._fleet.write()
        except BaseException as failure:
            # A thread's failure is the test's to report, whatever it is.
            self._failure = failure
