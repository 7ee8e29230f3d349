"""The recorder: only differences reach the log, compared with the queue included."""

from __future__ import annotations

from dataclasses import replace

import pytest
from twisted.internet.defer import Deferred

from promoter_view.log.errors import LogClosed
from promoter_view.log.recorder import LogRecorder
from promoter_view.metrics import Metrics
from promoter_view.records import (
    ABSENT,
    EVERY_PATH,
    LOST,
    Change,
    ChangeType,
    KindsChanged,
    ListPath,
    Mirror,
    ObjectKey,
    Position,
    SchemaRead,
    Snapshot,
    SourceObject,
    UndeclaredKind,
    Unreadable,
    UnreadObject,
)
from promoter_view.slices import at_once

GROUP = ("promoter.argoproj.io", "v1alpha1", "pullrequests")
EVERYWHERE = ListPath("PullRequest", *GROUP)
IN_A = ListPath("PullRequest", *GROUP, namespace="a")
IN_B = ListPath("PullRequest", *GROUP, namespace="b")
STAGES = ListPath("Stage", "g", "v1", "stages")
KEY = ObjectKey("PullRequest", "a", "one")
DEEP = UnreadObject("7", "cannot be decoded")


class QueueLog:
    """A log on which nothing becomes durable until ``acknowledge``."""

    def __init__(self):
        self.entries = []
        self.waiting = []

    def append(self, entries):
        self.entries += entries
        self.waiting.append(Deferred())
        return self.waiting[-1]

    def acknowledge(self):
        self.waiting.pop(0).callback(None)


def past(**known):
    """What was replayed: that, and nothing else."""
    return replace(Snapshot(0, Mirror("", {}), 0, False, {}, {}, {}), **known)


@pytest.fixture
def log():
    return QueueLog()


@pytest.fixture
def recorder(log):
    return LogRecorder(log, past=past(), metrics=Metrics(), max_pending_bytes=100, max_pending_events=3)


def found(body, version="1"):
    return SourceObject(body, version)


def test_types_are_inferred_from_the_queue(recorder, log):
    """The first put is ADDED, the next MODIFIED, and after a deletion ADDED again, though nothing is durable yet."""
    assert recorder.put(EVERYWHERE, KEY, found(b"1"), None)
    assert recorder.put(EVERYWHERE, KEY, found(b"2", "2"), "p2")
    assert recorder.delete(EVERYWHERE, KEY, "3", "p3")
    assert recorder.put(EVERYWHERE, KEY, found(b"2", "4"), "p4")
    assert log.entries == [
        Change(ChangeType.ADDED, KEY, b"1", "1", EVERYWHERE.id, None),
        Change(ChangeType.MODIFIED, KEY, b"2", "2", EVERYWHERE.id, "p2"),
        Change(ChangeType.DELETED, KEY, b"", "3", EVERYWHERE.id, "p3"),
        Change(ChangeType.ADDED, KEY, b"2", "4", EVERYWHERE.id, "p4"),
    ]


def test_equal_bytes_are_not_appended(recorder, log):
    """What says the same as what is queued is suppressed and counted; so is deleting what is not there."""
    recorder.put(EVERYWHERE, KEY, found(b"1"), None)
    assert not recorder.put(EVERYWHERE, KEY, found(b"1"), "p2")
    assert not recorder.delete(EVERYWHERE, ObjectKey("PullRequest", "a", "other"), "3", "p3")
    assert len(log.entries) == 1
    assert recorder.position(EVERYWHERE) is None
    suppressed = recorder._metrics.registry.get_sample_value("promoter_view_log_suppressed_events_total")
    assert suppressed == 2


def test_replayed_objects_count_as_known(log):
    """After a restart the first list appends only what differs."""
    replayed = {KEY: found(b"1"), ObjectKey("PullRequest", "b", "two"): found(b"2")}
    recorder = LogRecorder(log, past=past(objects=replayed, positions={EVERYWHERE.id: "9"}), metrics=Metrics())
    assert recorder.position(EVERYWHERE) == "9"
    assert dict(recorder.objects(EVERYWHERE)) == replayed
    assert not recorder.put(EVERYWHERE, KEY, found(b"1"), None)
    assert recorder.put(EVERYWHERE, KEY, found(b"3"), None)
    assert log.entries[0].type is ChangeType.MODIFIED


