"""Lines of /readyz?verbose, the stall meter and the garbage collector's manners."""

import gc
import threading
import zlib
from collections.abc import Sequence

import pytest
from twisted.internet.task import Clock

from promoter_view.boundaries import Wakeable
from promoter_view.kubernetes.reflecting.reflector import ReflectorStatus
from promoter_view.log.offsets import units
from promoter_view.metrics import Metrics
from promoter_view.program.health import (
    ClockWatch,
    SettledMemory,
    StallMeter,
    first_state,
    log_line,
    reflectors_line,
    unreadable_line,
)
from promoter_view.records import ListPath, LogStatus, ObjectKey
from tests.support.clocks import Wall

PULLS = ListPath("PullRequest", "promoter.argoproj.io", "v1alpha1", "pullrequests")
GATES = ListPath("TimedCommitStatus", "promoter.argoproj.io", "v1alpha1", "timedcommitstatuses")


class Views:
    """As much of a ViewReader as is asked for."""

    def __init__(self) -> None:
        self.ready = False
        self.readers: list[Wakeable] = []

    def subscribe(self, reader: Wakeable) -> None:
        self.readers.append(reader)

    def unsubscribe(self, reader: Wakeable) -> None:
        if reader in self.readers:
            self.readers.remove(reader)

    def move(self) -> None:
        for reader in list(self.readers):
            reader.wake()


class Collector:
    """Keeps what it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.old = 0
        self.size = 100.0

    def disable(self) -> None:
        self.told.append("disable")

    def enable(self) -> None:
        self.told.append("enable")

    def freeze(self) -> None:
        self.told.append("freeze")

    def collect(self, generation: int) -> int:
        self.told.append(f"collect {generation}")
        return 0

    def unfreeze(self) -> None:
        self.told.append("unfreeze")

    def get_objects(self, generation: int) -> Sequence[object]:
        assert generation == 2
        return range(self.old)

    def set_threshold(self, *thresholds: int) -> None:
        self.told.append(f"set {thresholds[-1]}")


BEGUN_AGAIN = ["disable", "freeze", f"set {1 << 30}", "enable"]


def settled() -> tuple[SettledMemory, Views, Collector, Clock]:
    views, collector, clock = Views(), Collector(), Clock()
    memory = SettledMemory(views, reactor=clock, collector=collector, size=lambda: collector.size)
    memory.start()
    return memory, views, collector, clock


def test_collections_begin_again_with_the_first_state() -> None:
    """The collector is off until bundles are built, then passes over what lives, once."""
    _, views, collector, clock = settled()
    views.move()
    assert collector.told == ["disable"]
    views.ready = True
    views.move()
    views.move()
    assert collector.told == BEGUN_AGAIN
    clock.pump([60])
    assert collector.told[4:] == ["collect 1"]


def test_the_young_are_collected_again_and_again() -> None:
    """Full caches are freed as fast as they fill, so that Python's own count would let what is made gather."""
    memory, views, collector, clock = settled()
    views.ready = True
    views.move()
    clock.pump([0.1] * 10)
    memory.stop()
    clock.pump([0.1] * 10)
    assert collector.told[4:] == ["collect 1"] * 10
    assert not clock.getDelayedCalls()


@pytest.mark.parametrize(
    ("old", "told"),
    [
        (15_000, ["collect 1"]),
        (15_001, ["collect 1", "collect 2", "freeze"]),
        (30_001, ["collect 1", "freeze"]),
    ],
)
def test_no_more_is_collected_than_a_turn_has_time_for(old: int, told: list[str]) -> None:
    """What stays is collected once more and then passed over; what was made all at once is passed over as it is."""
    _, views, collector, clock = settled()
    views.ready = True
    views.move()
    collector.old = old
    clock.pump([1])
    assert collector.told[4:] == told


