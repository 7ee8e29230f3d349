"""Open watches: time, back-pressure, faults, restores."""

from __future__ import annotations

from twisted.internet.error import ConnectionDone
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.web.client import ResponseDone, ResponseFailed
from twisted.web.server import Site

from promoter_view.simulator.kubernetes.faults import Cut, ErrorEvent, Garbage, Shuffle, Silence, StreamEnd
from tests.simulator.clusters import REPOSITORIES, add
from tests.simulator.servers import PATH, ServerTestCase

WATCH_LIST = "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"


class TestTime(ServerTestCase):
    """What the clock does to a watch."""

    bookmark_interval = 10.0

    def test_bookmarks_come_by_the_interval(self) -> None:
        """Each interval there is one, at the position that was reached, which other resources move too."""
        reader = self.watch(f"&resourceVersion={self.cluster.resource_version}&allowWatchBookmarks=true")
        self.turn(10)
        self.assertEqual(reader.events, [])
        self.cluster.advance(5)
        self.turn(10)
        self.turn(10)
        versions = [event["object"]["metadata"]["resourceVersion"] for event in reader.events]
        self.assertEqual(versions, [str(self.cluster.resource_version)] * 2)

    def test_the_time_asked_for_ends_it_cleanly(self) -> None:
        """After timeoutSeconds the stream is over, and so are its timers."""
        reader = self.watch("&timeoutSeconds=30&allowWatchBookmarks=true")
        self.turn(29)
        self.assertIsNone(reader.end)
        self.turn(1)
        self.assertTrue(reader.end.check(ResponseDone))
        self.assertEqual((self.api.open_watches, self.clock.getDelayedCalls()), (0, []))

    def test_without_a_time_it_ends_within_the_server_s(self) -> None:
        """The server ends it by itself between one and two times its least time."""
        reader = self.watch()
        self.turn(1799)
        self.assertIsNone(reader.end)
        self.turn(1801)
        self.assertTrue(reader.end.check(ResponseDone))


class TestFaults(ServerTestCase):
    """Watches that a test wants to go wrong."""

    def test_silence_is_for_good(self) -> None:
        """After it nothing comes, though the connection stays."""
        reader = self.watch()
        self.api.faults.on_event(Silence(), skip=1)
        add(self.cluster, "a", "b", "c")
        self.turn(1)
        add(self.cluster, "d")
        self.turn(100)
        self.assertEqual((reader.told, reader.end), ([("ADDED", "a")], None))

    def test_a_cut_comes_in_mid_line(self) -> None:
        """Half of an event's line arrives, then the connection is gone."""
        reader = self.watch()
        self.api.faults.on_event(Cut(), skip=1)
        add(self.cluster, "a", "b")
        self.turn()
        self.assertEqual(reader.told, [("ADDED", "a")])
        self.assertTrue(reader.data.split(b"\n")[1].startswith(b'{"type":"ADDED"'))
        self.assertTrue(reader.end.check(ResponseFailed))

    def test_a_cut_between_lines_leaves_none_unfinished(self) -> None:
        """Without mid_line only whole lines arrived."""
        reader = self.watch()
        self.api.faults.on_event(Cut(mid_line=False), skip=1)
        add(self.cluster, "a", "b")
        self.turn()
        self.assertTrue(reader.data.endswith(b"\n"))
        self.assertTrue(reader.end.check(ResponseFailed))

    def test_an_early_end_is_clean(self) -> None:
        """The stream ends as if its time were up, before the event that met the fault."""
        reader = self.watch()
        self.api.faults.on_event(StreamEnd())
        add(self.cluster, "a")
        self.turn()
        self.assertEqual(reader.data, b"")
        self.assertTrue(reader.end.check(ResponseDone))

    def test_garbage_comes_before_the_event(self) -> None:
        """Any bytes can be had, and the stream goes on after them."""
        reader = self.watch()
        self.api.faults.on_event(Garbage(b"\x00not json\n"))
        add(self.cluster, "a")
        self.turn()
        self.assertEqual(reader.data.split(b"\n")[0], b"\x00not json")
        self.assertIn(b'"name":"a"', reader.data.split(b"\n")[1])

    def test_an_error_event_ends_the_stream(self) -> None:
        """The ERROR comes inside the 200 stream, with its details, and is the last thing."""
        reader = self.watch()
        self.api.faults.on_event(ErrorEvent(500, "InternalError", "no progress", retry_after_seconds=2))
        add(self.cluster, "a")
        self.turn()
        (event,) = reader.events
        self.assertEqual((event["type"], event["object"]["code"]), ("ERROR", 500))
        self.assertEqual(event["object"]["details"], {"retryAfterSeconds": 2})
        self.assertTrue(reader.end.check(ResponseDone))

    def test_faults_strike_their_path_only(self) -> None:
        """A fault of another resource leaves a watch alone."""
        reader = self.watch()
        self.api.faults.on_event(Cut(), path="pullrequests")
        add(self.cluster, "a")
        self.turn()
        self.assertEqual(reader.told, [("ADDED", "a")])

    def test_initial_events_can_come_out_of_order(self) -> None:
        """A shuffled WatchList tells the same objects, and its end bookmark last."""
        add(self.cluster, *"abcdefgh")
        self.api.faults.on_request(Shuffle(), verb="watchlist")
        told = self.watch(WATCH_LIST).told
        self.assertNotEqual([name for _, name in told], [*"abcdefgh", ""])
        self.assertEqual(sorted(name for _, name in told[:-1]), [*"abcdefgh"])
        self.assertEqual(told[-1], ("BOOKMARK", ""))


