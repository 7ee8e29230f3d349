"""A replay makes bundles once where the log tells what became of them, and record by record where it does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from promoter_view.log import memories
from promoter_view.log.file.past import FolderPast
from promoter_view.reading.past import folding, replay
from promoter_view.reading.past.asked import AskedMoment, moment_of
from promoter_view.records import BundleKey, Derivation, DerivedBundles, Memory, Record, Snapshot, Word
from promoter_view.slices import at_once
from promoter_view.views import bundles
from promoter_view.views.joining.late import LateBundle
from promoter_view.views.versions import LAST_PLACE, join
from tests.support.reading.recorded_run import MIRROR, FolderBench, RecordedRun, a_projector, seen


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Some changes without an end of the process between them; no snapshot but the first ones."""
    made = RecordedRun(FolderBench(tmp_path_factory.mktemp("run") / "log"), seed=3, tells=5)
    made.list()
    made.go(150)
    return made


@pytest.fixture
def worked_out(monkeypatch):
    """How many records were worked out one by one."""
    counted = []
    taken = replay.Replay._take

    async def take(self, cleaned):
        counted.append(len(cleaned))
        await taken(self, cleaned)

    monkeypatch.setattr(replay.Replay, "_take", take)
    return counted


def _moments(run, count):
    first = int(run.bench.files("snapshot")[0].stem)
    told = [each for each in run.told[:-60] if each[2] is not None and each[0] > first]
    return run.random.sample(told, count)


def test_nothing_is_worked_out_twice(run, worked_out):
    """A list of then, in the middle of what a record tells of as well."""
    pasts = run.pasts()
    for offset, _, shown in _moments(run, 30):
        past = run.now(pasts.at(moment_of(join(offset, 0, LAST_PLACE))))
        assert seen(past.views) == shown
    assert sum(worked_out) < 30 * 5


def test_in_the_middle_of_an_offset(run):
    """Its changes are to be had one by one: an object of then at its own resourceVersion."""
    pasts = run.pasts()
    for offset, _, shown in _moments(run, 20):
        version = max(one for bundles in shown.values() for one, _ in bundles)
        if version >> 18 == offset:
            past = run.now(pasts.at(moment_of(version)))
            assert past.views.head == version
            assert max(one for bundles in seen(past.views).values() for one, _ in bundles) == version


@pytest.mark.parametrize("bound", ["MOST_WAITING", "MOST_WAITING_BYTES"])
def test_what_nobody_tells_of_is_worked_out(run, monkeypatch, worked_out, bound):
    """Beyond the bound of what waits; the state is the same."""
    monkeypatch.setattr(folding, bound, 3)
    pasts = run.pasts()
    for offset, _, shown in _moments(run, 20):
        assert seen(run.now(pasts.at(moment_of(join(offset, 0, LAST_PLACE)))).views) == shown
    assert sum(worked_out) > 20


def test_a_moment_has_its_neighbours(run):
    """Those of a state with one change less and one more, as told beside the log."""
    pasts = run.pasts()
    for offset, time_ms, _ in _moments(run, 10):
        past = run.now(pasts.at(AskedMoment("then", time_ms=time_ms)))
        at = next(place for place, each in enumerate(run.told) if each[0] == offset)
        before, after = run.now(pasts.at(moment_of(past.before))), run.now(pasts.at(moment_of(past.after)))
        earlier = [each[2] for each in run.told[:at] if each[2] is not None]
        later = [each[2] for each in run.told[at + 1 :]]
        assert seen(before.views) in earlier
        assert seen(after.views) in later


def test_records_that_do_not_fit_are_passed_over():
    """Of other definitions, of what is not known, behind the limit, and such as cannot be read."""
    begun = Snapshot(5, MIRROR, 0, True, {}, {}, {}, memory={})
    fold = folding.Fold(begun, limit=9)
    at_once(fold.begin())
    long = bytes(5 << 20)
    told = ((1, 5, 7, b""), (0, 6, 7, b""), (0, 4, 5, b""), (0, 5, 7, b"x"), (0, 5, 7, long))
    wrong = [DerivedBundles(*each) for each in told]
    at_once(fold.take([Record(10 + at, 0, entry) for at, entry in enumerate(wrong)]))
    at_once(fold.look_ahead(Record(20, 0, wrong[0]), 15))
    assert len(fold.waiting) == 5
    assert not fold.waits
    assert folding.size_of(fold.waiting[-1]) == len(long)
    assert fold.snapshot() == replace(begun, shown=0)
    assert not folding.can_fold(replace(begun, memory=None), 0)


def test_a_memory_grows_by_what_is_new_of_it():
    """All that a row does not name stays as it was."""
    key = BundleKey("stagedetails", "n", "a")
    before = Memory("u", {"": Word("Live", 1), "b": Word("Live", 1)}, {"b": (1,)})
    fold = folding.Fold(Snapshot(5, MIRROR, 0, True, {}, {}, {key: 5}, memory={key: before}), limit=99)
    at_once(fold.begin())
    row = Derivation(6, key, 0, True, Memory("u", {"": Word("New", 6)}, {"c": (2,)}), adds=True)
    rows = memories.encode_derivations([row])
    at_once(fold.take([Record(7, 0, DerivedBundles(0, 5, 6, rows))]))
    after = Memory("u", {"": Word("New", 6), "b": Word("Live", 1)}, {"b": (1,), "c": (2,)})
    assert fold.snapshot().memory == {key: after}
    gone = Derivation(8, key, 80, False, None)
    at_once(fold.take([Record(9, 0, DerivedBundles(0, 6, 8, memories.encode_derivations([gone])))]))
    assert (fold.snapshot().memory, fold.snapshot().bundles, fold.changed) == ({}, {}, 80)


