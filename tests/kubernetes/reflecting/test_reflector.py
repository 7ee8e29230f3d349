"""The driver: it asks, records, waits and reports as its core says, and stops cleanly anywhere."""

from __future__ import annotations

from typing import Any

import orjson
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from promoter_view.kubernetes.cleaning import CleaningRules
from promoter_view.kubernetes.outcomes import ApiError, Outcome, Unreachable, Withheld
from promoter_view.kubernetes.reflecting.reflector import Reflector
from promoter_view.metrics import Metrics
from promoter_view.records import ABSENT, LOST, ListPath, ObjectKey, SourceObject
from tests.kubernetes.fakes import (
    PATH,
    PULL_REQUEST,
    JournalRecorder,
    ScriptedCluster,
    ScriptedStream,
    bookmark,
    document,
    error_event,
    event,
    key,
    list_of,
    source,
)
from tests.support.runtimes import Always, a_runtime


class TickingClock(Clock):
    """A clock on which each look takes a millisecond: work takes time."""

    def seconds(self) -> float:
        self.rightNow += 0.001
        return self.rightNow


class RestoredInBetween(JournalRecorder):
    """Another path finds the cluster restored when the first object is put."""

    def put(self, path: ListPath, key: ObjectKey, found: SourceObject, position: str | None) -> bool:
        put = super().put(path, key, found, position)
        if not self.restorations:
            self.forget_all()
        return put


