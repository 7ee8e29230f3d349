"""Whether anybody is served, all the time: a client that asks another replica where one does not answer."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence

import orjson

from tests.support.program.client import BROKEN, Client, Endpoint, RefusedError, path_of

_PAUSE_SECONDS = 0.1


class Probe:
    """Lists again and again until the block ends; ``longest`` is the longest time from asking to the answer.

    ``query`` goes with the list: ``?resourceVersion=0`` asks for what a replica has, nothing for the newest.
    ``backwards`` has each answer that was of an older state than the one before it, of whichever replica.
    """

    def __init__(self, endpoints: Callable[[], Sequence[Endpoint]], query: str = "", *, patience: float = 1.0) -> None:
        self._endpoints, self._query, self._patience = endpoints, query, patience
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._random = random.Random(3)
        self._seen = 0
        self.backwards: list[tuple[int, int]] = []
        self.longest = 0.0
        self.answers = 0

    def __enter__(self) -> Probe:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(20)

    def _run(self) -> None:
        while not self._over.wait(_PAUSE_SECONDS):
            asked = time.monotonic()
            while not self._over.is_set() and not self._ask():
                pass
            self.longest = max(self.longest, time.monotonic() - asked)
            self.answers += 1

    def _ask(self) -> bool:
        """One round over all replicas."""
        endpoints = list(self._endpoints())
        self._random.shuffle(endpoints)
        for endpoint in endpoints:
            try:
                body = Client(endpoint, timeout_seconds=self._patience).get(path_of("") + self._query)
            except (*BROKEN, RefusedError):
                continue
            self._compare(int(orjson.loads(body)["metadata"]["resourceVersion"]))
            return True
        return False

    def _compare(self, position: int) -> None:
        if position < self._seen:
            self.backwards.append((self._seen, position))
        self._seen = position
