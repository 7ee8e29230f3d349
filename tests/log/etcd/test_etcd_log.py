"""Replicas on one log: who leads, what a deposed leader may not do, and what each fault of etcd leads to."""

from __future__ import annotations

import random
import zlib
from collections import deque

import pytest

from promoter_view.log import codec
from promoter_view.log.errors import LogClosed, LogUnreachable, LogUnusable
from promoter_view.log.etcd.checkpoint import EVERY_SECONDS
from promoter_view.log.etcd.client.faults import EtcdError, Fault
from promoter_view.log.etcd.client.values import PutKey, Transaction
from promoter_view.log.etcd.core.inputs import Deposed
from promoter_view.log.etcd.election import MOST_ASKED
from promoter_view.log.etcd.layout import KeyLayout, decode_head
from promoter_view.log.etcd.transactions import MAX_BYTES
from promoter_view.records import Change, ChangeType, CursorMoved, CursorPlace, Mark, Position, SchemaRead
from tests.support.log.benches import EtcdBench, Part
from tests.support.log.fakes import MIRROR, PATH, Fold, change, kinds, unreadable

NO_SPACE = EtcdError(Fault.NO_SPACE, "etcdserver: mvcc: database space exceeded")
NO_LEADER = EtcdError(Fault.NO_LEADER, "etcdserver: no leader")
LAYOUT = KeyLayout("view")


@pytest.fixture
def bench():
    return EtcdBench()


def names(fold):
    return [record.entry.key.name for record in fold.records if isinstance(record.entry, Change)]


def failure_of(deferred):
    failures = []
    deferred.addErrback(failures.append)
    return failures[0] if failures else None


def sample(bench, name, **labels):
    return bench.metrics.registry.get_sample_value(f"promoter_view_{name}", labels)


def others_write(bench):
    """Others write to the same etcd, so that its revision is beyond all of ours."""
    for number in range(3):
        put = PutKey(b"/elsewhere", b"%d" % number)
        bench.etcd._commit(Transaction((), (put,)))


def checkpoints(bench):
    """The keys of those that there are, in order."""
    return sorted(key for key in bench.etcd.state.items if key.startswith(LAYOUT.checkpoints.key))


def kill(bench, log):
    """The process is gone: nothing more comes of it, and its lease is not kept alive."""
    for running in log._running:
        running.cancel()
    log._candidate._keeping.cancel()
    log._terms._upkeep.cancel()


# -- leading ---------------------------------------------------------------------------------------------------------


def test_one_leads_and_all_apply_the_same(bench):
    """The first replica leads; the second applies what it writes, at the same offsets, and may not write."""
    first, fold1 = bench.open()
    second, fold2 = bench.open()
    first.append((change("a"), change("b")))
    bench.settle()
    assert fold1.records[1:] == fold2.records
    assert (names(fold2), first.status().head, second.status().head) == (["a", "b"], fold1.offset, fold1.offset)
    assert failure_of(second.append((change("c"),))).check(LogClosed)
    assert (first.status().standing, second.status().standing) == ("replica-1 leads", "replica-2 follows")


def test_the_next_leader_goes_on_exactly_where_the_last_one_ended(bench):
    """After a leader's death another one leads within five seconds; its follower holds all objects and positions."""
    first, fold1 = bench.open()
    second, fold2 = bench.open()
    part = Part()
    second.lead(part)
    first.append((change("a", position="41"), Position("other", "42")))
    bench.settle()
    kill(bench, first)
    bench.pass_(4.5)
    assert part.told == ["begin"]
    assert fold2.positions == {PATH: "41"}  # "other" is no path of the mirror
    assert fold2.state[:2] == (fold1.objects, {PATH: "41"})
    mark = fold2.records[-1]
    assert mark.entry == Mark(fold1.offset, MIRROR, 0)
    second.append((change("b"),))
    bench.settle()
    assert names(fold2) == ["a", "b"]


