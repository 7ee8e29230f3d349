"""What every EventLog promises, on each implementation: order, once, durability, mark, backpressure, restart."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from twisted.internet.task import Clock

from promoter_view.log.entry_queue import MAX_BODY_BYTES
from promoter_view.log.errors import LogClosed
from promoter_view.log.memory import MemoryLog
from promoter_view.log.offsets import units
from promoter_view.metrics import Metrics
from promoter_view.records import Change, Mark, Position
from tests.contract.real_etcd import RealEtcdBench
from tests.support.clocks import Wall
from tests.support.log.benches import EtcdBench
from tests.support.log.fakes import MIRROR, NOW, PATH, Bench, Fold, change


class MemoryBench:
    """Opens memory logs; a group counts as durable after 1 ms."""

    def __init__(self):
        self.clock = Clock()
        self.clock.advance(NOW)
        self.wall = Wall(self.clock)
        self.fatal = []

    def make(self):
        common = {"reactor": self.clock, "wall": self.wall, "metrics": Metrics(), "generation": 0}
        return MemoryLog(**common, on_fatal=self.fatal.append, delay_seconds=0.001)

    def hold(self):
        pass

    def let_go(self):
        self.clock.advance(0.001)

    def settle(self):
        self.clock.pump([0.001] * 50)


class FileBench(Bench):
    """Opens logs in one folder; the disk can be held."""

    def hold(self):
        self.worker.holding = True

    def let_go(self):
        self.worker.let_go()

    def settle(self, seconds=0.0):
        self.worker.holding = False
        while self.worker.held:
            self.worker.let_go()
        super().settle(seconds)


_BENCHES = {"memory": lambda _: MemoryBench(), "file": FileBench, "etcd in memory": lambda _: EtcdBench()}


@pytest.fixture(params=[*_BENCHES, pytest.param("etcd", marks=pytest.mark.controlplane)])
def bench(request, tmp_path):
    if request.param != "etcd":
        yield _BENCHES[request.param](tmp_path / "log")
        return
    real = RealEtcdBench(request.getfixturevalue("etcd").urls)
    yield real
    real.end()


@pytest.fixture
def opened(bench):
    log, fold = bench.make(), Fold()
    started = log.start(fold, MIRROR)
    bench.settle()
    assert started.called
    return log, fold


def entries_of(fold):
    return [record.entry for record in fold.records]


def test_a_new_log_begins_with_a_mark_ten_seconds_ahead(bench, opened):
    """The first record is a mark that follows nothing and says what is mirrored."""
    _, fold = opened
    assert entries_of(fold) == [Mark(0, MIRROR, 0)]
    assert units(NOW + 10) <= fold.records[0].offset <= units(bench.clock.seconds() + 10)


def test_entries_are_applied_in_order_and_once(bench, opened):
    """What was appended, in one call or in many, is applied in that order, each with an offset of its own."""
    log, fold = opened
    sent = [change(f"pr-{number}", b"%d" % number) for number in range(50)]
    log.append(sent[:20])
    for entry in sent[20:]:
        log.append((entry,))
    bench.settle()
    assert entries_of(fold)[1:] == sent
    offsets = [record.offset for record in fold.records]
    assert offsets == sorted(set(offsets))


def test_append_fires_once_durable_and_applied(bench, opened):
    """Before the group is durable nothing is applied and nothing is acknowledged; then both, and the head has moved."""
    log, fold = opened
    bench.hold()
    head = log.status().head
    heads = []
    appended = log.append((change("pr"),)).addCallback(lambda _: heads.append((fold.offset, log.status().head)))
    assert not appended.called
    assert (len(fold.records), log.status().head) == (1, head)
    bench.let_go()
    assert heads == [(fold.records[1].offset, fold.records[1].offset)]


def test_what_comes_while_a_group_is_committed_makes_the_next_group(bench, opened):
    """One commit covers all that gathered while the last one ran."""
    log, _ = opened
    bench.hold()
    first = log.append((change("a"),))
    others = [log.append((change(name),)) for name in "bcd"]
    bench.let_go()
    assert (first.called, [other.called for other in others]) == (True, [False] * 3)
    bench.let_go()
    assert [other.called for other in others] == [True] * 3


def test_pending_counts_until_acknowledged(bench, opened):
    """The status tells what is queued or on its way, in events and bytes, and nothing once it is applied."""
    log, _ = opened
    bench.hold()
    log.append((change("a", b"x" * 1000), Position(PATH, "7")))
    status = log.status()
    assert status.pending_events == 2
    assert status.pending_bytes >= 1000
    bench.settle()
    status = log.status()
    assert (status.pending_events, status.pending_bytes, status.fault) == (0, 0, None)


def test_an_append_of_nothing_is_done(opened):
    """No entries, nothing to wait for."""
    log, _ = opened
    assert log.append(()).called


def test_a_body_beyond_the_bound_is_refused(opened):
    """An entry that no reader would believe is refused when it is appended, and the log goes on."""
    log, _ = opened
    refused = log.append((change("a", bytes(MAX_BODY_BYTES)),))
    failures = []
    refused.addErrback(failures.append)
    assert failures[0].check(ValueError)


def test_an_entry_survives_with_all_its_fields(bench, opened):
    """Changes and positions are applied exactly as they were appended."""
    log, fold = opened
    sent = [change("pr", b'{"a":1}', version="42", position="43"), Position(PATH, ""), change("pr", b"", kind="Other")]
    log.append(sent)
    bench.settle()
    assert entries_of(fold)[1:] == sent
    assert all(isinstance(entry, Change | Position) for entry in entries_of(fold)[1:])


def test_stop_commits_what_is_queued(bench, opened):
    """An orderly end loses nothing that was appended before it."""
    log, fold = opened
    bench.hold()
    appended = [log.append((change(name),)) for name in "ab"]
    stopped = log.stop()
    bench.settle()
    assert stopped.called
    assert all(deferred.called for deferred in appended)
    assert [entry.key.name for entry in entries_of(fold)[1:]] == ["a", "b"]


def test_append_after_stop_says_that_the_log_is_closed(bench, opened):
    """Nothing is taken that cannot be kept."""
    log, _ = opened
    log.stop()
    bench.settle()
    failures = []
    log.append((change("a"),)).addErrback(failures.append)
    assert failures[0].check(LogClosed)


def test_append_before_start_says_that_the_log_is_closed(bench):
    """A log that has not started takes nothing."""
    failures = []
    bench.make().append((change("a"),)).addErrback(failures.append)
    assert failures[0].check(LogClosed)


def test_a_follower_that_raises_ends_the_log(bench, opened):
    """A follower that has lost its place is told nothing more, and nothing is acknowledged."""
    log, fold = opened

    def broken(records):
        yield
        raise ZeroDivisionError("a bug")

    fold.apply = broken
    appended = log.append((change("a"),))
    bench.settle()
    assert len(bench.fatal) == 1
    assert "a bug" in bench.fatal[0]
    failures = []
    appended.addErrback(failures.append)
    log.stop()
    bench.settle()
    assert failures[0].check(LogClosed)


def test_a_long_group_is_applied_in_slices(bench, opened):
    """The reactor turns between slices of about 5 ms, and the head moves with what is applied."""
    log, fold = opened
    apply, turns = fold.apply, []

    def slow(records):
        bench.clock.callLater(0, lambda: turns.append((len(fold.records), log.status().head == fold.offset)))
        bench.clock.rightNow += 0.004
        yield from apply(records)

    fold.apply = slow
    log.append([change(f"pr-{number}") for number in range(100)])
    bench.settle()
    assert 1 < turns[0][0] < 50
    assert all(at_head for _, at_head in turns)
    assert log.status().head == fold.records[-1].offset


def test_who_leads_is_told_to_begin(opened):
    """Where there is one process it leads; what runs while it does begins at once, and once."""
    log, _ = opened
    told = []
    log.lead(SimpleNamespace(begin=lambda: told.append("begin"), end=lambda: told.append("end")))
    assert told == ["begin"]


def test_a_barrier_falls_once_all_that_was_durable_is_applied(bench, opened):
    """A reader who waits for it sees everything that was acknowledged before."""
    log, fold = opened
    log.append((change("a"),))
    bench.settle()
    passed = log.barrier().addCallback(lambda _: fold.offset)
    bench.settle()
    assert passed.result == fold.records[-1].offset
