"""What every LogPast promises, on each implementation: where a replay may start, what is there, what follows."""

from __future__ import annotations

import pytest
from twisted.internet import reactor

from promoter_view.log.errors import LogShortened
from promoter_view.log.etcd import checkpoint
from promoter_view.reading.past.asked import AskedMoment, moment_of
from promoter_view.records import Mark
from promoter_view.slices import at_once
from promoter_view.views.versions import LAST_PLACE, join
from promoter_view.web.errors import MomentGone
from tests.contract.real_etcd import RealEtcdBench
from tests.support.reading.recorded_run import EtcdRunBench, FolderBench, RecordedRun, a_projector, seen

_BENCHES = {"file": FolderBench, "etcd in memory": lambda _: EtcdRunBench()}
#: The real one, and what is taken for it.
_ETCDS = ("etcd in memory", pytest.param("etcd", marks=pytest.mark.controlplane))


@pytest.fixture(params=["file", *_ETCDS])
def run(request, tmp_path, monkeypatch):
    """Some changes, with restarts and a clock that was set; many points to start at."""
    monkeypatch.setattr(checkpoint, "EVERY_EVENTS", 25)
    if request.param == "etcd":
        bench = RealEtcdBench(request.getfixturevalue("etcd").urls, history_bytes=1 << 14, remembers=True)
    else:
        bench = _BENCHES[request.param](tmp_path / "log")
    made = RecordedRun(bench)
    made.list()
    made.go(160)
    yield made
    if request.param == "etcd":
        bench.end()


def read(run, point):
    """All records behind that point."""

    async def records():
        return [record async for some in run.bench.past().records(point) for record in some]

    return run.now(records())


def pasts(run):
    """What reads moments of it; where it waits for something it is the real reactor that turns."""
    return run.pasts(reactor=reactor if isinstance(run.bench, RealEtcdBench) else run.bench.clock)


def test_from_each_point_the_same_records_follow(run):
    """All that was ever recorded from the beginning, and the rest of it from any later point."""
    points = run.now(run.bench.past().points())
    assert len(points) > 3
    assert points[0] == 0
    assert list(points) == sorted(points)
    whole = read(run, 0)
    assert isinstance(whole[0].entry, Mark)
    assert [record.offset for record in whole] == [offset for offset, _, _ in run.told]
    for point in points[1:]:
        assert read(run, point) == [record for record in whole if record.offset > point]


def test_at_each_point_stands_what_the_records_before_it_amount_to(run):
    """A replay from there gives what a replay from the beginning gives, to the byte."""
    whole = read(run, 0)
    for point in run.now(run.bench.past().points())[1:]:
        snapshot = run.now(run.bench.past().snapshot(point))
        assert snapshot.offset == point
        restored, replayed = a_projector(), a_projector()
        at_once(restored.restore(snapshot))
        at_once(replayed.apply(tuple(record for record in whole if record.offset <= point)))
        assert seen(restored) == seen(replayed)
    assert run.now(run.bench.past().snapshot(0)) is None


def test_what_is_no_point_is_told_as_gone(run):
    """Retention may take one at any time."""
    with pytest.raises(LogShortened):
        run.now(anext(run.bench.past().records(7)))
    with pytest.raises(LogShortened):
        run.now(run.bench.past().snapshot(7))


def test_moments_and_resource_versions(run):
    """Each is what a list said then, byte for byte."""
    of_log = pasts(run)
    first = next(at for at, (_, _, shown) in enumerate(run.told) if shown is not None)
    for offset, time_ms, shown in run.random.sample(run.told[first:], 40):
        past = run.now(of_log.at(moment_of(join(offset, 0, LAST_PLACE))))
        assert (past.views.head, seen(past.views)) == (join(offset, 0, LAST_PLACE), shown)
        past = run.now(of_log.at(AskedMoment("then", time_ms=time_ms)))
        assert (past.views.head, seen(past.views)) == (
            join(run.expected(time_ms)[0], 0, LAST_PLACE),
            run.expected(time_ms)[1],
        )


@pytest.mark.parametrize("run", _ETCDS, indirect=True)
def test_a_compaction_takes_what_is_before_it(run):
    """Somebody compacts etcd beyond every checkpoint: nothing can be asked for until the leader has written another."""
    at = AskedMoment("then", time_ms=run.told[60][1])
    run.bench.compact()
    with pytest.raises(MomentGone, match="no moment can be asked for"):
        run.now(pasts(run).at(at))
    run.change(12)  # the leader looks every ten seconds whether its last checkpoint can be read
    with pytest.raises(MomentGone, match="the earliest moment that can be asked for is 20"):
        run.now(pasts(run).at(at))
    assert seen(run.now(pasts(run).at(moment_of(join(run.told[-1][0], 0, LAST_PLACE)))).views) == run.told[-1][2]