def test_an_orderly_end_lets_the_next_one_lead_at_once(bench):
    """The lease is given back, and nobody waits for its end."""
    first, _ = bench.open()
    second, _ = bench.open()
    part = Part()
    second.lead(part)
    first.stop()
    bench.settle()
    bench.pass_(0.2)
    assert part.told == ["begin"]


def test_a_stalled_leader_that_wakes_writes_nothing(bench):
    """What it sends is refused by etcd; it ends what ran while it led, and follows."""
    first, _ = bench.open()
    part = Part()
    first.lead(part)
    bench.etcd.holding = True
    stalled = first.append((change("late"),))
    kill(bench, first)
    bench.etcd.holding = False
    sent, bench.etcd.held = bench.etcd.held.popleft(), deque()
    bench.pass_(4)
    second, fold2 = bench.open()
    sent.callback(None)
    bench.settle()
    assert failure_of(stalled).check(LogClosed)
    assert part.told == ["begin", "end"]
    assert names(fold2) == []
    assert second.status().standing == "replica-2 leads"
    assert LAYOUT.object_key(change("late").key) not in bench.etcd.state.items


def test_what_led_may_begin_again(bench):
    """Leadership comes and goes; each time what runs beside the log ends before it begins again."""
    log, _ = bench.open()
    part = Part(slow=True)
    log.lead(part)
    log._tell(Deposed("a test wants it"))
    bench.pass_(3)
    assert part.told == ["begin", "end"]
    part.ended.callback(None)
    bench.pass_(3)
    assert part.told == ["begin", "end", "begin"]


# -- what etcd may do ------------------------------------------------------------------------------------------------


def test_a_lost_answer_writes_once(bench):
    """A transaction that was carried out without an answer is sent again, finds itself, and counts once."""
    log, fold = bench.open()
    bench.etcd.lost_answers = 1
    appended = log.append((change("a"),))
    bench.pass_(1)
    assert appended.called
    assert names(fold) == ["a"]
    log.append((change("b"),))
    bench.settle()
    assert names(fold) == ["a", "b"]


@pytest.mark.parametrize("seed", range(8))
def test_every_event_once_whatever_answers_are_lost(bench, seed):
    """Refused, lost after being carried out, in any order: the log holds each event once, in order."""
    chance = random.Random(seed)
    log, fold = bench.open()
    appended = []
    for number in range(40):
        bench.etcd.commit_failures.extend(chance.choices([NO_LEADER, None], k=2))
        bench.etcd.lost_answers = chance.choice([0, 0, 1, 2])
        appended.append(log.append((change(f"n-{number}"),)))
        bench.pass_(chance.choice([0, 0.1, 0.5]))
    bench.etcd.commit_failures.clear()
    bench.etcd.lost_answers = 0
    bench.pass_(6)
    assert all(deferred.called for deferred in appended)
    assert names(fold) == [f"n-{number}" for number in range(40)]


def test_without_space_events_wait(bench):
    """The NOSPACE alarm holds appends up, is named, and is over when there is room again; nothing is lost."""
    log, fold = bench.open()
    bench.etcd.refuse_commits = NO_SPACE
    appended = log.append((change("a"),))
    bench.pass_(2)
    assert not appended.called
    assert "no_space" in log.status().fault
    assert "disarm its NOSPACE alarm" in log.status().fault
    assert sample(bench, "log_fault", reason="no_space") == 1
    assert sample(bench, "log_write_failures_total", reason="no_space") > 1
    bench.etcd.refuse_commits = None
    bench.pass_(4)
    assert appended.called
    assert (names(fold), log.status().fault) == (["a"], None)
    assert sample(bench, "log_fault", reason="no_space") == 0