def test_a_list_moves_no_position_and_a_bookmark_does_once(recorder, log):
    """Only watch events and bookmarks move a path's position, and an equal bookmark is not appended again."""
    recorder.put(EVERYWHERE, KEY, found(b"1"), None)
    assert recorder.position(EVERYWHERE) is None
    recorder.bookmark(EVERYWHERE, "7")
    recorder.bookmark(EVERYWHERE, "7")
    recorder.bookmark(STAGES, ABSENT)
    recorder.bookmark(STAGES, ABSENT)
    assert log.entries[1:] == [Position(EVERYWHERE.id, "7"), Position(STAGES.id, ABSENT)]
    assert (recorder.position(EVERYWHERE), recorder.position(STAGES)) == ("7", ABSENT)


def test_a_position_that_is_lost_must_be_listed_again(recorder, log):
    """Forgetting is appended once, leaves the path without a position, and is nothing where there was none."""
    recorder.forget(EVERYWHERE)
    assert log.entries == []
    recorder.bookmark(EVERYWHERE, "7")
    recorder.forget(EVERYWHERE)
    recorder.forget(EVERYWHERE)
    assert log.entries == [Position(EVERYWHERE.id, "7"), Position(EVERYWHERE.id, LOST)]
    assert recorder.position(EVERYWHERE) is None
    replayed = LogRecorder(log, past=past(positions={EVERYWHERE.id: LOST}), metrics=Metrics())
    assert replayed.position(EVERYWHERE) is None


def test_all_positions_are_lost_at_once(recorder, log):
    """One record takes the positions of all paths, so that no crash leaves some; each list gives one back."""
    recorder.bookmark(EVERYWHERE, "7")
    recorder.bookmark(STAGES, "9")
    recorder.forget_all()
    assert log.entries[2:] == [Position(EVERY_PATH, LOST)]
    assert (recorder.position(EVERYWHERE), recorder.position(STAGES)) == (None, None)
    recorder.bookmark(STAGES, "4")
    assert (recorder.position(EVERYWHERE), recorder.position(STAGES)) == (None, "4")


def test_objects_are_those_of_the_path(recorder):
    """A path sees its kind, and its namespace only."""
    for namespace in "ab":
        recorder.put(EVERYWHERE, ObjectKey("PullRequest", namespace, "x"), found(b"1"), None)
    recorder.put(STAGES, ObjectKey("Stage", "a", "x"), found(b"1"), None)
    assert [key.namespace for key, _ in recorder.objects(EVERYWHERE)] == ["a", "b"]
    assert [key.namespace for key, _ in recorder.objects(IN_B)] == ["b"]
    assert [key.kind for key, _ in recorder.objects(STAGES)] == ["Stage"]


def test_objects_may_be_deleted_while_they_are_read(recorder):
    """A relist deletes what is gone while it goes through the path's objects."""
    for name in "xyz":
        recorder.put(EVERYWHERE, ObjectKey("PullRequest", "a", name), found(b"1"), None)
    for key, _ in recorder.objects(EVERYWHERE):
        assert recorder.delete(EVERYWHERE, key, "2", None)
    assert list(recorder.objects(EVERYWHERE)) == []


def test_what_cannot_be_read_is_recorded_once(recorder, log):
    """By key and version; its last readable state stays, and what was never readable is known by its key alone."""
    other = ObjectKey("PullRequest", "a", "other")
    recorder.put(EVERYWHERE, KEY, found(b"1"), None)
    assert recorder.pass_over(EVERYWHERE, KEY, DEEP, "8")
    assert not recorder.pass_over(EVERYWHERE, KEY, DEEP, "9")
    assert recorder.pass_over(EVERYWHERE, other, DEEP, None)
    assert log.entries[1:] == [Unreadable(KEY, DEEP, EVERYWHERE.id, "8"), Unreadable(other, DEEP, EVERYWHERE.id)]
    assert recorder.position(EVERYWHERE) == "8"
    assert dict(recorder.objects(EVERYWHERE)) == {KEY: found(b"1")}
    assert set(recorder.keys(EVERYWHERE)) == {KEY, other}
    assert not set(recorder.keys(STAGES))


