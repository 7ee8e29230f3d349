"""The one push producer of the program: it pulls from readers what is there and writes it where there is room.

Nothing is queued for a client. A reader is a position and a way to encode what follows it; while its transport is full
it is simply not run, and goes on from where it stood when there is room again.
"""

from __future__ import annotations

import enum
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol, TypeVar

from twisted.internet.defer import Deferred, succeed
from twisted.internet.defer import TimeoutError as WaitTimeout
from twisted.internet.interfaces import IConsumer, IDelayedCall, IPushProducer, IReactorTime
from twisted.python.failure import Failure
from zope.interface import implementer

from promoter_view.boundaries import ViewReader
from promoter_view.slices import begin_slice
from promoter_view.views.history import Ahead
from promoter_view.views.versions import split

#: A pull ends with the frame that reaches this; so a write is at most this and one batch of frames. Larger writes make
#: lists no faster, and what a hundred slow clients hold in their transports grows with it.
MAX_WRITE_BYTES = 64 * 1024
#: How long a client that has seen more than we have is kept waiting (kube-apiserver's watch cache: 3 s).
FRESHNESS_SECONDS = 3.0
_Result = TypeVar("_Result")


class Reader(Protocol):
    """What a stream pulls from. Pure: it is asked, it never acts."""

    @property
    def idle(self) -> bool:
        """There is nothing to pull until the head moves or ``Stream.nudge`` is called."""

    @property
    def finished(self) -> bool:
        """The last byte was pulled."""

    def pull(self, max_bytes: int) -> bytes:
        """The next whole frames, joined; about ``max_bytes`` of them, and b"" where there are none."""


class Stalled(Exception):  # noqa: N818 - a state of the client's
    """The client has taken nothing for as long as an answer of its kind is kept waiting."""


class StreamState(enum.Enum):
    """Where a stream is: in the pump's queue, among those that wait for the head, held by its transport, or over."""

    READY = enum.auto()
    WAITING = enum.auto()
    PAUSED = enum.auto()
    CLOSED = enum.auto()


@implementer(IPushProducer)
class Stream:
    """One reader on its way to one consumer. Made by ``Pump.open``.

    ``done`` fires with True when the reader has finished, with False when the client left or ``close`` was called.
    It fails when the reader or the consumer broke, with Stalled when the transport was full for ``patience_seconds``.
    """

    __slots__ = ("_consumer", "_giving_up", "_patience_seconds", "_pump", "_reader", "done", "state")

    def __init__(self, reader: Reader, consumer: IConsumer, pump: Pump, patience_seconds: float | None) -> None:
        self.done: Deferred[bool] = Deferred(lambda _: self.close())
        self._reader = reader
        self._consumer = consumer
        self._pump = pump
        self._patience_seconds = patience_seconds
        self._giving_up: IDelayedCall | None = None
        self.state = StreamState.READY

    def nudge(self, *, last: bool = False) -> None:
        """Something has fallen due for the reader, though the head did not move.

        ``last``: its last words, which are few; they are written even while the transport is full.
        """
        if self.state is StreamState.WAITING or (last and self.state is StreamState.PAUSED):
            self._pump.ready(self)

    def close(self) -> None:
        """The client is gone. Any number of calls; the same as cancelling ``done``."""
        if self._leave():
            self.done.callback(False)

    def pauseProducing(self) -> None:
        """The transport is full: not run again until it has drained. Costs a position, nothing else."""
        if self.state is StreamState.CLOSED:
            return
        self._pump.drop(self)
        self.state = StreamState.PAUSED
        if self._patience_seconds is not None and self._giving_up is None:
            self._giving_up = self._pump.later(self._patience_seconds, self._give_up)

    def resumeProducing(self) -> None:
        """The transport has drained."""
        self._bear_with()
        if self.state is StreamState.PAUSED:
            self._pump.ready(self)

    def stopProducing(self) -> None:
        """The transport is closed."""
        self.close()

    def run(self) -> None:
        """One pull, one write. What is next is seen from the reader and from whether the write has paused us."""
        try:
            data = self._reader.pull(MAX_WRITE_BYTES)
            if data:
                self._consumer.write(data)
        except Exception:  # a fault in one reader or consumer is that stream's end, not the end of the turn of others
            self._end(Failure())
            return
        if self._reader.finished:
            self._end(None)
        elif self.state is StreamState.READY:
            self._pump.again(self, idle=self._reader.idle)

    def _end(self, fault: Failure | None) -> None:
        if not self._leave():
            return
        self._consumer.unregisterProducer()
        if fault is not None:
            self.done.errback(fault)
        else:
            self.done.callback(True)

    def _give_up(self) -> None:
        self._giving_up = None
        self._end(Failure(Stalled()))

    def _bear_with(self) -> None:
        if self._giving_up is not None:
            self._giving_up.cancel()
            self._giving_up = None

    def _leave(self) -> bool:
        if self.state is StreamState.CLOSED:
            return False
        self._bear_with()
        self._pump.drop(self)
        self.state = StreamState.CLOSED
        return True


