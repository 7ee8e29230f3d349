"""A log in etcd as a whole: read without a trace, begun from another log's state, refused where that would harm."""

from __future__ import annotations

import pytest

from promoter_view.log.errors import LogDamaged, LogLocked, LogUnreachable, LogUnusable
from promoter_view.log.etcd import at_rest, transactions
from promoter_view.log.etcd.at_rest import EtcdAtRest
from promoter_view.log.etcd.client.faults import EtcdError, Fault
from promoter_view.log.etcd.client.values import PutKey, Transaction
from promoter_view.log.etcd.layout import KeyLayout
from promoter_view.records import (
    BundleKey,
    ChangeType,
    Mark,
    Memory,
    ObjectKey,
    Position,
    Snapshot,
    SourceObject,
    UnreadObject,
    Word,
)
from tests.support.log.benches import EtcdBench
from tests.support.log.fakes import MIRROR, PATH, Fold, change, kinds

TIMED_OUT = EtcdError(Fault.TIMEOUT, "etcdserver: request timed out")


def state(count=300):
    """Of a log of so many objects, each a bundle."""
    objects = {
        ObjectKey("PullRequest", "team", f"pr-{number}"): SourceObject(b"%d" % number, f"{number}")
        for number in range(count)
    }
    bundles = {BundleKey("view", "team", f"pr-{number}"): 1000 + number for number in range(count)}
    offset = 18_000_001_000_000
    unreadable = {ObjectKey("PullRequest", "team", "deep"): UnreadObject("9", "cannot be decoded")}
    memory = {key: Memory("u", {"": Word("Healthy", at)}) for at, key in enumerate(bundles)}
    newer = (unreadable, kinds("Gate").kinds, {"p": "s"})
    return Snapshot(offset, MIRROR, 0, True, {PATH: "7"}, objects, bundles, *newer, memory)


def run(work):
    """What a coroutine that waits for nothing returns."""
    with pytest.raises(StopIteration) as done:
        work.send(None)
    return done.value.value


def resting(bench, prefix="view"):
    return EtcdAtRest(bench.etcd, prefix, clock=bench.clock, wall=bench.wall)


def read(bench):
    fold = Fold()
    run(resting(bench).read(fold))
    return fold


def test_read_gives_all_and_changes_nothing():
    """Whoever reads a log that rests has all of it, from a checkpoint or from its beginning, and writes nothing."""
    bench = EtcdBench()
    log, fold = bench.open()
    log.append([change("a", b"1"), change("b", b"2"), Position(PATH, "7")])
    bench.settle()
    log.append([change("a", b"", type_=ChangeType.DELETED), change("c", b"3", position="9")])
    bench.settle()
    log.stop()
    bench.pass_(10)
    revision = bench.etcd.state.revision
    found = read(bench)
    assert (found.objects, found.positions, found.bundles) == (fold.objects, fold.positions, fold.bundles)
    assert found.offset == fold.offset
    assert bench.etcd.state.revision == revision


def test_begun_from_a_state_it_goes_on_above():
    """A log begun from another's state has all of it; its first leader's mark follows that state's offset."""
    bench, wanted = EtcdBench(), state()
    run(resting(bench).begin(wanted))
    assert read(bench).snapshot() == wanted
    log, fold = bench.open()
    bench.pass_(10)
    assert fold.restored == wanted
    assert [record.entry for record in fold.records] == [Mark(wanted.offset, MIRROR, 0)]
    assert fold.offset > wanted.offset
    log.append([change("new", b"4")])
    bench.settle()
    assert len(fold.objects) == len(wanted.objects) + 1


def test_other_writes_come_between():
    """Where others of the same etcd write at the same moment, the checkpoint names the right revision all the same."""
    bench, wanted = EtcdBench(), state(5)
    commit = bench.etcd.commit

    async def disturbed(transaction):
        await commit(Transaction((), (PutKey(b"/another/program", b"x"),)))
        return await commit(transaction)

    bench.etcd.commit = disturbed
    run(resting(bench).begin(wanted))
    assert read(bench).snapshot() == wanted