def test_what_can_be_read_again_is_appended(recorder, log):
    """Also where it is what it was before it could not be read; and what is gone is deleted, readable or not."""
    recorder.put(EVERYWHERE, KEY, found(b"1"), None)
    recorder.pass_over(EVERYWHERE, KEY, DEEP, None)
    assert recorder.put(EVERYWHERE, KEY, found(b"1", "8"), None)
    assert log.entries[-1] == Change(ChangeType.MODIFIED, KEY, b"1", "8", EVERYWHERE.id)
    assert not recorder.put(EVERYWHERE, KEY, found(b"1", "8"), None)
    recorder.pass_over(EVERYWHERE, KEY, DEEP, None)
    assert recorder.delete(EVERYWHERE, KEY, "9", None)
    assert not list(recorder.keys(EVERYWHERE))
    recorder.pass_over(EVERYWHERE, KEY, DEEP, None)
    assert recorder.delete(EVERYWHERE, KEY, "9", None)
    assert not recorder.delete(EVERYWHERE, KEY, "9", None)


def test_unreadable_objects_are_replayed_and_strays_among_them_deleted(log):
    """A restart knows them; those that no path lists any more leave the log."""
    recorder = LogRecorder(log, past=past(unreadable={KEY: DEEP}), metrics=Metrics())
    assert not recorder.pass_over(EVERYWHERE, KEY, DEEP, None)
    at_once(recorder.drop_strays([STAGES]))
    assert log.entries == [Change(ChangeType.DELETED, KEY, b"", DEEP.resource_version, "", None)]


def test_unreadable_objects_are_bounded(recorder, log, monkeypatch):
    """Beyond the bound no more are named; those that are known still change."""
    monkeypatch.setattr("promoter_view.log.recorder.MAX_UNREADABLE", 2)
    keys = [ObjectKey("PullRequest", "a", name) for name in "xyz"]
    assert [recorder.pass_over(EVERYWHERE, key, DEEP, None) for key in keys] == [True, True, False]
    assert recorder.pass_over(EVERYWHERE, keys[0], UnreadObject("8", "deeper"), None)
    assert len(log.entries) == 3


def test_strays_are_deleted(recorder, log):
    """Objects that no current path lists are deleted, without a position."""
    for namespace in "ab":
        recorder.put(EVERYWHERE, ObjectKey("PullRequest", namespace, "x"), found(b"1", "5"), None)
    steps = sum(1 for _ in recorder.drop_strays([IN_A]))
    assert steps == 3, "two are looked at, one is deleted"
    assert log.entries[-1] == Change(ChangeType.DELETED, ObjectKey("PullRequest", "b", "x"), b"", "5", "", None)
    assert [key.namespace for key, _ in recorder.objects(EVERYWHERE)] == ["a"]


def test_room_is_waited_for_by_events(recorder, log):
    """Beyond the bound of events a reflector waits until one is durable."""
    for name in "xy":
        recorder.put(EVERYWHERE, ObjectKey("PullRequest", "a", name), found(b"1"), None)
    assert recorder.room().called
    recorder.bookmark(EVERYWHERE, "7")
    waiting = [recorder.room(), recorder.room()]
    assert not any(room.called for room in waiting)
    log.acknowledge()
    assert all(room.called for room in waiting)


def test_room_is_waited_for_by_bytes(recorder, log):
    """One large object is enough to wait for."""
    recorder.put(EVERYWHERE, KEY, found(b"x" * 100), None)
    waiting = recorder.room()
    assert not waiting.called
    log.acknowledge()
    assert waiting.called