class ReflectorTests(SynchronousTestCase):
    """One reflector, a scripted cluster and a journal."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.cluster = ScriptedCluster()
        self.recorder = JournalRecorder()
        self.metrics = Metrics()

    def begin(self, **options: Any) -> Reflector:
        self.reflector = Reflector(
            PATH,
            CleaningRules(PULL_REQUEST),
            client=self.cluster,
            recorder=self.recorder,
            runtime=a_runtime(self.clock, metrics=self.metrics, random=Always(0.0)),
            **options,
        )
        self.reflector.start()
        return self.reflector

    def count(self, name: str, *labels: str) -> float:
        metric = getattr(self.metrics, name)
        return metric.labels("PullRequest", *labels)._value.get()

    def test_first_state_and_watch(self) -> None:
        """Only differences from what is recorded are appended, deletions included; then events with positions."""
        state = {key("same"): source("same", 1), key("old"): source("old", 2), key("gone"): source("gone", 3)}
        self.recorder = JournalRecorder(None, state)
        self.begin()
        stream = self.cluster.open()
        self.assertEqual(stream.idle_seconds, 15.0)
        stream.give(
            *(event("ADDED", document(name, version)) for name, version in (("new", 6), ("same", 1), ("old", 5))),
            bookmark(7, initial=True),
        )
        self.assertEqual(
            self.recorder.journal,
            [("ADDED", "new", None), ("MODIFIED", "old", None), ("DELETED", "gone", None), ("POSITION", "7")],
        )
        self.assertEqual(stream.idle_seconds, 150.0)
        stream.give(event("DELETED", document("old", 8)), bookmark(9))
        self.assertEqual(self.recorder.journal[4:], [("DELETED", "old", "8"), ("POSITION", "9")])
        self.assertEqual(self.count("reflector_relists", "initial"), 1)
        self.assertEqual(self.count("reflector_events", "DELETED"), 1)
        self.assertEqual(self.reflector.status.state, "watching")
        self.assertEqual(self.reflector.status.position, "9")

    def test_resumes(self) -> None:
        """A restart goes on from the recorded position: a probe, a watch, and no list."""
        self.recorder = JournalRecorder("7", {key("a"): source("a", 7)})
        self.begin()
        self.cluster.answer(list_of(9))
        self.cluster.open().give(event("MODIFIED", document("a", 8)))
        self.assertEqual([asked.get("resourceVersion") for asked in self.cluster.requests], [None, "7"])
        self.assertEqual(self.recorder.journal, [("MODIFIED", "a", "8")])

    def test_malformed_keeps_the_last_good_state(self) -> None:
        """A malformed object is counted; what is recorded of it stays, in a list and in an event."""
        bad = {**document("a", 5), "kind": "Other"}
        self.recorder = JournalRecorder(None, {key("a"): source("a", 1)})
        self.begin(watch_list=False)
        self.cluster.answer(list_of(9, bad))
        self.cluster.open().give(event("MODIFIED", bad), bookmark(10))
        self.assertEqual(self.recorder.state, {key("a"): source("a", 1)})
        self.assertEqual(self.metrics.malformed_objects.labels("PullRequest")._value.get(), 2)
        self.assertEqual(self.recorder.positions[PATH.id], "10")

    def test_unreadable_in_a_list_and_in_a_watch(self) -> None:
        """Its last readable state stays, it is recorded by name, and what is gone is deleted all the same."""
        state = {key("deep"): source("deep", 1), key("gone"): source("gone", 2)}
        self.recorder = JournalRecorder(None, state)
        self.begin(watch_list=False)
        deep = orjson.dumps(document("deep", 5))[:-1] + b',"spec":' + b"[" * 1_500 + b"]" * 1_500 + b"}"
        self.cluster.answer(b'{"metadata":{"resourceVersion":"9"},"items":[%b]}' % deep)
        self.assertEqual(
            self.recorder.journal, [("UNREADABLE", "deep", None), ("DELETED", "gone", None), ("POSITION", "9")]
        )
        self.recorder.journal.clear()
        lines = [b'{"type":"%b","object":%b}' % (kind, deep) for kind in (b"MODIFIED", b"DELETED")]
        self.cluster.open().give(lines[0].replace(b'"5"', b'"11"'), lines[1].replace(b'"5"', b'"12"'))
        self.assertEqual(self.recorder.journal, [("UNREADABLE", "deep", "11"), ("DELETED", "deep", "12")])
        self.assertEqual(self.count("malformed_objects"), 2)

    def test_an_object_without_a_name_deletes_nothing(self) -> None:
        """It may be any of those that were not found: the list adds, and takes none away."""
        self.recorder = JournalRecorder(None, {key("a"): source("a", 1)})
        self.begin(watch_list=False)
        self.cluster.answer(list_of(9, {"metadata": {"resourceVersion": "5"}}, document("b", 6)))
        self.assertEqual(set(self.recorder.state), {key("a"), key("b")})
        self.assertEqual(self.recorder.positions[PATH.id], "9")

    def test_what_is_not_needed_is_spared(self) -> None:
        """A path that was never known counts as known and empty; one that was known keeps its last state."""
        self.recorder = JournalRecorder(None, {key("a"): source("a", 1)})
        self.begin()
        self.cluster.answer(Withheld(403, "Forbidden", "no"))
        self.assertEqual(self.recorder.journal, [("DELETED", "a", None), ("POSITION", LOST)])
        self.assertTrue(self.reflector.status.spared)
        self.clock.advance(7.5)
        self.cluster.answer(Withheld(403, "Forbidden", "no"))
        self.assertEqual(len(self.recorder.journal), 2)

    def test_garbage_is_no_sign_of_life(self) -> None:
        """A stream of bytes that are no events moves neither position nor the time of the last reading."""
        self.recorder = JournalRecorder("7")
        self.begin()
        for _ in range(3):
            self.cluster.answer(list_of(9))
            self.cluster.open().give(b"garbage")
            self.clock.advance(60)
        self.assertEqual(self.reflector.status.read_at, 0.0)
        self.assertIn(("FORGOTTEN",), self.recorder.journal)
        self.cluster.open().give(bookmark(10, initial=True))
        self.assertEqual(self.reflector.status.read_at, self.clock.seconds())

    def test_absent_resource_empties_its_path(self) -> None:
        """All objects of a resource that is not installed are deleted, and its position says so."""
        self.recorder = JournalRecorder(None, {key("a"): source("a", 1)})
        self.begin()
        self.cluster.answer(ApiError(404, "", "404 page not found"))
        self.assertEqual(self.recorder.journal, [])
        self.clock.advance(1)
        self.cluster.answer(ApiError(404, "", "404 page not found"))
        self.assertEqual(self.recorder.journal, [("DELETED", "a", None), ("POSITION", ABSENT)])
        self.assertEqual(self.count("reflector_relists", "absent"), 0)
        self.clock.advance(7.5)
        self.assertEqual(self.cluster.requests[-1], {"limit": "1"})

    def test_failures_are_counted_and_waited_for(self) -> None:
        """A failure closes the stream, is counted, kept as the last error, and followed by a wait."""
        self.recorder = JournalRecorder("7")
        self.begin()
        self.cluster.answer(list_of(9))
        stream = self.cluster.open()
        stream.break_off(Unreachable(Outcome.RESET, "mid-line"))
        self.assertTrue(stream.closed)
        self.assertEqual(self.count("reflector_outcomes", "reset"), 1)
        self.assertEqual(self.reflector.status.last_error, "reset: mid-line")
        self.assertIsNone(self.cluster.waiting)
        self.clock.advance(0.1)
        self.assertIsNotNone(self.cluster.waiting)

    def test_lines_after_a_failure_are_dropped(self) -> None:
        """What came in one piece with a line that ends the stream is not taken."""
        self.recorder = JournalRecorder("7")
        self.begin()
        self.cluster.answer(list_of(9))
        self.cluster.open().give(b"not json", event("ADDED", document("a", 8)))
        self.assertEqual(self.recorder.journal, [])

    def test_back_pressure(self) -> None:
        """While the recorder has no room nothing more is read."""
        self.recorder = JournalRecorder("7")
        self.begin()
        self.cluster.answer(list_of(9))
        self.recorder.blocked = Deferred()
        stream = self.cluster.open()
        self.assertIsNone(stream.reading)
        self.recorder.blocked.callback(None)
        self.assertIsNotNone(stream.reading)

    def test_long_bursts_are_cut_up(self) -> None:
        """A burst gives others a turn every few milliseconds, and the recorder the chance to stop it."""
        self.clock = TickingClock()
        self.recorder = JournalRecorder("7")
        self.begin()
        self.cluster.answer(list_of(9))
        self.cluster.open().give(*(event("ADDED", document(f"a{i}", 10 + i)) for i in range(50)))
        taken = len(self.recorder.journal)
        self.assertTrue(0 < taken < 20, taken)
        self.recorder.blocked = Deferred()
        self.clock.pump([0.001] * 50)
        self.assertEqual(len(self.recorder.journal), taken)
        blocked, self.recorder.blocked = self.recorder.blocked, None
        blocked.callback(None)
        self.clock.pump([0.001] * 50)
        self.assertEqual(len(self.recorder.journal), 50)

    def test_long_lists_are_cut_up(self) -> None:
        """A large page and its differences are worked through in slices too."""
        self.clock = TickingClock()
        self.begin(watch_list=False)
        self.cluster.answer(list_of(9, *(document(f"a{i}", i + 1) for i in range(50))))
        self.assertEqual(self.recorder.journal, [])
        self.clock.pump([0.001] * 100)
        self.assertEqual(len(self.recorder.journal), 51)

    def test_a_list_of_another_past_counts_for_nothing(self) -> None:
        """A restoration found while a list is compared, or asked for, has it made again; it leaves no position."""
        self.recorder = RestoredInBetween()
        self.begin(watch_list=False)
        self.cluster.answer(list_of(900, document("a", 1), document("b", 2)))
        self.assertEqual(self.recorder.journal, [("ADDED", "a", None), ("ALL FORGOTTEN",), ("ADDED", "b", None)])
        self.recorder.forget_all()
        self.cluster.answer(list_of(800, document("of the past", 1)))
        self.clock.advance(1)
        self.cluster.answer(list_of(20, document("b", 2)))
        self.assertEqual(self.recorder.journal[-2:], [("DELETED", "a", None), ("POSITION", "20")])
        self.assertEqual(set(self.recorder.state), {key("b")})

    def test_a_position_recorded_after_a_restoration_is_forgotten_again(self) -> None:
        """An event that was read before another path found the restoration does not leave its position behind."""
        self.recorder = JournalRecorder("7")
        self.begin()
        self.cluster.answer(list_of(9))
        stream = self.cluster.open()
        self.recorder.forget_all()
        self.recorder.put(PATH, key("late"), source("late", 8), "8")
        stream.give(event("ADDED", document("later", 9)))
        self.assertEqual(self.recorder.journal[-1], ("FORGOTTEN",))
        self.assertTrue(stream.closed)

    def test_another_schema_while_it_watches(self) -> None:
        """The open watch is closed at once; what reads otherwise is recorded, with the resourceVersion that it had."""
        state = {key("a"): source("a", 7), key("b"): source("b", 6)}
        self.recorder = JournalRecorder("7", state)
        self.begin()
        self.cluster.answer(list_of(9))
        stream = self.cluster.open()
        self.reflector.list_anew("digest")
        self.assertTrue(stream.closed)
        again = self.cluster.open()
        whole = document("a", 7, spec={"orderCommitStatusRef": {"name": "order"}})
        again.give(event("ADDED", whole), event("ADDED", document("b", 6)), bookmark(9, initial=True))
        forgotten = [("FORGOTTEN",), ("READ BY", "digest")]
        self.assertEqual(self.recorder.journal, [*forgotten, ("MODIFIED", "a", None), ("POSITION", "9")])
        self.assertEqual(self.count("reflector_relists", "schema_changed"), 1)
        self.assertEqual(self.count("reflector_outcomes", "clean_end"), 0)
        again.give(bookmark(10))
        self.assertEqual(self.reflector.status.position, "10")

    def test_another_schema_while_it_asks(self) -> None:
        """A request under way is waited for, and its answer not taken: it may be of the old schema."""
        for answer in (list_of(9), ApiError(500, "", "")):
            self.setUp()
            self.recorder = JournalRecorder("7")
            self.begin()
            self.reflector.list_anew("digest")
            self.assertEqual(len(self.cluster.requests), 1)
            self.cluster.answer(answer)
            self.cluster.open().give(bookmark(9, initial=True))
            self.assertEqual(self.count("reflector_relists", "schema_changed"), 1)
            self.assertEqual(self.recorder.journal, [("FORGOTTEN",), ("READ BY", "digest"), ("POSITION", "9")])

    def test_another_schema_before_a_line_is_waited_for(self) -> None:
        """A watch that was being opened, or waited for room, is closed without waiting for its next line."""

        def opening() -> ScriptedStream:
            self.reflector.list_anew("digest")
            return self.cluster.open()

        def blocked() -> ScriptedStream:
            waiting: Deferred[None] = Deferred()
            self.recorder.blocked = waiting
            stream = self.cluster.open()
            self.reflector.list_anew("digest")
            self.recorder.blocked = None
            waiting.callback(None)
            return stream

        for stage in (opening, blocked):
            self.setUp()
            self.recorder = JournalRecorder("7")
            self.begin()
            self.cluster.answer(list_of(9))
            self.assertTrue(stage().closed)
            self.cluster.open().give(bookmark(9, initial=True))
            self.assertEqual(self.count("reflector_relists", "schema_changed"), 1)
            self.assertEqual(self.count("reflector_outcomes", "clean_end"), 0)

    def test_another_schema_of_what_is_not_there(self) -> None:
        """A kind that is not installed goes on being looked for, and its position says so."""
        self.recorder = JournalRecorder(ABSENT)
        self.begin()
        self.cluster.answer(ApiError(404, "", "404 page not found"))
        self.reflector.list_anew("digest")
        self.clock.advance(7.5)
        self.assertEqual(self.recorder.journal, [("READ BY", "digest")])
        self.assertEqual(self.cluster.requests, [{"limit": "1"}] * 2)

    def test_another_schema_and_a_restoration(self) -> None:
        """The list that a restoration asks for is enough for both."""
        self.recorder = JournalRecorder("7")
        self.begin()
        self.cluster.answer(list_of(9))
        self.cluster.open()
        self.recorder.forget_all()
        self.reflector.list_anew("digest")
        self.cluster.open().give(bookmark(9, initial=True), bookmark(10))
        self.assertEqual(self.count("reflector_relists", "restored"), 1)
        self.assertEqual(self.reflector.status.position, "10")

    def test_stop_at_every_stage(self) -> None:
        """Stopping ends whatever is under way: a request, an open stream, a wait, a full recorder, a slice."""

        def requesting() -> None:
            self.begin()

        def reading() -> None:
            self.begin()
            self.stream = self.cluster.open()

        def given_up() -> None:
            reading()
            self.reflector.list_anew("digest")

        def waiting() -> None:
            self.begin()
            self.cluster.answer(ApiError(500, "", ""))

        def blocked() -> None:
            self.recorder.blocked = Deferred()
            reading()

        def not_started() -> None:
            self.begin()
            self.successResultOf(self.reflector.stop())

        for stage in (requesting, reading, given_up, waiting, blocked, not_started):
            self.setUp()
            self.stream = None
            stage()
            self.successResultOf(self.reflector.stop())
            self.assertEqual(self.clock.getDelayedCalls(), [])
            self.assertTrue(self.stream is None or self.stream.closed)

    def test_a_defect_starts_over(self) -> None:
        """A defect of ours is logged, counted and started over from the recorded position after a while."""
        self.recorder = JournalRecorder("7")
        self.begin()
        assert self.cluster.waiting is not None
        waiting, self.cluster.waiting = self.cluster.waiting, None
        waiting.errback(ZeroDivisionError())
        self.assertEqual(self.count("reflector_outcomes", "internal"), 1)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual(len(self.cluster.requests), 1)
        self.clock.advance(30)
        self.assertEqual(self.cluster.requests, [{"limit": "1"}] * 2)

    def test_error_inside_the_stream(self) -> None:
        """A 410 inside the stream is a relist with a reason, and the stream is closed."""
        self.recorder = JournalRecorder("7")
        self.begin()
        self.cluster.answer(list_of(9))
        stream = self.cluster.open()
        stream.give(error_event(410, "Expired"))
        self.assertTrue(stream.closed)
        self.cluster.open().give(bookmark(20, initial=True))
        self.assertEqual(self.count("reflector_relists", "expired"), 1)
        self.assertEqual(self.recorder.journal, [("FORGOTTEN",), ("POSITION", "20")])