def test_threads_make_tuples_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counting garbage holds all objects for a moment. A tuple that is being made may be held by nobody else."""
    _, views, collector, clock = settled()
    views.ready = True
    views.move()
    monkeypatch.setattr(collector, "collect", gc.collect)
    monkeypatch.setattr(collector, "get_objects", gc.get_objects)
    over, failures = threading.Event(), list[SystemError]()

    def make() -> None:
        while not over.is_set():
            try:
                tuple(zlib.compress(bytes(50_000)) for _ in range(30))
            except SystemError as failure:
                failures.append(failure)

    threads = [threading.Thread(target=make) for _ in range(3)]
    for each in threads:
        each.start()
    clock.pump([1] * 20)
    over.set()
    for each in threads:
        each.join()
    assert failures == []


def test_all_is_collected_once_the_program_has_grown() -> None:
    """By half, again and again: what was passed over may be garbage by now."""
    _, views, collector, clock = settled()
    views.ready = True
    views.move()
    for size in (149.0, 151.0, 226.0, 227.0):
        collector.size = size
        clock.pump([1])
    whole = ["unfreeze", "collect 2", "freeze"]
    assert collector.told[4:] == ["collect 1", *whole, "collect 1", *whole]


def test_much_that_is_made_is_collected_in_small_parts() -> None:
    """While it is held the young are, every few milliseconds, and what is left of it is never looked at again."""
    memory, views, collector, clock = settled()
    memory.hold(True)
    memory.hold(False)
    views.ready = True
    views.move()
    assert collector.told == BEGUN_AGAIN  # before the first state the collector is off anyway
    memory.hold(True)
    clock.pump([0.02] * 4)
    memory.hold(False)
    clock.pump([0.005] * 3)
    assert collector.told[4:] == ["disable", *["collect 1"] * 5, "freeze", "enable"]
    memory.hold(True)
    memory.stop()
    assert not clock.getDelayedCalls()


def test_all_is_not_collected_for_moments_of_the_past() -> None:
    """The program is larger while one is read, and the first ones make it larger for good: that is no garbage."""
    memory, views, collector, clock = settled()
    views.ready = True
    views.move()
    for size in (200.0, 500.0, *[800.0] * 6, 1300.0):
        memory.hold(True)
        collector.size = size
        clock.pump([1])
        memory.hold(False)
        assert "unfreeze" not in collector.told
    clock.pump([1])
    assert collector.told[-3:] == ["unfreeze", "collect 2", "freeze"]
    memory.stop()


def test_moments_without_an_end_put_nothing_off_for_longer_than_a_minute() -> None:
    """Somebody may ask for them one after the other, for ever."""
    memory, views, collector, clock = settled()
    views.ready = True
    views.move()
    memory.hold(True)
    collector.size = 1300.0
    clock.pump([1] * 59)
    assert "unfreeze" not in collector.told
    clock.pump([1])
    assert "unfreeze" in collector.told
    memory.stop()


def test_collections_begin_again_after_a_minute() -> None:
    """A first state that does not come leaves the collector off for a minute at most."""
    memory, views, collector, clock = settled()
    clock.advance(60)
    memory.stop()
    assert collector.told == BEGUN_AGAIN
    assert not views.readers


def test_a_stop_puts_the_collector_back() -> None:
    """Ending before the first state leaves no call behind and the collector on."""
    memory, _, collector, clock = settled()
    memory.stop()
    memory.stop()
    assert collector.told == BEGUN_AGAIN
    assert not clock.getDelayedCalls()


def test_the_stall_meter_observes_late_turns() -> None:
    """A turn that comes 0.3 s late is observed as 0.3 s; stopping leaves nothing scheduled."""
    clock, metrics = Clock(), Metrics()
    meter = StallMeter(reactor=clock, metrics=metrics)
    meter.start()
    clock.advance(0.1)
    clock.advance(0.4)
    meter.stop()
    text = metrics.render().decode()
    assert 'promoter_view_reactor_stall_seconds_bucket{le="0.2"} 1.0' in text
    assert "promoter_view_reactor_stall_seconds_count 2.0" in text
    assert not clock.getDelayedCalls()


def test_the_log_line_says_what_is_in_the_way() -> None:
    """With a fault the line says that and that serving goes on; without, the log's extent."""
    assert "no space" in log_line(LogStatus(5, 1, 100, 3, 300, "no space"))
    assert log_line(LogStatus(5, 1, 100, 3, 300)) == "head 5, first 1, 100 bytes, 3 events pending"


def test_only_paths_that_are_not_watched_are_named() -> None:
    """A path that is watched is counted; any other is named with its state, for how long, and the last error."""
    watching = ReflectorStatus(PULLS, "watching", "7", 0.0, 0.0, "an old error")
    waiting = ReflectorStatus(GATES, "waiting before another try", None, 5.0, 5.0, "403 Forbidden")
    line = reflectors_line([watching, waiting], 12.0)
    told = f"{GATES.id}: waiting before another try for 7 s, last read 7 s ago: 403 Forbidden"
    assert line == f"1 of 2 list paths are watched; {told}"