def test_without_a_quorum_what_is_known_is_served(bench):
    """Nothing can be written or asked; the replica keeps its state, says how old it may be, and goes on by itself."""
    log, fold = bench.open()
    log.append((change("a"),))
    bench.settle()
    bench.etcd.down = NO_LEADER
    appended = log.append((change("b"),))
    passed = log.barrier()
    bench.pass_(9)
    assert (appended.called, passed.called, names(fold)) == (False, False, ["a"])
    bench.pass_(2)
    assert failure_of(passed).check(LogUnreachable)
    assert log.status().head == fold.offset
    assert log.status().lag_seconds > 9
    bench.etcd.down = None
    bench.pass_(20)
    assert names(fold) == ["a"]
    assert failure_of(appended).check(LogClosed)  # nobody leads who does not reach etcd for so long
    assert log.status().lag_seconds < 3


def test_a_short_time_without_quorum_costs_no_term(bench):
    """While an etcd member is replaced the leader stays the leader, and what was appended is written then."""
    log, fold = bench.open()
    part = Part()
    log.lead(part)
    bench.etcd.down = NO_LEADER
    appended = log.append((change("a"),))
    bench.pass_(5)
    bench.etcd.recover()
    bench.pass_(4)
    assert appended.called
    assert (names(fold), part.told) == (["a"], ["begin"])


def test_reads_that_take_long_cost_no_term(bench):
    """The lease is kept alive beside everything else that is asked of etcd."""
    log, fold = bench.open()
    part = Part()
    log.lead(part)
    bench.etcd.reads = []
    bench.pass_(9)
    bench.etcd.answer_reads()
    log.append((change("a"),))
    bench.settle()
    assert (names(fold), part.told) == (["a"], ["begin"])


def test_an_etcd_that_keeps_leases_late_costs_no_term(bench):
    """A request that is late holds up none after it."""
    log, _ = bench.open()
    term = log.status().term
    bench.etcd.keep_seconds = 2.4
    bench.pass_(30)
    assert log.status().term == term


def test_requests_to_keep_a_lease_are_bounded():
    """Whatever becomes of them, and none is left when the log stops."""
    bench = EtcdBench(lease_seconds=60)
    log, _ = bench.open()
    bench.etcd.keep_seconds = 100
    bench.pass_(9)
    assert bench.etcd.keeping == MOST_ASKED
    log.stop()
    bench.settle()
    assert bench.etcd.keeping == 0


def test_who_lost_a_lease_while_it_ran_takes_a_longer_one(bench):
    """So a machine that is short of time comes to an end of what it begins."""
    log, _ = bench.open()
    (lease,) = bench.etcd.leases.values()
    for seconds in (3, 6, 12, 12):
        assert lease.seconds == seconds
        bench.etcd.keep_seconds = seconds + 0.5
        bench.pass_(seconds + 0.5)
        bench.etcd.keep_seconds = 0
        bench.pass_(2)
        assert log.status().term
        (lease,) = bench.etcd.leases.values()


def test_a_watch_that_ends_goes_on_where_it_was(bench):
    """Every change comes once, whatever ends between."""
    _, _ = bench.open()
    follower, fold = bench.open()
    leader, begun = bench.logs[0], fold.restored
    for number in range(5):
        leader.append((change(f"n-{number}"),))
        bench.etcd.end_watches()
        bench.pass_(0.5)
    bench.pass_(3)
    assert names(fold) == [f"n-{number}" for number in range(5)]
    assert fold.restored is begun
    assert follower.status().fault is None


def test_a_slow_member_is_turned_away_from(bench):
    """A watch that stays behind what a linearizable read says is opened at another member."""
    leader, _ = bench.open()
    _, fold = bench.open()
    behind = next(watch for watch in bench.etcd.watches if watch is not bench.etcd.first_watch)
    behind.held = True
    leader.append((change("a"),))
    bench.pass_(4)
    assert (names(fold), bench.etcd.turns) == ([], 0)
    bench.pass_(4)
    assert (names(fold), bench.etcd.turns) == (["a"], 1)
    assert sample(bench, "replica_outcomes_total", outcome="slow_member") == 1