class TestClusters(ServerTestCase):
    """What happens to a watch when its cluster does something rare."""

    def test_a_restore_cuts_every_watch(self) -> None:
        """Connections do not outlive the server that a restore replaces."""
        backup = self.cluster.backup()
        reader = self.watch()
        self.cluster.restore(backup)
        self.turn()
        self.assertTrue(reader.end.check(ResponseFailed))

    def test_after_a_restore_a_position_from_the_future_waits_in_silence(self) -> None:
        """Nothing comes below the position, though the cluster goes on; beyond it events come again."""
        backup = self.cluster.backup()
        add(self.cluster, "a", "b", "c")
        position = self.cluster.resource_version
        self.cluster.restore(backup)
        reader = self.watch(f"&resourceVersion={position}")
        add(self.cluster, "x", "y", "z")
        self.turn()
        self.assertEqual(reader.events, [])
        add(self.cluster, "later")
        self.turn()
        self.assertEqual(reader.told, [("ADDED", "later")])

    def test_compaction_does_not_hurt_a_watch_that_keeps_up(self) -> None:
        """Only a position behind the horizon is expired."""
        reader = self.watch()
        add(self.cluster, "a")
        self.turn()
        self.cluster.compact()
        add(self.cluster, "b")
        self.turn()
        self.assertEqual(reader.told, [("ADDED", "a"), ("ADDED", "b")])

    def test_watches_can_be_dropped_and_ended(self) -> None:
        """Dropped is a broken connection, ended a clean end; both leave none open."""
        dropped = self.watch()
        self.api.drop_watches()
        ended = self.watch()
        self.api.end_watches()
        self.turn()
        self.assertTrue(dropped.end.check(ResponseFailed))
        self.assertTrue(ended.end.check(ResponseDone))
        self.assertEqual(self.api.open_watches, 0)


class TestBackPressure(ServerTestCase):
    """A client that does not read."""

    def test_a_paused_transport_gets_no_more_and_misses_nothing(self) -> None:
        """While the transport says stop nothing is written; when it goes on everything comes, in order."""
        protocol = Site(self.api).buildProtocol(None)
        transport = StringTransport()
        protocol.makeConnection(transport)
        protocol.dataReceived(f"GET {PATH}?watch=1 HTTP/1.1\r\nHost: simulator\r\n\r\n".encode())
        transport.producer.pauseProducing()
        written = len(transport.value())
        add(self.cluster, *(f"r{number:03d}" for number in range(200)))
        self.clock.pump([0] * 20)
        self.assertEqual(len(transport.value()), written)
        transport.producer.resumeProducing()
        self.clock.pump([0] * 20)
        positions = [transport.value().find(b'"name":"r%03d"' % number) for number in range(200)]
        self.assertEqual(positions, sorted(positions))
        self.assertNotIn(-1, positions)
        protocol.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(self.api.open_watches, 0)

    def test_many_changes_are_written_in_several_turns(self) -> None:
        """A long history is not written at one go, so that other watches get their turn."""
        add(self.cluster, *(f"r{number}" for number in range(300)))
        reader = self.watch()
        self.assertEqual(len(reader.told), 300)
        self.cluster.delete(REPOSITORIES, "default", "r7")
        self.turn()
        self.assertEqual(reader.told[-1], ("DELETED", "r7"))
