"""The pump: who is run when, and what a full transport, a lost client or a broken reader mean to the others."""

from __future__ import annotations

from twisted.internet.defer import CancelledError
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from promoter_view.reading.pump import MAX_WRITE_BYTES, Pump
from promoter_view.views.versions import LAST_PLACE, join


class Views:
    """The head, and whom to tell that it moved."""

    def __init__(self):
        self.head = join(10, 0, LAST_PLACE)
        self.readers = []

    def subscribe(self, reader):
        self.readers.append(reader)

    def unsubscribe(self, reader):
        self.readers.remove(reader)

    def move(self, offset):
        self.head = join(offset, 0, LAST_PLACE)
        for reader in self.readers:
            reader.wake()


class Numbers:
    """A reader of lines; ``more`` puts some there. Each pull takes ``seconds`` and gives ``step`` lines at most."""

    def __init__(self, clock=None, *, step=100, seconds=0.0):
        self.lines = []
        self.pulls = 0
        self.finished = False
        self.broken = False
        self._clock = clock
        self._step = step
        self._seconds = seconds

    @property
    def idle(self):
        return not self.lines

    def more(self, *lines):
        self.lines.extend(lines)

    def pull(self, max_bytes):
        assert max_bytes == MAX_WRITE_BYTES
        if self.broken:
            raise RuntimeError("broken")
        self.pulls += 1
        if self._seconds:
            self._clock.rightNow += self._seconds
        taken, self.lines = self.lines[: self._step], self.lines[self._step :]
        return "".join(taken).encode()


class FullAfter(StringTransport):
    """A transport that pauses its producer after each write."""

    def write(self, data):
        super().write(data)
        self.producer.pauseProducing()


class Breaks(StringTransport):
    """A transport whose write raises."""

    def write(self, data):
        raise RuntimeError("broken")