def test_a_replica_that_has_much_to_read_keeps_its_watch(bench):
    """One that is far behind, and is brought something all the time, would get nowhere if it began anew."""
    leader, _ = bench.open()
    _, fold = bench.open()
    behind = next(watch for watch in bench.etcd.watches if watch is not bench.etcd.first_watch)
    behind.held = True
    for number in range(8):
        leader.append((change(f"a{number}"),))
        bench.pass_()
    for _ in range(7):
        behind.send_one()
        bench.pass_(1)
    assert (len(names(fold)), bench.etcd.turns) == (7, 0)


def test_a_replica_that_compaction_overtook_begins_anew(bench):
    """It drops its state, begins at a checkpoint, and then holds what the others hold."""
    leader, fold1 = bench.open()
    leader.append((change("a"), change("b")))
    bench.settle()
    _, fold2 = bench.open()
    bench.etcd.cut_off = bench.etcd.watches - {bench.etcd.first_watch}
    leader.append((change("c"),))
    bench.settle()
    leader.append((change("a", b"", type_=ChangeType.DELETED),))
    bench.settle()
    bench.etcd.compact_now()
    leader.append((change("d"),))
    bench.settle()
    assert names(fold2) == ["a", "b"]
    bench.etcd.end_watches()
    bench.pass_(14)
    assert fold2.state == fold1.state
    assert sample(bench, "replica_outcomes_total", outcome="overtaken") == 1


def test_a_replica_that_starts_late_has_the_history_of_the_others(bench):
    """It replays the same records at the same offsets from the oldest checkpoint that leaves enough of them."""
    leader, fold1 = bench.open()
    for number in range(30):
        leader.append((change(f"n-{number % 7}", b"%d" % number),))
        bench.settle()
    _, fold2 = bench.open()
    assert fold2.records == fold1.records[-len(fold2.records) :]
    assert len(fold2.records) >= 30
    assert fold2.state == fold1.state


@pytest.mark.parametrize("step", [-3600.0, 86_400.0])
def test_a_clock_that_steps_costs_no_term(bench, step):
    """The leader goes on leading, whether its clock is set back or forward, and its offsets grow."""
    log, fold = bench.open()
    term = sample(bench, "replica_term")
    bench.wall.step(step)
    for number in range(30):
        log.append((change(f"a-{number}"),))
        bench.settle(1)
    assert log.status().standing == "replica-1 leads"
    assert sample(bench, "replica_term") == term
    offsets = [record.offset for record in fold.records]
    assert offsets == sorted(set(offsets))


def test_a_replica_with_a_clock_far_ahead_does_not_lead(bench):
    """It says so, and another replica, or itself once its clock is right, leads."""
    first, _ = bench.open()
    first.append((change("a"),))
    bench.settle(1)
    second, _ = bench.open()
    bench.wall.step(6 * 365 * 86_400)
    first.stop()
    bench.settle(30)
    assert second.status().standing == "replica-2 follows"
    assert "more than 5 years after the newest record" in second.status().fault
    bench.wall.step(-6 * 365 * 86_400)
    third, _ = bench.open()
    bench.settle(30)
    standings = {log.status().standing for log in (second, third)}
    assert standings in ({"replica-2 leads", "replica-3 follows"}, {"replica-2 follows", "replica-3 leads"})
    assert (second.status().fault, third.status().fault) == (None, None)


def test_a_start_with_a_clock_beyond_all_offsets_is_refused(bench):
    """In one line, before anything is asked of etcd."""
    bench.wall.step(73 * 365 * 86_400)
    failure = failure_of(bench.make().start(Fold(), MIRROR))
    assert failure.check(LogUnusable)
    assert "beyond 2071" in failure.getErrorMessage()