@pytest.mark.parametrize("bounded", [True, False])
def test_a_log_without_such_records_is_not_read_ahead(tmp_path, monkeypatch, bounded):
    """Where it never has any; and in others not further than what may wait."""
    old = RecordedRun(FolderBench(tmp_path / "log"), seed=4)
    old.list()
    old.go(150)
    read = []
    ahead = folding.Fold.look_ahead

    def look_ahead(self, record, end):
        read.append(folding.size_of(record))
        return ahead(self, record, end)

    monkeypatch.setattr(folding.Fold, "look_ahead", look_ahead)
    pasts = old.pasts()
    if bounded:
        monkeypatch.setattr(folding, "MOST_WAITING_BYTES", 8000)
    else:
        monkeypatch.setattr(FolderPast, "derives", False)
    first = int(old.bench.files("snapshot")[0].stem)
    offset, _, shown = next(each for each in old.told if each[0] > first)
    assert seen(old.now(pasts.at(moment_of(join(offset, 0, LAST_PLACE)))).views) == shown
    assert bool(read) == bounded
    assert sum(read[:-1]) <= 8000


def test_it_is_told_while_logs_are_read(run):
    """From the first until nothing is left of the last; and what was read for it is let go of behind the answer."""
    pasts, told = run.pasts(), []
    pasts.attend(told.append)
    (_, time_ms, _), *_ = _moments(run, 1)
    past = run.now(pasts.at(AskedMoment("then", time_ms=time_ms)))
    assert told == [True]
    run.bench.clock.pump([0.1] * 50)
    assert told == [True, False]
    assert seen(past.views) == run.expected(time_ms)[1]


def _bundles(past):
    return [bundle for view in past.definitions for bundle in past.views.list(view)]


def _are_late(past):
    return [bundle for bundle in _bundles(past) if isinstance(bundle, LateBundle) and bundle.is_late]


def test_a_bundle_is_made_once_it_is_looked_at(run):
    """Nobody waits for the others; what nobody looks at is made behind the answer, and then nothing is held for it."""
    pasts = run.pasts()
    (_, time_ms, shown), (_, other_ms, _) = _moments(run, 2)
    past = run.now(pasts.at(AskedMoment("then", time_ms=time_ms)))
    late = _are_late(past)
    assert late
    assert late[0].encode()
    assert _are_late(past) == late[1:]
    run.bench.clock.pump([0] * 50)
    assert _are_late(past) == []
    assert seen(past.views) == shown
    other = run.now(pasts.at(AskedMoment("other", time_ms=other_ms)))
    run.now(pasts.make(other))
    assert _are_late(other) == []


def test_what_has_not_changed_since_is_that_of_now(run):
    """One bundle for both: nothing is made, nothing is kept twice."""
    live = run.follower.projector
    past = run.now(run.pasts().at(AskedMoment("then", time_ms=run.told[-2][1])))
    same = [each for each in _bundles(past) if live.get(each.key).resource_version == each.resource_version]
    assert same
    assert all(each is live.get(each.key) for each in same)


def test_what_the_log_does_not_tell_yet_this_process_knows(run, worked_out):
    """The newest changes are worked out no more than others."""
    run.follower.projector.derived.due(1)  # given, and not written
    for offset, _, shown in run.told[-4:-1]:
        past = run.now(run.pasts().at(moment_of(join(offset, 0, LAST_PLACE))))
        assert seen(past.views) == shown
    assert sum(worked_out) == 0


def test_a_large_bundle_is_made_at_once(run, monkeypatch):
    """In steps, where it would take too long in one."""
    monkeypatch.setattr(bundles, "SMALL_BYTES", 100)
    (_, time_ms, shown), *_ = _moments(run, 1)
    past = run.now(run.pasts().at(AskedMoment("then", time_ms=time_ms)))
    assert _are_late(past) == []
    assert seen(past.views) == shown


def test_what_comes_behind_a_state_leaves_that_as_it_is(run):
    """All of its bundles are made before anything changes that they are made of."""
    live = run.follower.projector
    past = a_projector(history_bytes=1 << 20, now=live)
    snapshots = run.bench.past()
    point = run.now(snapshots.points())[-1]
    at_once(past.restore(run.now(snapshots.snapshot(point))))
    head = past.head
    at_once(past.apply(run.now(_records(snapshots, point))))
    expected = next(shown for offset, _, shown in run.told if offset == point)
    shown = {view: past.list_at(view, "", head) for view in expected}
    assert {view: [(each.resource_version, each.encode()) for each in of] for view, of in shown.items()} == expected
    assert seen(past) == run.told[-1][2]


async def _records(snapshots, point):
    return [record async for batch in snapshots.records(point) for record in batch]
