"""Moments of the past, read from a log beside its writer: from a folder, and from an etcd."""

from __future__ import annotations

import gc
from datetime import UTC, datetime
from weakref import WeakSet

import pytest
from twisted.internet.defer import Deferred

from promoter_view.log.errors import LogShortened
from promoter_view.log.etcd import checkpoint
from promoter_view.log.file.past import FolderPast
from promoter_view.log.offsets import milliseconds_of
from promoter_view.reading.past.asked import AskedMoment, moment_of, parse_at
from promoter_view.reading.past.memory import began_ms
from promoter_view.records import Mirror
from promoter_view.slices import at_once
from promoter_view.views.history import Ahead, Expired
from promoter_view.views.projection import Projection
from promoter_view.views.versions import LAST_PLACE, join, split
from promoter_view.web.errors import MomentGone, TooManyRequests
from tests.support.log.fakes import HeldWorker
from tests.support.reading.recorded_run import (
    MIRROR,
    RULES,
    EtcdRunBench,
    FolderBench,
    RecordedRun,
    a_projector,
    seen,
)
from tests.support.views.world import DEFINITIONS, family

_BENCHES = {"file": FolderBench, "etcd": lambda _: EtcdRunBench()}


@pytest.fixture(scope="module", params=["file", "etcd", "file that tells", "etcd that tells"])
def run(request, tmp_path_factory):
    """Some hundred changes, with restarts and a clock that was set back and ahead; and many points to start at.

    Of what became of bundles the log tells nothing, or that of seven at a time.
    """
    log, _, tells = request.param.partition(" that ")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoint, "EVERY_EVENTS", 40)
        made = RecordedRun(_BENCHES[log](tmp_path_factory.mktemp("run") / "log"), tells=7 if tells else 0)
        made.list()
        made.go(400)
    assert len(made.now(made.bench.past().points())) > 3
    return made


def test_a_hundred_random_moments(run):
    """Each is what a list said then, byte for byte, whatever the clock did."""
    pasts = run.pasts()
    first, last = (run.told[at][1] for at in (0, -1))
    for _ in range(100):
        time_ms = run.random.randrange(first + 500, last)
        offset, shown = run.expected(time_ms)
        if shown is None:
            continue
        past = run.now(pasts.at(AskedMoment("then", time_ms=time_ms)))
        assert past.views.head == join(offset, 0, LAST_PLACE)
        assert seen(past.views) == shown
        assert past.span.since_ms <= time_ms < past.span.until_ms


def test_any_resource_version(run):
    """A list that was made then is made again, from its resourceVersion."""
    pasts = run.pasts()
    for offset, _, shown in run.random.sample(run.told, 60):
        if shown is not None:
            past = run.now(pasts.at(moment_of(join(offset, 0, LAST_PLACE))))
            assert seen(past.views) == shown


def test_before_the_first_complete_state_it_says_from_when_on(run):
    """That moment can be asked for, and is the first state that a list ever showed."""
    pasts = run.pasts()
    with pytest.raises(MomentGone) as gone:
        run.now(pasts.at(AskedMoment("-9d", time_ms=1000)))
    earliest = parse_at(gone.value.earliest, datetime(2028, 1, 1, tzinfo=UTC))
    assert seen(run.now(pasts.at(earliest)).views) == run.expected(earliest.time_ms)[1]
    first = next(time_ms for _, time_ms, shown in run.told if shown is not None)
    assert first <= earliest.time_ms < first + 1000


def test_what_is_no_position_of_this_log(run):
    """One of another generation, one that has not come yet, and one that a lost tail had handed out."""
    pasts = run.pasts()
    newest = run.told[-1][0]
    for generation in (1, 2, 3):
        with pytest.raises(Expired):
            run.now(pasts.at(moment_of(join(newest, generation, LAST_PLACE))))
    with pytest.raises(Ahead):
        run.now(pasts.at(moment_of(join(newest + 1, 0, LAST_PLACE))))
    mark = next(
        at for at, (_, _, shown) in enumerate(run.told) if shown and run.told[at][0] - run.told[at - 1][0] > 50_000
    )
    with pytest.raises(Expired):
        run.now(pasts.at(moment_of(join(run.told[mark][0] - 1, 0, LAST_PLACE))))


