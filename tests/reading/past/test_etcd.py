"""Moments of the past from an etcd that is compacted, away, or put back meanwhile, and at every replica alike."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from twisted.internet.defer import Deferred

from promoter_view.log.etcd import checkpoint
from promoter_view.log.etcd.client.faults import EtcdError, Fault
from promoter_view.log.etcd.layout import KeyLayout, decode_checkpoint
from promoter_view.reading.past.asked import AskedMoment, moment_of, parse_at
from promoter_view.views.history import Ahead, Expired
from promoter_view.views.versions import LAST_PLACE, join
from promoter_view.web.errors import MomentGone, PastUnavailable
from tests.support.reading.recorded_run import EtcdRunBench, RecordedRun, given, seen

LAYOUT = KeyLayout("view")


@pytest.fixture(autouse=True)
def _often(monkeypatch):
    """Checkpoints are made often."""
    monkeypatch.setattr(checkpoint, "EVERY_EVENTS", 40)


@pytest.fixture
def run():
    """Some changes."""
    made = RecordedRun(EtcdRunBench())
    made.list()
    made.go(150)
    return made


def compact(run, number):
    """Somebody else compacts etcd to that checkpoint, without deleting the ones before it."""
    key, item = sorted(
        (key, item) for key, item in run.bench.etcd.state.items.items() if key.startswith(LAYOUT.checkpoints.key)
    )[number]
    run.bench.etcd._compact(decode_checkpoint(key, item.value).revision)
    return decode_checkpoint(key, item.value).offset


def earliest_of(gone):
    """The moment that it names."""
    return parse_at(gone.value.earliest, datetime(2028, 1, 1, tzinfo=UTC))


def test_what_compaction_passed_is_gone_and_the_rest_is_there(run):
    """Before the oldest checkpoint that is left: from when on; from there on each moment is what a list said then."""
    offset = compact(run, 2)
    pasts = run.pasts()
    with pytest.raises(MomentGone) as gone:
        run.now(pasts.at(AskedMoment("-9d", time_ms=1000)))
    earliest = earliest_of(gone)
    assert seen(run.now(pasts.at(earliest)).views) == run.expected(earliest.time_ms)[1]
    with pytest.raises(MomentGone):
        run.now(pasts.at(AskedMoment("a second earlier", time_ms=earliest.time_ms - 1000)))
    for at, time_ms, _ in run.told:
        if time_ms >= earliest.time_ms:
            assert at >= offset
            asked = AskedMoment("then", time_ms=time_ms)
            assert seen(run.now(run.pasts().at(asked)).views) == run.expected(time_ms)[1]


class Shortening:
    """An etcd that is compacted to the third checkpoint when it is asked for something for the so many-th time."""

    def __init__(self, run, after):
        self._run = run
        self._left = after

    def __getattr__(self, name):
        asked = getattr(self._run.bench.etcd, name)

        async def ask(*words, **named):
            self._left -= 1
            if not self._left:
                compact(self._run, 2)
            return await asked(*words, **named)

        return ask


@pytest.mark.parametrize("after", range(2, 16))
def test_a_compaction_while_it_is_read(run, after):
    """Whenever it comes: either the moment is told as it was, or from when on one can be asked for; nothing else."""
    run.bench.reading = Shortening(run, after)
    at = run.told[45][1]
    try:
        past = run.now(run.pasts().at(AskedMoment("then", time_ms=at)))
    except MomentGone as gone:
        earliest = parse_at(gone.earliest, datetime(2028, 1, 1, tzinfo=UTC))
        assert earliest.time_ms > at
        assert seen(run.now(run.pasts().at(earliest)).views) == run.expected(earliest.time_ms)[1]
    else:
        assert seen(past.views) == run.expected(at)[1]


def test_retention_takes_the_oldest():
    """What the leader lets go of itself: the newest hundred events stay, and the answer says so."""
    run = RecordedRun(EtcdRunBench(retention_events=100))
    run.list()
    run.go(260)
    assert run.bench.etcd.state.compacted
    with pytest.raises(MomentGone) as gone:
        run.now(run.pasts().at(AskedMoment("then", time_ms=run.told[40][1])))
    earliest = earliest_of(gone)
    assert run.told[40][1] < earliest.time_ms < run.told[-90][1]
    assert seen(run.now(run.pasts().at(earliest)).views) == run.expected(earliest.time_ms)[1]


@pytest.mark.parametrize("reason", [Fault.UNREACHABLE, Fault.NO_LEADER, Fault.FORBIDDEN])
def test_an_etcd_that_does_not_answer_is_not_a_log_that_is_gone(run, reason):
    """Later it may: what memory has is told meanwhile."""
    pasts = run.pasts(barrier=None)
    run.bench.etcd.down = EtcdError(reason, "no")
    with pytest.raises(PastUnavailable):
        run.now(pasts.at(AskedMoment("then", time_ms=run.told[60][1])))
    newest = run.follower.projector.head
    assert run.now(pasts.at(moment_of(newest))).views.head == newest


def test_a_watch_that_says_nothing_is_cut_off(run):
    """Nobody waits for longer than ten seconds, and the watch does not stay open."""
    etcd = run.bench.etcd

    class Silent:
        def __getattr__(self, name):
            return getattr(etcd, name)

        async def watch(self, keys, *, revision):
            found = await etcd.watch(keys, revision=revision)
            found.held = True
            return found

    run.bench.reading = Silent()
    before = len(etcd.watches)
    asked = Deferred.fromCoroutine(run.pasts(barrier=None).at(AskedMoment("then", time_ms=run.told[60][1])))
    run.bench.pass_(10.5)
    with pytest.raises(PastUnavailable):
        given(asked.result)
    assert len(etcd.watches) == before


def test_no_watch_stays_open(run):
    """A moment in the middle does not read to the end, and leaves nothing behind."""
    before = len(run.bench.etcd.watches)
    run.now(run.pasts().at(AskedMoment("then", time_ms=run.told[60][1])))
    assert len(run.bench.etcd.watches) == before


def test_a_log_that_was_put_back_forgets_what_was_kept(run):
    """etcd is restored from a backup: a moment that was read before is not answered as it was any more."""
    backup = run.bench.etcd.state.copy()
    run.change(40)
    pasts = run.pasts()
    offset, time_ms, _ = run.told[-10]
    lost = join(offset, 0, LAST_PLACE)
    run.now(pasts.at(AskedMoment("then", time_ms=time_ms)))
    kept = run.now(pasts.at(moment_of(lost)))
    run.bench.etcd.restore(backup)
    run.bench.pass_(60)
    assert run.follower.projector.ready
    with pytest.raises(Expired):
        run.now(pasts.at(moment_of(lost)))
    assert seen(run.now(pasts.at(AskedMoment("then", time_ms=time_ms))).views) != seen(kept.views)


def test_a_log_that_was_copied_begins_with_what_was_copied(run):
    """Its first records are no beginning: before its first checkpoint there is nothing to start from."""
    etcd = run.bench.etcd
    checkpoints = {key for key in etcd.state.items if key.startswith(LAYOUT.checkpoints.key)}
    assert run.now(run.bench.past().points())[0] == 0
    head = etcd.state.items[LAYOUT.head]
    etcd.state.items[LAYOUT.head] = head._replace(create_revision=head.mod_revision)
    assert len(run.now(run.bench.past().points())) == len(checkpoints)


def test_every_replica_tells_the_same(run):
    """One that follows, and has begun later, gives the same bytes from the same position."""
    other = RecordedRun.beside(run)
    run.change(60)
    mine, theirs = run.pasts(), other.pasts()
    for offset, time_ms, shown in run.random.sample(run.told[30:], 40):
        if shown is None:
            continue
        for asked in (AskedMoment("then", time_ms=time_ms), moment_of(join(offset, 0, LAST_PLACE))):
            one, two = run.now(mine.at(asked)), other.now(theirs.at(asked))
            assert one.views.head == two.views.head
            assert seen(one.views) == seen(two.views)


def test_a_replica_that_lags_waits_until_it_has_what_is_there(run):
    """A resourceVersion that another one has told, and the seconds just passed."""
    fell = []
    pasts = run.pasts(barrier=lambda: fell.append(Deferred()) or fell[-1])
    told = []
    Deferred.fromCoroutine(pasts.at(moment_of(run.follower.projector.head + (1 << 18)))).addErrback(told.append)
    assert not told
    fell[-1].callback(None)
    assert told[0].check(Ahead)
    asked = Deferred.fromCoroutine(pasts.at(AskedMoment("just now", time_ms=run.told[-1][1])))
    assert not asked.called
    at = run.told[-1][1]
    run.change(1)
    fell[-1].callback(None)
    run.bench.pass_(0.1)
    assert seen(asked.result.views) == run.expected(at)[1]


def test_its_connections_end_with_the_program(run, monkeypatch):
    """Whoever closes what reads the past closes its etcd."""
    closed = []

    async def close():
        closed.append(True)

    monkeypatch.setattr(run.bench.etcd, "close", close)
    run.now(run.pasts().close())
    assert closed == [True]
