"""Bodies of answers: back-pressure, ends, and silence."""

from __future__ import annotations

import pytest
from twisted.internet.error import ConnectionLost
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.client import ResponseDone, ResponseFailed
from twisted.web.http import PotentialDataLoss

from promoter_view.kubernetes.bounds import KEPT_BYTES, MAX_LINE_BYTES, MAX_PASSED_BYTES, CutLine
from promoter_view.kubernetes.client.streams import BodyCollector, LineStream
from promoter_view.kubernetes.outcomes import Outcome, Unreachable

DONE = Failure(ResponseDone())
BROKEN = Failure(ResponseFailed([Failure(ConnectionLost())]))


class LineStreamTests(SynchronousTestCase):
    """A stream that is read as fast as its reader asks."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.stream = LineStream(clock=self.clock, idle_seconds=10)
        self.transport = StringTransport()
        self.stream.makeConnection(self.transport)

    def failure(self) -> Unreachable:
        return self.failureResultOf(self.stream.read(), Unreachable).value

    def test_reader_waits_for_lines(self) -> None:
        """A reader gets the lines as they come, whole."""
        reading = self.stream.read()
        self.stream.dataReceived(b"on")
        self.assertNoResult(reading)
        self.stream.dataReceived(b"e\ntwo\nthr")
        self.assertEqual(self.successResultOf(reading), [b"one", b"two"])

    def test_paused_while_unread(self) -> None:
        """Bytes that come while nobody reads pause the transport until all that lies there has been read."""
        self.stream.dataReceived(b"one\n")
        self.assertEqual(self.transport.producerState, "paused")
        self.assertEqual(self.successResultOf(self.stream.read()), [b"one"])
        self.assertEqual(self.transport.producerState, "paused")
        waiting = self.stream.read()
        self.assertEqual(self.transport.producerState, "producing")
        self.stream.dataReceived(b"two\n")
        self.assertEqual(self.successResultOf(waiting), [b"two"])

    def test_clean_end(self) -> None:
        """What came before the end is read first; then each read says that it is over."""
        for reason in (DONE, Failure(PotentialDataLoss())):
            self.setUp()
            self.stream.dataReceived(b"one\n")
            self.stream.connectionLost(reason)
            self.assertEqual(self.successResultOf(self.stream.read()), [b"one"])
            self.assertEqual(self.successResultOf(self.stream.read()), [])

    def test_end_reaches_a_waiting_reader(self) -> None:
        """A reader that waits is told of the end."""
        reading = self.stream.read()
        self.stream.connectionLost(DONE)
        self.assertEqual(self.successResultOf(reading), [])

    def test_reset(self) -> None:
        """A connection that breaks, and an end in the middle of a line, are resets, after the lines before them."""
        for reason in (BROKEN, DONE):
            self.setUp()
            self.stream.dataReceived(b"one\ntw")
            self.stream.connectionLost(reason)
            self.assertEqual(self.successResultOf(self.stream.read()), [b"one"])
            self.assertEqual(self.failure().outcome, Outcome.RESET)

    def test_long_line(self) -> None:
        """A line over the bound costs itself alone: the stream goes on."""
        self.stream.dataReceived(b"one\n" + b"x" * (MAX_LINE_BYTES + 1) + b"\nthree\n")
        one, cut, three = self.successResultOf(self.stream.read())
        self.assertEqual((one, three, type(cut), len(cut)), (b"one", b"three", CutLine, KEPT_BYTES))

    def test_line_too_long(self) -> None:
        """A line that does not end ends the stream by name, closes the connection, and loses no line before it."""
        piece = b"x" * MAX_LINE_BYTES
        self.stream.dataReceived(b"one\n")
        for _ in range(MAX_PASSED_BYTES // MAX_LINE_BYTES + 1):
            self.stream.dataReceived(piece)
        self.assertTrue(self.transport.disconnecting)
        self.assertEqual(self.successResultOf(self.stream.read()), [b"one"])
        self.assertEqual(self.failure().outcome, Outcome.LINE_TOO_LONG)

    def test_silence(self) -> None:
        """A stream from which nothing comes for too long is given up; each byte starts the time anew."""
        reading = self.stream.read()
        self.clock.advance(9)
        self.stream.dataReceived(b"o")
        self.clock.advance(9)
        self.assertNoResult(reading)
        self.clock.advance(1)
        self.assertEqual(self.failureResultOf(reading, Unreachable).value.outcome, Outcome.SILENT)
        self.assertTrue(self.transport.disconnecting)

    def test_silence_while_paused(self) -> None:
        """Time in which nobody reads does not count as the sender's silence."""
        self.stream.dataReceived(b"one\n")
        self.clock.pump([9] * 10)
        self.assertEqual(self.successResultOf(self.stream.read()), [b"one"])
        reading = self.stream.read()
        self.clock.advance(5)
        self.assertNoResult(reading)

    def test_allow_idle(self) -> None:
        """Another bound holds from then on."""
        reading = self.stream.read()
        self.stream.allow_idle(100)
        self.clock.advance(99)
        self.assertNoResult(reading)
        self.clock.advance(1)
        self.failureResultOf(reading, Unreachable)

    def test_close(self) -> None:
        """Closing is idempotent, resumes a paused transport so that it can close, and leaves no timer behind."""
        self.stream.dataReceived(b"one\n")
        self.stream.close()
        self.stream.close()
        self.stream.dataReceived(b"two\n")
        self.stream.connectionLost(BROKEN)
        self.assertEqual(self.transport.producerState, "producing")
        self.assertTrue(self.transport.disconnecting)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_cancelled_read(self) -> None:
        """A read that is cancelled leaves the stream to the next reader, and loses nothing."""
        reading = self.stream.read()
        reading.addErrback(lambda _: None)
        reading.cancel()
        self.stream.dataReceived(b"one\n")
        self.assertEqual(self.successResultOf(self.stream.read()), [b"one"])


class BodyCollectorTests(SynchronousTestCase):
    """A whole body within a bound."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.collector = BodyCollector(clock=self.clock, idle_seconds=10, max_bytes=5)
        self.transport = StringTransport()
        self.collector.makeConnection(self.transport)

    def outcome(self) -> Outcome:
        return self.failureResultOf(self.collector.done, Unreachable).value.outcome

    def test_whole(self) -> None:
        """Its pieces are joined."""
        self.collector.dataReceived(b"ab")
        self.collector.dataReceived(b"cde")
        self.collector.connectionLost(DONE)
        self.assertEqual(self.successResultOf(self.collector.done), b"abcde")
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_too_large(self) -> None:
        """One byte over the bound ends it by name and closes the connection."""
        self.collector.dataReceived(b"abcdef")
        self.assertEqual(self.outcome(), Outcome.BODY_TOO_LARGE)
        self.assertTrue(self.transport.disconnecting)

    def test_broken(self) -> None:
        """A body that breaks off is no body."""
        self.collector.dataReceived(b"abc")
        self.collector.connectionLost(BROKEN)
        self.assertEqual(self.outcome(), Outcome.RESET)

    def test_silent(self) -> None:
        """A body that stops in the middle is given up."""
        self.collector.dataReceived(b"abc")
        self.clock.advance(10)
        self.assertEqual(self.outcome(), Outcome.SILENT)


def test_one_reader() -> None:
    """Two readers at a time would be a defect, and are refused."""
    stream = LineStream(clock=Clock(), idle_seconds=10)
    stream.makeConnection(StringTransport())
    stream.read()
    with pytest.raises(AssertionError):
        stream.read()