def test_waiting_for_room_may_be_cancelled(recorder, log):
    """A reflector that stops is not called back."""
    recorder.put(EVERYWHERE, KEY, found(b"x" * 100), None)
    failures = []
    waiting = recorder.room().addErrback(failures.append)
    waiting.cancel()
    log.acknowledge()
    assert len(failures) == 1


def test_a_closed_log_is_no_unhandled_error(recorder, log):
    """When the log stops first, what was not durable comes again from the position; nothing is raised."""
    recorder.put(EVERYWHERE, KEY, found(b"1"), None)
    refused = log.waiting.pop()
    refused.errback(LogClosed("the log stops"))
    assert refused.called
    assert recorder.room().called


KINDS = (UndeclaredKind("Gate", "gates", "v1", "gates", True, "rules"),)


def test_undeclared_kinds_are_taken_up_once(log):
    """The set is appended where it is another one: what was replayed is in force already."""
    recorder = LogRecorder(log, past=past(kinds=KINDS), metrics=Metrics())
    recorder.take_up(KINDS)
    assert (recorder.kinds, log.entries) == (KINDS, [])
    recorder.take_up(())
    recorder.take_up(())
    assert (recorder.kinds, log.entries) == ((), [KindsChanged(())])


def test_a_schema_is_recorded_once(log):
    """By which schema a path is read is appended where it is another one; what was replayed is known already."""
    recorder = LogRecorder(log, past=past(schemas={EVERYWHERE.id: "a"}), metrics=Metrics())
    recorder.read_by(EVERYWHERE, "a")
    assert (recorder.schema(EVERYWHERE), recorder.schema(IN_A), log.entries) == ("a", "", [])
    recorder.read_by(EVERYWHERE, "b")
    recorder.read_by(EVERYWHERE, "b")
    assert (recorder.schema(EVERYWHERE), log.entries) == ("b", [SchemaRead(EVERYWHERE.id, "b")])


class CountingQuota:
    """Admits up to so many bytes, and notes what it is asked."""

    def __init__(self, room):
        self.room = room
        self.asked = []

    def admits(self, size, before, *, changed):
        self.asked.append((size, before, changed))
        return size <= self.room

    def frees(self, size):
        self.asked.append(("gone", size))


def test_a_kind_is_recorded_as_far_as_its_quota_admits(recorder, log):
    """It is told what is there, what comes, grows and goes; what it does not admit is not appended."""
    recorder.put(EVERYWHERE, KEY, found(b"1"), None)
    quota = CountingQuota(3)
    recorder.limit("PullRequest", quota)
    assert recorder.put(EVERYWHERE, KEY, found(b"333"), "p1")
    assert not recorder.put(EVERYWHERE, KEY, found(b"4444"), "p2")
    assert not recorder.put(EVERYWHERE, KEY, found(b"333"), "p3")
    assert recorder.delete(EVERYWHERE, KEY, "3", "p4")
    assert quota.asked == [(1, None, False), (3, 1, True), (4, 3, True), ("gone", 3)]
    assert [entry.body for entry in log.entries] == [b"1", b"333", b""]
    assert recorder.put(STAGES, ObjectKey("Stage", "a", "one"), found(b"55555"), None)


def test_what_is_not_admitted_is_as_unreadable_as_before(recorder, log):
    """The log still says so: it is among what is there, and leaves the log with its kind."""
    recorder.pass_over(EVERYWHERE, KEY, DEEP, "7")
    recorder.limit("PullRequest", CountingQuota(0))
    assert not recorder.put(EVERYWHERE, KEY, found(b"1"), "8")
    assert list(recorder.keys(EVERYWHERE)) == [KEY]
    assert recorder.delete(EVERYWHERE, KEY, "", None)
    assert log.entries[1:] == [Change(ChangeType.DELETED, KEY, b"", "", EVERYWHERE.id, None)]


def test_a_quota_is_lifted(recorder):
    """From then on there is room for anything."""
    recorder.limit("PullRequest", CountingQuota(0))
    assert not recorder.put(EVERYWHERE, KEY, found(b"1"), None)
    recorder.limit("PullRequest", None)
    assert recorder.put(EVERYWHERE, KEY, found(b"1"), None)