def test_compaction_by_age_keeps_a_beginning_for_those_who_start(bench):
    """The log is bounded, checkpoints go with what they begin, and a replica that starts then holds the same state."""
    bench = EtcdBench(retention_age_seconds=2000, history_bytes=0)
    leader, fold1 = bench.open()
    for number in range(9):
        leader.append((change(f"n-{number}"),))
        bench.pass_fast(620)
    assert bench.etcd.state.compacted > 1
    first = leader.status().first
    assert first > fold1.records[0].offset
    _, fold2 = bench.open()
    assert fold2.state == fold1.state
    assert 2 <= len(checkpoints(bench)) <= 5


def test_no_checkpoint_tells_of_a_state_in_between(bench):
    """While its follower is at work on a revision, be it on the first record, the leader leaves a due one for later."""
    leader, fold = bench.open()
    bench.pass_(3)
    leader.append((change("a"),))
    bench.settle()
    before = checkpoints(bench)
    fold.offset += 1
    bench.pass_fast(EVERY_SECONDS + 2)
    assert checkpoints(bench) == before
    fold.offset -= 1
    bench.pass_fast(2)
    assert checkpoints(bench) == [*before, LAYOUT.checkpoint_key(fold.offset)]


def test_somebody_elses_compaction_is_made_good(bench):
    """Where no checkpoint can be read any more the leader writes another, and whoever starts waits for that."""
    leader, fold1 = bench.open()
    leader.append((change("a"),))
    bench.settle()
    bench.pass_(3)
    others_write(bench)
    bench.etcd.compact_now()
    log, fold2 = bench.make(), Fold()
    started = log.start(fold2, MIRROR)
    bench.pass_(14)
    assert started.called
    assert fold2.state == fold1.state


def test_without_any_readable_checkpoint_and_leader_it_begins_at_the_end(bench):
    """All replicas are new: the one that wins makes the bundles' resourceVersions, and the others begin at its."""
    leader, fold1 = bench.open()
    leader.append((change("a"), change("b")))
    bench.settle()
    leader.stop()
    bench.settle()
    others_write(bench)
    bench.etcd.compact_now()
    folds = [Fold(), Fold()]
    for fold in folds:
        bench.make().start(fold, MIRROR)
    bench.pass_(14)
    assert folds[0].objects == folds[1].objects == fold1.objects
    assert folds[0].bundles == folds[1].bundles
    assert len(folds[0].records) + len(folds[1].records) >= 1


def test_a_restored_etcd_is_noticed_by_leader_and_followers(bench):
    """Head is behind a revision already seen: all drop their state; the new mark is ahead of all that was lost."""
    leader, fold1 = bench.open()
    _, fold2 = bench.open()
    leader.append((change("a"),))
    bench.settle()
    backup = bench.etcd.state.copy()
    leader.append((change("lost-1"),))
    leader.append((change("lost-2"),))
    bench.settle()
    seen = fold1.offset
    bench.etcd.restore(backup)
    bench.pass_(8)
    assert "lost-1" not in fold1.objects
    assert fold1.state == fold2.state
    assert sorted(key.name for key in fold1.objects) == ["a"]
    mark = next(record for record in fold1.records + fold2.records if isinstance(record.entry, Mark))
    assert mark.offset > seen > mark.entry.previous
    assert all(log.status().head == fold1.offset for log in bench.logs)


def test_a_state_of_etcd_is_taken_in_slices_beside_the_old_one():
    """However large it is, the reactor turns meanwhile, and readers see what they saw until all of it is there."""
    bench = EtcdBench(history_bytes=0)
    leader, fold = bench.open()
    for number in range(20):
        leader.append((change(f"pr-{number}"),))
        bench.settle()
    bench.pass_fast(EVERY_SECONDS + 2)  # until a checkpoint is written
    backup = bench.etcd.state.copy()
    leader.append((change("lost"),))
    bench.settle()
    fold.slow = bench.clock
    bench.etcd.restore(backup)
    bench.pass_(8)
    assert fold.turns == [True] * len(fold.restored.objects) == [True] * 20