def test_a_path_that_is_heard_and_not_read_is_named() -> None:
    """Watching alone is not well: nothing that could be read came for five minutes, not even a bookmark."""
    silent = ReflectorStatus(PULLS, "watching", "7", 0.0, 100.0, "not_json: not a watch event")
    assert reflectors_line([silent], 399.0) == "1 of 1 list paths are watched"
    assert "watching for 400 s, last read 300 s ago: not_json" in reflectors_line([silent], 400.0)


@pytest.mark.parametrize(
    ("state", "error", "told"),
    [
        ("not installed", "", "not installed for 400 s"),
        ("not permitted", "403 Forbidden", "not permitted for 400 s: 403 Forbidden"),
    ],
)
def test_a_path_that_nothing_is_read_of_is_not_late(state: str, error: str, told: str) -> None:
    """It is named with its state, but not as one that was not read for long."""
    spared = ReflectorStatus(PULLS, state, None, 0.0, 0.0, error)
    assert reflectors_line([spared], 400.0) == f"0 of 1 list paths are watched; {PULLS.id}: {told}"


def test_unreadable_objects_are_counted() -> None:
    """By kind; whoever may ask for health is told no name."""
    found = [ObjectKey("Stage", "shop", f"s-{at:02}") for at in range(12)]
    line = unreadable_line([*found, ObjectKey("Application", "argocd", "shop")])
    assert line.startswith("1 Application, 12 Stage could not be read")
    assert "s-0" not in line
    assert unreadable_line([]) == "every object could be read"


def test_what_the_first_state_waits_for_is_named() -> None:
    """Before the replay is over that is the reason; then the list paths without a position are."""

    class Positions:
        def position(self, path: ListPath) -> str | None:
            return "7" if path is PULLS else None

    assert first_state([PULLS, GATES], None) == "the event log is being replayed"
    assert first_state([PULLS, GATES], Positions()) == f"waiting for the first state of 1 list paths: {GATES.id}"
    assert first_state([PULLS], Positions()) == "waiting for the first state to be written to the event log"


class Watched:
    """A ClockWatch on a Clock and a wall clock of its own."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.wall = Wall(self.clock, 1_800_000_000.0)
        self.newest = units(self.wall())
        self.metrics = Metrics()
        self.watch = ClockWatch(reactor=self.clock, wall=self.wall, metrics=self.metrics, newest=lambda: self.newest)
        self.watch.start()

    def steps(self, direction: str) -> float:
        return self.metrics.registry.get_sample_value("promoter_view_clock_steps_total", {"direction": direction}) or 0

    @property
    def refused(self) -> float | None:
        return self.metrics.registry.get_sample_value("promoter_view_clock_refused")


def test_steps_of_the_wall_clock_are_noticed() -> None:
    """One that is set is told once, in a line and a count; one that is slewed, or a busy reactor, is none."""
    found = Watched()
    for _ in range(100):
        found.wall.step(0.0005)
        found.clock.advance(1)
    found.clock.advance(45)
    assert found.watch.line() == "has not stepped since the start"
    found.wall.step(-300)
    found.clock.advance(1)
    assert found.watch.line() == "stepped back by 300.0 s, to 2027-01-15T07:57:26+00:00"
    found.wall.step(86_400)
    found.clock.pump([1] * 10)
    assert (found.steps("back"), found.steps("forward")) == (1, 1)
    assert found.watch.line().startswith("stepped forward by 86400.0 s")
    found.watch.stop()
    assert found.clock.getDelayedCalls() == []


def test_a_clock_that_is_not_believed_is_said_so() -> None:
    """While it is decades ahead, in a line and a gauge; then not any more."""
    found = Watched()
    found.wall.step(73 * 365 * 86_400)
    found.clock.advance(1)
    assert found.refused == 1
    assert "offsets, which increase by one: the clock of this host says 2099-" in found.watch.line()
    found.wall.step(-73 * 365 * 86_400)
    found.clock.advance(1)
    assert found.refused == 0
    assert found.watch.line().startswith("stepped back by")


def test_what_will_hold_appending_up() -> None:
    """A warning stands before the extent; a fault alone stands where there are both."""
    assert log_line(LogStatus(5, 1, 10, 0, 0, warning="soon")).startswith("soon; head 5")
    assert log_line(LogStatus(5, 1, 10, 0, 0, "full", warning="soon")).endswith("the last state is served: full")
