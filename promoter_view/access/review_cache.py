"""Answers of reviews, each kept for its time, and one request for all who ask the same at once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

#: About 200 bytes each, beside the answer.
MAX_ENTRIES = 8192

_Answer = TypeVar("_Answer")


class ReviewCache(Generic[_Answer]):
    """By key; ``seconds_of`` says how long an answer counts (0: for those only who wait for it).

    A failure is told to all who wait and never kept. The oldest answers go first where there are too many. Whoever
    waits may leave; the request goes on for the others.
    """

    def __init__(
        self, *, clock: IReactorTime, seconds_of: Callable[[_Answer], float], max_entries: int = MAX_ENTRIES
    ) -> None:
        self._clock = clock
        self._seconds_of = seconds_of
        self._max_entries = max_entries
        self._kept: OrderedDict[bytes, tuple[float, _Answer]] = OrderedDict()
        self._asked: dict[bytes, list[Deferred[_Answer]]] = {}

    def __len__(self) -> int:
        """How many answers it holds."""
        return len(self._kept)

    async def get(self, key: bytes, ask: Callable[[], Awaitable[_Answer]]) -> _Answer:
        """The answer for that key, asked for where none is kept. Errors: those of ``ask``."""
        until, kept = self._kept.get(key, (0.0, None))
        if kept is not None and self._clock.seconds() < until:
            return kept
        return await self._wait(key, ask)

    def _wait(self, key: bytes, ask: Callable[[], Awaitable[_Answer]]) -> Deferred[_Answer]:
        waiting = self._asked.get(key)
        first = waiting is None
        if waiting is None:
            waiting = self._asked[key] = []
        mine: Deferred[_Answer] = Deferred(waiting.remove)
        waiting.append(mine)
        if first:
            asking = Deferred.fromCoroutine(_awaited(ask))
            asking.addCallbacks(lambda answer: self._answered(key, answer), lambda why: self._failed(key, why))
        return mine

    def _answered(self, key: bytes, answer: _Answer) -> None:
        seconds = self._seconds_of(answer)
        if seconds > 0:
            self._kept[key] = (self._clock.seconds() + seconds, answer)
            self._kept.move_to_end(key)
        while len(self._kept) > self._max_entries:
            self._kept.popitem(last=False)
        # One that is called may cancel another, which then leaves the list.
        waiting = self._asked.pop(key)
        while waiting:
            waiting.pop(0).callback(answer)

    def _failed(self, key: bytes, why: Failure) -> None:
        waiting = self._asked.pop(key)
        while waiting:
            waiting.pop(0).errback(why)


async def _awaited(ask: Callable[[], Awaitable[_Answer]]) -> _Answer:
    return await ask()