def test_a_leader_behind_whom_etcd_was_restored_writes_nothing_there(bench):
    """It finds head not as it left it, and steps down before anything is written behind a past that is not its own."""
    leader, _ = bench.open()
    part = Part()
    leader.lead(part)
    leader.append((change("a"),))
    bench.settle()
    backup = bench.etcd.state.copy()
    leader.append((change("lost"),))
    bench.settle()
    bench.etcd.restore(backup)
    late = leader.append((change("late"),))
    assert failure_of(late).check(LogClosed)
    bench.pass_(8)
    head = decode_head(LAYOUT.head, bench.etcd.state.items[LAYOUT.head].value)
    assert isinstance(head.records[-1].entry, Mark)
    assert LAYOUT.object_key(change("late").key) not in bench.etcd.state.items


def test_a_restored_etcd_is_not_turned_away_from(bench):
    """What a replica was behind in before the restore never comes, and no member is blamed for that."""
    leader, _ = bench.open()
    bench.open()
    backup = bench.etcd.state.copy()
    behind = next(watch for watch in bench.etcd.watches if watch is not bench.etcd.first_watch)
    behind.held = True
    for number in range(20):
        leader.append((change(f"lost-{number}"),))
        bench.settle()
    bench.pass_(2)
    assert bench.etcd.turns == 0
    bench.etcd.restore(backup)
    bench.pass_(20)
    assert bench.etcd.turns == 0


def test_a_state_that_is_dropped_while_it_stands_is_not_led_with(bench):
    """It would wait for a checkpoint that only itself could write: it stands again once it has a state."""
    leader, _ = bench.open()
    follower, _ = bench.open()
    leader.append((change("a"),))
    bench.settle()
    bench.etcd.holding = True
    leader.stop()
    bench.pass_()
    others_write(bench)
    bench.etcd.compact_now()
    bench.etcd.reads = []
    bench.etcd.end_watches()
    bench.pass_()
    bench.etcd.holding = False
    bench.etcd.let_go()
    bench.etcd.answer_reads()
    bench.pass_(14)
    assert follower.status().standing == "replica-2 leads"
    assert follower.status().fault is None


def test_an_emptied_etcd_is_a_new_log_ahead_of_the_old_one(bench):
    """All was lost: the log begins anew, above every offset that was handed out."""
    leader, fold = bench.open()
    leader.append((change("a"),))
    bench.settle()
    seen = fold.offset
    bench.etcd.restore(bench.etcd.empty, cluster=99)
    bench.pass_(8)
    assert (fold.objects, fold.positions) == ({}, {})
    assert fold.records[-1].entry.previous == 0
    assert fold.offset > seen
    assert leader.status().head == fold.offset


# -- readers ---------------------------------------------------------------------------------------------------------


def test_a_barrier_waits_for_what_others_acknowledged(bench):
    """It falls only when this replica has applied all that was durable when it was asked for; one read for all."""
    leader, _ = bench.open()
    follower, fold = bench.open()
    behind = next(watch for watch in bench.etcd.watches if watch is not bench.etcd.first_watch)
    behind.held = True
    leader.append((change("a"),))
    bench.settle()
    before, bench.etcd.reads = bench.etcd.ranges, []
    passed = [follower.barrier() for _ in range(10)]
    bench.etcd.answer_reads()
    bench.pass_(0)
    assert not any(deferred.called for deferred in passed)
    assert bench.etcd.ranges - before == 2
    behind.held = False
    behind.flush()
    bench.pass_(0)
    assert all(deferred.called for deferred in passed)
    assert names(fold) == ["a"]


def test_a_barrier_of_a_closed_log_says_so(bench):
    """Before the start and after the end there is nothing to wait for."""
    log = bench.make()
    assert failure_of(log.barrier()).check(LogClosed)
    log, _ = bench.open()
    log.stop()
    bench.settle()
    assert failure_of(log.barrier()).check(LogClosed)


# -- bounds and ends -------------------------------------------------------------------------------------------------