def test_a_place_within_an_offset(run):
    """One event changed several bundles: a position between two of them is a state in which the later had not come."""
    live = a_projector(history_bytes=1 << 24)
    at_once(live.apply(tuple(_records(run))))
    pasts = run.pasts()
    found = 0
    for change in live.cursor("", "", live.horizon).take(1 << 20):
        if split(change.resource_version).place == 0 and found < 20:
            found += 1
            past = run.now(pasts.at(moment_of(change.resource_version)))
            for definition in DEFINITIONS:
                then = live.list_at(definition.plural, "", change.resource_version)
                assert [one.encode() for one in past.views.list(definition.plural)] == [one.encode() for one in then]
    assert found


def _records(run):
    async def read():
        return [record async for batch in run.bench.past().records(0) for record in batch]

    return run.now(read())


def test_the_changes_beside_it_are_a_step_away(run):
    """Each links to a state with one change less, and to one with one more."""
    pasts = run.pasts()
    offset = run.told[len(run.told) // 2][0]
    past = run.now(pasts.at(moment_of(join(offset, 0, LAST_PLACE))))
    later = run.now(pasts.at(moment_of(past.after)))
    assert seen(later.views) != seen(past.views)
    assert seen(run.now(pasts.at(moment_of(later.before))).views) == seen(past.views)


def test_the_newest_moment_is_that_of_now(run):
    """Whatever is asked of the future is answered with what there is."""
    past = run.now(run.pasts().at(AskedMoment("tomorrow", time_ms=1 << 50)))
    assert seen(past.views) == seen(run.follower.projector)


def test_one_replay_for_all_who_ask_for_the_same(tmp_path):
    """Who asks meanwhile waits for it, whoever asks later gets what was kept; two others run at once, the rest wait."""
    run = RecordedRun(FolderBench(tmp_path / "log"))
    run.list()
    run.go(60)
    worker = HeldWorker()
    made = []
    pasts = run.pasts(log=FolderPast(run.bench.path, worker=worker), make=lambda: made.append(1) or a_projector())
    times = sorted({time_ms for _, time_ms, shown in run.told if shown})
    at = [AskedMoment("then", time_ms=time_ms) for time_ms in times[:-1]]
    worker.holding = True
    waiting = [Deferred.fromCoroutine(pasts.at(at[number])) for number in (0, 1, 2, 0, 1, 2)]
    assert len(worker.held) == 2
    _let_all_go(run, worker)
    heads = [each.result.views.head for each in waiting]
    assert heads == [join(run.expected(at[number].time_ms)[0], 0, LAST_PLACE) for number in (0, 1, 2, 0, 1, 2)]
    assert len(made) == 3
    assert waiting[0].result is waiting[3].result
    worker.holding = False
    run.now(pasts.at(at[1]))
    assert len(made) == 3


def test_what_nobody_waits_for_is_not_read(tmp_path):
    """Whoever goes away leaves no replay behind that others would have to wait for."""
    run = RecordedRun(FolderBench(tmp_path / "log"))
    run.list()
    run.go(60)
    worker, made = HeldWorker(), []
    pasts = run.pasts(log=FolderPast(run.bench.path, worker=worker), make=lambda: made.append(1) or a_projector())
    times = sorted({time_ms for _, time_ms, shown in run.told if shown})[:6]
    worker.holding = True
    waiting = [Deferred.fromCoroutine(pasts.at(AskedMoment("then", time_ms=time_ms))) for time_ms in times]
    for each in waiting[2:]:
        each.addErrback(lambda _: None)
        each.cancel()
    _let_all_go(run, worker)
    assert len(made) == 2


def _let_all_go(run, worker):
    """Until nothing is left to do, but for timers."""
    while worker.held:
        worker.let_go()
        run.bench.clock.pump([0] * 20)


@pytest.mark.parametrize("tells", [0, 7])
def test_nothing_is_left_of_a_replay_but_what_is_shown(tmp_path, monkeypatch, tells):
    """Its objects go by reference counts: the garbage collector would look at them in one long turn, or never."""
    run = RecordedRun(FolderBench(tmp_path / "log"), tells=tells)
    run.list()
    run.go(60)
    states = WeakSet()
    real = Projection.__init__

    def noted(state, *given, **named):
        states.add(state)
        real(state, *given, **named)

    monkeypatch.setattr(Projection, "__init__", noted)
    pasts = run.pasts()
    gc.disable()
    try:
        for _, time_ms, shown in run.told[::9]:
            if shown is not None:
                run.now(pasts.at(AskedMoment("then", time_ms=time_ms)))
        with pytest.raises(MomentGone):
            run.now(pasts.at(AskedMoment("long ago", time_ms=1)))
        run.bench.clock.pump([0] * 200)
        assert [state for state in states if state.sources.copy()] == []
        assert len(states) <= 1  # of what was made for the first moment there is an empty one
    finally:
        gc.enable()


def test_the_end_of_the_log_is_not_kept_for_later(tmp_path):
    """A moment that nothing followed says nothing of later ones."""
    run = RecordedRun(FolderBench(tmp_path / "log"))
    run.list()
    run.go(60)
    pasts = run.pasts()
    run.now(pasts.at(AskedMoment("then", time_ms=run.told[-1][1])))
    run.go(60)
    for _, time_ms, _ in run.told[-40:-1]:
        assert seen(run.now(pasts.at(AskedMoment("later", time_ms=time_ms))).views) == run.expected(time_ms)[1]


def test_a_point_that_is_gone_is_no_empty_one(run):
    """Retention may take it while it is read: what comes behind it is not taken for what followed."""
    with pytest.raises(LogShortened):
        run.now(anext(run.bench.past().records(7)))


def test_who_asks_for_too_many_is_told_to_wait(tmp_path):
    """What waits is bounded, whoever asks."""
    run = RecordedRun(FolderBench(tmp_path / "log"))
    run.list()
    run.go(5)
    worker = HeldWorker()
    worker.holding = True
    pasts = run.pasts(log=FolderPast(run.bench.path, worker=worker))
    for number in range(18):
        Deferred.fromCoroutine(pasts.at(AskedMoment("then", time_ms=number + 1)))
    with pytest.raises(TooManyRequests):
        run.now(pasts.at(AskedMoment("then", time_ms=99)))


def test_without_a_log_what_is_in_memory_is_told(run):
    """Moments back to the horizon; before it: from when on."""
    live = a_projector(history_bytes=1 << 24)
    at_once(live.apply(tuple(_records(run))))
    pasts = run.pasts(live, log=None)
    since = next(at for at, told in enumerate(run.told) if told[2]) + 1
    for offset, _, shown in run.random.sample(run.told[since:], 30):
        assert seen(run.now(pasts.at(moment_of(join(offset, 0, LAST_PLACE)))).views) == shown
    first, last = max(run.told[since][1], began_ms(live)), run.told[-1][1]
    for _ in range(30):
        time_ms = run.random.randrange(first + 500, last)
        assert seen(run.now(pasts.at(AskedMoment("then", time_ms=time_ms))).views) == run.expected(time_ms)[1]
    with pytest.raises(MomentGone, match="the earliest moment that can be asked for is 2027"):
        run.now(pasts.at(AskedMoment("-9d", time_ms=1000)))


def test_what_todays_rules_take_away_is_not_shown(tmp_path):
    """A log was written by older rules: of what it holds only that is seen which would be recorded today."""
    run = RecordedRun(FolderBench(tmp_path / "log"))
    gate = next(one for one in family("shop", "ScmProvider") if one["kind"] == "WebRequestCommitStatus")
    secret = gate | {"spec": gate["spec"] | {"httpRequest": {"url": "https://a", "headerTemplates": {"X": "hunter2"}}}}
    run.bench.stop(run.log)
    old = Mirror("cluster", {path: f"old-{digest}" for path, digest in MIRROR.paths.items()})
    run.open(old)
    run.list(old)
    for document in family("shop", "ScmProvider"):
        run.put(secret if document["kind"] == gate["kind"] else document, clean=False)
    assert b"hunter2" in repr(run.told[-1][2]).encode()
    at = moment_of(join(run.told[-1][0], 0, LAST_PLACE))
    run.go(5)
    run.restart()
    run.list()
    run.go(5)
    past = repr(seen(run.now(run.pasts().at(at)).views))
    assert "hunter2" not in past
    assert "<redacted>" in past


def test_a_root_that_todays_rules_do_not_know_hides_no_moment(tmp_path):
    """An old snapshot holds what is no object any more: it is left out, and the moment is answered all the same."""
    run = RecordedRun(FolderBench(tmp_path / "log"))
    run.bench.stop(run.log)
    old = Mirror("cluster", {path: f"old-{digest}" for path, digest in MIRROR.paths.items()})
    run.open(old)
    run.list(old)
    run.change(120)
    points = run.now(run.bench.past().points())
    assert len(points) > 2
    shown = next(shown for offset, _, shown in run.told if offset == points[-1])
    rules = {**RULES, "PromotionStrategy": RULES["ChangeTransferPolicy"]}
    past = run.now(run.pasts(rules=rules).at(AskedMoment("then", time_ms=milliseconds_of(points[-1]))))
    assert past.views.head == join(points[-1], 0, LAST_PLACE)
    assert seen(past.views)["promotionstrategydetails"] == []
    assert shown["promotionstrategydetails"]
