"""A steady rate of changes for benchmarks: some object's status changes, so many times a second."""

from __future__ import annotations

import random

from twisted.internet.interfaces import IReactorTime

from promoter_view.kubernetes.kinds import Kind
from promoter_view.periodic import Periodic
from promoter_view.simulator.kubernetes.cluster import ObjectStore

#: Changes are made in batches this often, seconds.
_TURN_SECONDS = 0.01


class Churn(Periodic):
    """Changes objects of one kind, ``rate`` a second, chosen by chance. Each change carries its time in milliseconds.

    It is in ``status.conditions[0].message`` as ``changed at MILLISECONDS, number N``, so that a reader can tell the
    latency, and what it missed.
    """

    def __init__(
        self, cluster: ObjectStore, kind: Kind, *, clock: IReactorTime, random: random.Random, rate: float
    ) -> None:
        super().__init__(clock, lambda: _TURN_SECONDS, self._catch_up)
        self._cluster = cluster
        self._kind = kind
        self._random = random
        self._rate = rate
        self._began = 0.0
        self._made = 0
        self._number = 0

    def start(self) -> None:
        """Begins; where it falls behind it catches up, so that the rate holds on average."""
        self._began = self._clock.seconds()
        self._made = 0
        super().start()

    def change(self) -> None:
        """Makes one change."""
        table = self._cluster.table(self._kind.group, self._kind.plural)
        if table is None or not table.objects:
            return
        found = table.objects[self._random.choice(tuple(table.objects))].document()
        self._number += 1
        message = f"changed at {self._clock.seconds() * 1000:.3f}, number {self._number}"
        found.setdefault("status", {})["conditions"] = [{"type": "Ready", "status": "True", "message": message}]
        self._cluster.update(self._kind, found["metadata"].get("namespace", ""), found, "status")

    def _catch_up(self) -> None:
        due = int((self._clock.seconds() - self._began) * self._rate) - self._made
        for _ in range(due):
            self.change()
        self._made += due