def test_an_object_too_large_for_etcd_is_refused_and_named(bench):
    """It is counted and recorded as unreadable, its path's position moves on, and everything else is written."""
    log, fold = bench.open()
    large = change("large", random.Random(1).randbytes(MAX_BYTES + 1), position="8")
    appended = log.append((large, change("b")))
    bench.settle()
    assert appended.called
    assert (names(fold), fold.positions) == (["b"], {PATH: "8"})
    [(key, found)] = fold.unreadable.items()
    assert (key.name, found.resource_version) == ("large", "1")
    assert "above the bound of" in found.reason
    assert sample(bench, "log_refused_objects_total", kind="PullRequest") == 1


def test_what_could_not_be_read_is_known_to_every_replica(bench):
    """To one that follows, to one that comes later, and after all were gone; until it can be read, or is gone."""
    first, fold1 = bench.open()
    _, fold2 = bench.open()
    first.append((change("good"), unreadable("good", position="8"), unreadable("new"), unreadable("read")))
    bench.settle()
    first.append((change("read"), unreadable("gone"), change("gone", type_=ChangeType.DELETED)))
    bench.settle()
    _, fold3 = bench.open()
    for fold in (fold1, fold2, fold3):
        assert {key.name for key in fold.unreadable} == {"good", "new"}
        assert fold.positions == {PATH: "8"}


def test_undeclared_kinds_are_known_to_every_replica(bench):
    """To one that follows, and to one that comes later, whether it reads the record or the state behind it."""
    first, fold1 = bench.open()
    _, fold2 = bench.open()
    first.append((kinds("Gate"), change("a")))
    bench.settle()
    _, fold3 = bench.open()
    assert [fold.kinds for fold in (fold1, fold2, fold3)] == [kinds("Gate").kinds] * 3
    first.append((kinds("Gate", "Owned"), change("b"), kinds("Owned")))
    bench.settle()
    _, fold4 = bench.open()
    assert [fold.kinds for fold in (fold1, fold2, fold3, fold4)] == [kinds("Owned").kinds] * 4


def test_schemas_are_known_to_every_replica(bench):
    """To one that follows, to one that comes later, and to the next that leads."""
    first, fold1 = bench.open()
    _, fold2 = bench.open()
    first.append((SchemaRead(PATH, "a"), change("a", position="8"), SchemaRead(PATH, "b")))
    bench.settle()
    _, fold3 = bench.open()
    first.stop()
    bench.pass_(10)
    _, fold4 = bench.open()
    assert [fold.schemas for fold in (fold1, fold2, fold3, fold4)] == [{PATH: "b"}] * 4


def test_what_is_remembered_is_known_to_every_replica():
    """To one that follows, to one that comes later, from the records or from a checkpoint, and to another leader."""
    bench = EtcdBench(remembers=True, history_bytes=0)
    first, fold1 = bench.open()
    _, fold2 = bench.open()
    first.append((change("a", b"1"), change("b", b"2")))
    bench.pass_(700)
    first.append((change("a", b"3"),))
    bench.pass_(700)
    _, fold3 = bench.open()
    assert fold3.restored.memory
    first.stop()
    bench.pass_(10)
    _, fold4 = bench.open()
    for fold in (fold2, fold3, fold4):
        assert fold.memory == fold1.memory
    assert len(fold1.memory) == 2
    assert codec.unpack(zlib.decompress(bench.etcd.state.items[LAYOUT.head].value))[0] == 7


def test_the_format_is_stepped_when_it_is_needed(bench):
    """Head is of the first format until something needs a newer one, and of that for good from then on."""
    log, _ = bench.open()
    formats = []
    moved = CursorMoved("chat", CursorPlace(5, 0))
    for entry in (
        change("a"),
        unreadable("a"),
        change("a", b"2"),
        kinds("Gate"),
        kinds(),
        SchemaRead(PATH, "a"),
        moved,
    ):
        log.append((entry,))
        bench.settle()
        formats.append(codec.unpack(zlib.decompress(bench.etcd.state.items[LAYOUT.head].value))[0])
    assert formats == [1, 2, 2, 4, 4, 8, 11]