class PumpTests(SynchronousTestCase):
    """The pump on a Clock."""

    def setUp(self):
        self.clock = Clock()
        self.views = Views()
        self.pump = Pump(self.views, reactor=self.clock)

    def open(self, *lines, transport=None, **kept):
        reader = Numbers(self.clock, **kept)
        reader.more(*lines)
        transport = transport or StringTransport()
        return reader, transport, self.pump.open(reader, transport)

    def test_writes_what_is_there_at_once(self):
        """All that a reader has goes out in one write."""
        reader, transport, _ = self.open("a", "b")
        self.clock.advance(0)
        self.assertEqual(transport.value(), b"ab")
        self.assertEqual(reader.pulls, 1)

    def test_idle_reader_waits_for_the_head(self):
        """A reader that has nothing is run again when the head has moved, and only then."""
        reader, transport, _ = self.open()
        self.clock.advance(0)
        self.clock.advance(100)
        self.assertEqual(reader.pulls, 1)
        reader.more("a")
        self.views.move(11)
        self.assertEqual(transport.value(), b"", "nothing happens inside the call")
        self.clock.advance(0)
        self.assertEqual(transport.value(), b"a")

    def test_many_moves_are_one_turn(self):
        """However often the head moves before the turn, each reader is run once."""
        reader, _, _ = self.open()
        self.clock.advance(0)
        reader.more("a")
        for offset in range(11, 50):
            self.views.move(offset)
        self.clock.advance(0)
        self.assertEqual(reader.pulls, 2)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_round_robin(self):
        """Readers that have more take turns."""
        transport = StringTransport()
        for name in "ab":
            self.pump.open(Script(name, 3), NamedConsumer(transport))
        self.clock.advance(0)
        self.assertEqual(transport.value(), b"ababab")

    def test_slice_ends(self):
        """After 5 ms the reactor gets its turn; the readers go on in the next."""
        reader, transport, _ = self.open(*"abcdef", step=1, seconds=0.002)
        written = []
        self.clock.callLater(0, lambda: written.append(transport.value()))
        self.clock.advance(0)
        self.assertEqual(written, [b"abc"])
        self.clock.advance(1)
        self.assertEqual(transport.value(), b"abcdef")
        self.assertEqual(reader.pulls, 6)

    def test_full_transport_costs_a_position(self):
        """A paused stream is not run, and goes on where it stood."""
        reader, transport, stream = self.open("a", "b", "c", step=1, transport=FullAfter())
        self.clock.advance(0)
        self.views.move(11)
        self.clock.advance(0)
        self.assertEqual(transport.value(), b"a")
        self.assertEqual(reader.pulls, 1)
        stream.resumeProducing()
        self.clock.advance(0)
        self.assertEqual(transport.value(), b"ab")

    def test_slow_reader_costs_others_nothing(self):
        """While one stream is paused the others get what comes."""
        self.open("a", transport=FullAfter())
        reader, transport, _ = self.open()
        self.clock.advance(0)
        reader.more("x")
        self.views.move(11)
        self.clock.advance(0)
        self.assertEqual(transport.value(), b"x")

    def test_pause_before_the_first_turn(self):
        """A stream that is paused while it stands in the queue is not run."""
        reader, _, stream = self.open("a")
        stream.pauseProducing()
        self.clock.advance(0)
        self.assertEqual(reader.pulls, 0)

    def test_resume_while_running_changes_nothing(self):
        """A resume without a pause does not run a stream twice."""
        reader, _, stream = self.open("a")
        stream.resumeProducing()
        self.clock.advance(0)
        self.assertEqual(reader.pulls, 1)

    def test_pause_and_resume_in_the_queue(self):
        """A stream that is paused and resumed while it stands in the queue stands there once."""
        reader, _, stream = self.open("a", "b", step=1)
        other = Script("x", 1)
        self.pump.open(other, StringTransport())
        for _ in range(3):
            stream.pauseProducing()
            stream.resumeProducing()
        order = []
        reader.pull = lambda max_bytes: order.append("stream") or setattr(reader, "lines", []) or b""
        other.pull = lambda max_bytes: order.append("other") or setattr(other, "_times", 0) or b""
        self.clock.advance(0)
        self.assertEqual(order, ["other", "stream"])

    def test_finished(self):
        """When the reader has finished, ``done`` is True and the transport has no producer."""
        reader, transport, stream = self.open("a")
        reader.finished = True
        self.clock.advance(0)
        self.assertTrue(self.successResultOf(stream.done))
        self.assertIsNone(transport.producer)

    def test_client_leaves(self):
        """When the client is gone ``done`` is False, once, and the reader is not asked again."""
        reader, _, stream = self.open()
        self.clock.advance(0)
        stream.stopProducing()
        stream.close()
        stream.resumeProducing()
        stream.pauseProducing()
        stream.nudge(last=True)
        self.views.move(11)
        self.clock.advance(0)
        self.assertFalse(self.successResultOf(stream.done))
        self.assertEqual(reader.pulls, 1)

    def test_cancelling_done_closes(self):
        """Who waits for the stream may cancel: the same as the client leaving."""
        reader, _, stream = self.open("a")
        stream.done.cancel()
        self.clock.advance(0)
        self.assertFalse(self.successResultOf(stream.done))
        self.assertEqual(reader.pulls, 0)

    def test_broken_reader(self):
        """A reader that raises ends its own stream and nobody else's."""
        broken, _, stream = self.open("a")
        broken.broken = True
        _, transport, _ = self.open("b")
        self.clock.advance(0)
        self.failureResultOf(stream.done, RuntimeError)
        self.assertEqual(transport.value(), b"b")

    def test_broken_consumer(self):
        """A consumer that breaks ends that stream, and in the same turn the others get what is theirs."""
        transport = Breaks()
        _, _, stream = self.open("a", transport=transport)
        _, other, _ = self.open("b")
        self.clock.advance(0)
        self.failureResultOf(stream.done, RuntimeError)
        self.assertIsNone(transport.producer)
        self.assertEqual(other.value(), b"b")

    def test_nudge(self):
        """A nudge runs an idle reader; a paused one only for its last words."""
        reader, transport, stream = self.open(transport=FullAfter())
        self.clock.advance(0)
        reader.more("a")
        stream.nudge()
        self.clock.advance(0)
        self.assertEqual(transport.value(), b"a")
        reader.more("b")
        stream.nudge()
        self.clock.advance(0)
        self.assertEqual(transport.value(), b"a")
        stream.nudge(last=True)
        self.clock.advance(0)
        self.assertEqual(transport.value(), b"ab")

    def test_reached(self):
        """A head that is there is reached at once, a later one when the head has come to its offset."""
        self.successResultOf(self.pump.reached(join(10, 3, 0)))
        waiting = self.pump.reached(join(12, 0, 5))
        self.views.move(11)
        self.clock.advance(0)
        self.assertNoResult(waiting)
        self.views.move(12)
        self.clock.advance(0)
        self.assertIsNone(self.successResultOf(waiting))

    def test_reached_can_be_cancelled(self):
        """Who stops waiting is forgotten."""
        waiting = self.pump.reached(join(12, 0, 5))
        waiting.cancel()
        self.failureResultOf(waiting)
        self.views.move(12)
        self.clock.advance(0)

    def test_one_who_waited_may_call_another_off(self):
        """What follows from one offset that was reached may be that nobody waits for another any more."""
        first, second = self.pump.reached(join(11, 0, 0)), self.pump.reached(join(11, 0, 0))
        first.addCallback(lambda _: second.cancel())
        self.views.move(11)
        self.clock.advance(0)
        self.successResultOf(first)
        self.failureResultOf(second, CancelledError)

    def test_stop(self):
        """A stopped pump is not subscribed, has no call pending, and ends what waits for the head."""
        reader, _, _ = self.open("a")
        waiting = self.pump.reached(join(12, 0, 5))
        self.pump.stop()
        self.failureResultOf(waiting)
        self.assertEqual((self.views.readers, self.clock.getDelayedCalls(), reader.pulls), ([], [], 0))


class Script:
    """A reader that gives its name a number of times."""

    idle = False

    def __init__(self, name, times):
        self._name = name
        self._times = times

    @property
    def finished(self):
        return self._times == 0

    def pull(self, max_bytes):
        self._times -= 1
        return self._name.encode()


class NamedConsumer:
    """Several consumers that share what is written."""

    def __init__(self, transport):
        self.write = transport.write

    def registerProducer(self, producer, streaming):
        assert streaming

    def unregisterProducer(self):
        pass
