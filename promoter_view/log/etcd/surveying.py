"""One linearizable read of head and leader, shared by all who wait for one: barriers, elections, the lag."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from promoter_view.log.etcd.client.values import Found, KeyValue
from promoter_view.log.etcd.layout import KeyLayout
from promoter_view.log.etcd.surroundings import Surroundings


@dataclass(frozen=True, slots=True)
class Survey:
    """How things stood at some moment after ``asked_at`` (seconds). ``seen``: the revision that was applied by then."""

    asked_at: float
    seen: int
    cluster: int
    revision: int
    head: KeyValue | None
    leader: KeyValue | None

    @property
    def head_revision(self) -> int:
        """The revision that put head, 0 where there is none."""
        return 0 if self.head is None else self.head.mod_revision


def survey_of(layout: KeyLayout, found: Found, *, asked_at: float, seen: int) -> Survey:
    """What a read of ``layout.survey`` says."""
    items = {item.key: item for item in found.items}
    return Survey(asked_at, seen, found.cluster, found.revision, items.get(layout.head), items.get(layout.leader))


class Surveyor:
    """Asks as often as somebody wants to know, one read at a time. ``seen`` tells the newest applied revision."""

    def __init__(self, around: Surroundings, *, seen: Callable[[], int]) -> None:
        self._etcd = around.etcd
        self._layout = around.layout
        self._clock = around.runtime.reactor
        self._seen = seen
        self._waiting: list[Deferred[Survey]] = []
        self._asking = False

    def next(self) -> Deferred[Survey]:
        """A survey that is asked for after this call. May be cancelled. Errors: EtcdError."""
        waiter: Deferred[Survey] = Deferred(self._forget)
        self._waiting.append(waiter)
        if not self._asking:
            self._asking = True
            Deferred.fromCoroutine(self._ask_on())
        return waiter

    async def _ask_on(self) -> None:
        while self._waiting:
            waiting, self._waiting = self._waiting, []
            answer = await self._answer()
            for waiter in waiting:
                if not waiter.called:
                    waiter.callback(answer)
        self._asking = False

    async def _answer(self) -> Survey | Failure:
        asked_at, seen = self._clock.seconds(), self._seen()
        try:
            found = await self._etcd.range(self._layout.survey)
        except Exception:  # whatever it is, those who wait are to know it, and whoever asks next asks anew
            return Failure()
        return survey_of(self._layout, found, asked_at=asked_at, seen=seen)

    def _forget(self, waiter: Deferred[Survey]) -> None:
        if waiter in self._waiting:
            self._waiting.remove(waiter)