def test_cursors_stand_in_head_and_are_no_events(bench):
    """A replica that begins has them; they move no head that is shown, and count to no retention."""
    log, _ = bench.open()
    log.append((change("a"),))
    bench.settle()
    before = decode_head(LAYOUT.head, bench.etcd.state.items[LAYOUT.head].value)
    log.append((CursorMoved("chat", CursorPlace(5, 0)), CursorMoved("mail", CursorPlace(5, 1))))
    log.append((CursorMoved("mail", None),))
    bench.settle()
    after = decode_head(LAYOUT.head, bench.etcd.state.items[LAYOUT.head].value)
    assert (after.events, after.shown) == (before.events, before.offset)
    assert after.offset > before.offset
    assert after.cursors == {"chat": (5, 0)}
    log.append((change("a", b"2"),))
    bench.settle()
    last = decode_head(LAYOUT.head, bench.etcd.state.items[LAYOUT.head].value)
    assert (last.events, last.shown, last.cursors) == (before.events + 1, last.offset, after.cursors)


def test_an_etcd_that_takes_less_gets_less(bench):
    """Where etcd refuses a transaction as too large it is halved; an object it refuses alone is left out."""
    log, fold = bench.open()
    bench.etcd.max_put = 300_000
    chance = random.Random(2)
    bodies = [chance.randbytes(size) for size in (200_000, 200_000, 400_000, 10)]
    log.append([change(f"n-{number}", body, position=str(number)) for number, body in enumerate(bodies)])
    bench.pass_(2)
    assert names(fold) == ["n-0", "n-1", "n-3"]
    assert fold.positions == {PATH: "3"}
    assert sample(bench, "log_refused_objects_total", kind="PullRequest") == 1


def test_a_log_that_stops_while_etcd_refuses_gives_up(bench):
    """It waits a few seconds for what is queued, then says that it is not known to be durable."""
    log, _ = bench.open()
    bench.etcd.refuse_commits = NO_SPACE
    appended = log.append((change("a"),))
    stopped = log.stop()
    bench.pass_(4)
    assert not stopped.called
    bench.pass_(3)
    assert stopped.called
    assert failure_of(appended).check(LogClosed)


def test_a_log_that_is_stopped_before_it_has_started(bench):
    """The start fails as closed, and nothing goes on."""
    bench.etcd.down = NO_LEADER
    log = bench.make()
    started = log.start(Fold(), MIRROR)
    bench.pass_(3)
    assert not started.called
    assert "etcd is not followed" in log.status().fault
    log.stop()
    bench.settle()
    assert failure_of(started).check(LogClosed)
    calls = bench.etcd.ranges
    bench.pass_(5)
    assert bench.etcd.ranges == calls


def test_a_user_whom_etcd_does_not_admit_ends_the_start(bench):
    """Somebody has to put that right: one line says what etcd says."""
    bench.etcd.down = EtcdError(Fault.UNAUTHENTICATED, "etcdserver: authentication failed, invalid user ID or password")
    started = bench.make().start(Fold(), MIRROR)
    bench.settle()
    failure = failure_of(started)
    assert failure.check(LogUnusable)
    assert "authentication failed" in failure.getErrorMessage()


def test_an_etcd_that_comes_later_is_waited_for(bench):
    """A replica that starts before its etcd is not ready, says why, and goes on by itself."""
    bench.etcd.down = EtcdError(Fault.UNREACHABLE, "connection refused")
    log, fold = bench.make(), Fold()
    started = log.start(fold, MIRROR)
    bench.pass_(20)
    assert (started.called, log.status().head) == (False, 0)
    assert "connection refused" in log.status().fault
    bench.etcd.down = None
    bench.pass_(5)
    assert started.called
    assert isinstance(fold.records[0].entry, Mark)