@pytest.mark.parametrize("fails_at", range(1, 8))
def test_a_copy_cut_short_is_never_taken_for_a_log(fails_at, monkeypatch):
    """Wherever it is cut off there is a whole log, none, or one that nobody starts on."""
    monkeypatch.setattr(transactions, "MAX_OBJECTS", 2)
    bench, wanted = EtcdBench(), state(5)
    commit, calls = bench.etcd.commit, []

    async def cut_off(transaction):
        calls.append(transaction)
        if len(calls) >= fails_at:
            raise EtcdError(Fault.FORBIDDEN, "etcdserver: permission denied")
        await commit(Transaction((), (PutKey(b"/another/program", b"x"),)))
        return await commit(transaction)

    bench.etcd.commit = cut_off
    with pytest.raises(LogUnreachable, match="permission denied"):
        run(resting(bench).begin(wanted))
    bench.etcd.commit = commit
    if KeyLayout("view").head not in bench.etcd.state.items:
        with pytest.raises(LogUnusable, match="no event log"):
            read(bench)
    else:
        with pytest.raises(LogDamaged):
            read(bench)
    assert (fails_at <= 2) == (not [key for key in bench.etcd.state.items if key.startswith(b"/view/")])
    if fails_at > 2:
        with pytest.raises(LogUnusable, match=r"etcdctl del --prefix /view/"):
            run(resting(bench).begin(wanted))


def test_answers_that_are_lost():
    """A transaction whose answer is lost is sent again; after some attempts it is given up."""
    bench, wanted = EtcdBench(), state(5)
    commit = bench.etcd.commit

    async def losing(transaction):
        calls.append(1)
        bench.etcd.lost_answers = int(len(calls) % 2 == 0)
        return await commit(transaction)

    calls = []
    bench.etcd.commit = losing
    run(resting(bench).begin(wanted))
    assert read(bench).snapshot() == wanted
    silent = EtcdBench()
    silent.etcd.commit_failures.extend([None, *[TIMED_OUT] * at_rest._ATTEMPTS])
    with pytest.raises(LogUnreachable, match="timed out"):
        run(resting(silent).begin(wanted))


def test_a_replica_that_runs():
    """While a replica leads the log is neither read nor begun."""
    bench = EtcdBench()
    bench.open()
    for work in (resting(bench).read(Fold()), resting(bench).begin(state(1))):
        with pytest.raises(LogLocked, match="replica-1 writes the event log under /view/: stop every replica first"):
            run(work)


def test_a_replica_that_starts_meanwhile():
    """A log that was written to while it was read is refused, though nobody leads any more."""
    bench = EtcdBench()
    run(resting(bench).begin(state(3)))
    reading = resting(bench)
    survey = reading._survey
    surveys = []

    async def later():
        if surveys:
            await bench.etcd.commit(Transaction((), (PutKey(KeyLayout("view").head, b"x"),)))
        surveys.append(1)
        return await survey()

    reading._survey = later
    with pytest.raises(LogLocked, match="meanwhile"):
        run(reading.read(Fold()))


def test_no_log_to_read():
    """Where there is no log that is said."""
    with pytest.raises(LogUnusable, match="there is no event log under /view/"):
        read(EtcdBench())


def test_an_object_that_etcd_cannot_hold():
    """An object beyond etcd's bounds is named, and nothing is written."""
    bench = EtcdBench()
    key = ObjectKey("PullRequest", "team", "huge")
    body = bytes(index * 7919 % 251 for index in range(100))
    found = Snapshot(1, MIRROR, 0, complete=True, positions={}, objects={key: SourceObject(body, "1")}, bundles={})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transactions, "MAX_BYTES", 50)
        with pytest.raises(LogUnusable, match="PullRequest/team/huge"):
            run(resting(bench).begin(found))
    assert bench.etcd.state.items == {}