class Pump:
    """Runs all streams, round robin, in slices; the only subscriber of the views.

    However many readers there are, a move of the head is one scheduled turn; however many moves there are before that
    turn, each reader is run once and takes all of them. ``barrier`` is the event log's.
    """

    def __init__(
        self,
        views: ViewReader,
        *,
        reactor: IReactorTime,
        barrier: Callable[[], Deferred[None]] = lambda: succeed(None),
    ) -> None:
        self._views = views
        self._barrier = barrier
        self._reactor = reactor
        self._ready: OrderedDict[Stream, None] = OrderedDict()
        self._waiting: dict[Stream, None] = {}
        self._expected: dict[Deferred[None], int] = {}
        self._turn: IDelayedCall | None = None
        self._woken = False
        views.subscribe(self)

    def open(self, reader: Reader, consumer: IConsumer, *, patience_seconds: float | None = None) -> Stream:
        """Begin to write what ``reader`` has to ``consumer``, in the next turn.

        ``patience_seconds``: how long the transport may stay full; None: for ever, it costs a position.
        """
        stream = Stream(reader, consumer, self, patience_seconds)
        self.ready(stream)
        consumer.registerProducer(stream, True)
        return stream

    def newest(self) -> Deferred[None]:
        """Fires once the views hold all that any replica may have shown before this was called; may be cancelled.

        Errors: LogUnreachable, LogClosed (promoter_view.log.errors).
        """
        return self._barrier()

    async def fresh(
        self, see: Callable[[Callable[[], _Result]], Awaitable[_Result]], ask: Callable[[], _Result]
    ) -> _Result:
        """What ``see`` gives of ``ask``, a little later where it is ahead of the head. Errors: those of both."""
        try:
            return await see(ask)
        except Ahead as error:
            waiting = self.reached(error.resource_version)
        with suppress(WaitTimeout):
            await waiting.addTimeout(FRESHNESS_SECONDS, self._reactor)
        return await see(ask)

    def reached(self, resource_version: int) -> Deferred[None]:
        """Fires once the head's offset is that of ``resource_version`` or a later one; may be cancelled."""
        offset = split(resource_version).offset
        if offset <= split(self._views.head).offset:
            return succeed(None)
        waiting: Deferred[None] = Deferred(self._forget)
        self._expected[waiting] = offset
        return waiting

    def wake(self) -> None:
        """The head has moved (Wakeable)."""
        self._woken = True
        self._schedule()

    def stop(self) -> None:
        """Run nothing any more. Streams that are open stay where they are."""
        self._views.unsubscribe(self)
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None
        for waiting in list(self._expected):
            waiting.cancel()

    def ready(self, stream: Stream) -> None:
        """Run that stream in its turn."""
        self._waiting.pop(stream, None)
        stream.state = StreamState.READY
        self._ready[stream] = None
        self._schedule()

    def again(self, stream: Stream, *, idle: bool) -> None:
        """That stream was run and may go on: once the head moves where it is idle, else in its turn."""
        if idle:
            stream.state = StreamState.WAITING
            self._waiting[stream] = None
        else:
            self._ready[stream] = None

    def begin_slice(self) -> Callable[[], bool]:
        """For a reader: tells whether the slice that begins now is over (slices.BeginSlice)."""
        return begin_slice(self._reactor)

    def later(self, seconds: float, call: Callable[[], None]) -> IDelayedCall:
        """For a stream: something that it does in its time."""
        return self._reactor.callLater(seconds, call)

    def drop(self, stream: Stream) -> None:
        """Do not run that stream."""
        self._waiting.pop(stream, None)
        self._ready.pop(stream, None)

    def _forget(self, waiting: Deferred[None]) -> None:
        self._expected.pop(waiting, None)

    def _schedule(self) -> None:
        if self._turn is None:
            self._turn = self._reactor.callLater(0, self._run)

    def _run(self) -> None:
        self._turn = None
        if self._woken:
            self._spread()
        is_over = self.begin_slice()
        while self._ready:
            stream, _ = self._ready.popitem(last=False)
            stream.run()
            if is_over():
                break
        if self._ready:
            self._schedule()

    def _spread(self) -> None:
        self._woken = False
        for stream in self._waiting:
            stream.state = StreamState.READY
        self._ready.update(self._waiting)
        self._waiting.clear()
        head = split(self._views.head).offset
        for waiting, offset in list(self._expected.items()):
            # One that has just been told may have called off another.
            if offset <= head and self._expected.pop(waiting, None) is not None:
                waiting.callback(None)
