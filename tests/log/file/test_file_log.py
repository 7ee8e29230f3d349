"""The file log over crashes, full disks, damage, rolls and retention."""

from __future__ import annotations

import errno
import stat
from dataclasses import replace

import pytest
from twisted.internet.defer import Deferred

from promoter_view.log.errors import LogClosed, LogDamaged, LogLocked, LogUnusable
from promoter_view.log.offsets import units
from promoter_view.log.urls import LogSettings
from promoter_view.records import ChangeType, CursorMoved, CursorPlace, Mark, Mirror, Position, SchemaRead
from tests.support.log.fakes import MIRROR, NOW, PATH, Bench, Fold, change, kinds, unreadable


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path / "log")


def small(tmp_path, **settings):
    """A bench whose segments are closed after every kilobyte."""
    return Bench(tmp_path / "log", **{"segment_bytes": 1000, **settings})


def fill(bench, log, count, start=0):
    """Appends changes of 500 bytes, a frame each, of three objects in turn."""
    for number in range(start, start + count):
        type_ = ChangeType.ADDED if number < 3 else ChangeType.MODIFIED
        bench.append(log, change(f"pr-{number % 3}", b"%0500d" % number, version=str(number), type_=type_))
        bench.clock.pump([0.005] * 10)


def test_a_restart_replays_what_was_acknowledged(bench):
    """After a kill the follower is as it was, and the next mark names the last offset before it."""
    log, fold = bench.open()
    bench.append(log, change("a", position="5"), change("b"), Position(PATH, "7"))
    bench.append(log, change("a", b"", type_=ChangeType.DELETED))
    bench.kill(log)
    bench.clock.advance(1)
    again, fold2 = bench.open()
    assert fold2.records[:-1] == fold.records
    assert fold2.state == fold.state
    assert fold2.records[-1].entry == Mark(fold.offset, MIRROR, 0)
    assert fold2.offset == units(NOW + 11)
    assert again.status().head == fold2.offset


def test_another_cluster_costs_the_positions(bench):
    """A log put on another cluster keeps its objects, to be compared, but no position."""
    log, _ = bench.open()
    bench.append(log, change("a"), Position(PATH, "7"))
    bench.stop(log)
    _, fold = bench.open(Mirror("other", MIRROR.paths))
    assert (len(fold.objects), fold.positions) == (1, {})


def test_the_folder_is_for_its_owner_only(bench):
    """The folder is 0700 and its files 0600, for cleaned objects are still nobody else's business."""
    log, _ = bench.open()
    bench.stop(log)
    assert stat.S_IMODE(bench.path.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in bench.path.iterdir()} == {0o600}


def test_a_second_writer_is_refused(bench):
    """The lock is exclusive; after a minute the message names the file and what to do; the first goes on."""
    log, _ = bench.open()
    refused = bench.make().start(Fold(), MIRROR)
    bench.clock.pump([1.0] * 59)
    assert not refused.called
    bench.clock.pump([1.0] * 2)
    with pytest.raises(LogLocked, match=r"log/lock is locked: .*--event-log"):
        bench.wait(refused)
    bench.append(log, change("a"))
    bench.stop(log)
    bench.open()


def test_a_start_waits_for_the_one_before_it(bench):
    """While the folder is locked a start says so, in status and metric, and goes on where the other ends."""
    log, before = bench.open()
    bench.append(log, change("a"))
    again, fold = bench.make(), Fold()
    started = again.start(fold, MIRROR)
    bench.clock.advance(30)
    assert "is locked" in again.status().fault
    assert bench.metrics.registry.get_sample_value("promoter_view_log_fault", {"reason": "locked"}) == 1
    bench.append(log, change("b"))
    bench.kill(log)
    bench.clock.advance(1)
    bench.wait(started)
    assert fold.records[:-1] == before.records
    assert again.status().fault is None
    assert bench.metrics.registry.get_sample_value("promoter_view_log_fault", {"reason": "locked"}) == 0


def test_a_start_that_waits_can_be_ended(bench):
    """A stop does not wait for the lock."""
    bench.open()
    waiting = bench.make()
    started = waiting.start(Fold(), MIRROR)
    bench.clock.advance(5)
    bench.stop(waiting)
    with pytest.raises(LogClosed):
        bench.wait(started)


def test_a_foreign_folder_is_refused(bench):
    """A folder with other people's files is not touched."""
    bench.path.mkdir()
    (bench.path / "thesis.tex").write_text("x")
    with pytest.raises(LogUnusable, match=r"thesis\.tex"):
        bench.open()
    assert [file.name for file in bench.path.iterdir()] == ["thesis.tex"]


def test_the_journal_is_no_stranger(bench):
    """It stands beside the log, with what SQLite puts beside it."""
    bench.path.mkdir()
    for name in ("journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm"):
        (bench.path / name).write_text("x")
    bench.open()


def test_lost_and_found_is_no_stranger(bench):
    """A volume's root may be the folder."""
    (bench.path / "lost+found").mkdir(parents=True)
    bench.open()


def test_what_could_not_be_read_is_known_after_a_restart(tmp_path):
    """From the records, and from a snapshot; until it can be read, or is gone."""
    bench = small(tmp_path, history_bytes=1500)
    log, fold = bench.open()
    bench.append(log, change("good"), unreadable("good", position="8"), unreadable("new"), unreadable("read"))
    bench.append(log, change("read", version="2"), unreadable("gone"), change("gone", type_=ChangeType.DELETED))
    assert {key.name for key in fold.unreadable} == {"good", "new"}
    bench.kill(log)
    log, again = bench.open()
    assert (again.unreadable, again.positions) == (fold.unreadable, {PATH: "8"})
    fill(bench, log, 12)
    bench.kill(log)
    assert bench.files("snapshot")
    _, last = bench.open()
    assert last.restored is not None
    assert last.unreadable == fold.unreadable


def test_the_format_is_stepped_when_it_is_needed(bench):
    """An older program opens the log until an object could not be read, and refuses it with one line from then on."""
    log, _ = bench.open()
    bench.append(log, change("a"))
    assert b"format 1\n" in (bench.path / "format").read_bytes()
    bench.append(log, unreadable("a"))
    bench.kill(log)
    assert b"format 2\n" in (bench.path / "format").read_bytes()
    bench.open()


def test_undeclared_kinds_are_known_after_a_restart(tmp_path):
    """From the record, and from a snapshot; who does not know such records refuses the log from the first one on."""
    bench = small(tmp_path, history_bytes=1500)
    log, fold = bench.open()
    bench.append(log, kinds("Gate"), change("a"))
    assert b"format 4\n" in (bench.path / "format").read_bytes()
    bench.kill(log)
    log, again = bench.open()
    assert again.kinds == fold.kinds == kinds("Gate").kinds
    fill(bench, log, 12)
    bench.kill(log)
    assert bench.files("snapshot")
    log, last = bench.open()
    assert last.restored is not None
    assert last.kinds == fold.kinds
    bench.append(log, kinds())
    assert last.kinds == ()


def test_what_is_remembered_is_known_after_a_restart(tmp_path):
    """From the mark that says so on, which older programs refuse; the records and a snapshot tell the same."""
    older = small(tmp_path, history_bytes=1500)
    log, fold = older.open()
    older.append(log, change("before"))
    older.stop(log)
    assert b"format 1\n" in (older.path / "format").read_bytes()
    assert fold.memory is None
    bench = small(tmp_path, history_bytes=1500, remembers=True)
    log, fold = bench.open()
    assert b"format 7\n" in (bench.path / "format").read_bytes()
    bench.append(log, change("a", b"1"), change("b", b"2"))
    bench.kill(log)
    log, again = bench.open()
    assert again.memory == fold.memory
    assert len(fold.memory) == 2
    fill(bench, log, 12)
    bench.kill(log)
    assert bench.files("snapshot")
    _, last = bench.open()
    assert last.restored.memory
    assert last.memory == again.memory


def test_schemas_are_known_after_a_restart(tmp_path):
    """From the record, and from a snapshot; who does not know such records refuses the log from the first one on."""
    bench = small(tmp_path, history_bytes=1500, remembers=True)
    log, fold = bench.open()
    bench.append(log, SchemaRead(PATH, "a"), change("a", position="1"), SchemaRead(PATH, "b"))
    assert b"format 8\n" in (bench.path / "format").read_bytes()
    bench.kill(log)
    log, again = bench.open()
    assert again.schemas == fold.schemas == {PATH: "b"}
    fill(bench, log, 12)
    bench.kill(log)
    assert bench.files("snapshot")
    _, last = bench.open()
    assert last.restored.schemas == last.schemas == {PATH: "b"}
    assert last.memory == again.memory


def test_cursors_are_known_after_a_restart(tmp_path):
    """From a snapshot and from records alike; they count to no retention, and an older program refuses the log."""
    bench = small(tmp_path, history_bytes=1500)
    log, fold = bench.open()
    bench.append(log, CursorMoved("chat", CursorPlace(5, 0)), CursorMoved("mail", CursorPlace(5, 1)))
    fill(bench, log, 12)
    bench.append(log, CursorMoved("mail", None))
    bench.append(log, CursorMoved("late", CursorPlace(7, 0)))
    bench.kill(log)
    assert (bench.path / "format").read_text() == "promoter-view event log, format 11\n"
    _, again = bench.open()
    assert again.restored is not None
    assert again.cursors == fold.cursors == {"chat": (5, 0), "late": (7, 0)}


def test_a_full_disk_holds_the_step_of_the_format_too(bench):
    """The record that needs it waits until there is room, and the format is there before it."""
    log, fold = bench.open()
    bench.disk.room = 0
    appended = log.append((unreadable("a"),))
    bench.settle()
    assert not appended.called
    assert log.status().fault
    bench.disk.room = None
    bench.settle(11)
    assert appended.called
    assert [key.name for key in fold.unreadable] == ["a"]
    assert b"format 2\n" in (bench.path / "format").read_bytes()


def test_another_format_is_refused(bench):
    """A log of another version of the program is left alone, and the message shows what was found."""
    log, _ = bench.open()
    bench.stop(log)
    (bench.path / "format").write_text("promoter-view event log, format 9\n")
    with pytest.raises(LogUnusable, match="format 9"):
        bench.open()


def test_a_file_in_place_of_the_folder_is_refused(bench):
    """What cannot be a folder is refused with the system's own words."""
    bench.path.write_text("x")
    with pytest.raises(LogUnusable, match="cannot be used"):
        bench.open()


def test_a_full_disk_holds_events_and_lets_them_go_on(bench):
    """While writes fail nothing is lost and status and metrics say why; once there is room all goes on in order."""
    log, fold = bench.open()
    bench.disk.room = 100
    waiting = log.append((change("a"),))
    later = log.append((change("b"),))
    bench.settle()
    assert not waiting.called
    assert "ENOSPC" in log.status().fault
    assert bench.metrics.registry.get_sample_value("promoter_view_log_fault", {"reason": "ENOSPC"}) == 1
    bench.disk.room = 100
    bench.clock.advance(1)
    bench.disk.room = None
    bench.clock.advance(2)
    bench.settle()
    assert (waiting.called, later.called, log.status().fault) == (True, True, None)
    assert bench.metrics.registry.get_sample_value("promoter_view_log_fault", {"reason": "ENOSPC"}) == 0
    failures = bench.metrics.registry.get_sample_value("promoter_view_log_write_failures_total", {"reason": "ENOSPC"})
    assert failures == 2
    bench.kill(log)
    _, again = bench.open()
    assert again.records[:-1] == fold.records


def test_a_crash_after_a_failed_write_leaves_whole_frames(bench):
    """A failed write is cut back before anything else: the folder opens without a torn tail."""
    log, fold = bench.open()
    size = bench.files("segment")[0].stat().st_size
    bench.disk.room = 100
    log.append((change("a"),)).addErrback(lambda _: None)
    bench.settle()
    assert bench.files("segment")[0].stat().st_size == size
    bench.kill(log)
    bench.disk.room = None
    _, again = bench.open()
    assert again.records[:-1] == fold.records


def test_retries_back_off_to_ten_seconds(bench):
    """The pause between two attempts doubles from 1 s to 10 s."""
    log, _ = bench.open()
    bench.disk.room, bench.disk.error = 0, errno.EDQUOT
    log.append((change("a"),)).addErrback(lambda _: None)
    pauses = []
    for _ in range(6):
        (call,) = (call for call in bench.clock.getDelayedCalls() if "FolderWatch" not in repr(call.func))
        pauses.append(round(call.getTime() - bench.clock.seconds()))
        bench.clock.advance(pauses[-1])
    assert pauses == [1, 2, 4, 8, 10, 10]


def test_stopping_while_the_disk_is_full_ends(bench):
    """A stop tries once more and then says that the entries were not kept."""
    log, _ = bench.open()
    bench.disk.room = 0
    failures = []
    log.append((change("a"),)).addErrback(failures.append)
    bench.stop(log)
    assert failures[0].check(LogClosed)
    bench.disk.room = None
    bench.open()


@pytest.mark.parametrize("call", ["sync_fails", "truncate_fails"])
def test_what_makes_the_disk_unknown_ends_the_process(bench, call):
    """After a failed sync, or a failed cut, nothing is acknowledged and the process is told to end."""
    log, fold = bench.open()
    if call == "truncate_fails":
        bench.disk.room = 10
    setattr(bench.disk, call, True)
    failures = []
    log.append((change("a"),)).addErrback(failures.append)
    bench.settle()
    assert len(bench.fatal) == 1
    assert len(fold.records) == 1
    assert failures == []
    bench.stop(log)
    assert failures[0].check(LogClosed)


def test_a_segment_that_may_or_may_not_be_there_ends_the_process(tmp_path):
    """A new segment is named but its name cannot be synced: writing on in the old one would look like damage later."""
    bench = small(tmp_path)
    log, fold = bench.open()
    fill(bench, log, 2)
    bench.disk.folder_sync_fails = True
    log.append((change("pr-0", b"%0500d" % 2, type_=ChangeType.MODIFIED),)).addErrback(lambda _: None)
    bench.settle()
    bench.disk.folder_sync_fails = False
    if not bench.fatal:
        fill(bench, log, 9, 3)
    bench.kill(log)
    _, again = bench.open()
    assert again.objects == fold.objects
    assert len(bench.fatal) == 1


def test_a_disk_that_is_full_at_the_first_start_is_said(bench):
    """A log that cannot even be created is refused."""
    bench.disk.room = 0
    with pytest.raises(LogUnusable, match="No space left"):
        bench.open()


def test_a_roll_writes_a_snapshot_beside_the_new_segment(tmp_path):
    """A start from a snapshot gives the same state as the records from the beginning."""
    bench = small(tmp_path, history_bytes=1500)
    log, fold = bench.open()
    fill(bench, log, 12)
    bench.append(log, Position(PATH, "99"))
    bench.kill(log)
    snapshots, segments = bench.files("snapshot"), bench.files("segment")
    assert {file.stem for file in snapshots} <= {file.stem for file in segments}
    _, again = bench.open()
    assert again.restored is not None
    assert again.state == (*fold.state[:3], MIRROR, {}, (), {}, None, {})
    assert [r for r in fold.records if r.offset > again.restored.offset] == again.records[:-1]


def test_a_snapshot_is_restored_in_slices(tmp_path):
    """However large the state is, the reactor turns meanwhile: health is answered."""
    bench = small(tmp_path, history_bytes=0)
    log, _ = bench.open()
    fill(bench, log, 12)
    bench.kill(log)
    fold = Fold(slow=bench.clock)
    bench.wait(bench.make().start(fold, MIRROR))
    assert fold.turns == [True] * len(fold.restored.objects) == [True] * 3


def test_the_start_goes_back_as_far_as_the_history_asks(tmp_path):
    """With room in the history the replay begins at the beginning of the log."""
    bench = small(tmp_path)
    log, fold = bench.open()
    fill(bench, log, 12)
    bench.kill(log)
    assert bench.files("snapshot")
    _, again = bench.open()
    assert again.restored is None
    assert again.records[:-1] == fold.records


def test_appends_go_on_while_a_snapshot_is_written(tmp_path):
    """A snapshot is written in pieces between which events are committed; until it is whole it does not count."""
    bench = small(tmp_path, segment_bytes=600_000, history_bytes=1)
    log, _ = bench.open()
    for number in range(3):
        bench.append(log, change(f"big-{number}", b"x" * 300_000))
    appended = log.append((change("a"),))
    bench.clock.advance(0)
    assert appended.called
    assert bench.files("snapshot") == []
    bench.settle()
    assert len(bench.files("snapshot")) == 1


def test_a_crash_in_the_middle_of_a_snapshot_leaves_none(tmp_path):
    """A snapshot that was not renamed is deleted when the log is opened again."""
    bench = small(tmp_path, segment_bytes=600_000)
    log, fold = bench.open()
    for number in range(3):
        bench.append(log, change(f"big-{number}", b"x" * 300_000))
    assert bench.files("tmp")
    bench.kill(log)
    _, again = bench.open()
    assert bench.files("tmp") == []
    assert again.records[:-1] == fold.records


def test_a_full_disk_costs_a_snapshot_and_nothing_else(tmp_path):
    """A snapshot that cannot be written is given up; the next segment brings the next one."""
    bench = small(tmp_path, segment_bytes=100_000)
    log, fold = bench.open()
    bench.append(log, change("a", b"x" * 200_000))
    bench.disk.room = 2_000
    bench.append(log, change("b"))
    bench.settle()
    assert (bench.files("snapshot"), bench.files("tmp")) == ([], [])
    bench.disk.room = None
    bench.append(log, change("c", b"x" * 200_000))
    bench.append(log, change("d"))
    bench.settle()
    assert len(bench.files("snapshot")) == 1
    bench.kill(log)
    _, again = bench.open()
    assert again.objects == fold.objects


def test_retention_by_bytes_deletes_the_oldest_segments(tmp_path):
    """The log stays within its bytes but for the newest snapshot and what follows it, and still opens."""
    bench = small(tmp_path, retention_bytes=8_000, history_bytes=1500)
    log, fold = bench.open()
    fill(bench, log, 60)
    held = sum(file.stat().st_size for file in bench.files("segment") + bench.files("snapshot"))
    assert held < 12_000
    assert log.status().first > 1
    assert log.status().size == held
    bench.kill(log)
    _, again = bench.open()
    assert again.objects == fold.objects


@pytest.mark.parametrize("bound", [{"retention_events": 10}, {"retention_age_seconds": 20}])
def test_retention_by_events_and_by_age(tmp_path, bound):
    """Whichever bound is reached first counts."""
    bench = small(tmp_path, history_bytes=1500, **bound)
    log, fold = bench.open()
    for number in range(30):
        fill(bench, log, 1, number)
        bench.clock.advance(5)
    assert len(bench.files("segment")) < 10
    bench.kill(log)
    _, again = bench.open()
    assert again.objects == fold.objects


def test_two_retentions_at_once_count_each_segment_once(tmp_path):
    """A start's retention and that of a snapshot which has just been written may overlap."""
    bench = small(tmp_path, history_bytes=1500)
    log, fold = bench.open()
    fill(bench, log, 12)
    archive = log._archive
    archive._settings = replace(bench.settings, retention_events=1)
    bench.worker.holding = True
    both = [Deferred.fromCoroutine(archive.retain()) for _ in range(2)]
    while bench.worker.held:
        bench.worker.let_go()
    bench.worker.holding = False
    assert all(one.called for one in both)
    held = bench.files("segment") + bench.files("snapshot")
    assert log.status().size == sum(file.stat().st_size for file in held)
    assert log.status().first == int(bench.files("segment")[0].stem) + 1
    fill(bench, log, 3, 12)
    bench.kill(log)
    _, again = bench.open()
    assert again.objects == fold.objects


def test_retention_does_not_wait_for_a_snapshot_to_be_worth_it(tmp_path):
    """Where little happens, age and number of events still count: they have a snapshot written, and segments go."""
    bench = small(tmp_path, segment_age_seconds=60, history_bytes=1500, retention_age_seconds=600)
    log, fold = bench.open()
    bench.append(log, change("large", b"%020000d" % 0))
    fill(bench, log, 1)
    assert len(bench.files("snapshot")) == 1
    for number in range(1, 21):
        bench.clock.advance(60)
        bench.append(log, change("pr-0", b"%0100d" % number, type_=ChangeType.MODIFIED))
        bench.settle()
    assert units(bench.clock.seconds()) - log.status().first < units(900)
    bench.kill(log)
    _, again = bench.open()
    assert again.objects == fold.objects


def test_segments_roll_by_age(tmp_path):
    """A segment is closed when it is old, however small, but never an empty one."""
    bench = small(tmp_path, segment_bytes=1 << 20, segment_age_seconds=60)
    log, _ = bench.open()
    for _ in range(3):
        bench.clock.advance(61)
        bench.append(log, change("a"))
    assert len(bench.files("segment")) == 4


def test_an_unreadable_snapshot_is_passed_over(tmp_path):
    """When the chosen snapshot is broken an older start point serves, and the state is the same."""
    bench = small(tmp_path, history_bytes=1500)
    log, fold = bench.open()
    fill(bench, log, 20)
    bench.kill(log)
    for broken in bench.files("snapshot")[1:]:
        broken.write_bytes(broken.read_bytes()[:-1])
    _, again = bench.open()
    assert again.objects == fold.objects


def test_no_readable_snapshot_and_no_beginning_is_damage(tmp_path):
    """Without any start point the log says so and names the way on."""
    bench = small(tmp_path, retention_events=5, history_bytes=1500)
    log, _ = bench.open()
    fill(bench, log, 30)
    bench.kill(log)
    for broken in bench.files("snapshot"):
        broken.write_bytes(b"")
    with pytest.raises(LogDamaged, match=r"no snapshot.*--event-log-repair"):
        bench.open()


@pytest.mark.parametrize("missing", [1, -1])
def test_a_missing_segment_is_damage(tmp_path, missing):
    """A gap in the segments is seen by the chain, the last one's absence by its snapshot."""
    bench = small(tmp_path)
    log, _ = bench.open()
    fill(bench, log, 9)
    bench.kill(log)
    bench.files("segment")[missing].unlink()
    with pytest.raises(LogDamaged, match="missing"):
        bench.open()


def test_without_its_oldest_segment_a_log_is_as_after_retention(tmp_path):
    """What is before the oldest segment is not asked for as long as a snapshot stands in for it."""
    bench = small(tmp_path)
    log, fold = bench.open()
    fill(bench, log, 9)
    bench.kill(log)
    bench.files("segment")[0].unlink()
    _, again = bench.open()
    assert again.objects == fold.objects


def test_damage_leaves_the_lock_free_for_the_repair(tmp_path):
    """A repair sets all aside and begins a new log, whose mark is beyond all that the old one handed out."""
    bench = small(tmp_path)
    log, fold = bench.open()
    fill(bench, log, 9)
    bench.kill(log)
    first = bench.files("segment")[0]
    first.write_bytes(first.read_bytes()[:-3])
    with pytest.raises(LogDamaged, match=rf"{first.name}, byte \d+"):
        bench.open()
    bench.settings = LogSettings(repair=True)
    _, again = bench.open()
    assert [record.entry for record in again.records] == [Mark(0, MIRROR, 0)]
    assert again.offset > fold.offset
    (aside,) = bench.path.glob("damaged-*")
    assert first.name in {file.name for file in aside.iterdir()}


YEAR = 365 * 86_400.0


@pytest.mark.parametrize(
    ("years", "words"), [(73, "says 2099-12-28, beyond 2071"), (6, "more than 5 years after the newest")]
)
def test_a_start_with_a_clock_far_ahead_is_refused(bench, years, words):
    """It writes nothing; with the clock set right the log goes on."""
    log, fold = bench.open()
    bench.append(log, change("a"))
    bench.stop(log)
    before = [path.read_bytes() for path in bench.files("segment")]
    bench.wall.step(years * YEAR)
    with pytest.raises(LogUnusable, match=words):
        bench.open()
    assert [path.read_bytes() for path in bench.files("segment")] == before
    bench.wall.step(-years * YEAR)
    _, again = bench.open()
    assert again.records[:-1] == fold.records


def test_no_log_is_begun_with_a_clock_far_ahead(bench):
    """Its first offset would be its last."""
    bench.wall.step(73 * YEAR)
    with pytest.raises(LogUnusable, match="beyond 2071"):
        bench.open()
    assert not bench.path.exists() or not bench.files("segment")


def test_a_clock_that_steps_forward_and_back_moves_offsets_forward_only(bench):
    """A day ahead, right, an hour back, at 2099, right: each offset is above the one before, none beyond the day."""
    log, fold = bench.open()
    for number, step in enumerate((86_400.0, -86_400.0, -3600.0, 73 * YEAR, -73 * YEAR)):
        bench.wall.step(step)
        bench.append(log, change(f"a-{number}"))
        bench.append(log, change(f"b-{number}"))
    offsets = [record.offset for record in fold.records]
    assert offsets == sorted(set(offsets))
    assert units(NOW + 86_400) <= offsets[-1] < units(NOW + 86_400) + 1_000_000
    assert [int(record.time_ms / 1000 - NOW) // 3600 for record in fold.records[1:7]] == [24, 24, 0, 0, -1, -1]


def test_a_log_of_a_clock_at_2099_is_damage(bench, monkeypatch):
    """No offset can follow: it is said so, and a repair begins a new log with the clock of now."""
    monkeypatch.setattr("promoter_view.log.offsets.refusal", lambda last, now: None)
    bench.wall.step(73 * YEAR)
    log, _ = bench.open()
    bench.append(log, change("a"))
    bench.stop(log)
    monkeypatch.undo()
    bench.wall.step(-73 * YEAR)
    with pytest.raises(LogDamaged, match=r"no offset can follow .*--event-log-repair"):
        bench.open()
    bench.settings = LogSettings(repair=True)
    _, fold = bench.open()
    assert fold.offset < units(NOW + 60)


def test_a_step_forward_deletes_nothing(tmp_path):
    """What is to be kept for an hour is kept for an hour of time that passes, and not of a clock that is set."""
    bench = small(tmp_path, retention_age_seconds=3600)
    log, _ = bench.open()
    fill(bench, log, 12)
    kept = bench.files("segment")
    bench.wall.step(86_400)
    fill(bench, log, 6, start=12)
    assert set(kept) <= set(bench.files("segment"))
    bench.clock.advance(3700)
    fill(bench, log, 12, start=18)
    assert not set(kept[:-1]) & set(bench.files("segment"))


def test_a_sound_log_is_not_touched_by_repair(bench):
    """The option may stay on: without damage it does nothing."""
    bench.settings = LogSettings(repair=True)
    log, fold = bench.open()
    bench.append(log, change("a"))
    bench.stop(log)
    _, again = bench.open()
    assert again.records[:-1] == fold.records


def test_a_folder_put_back_from_yesterday_says_so_in_its_mark(bench):
    """The mark's previous offset is yesterday's last: what was handed out since lies between the two."""
    log, fold = bench.open()
    bench.append(log, change("a"))
    bench.stop(log)
    yesterday = {file.name: file.read_bytes() for file in bench.path.iterdir()}
    last = fold.offset
    bench.clock.advance(3600)
    log, fold = bench.open()
    bench.append(log, change("b"))
    bench.stop(log)
    for file in bench.path.iterdir():
        file.unlink()
    for name, data in yesterday.items():
        (bench.path / name).write_bytes(data)
    bench.clock.advance(1)
    _, again = bench.open()
    assert again.records[-1].entry.previous == last
    assert again.offset > fold.offset


def test_stopping_in_the_middle_of_the_replay(bench):
    """A stop while the log is being opened ends the start with LogClosed and frees the folder."""
    log, _ = bench.open()
    bench.append(log, change("a"))
    bench.stop(log)
    bench.worker.holding = True
    slow = bench.make()
    failures = []
    slow.start(None, MIRROR).addErrback(failures.append)
    stopped = slow.stop()
    bench.worker.holding = False
    while bench.worker.held:
        bench.worker.let_go()
    assert failures[0].check(LogClosed)
    assert stopped.called
    bench.open()


def test_the_root_of_a_volume_with_an_fs_group(bench, monkeypatch):
    """A folder of root that our group may write to, set-group-ID, is used as it is: its mode is not ours to change."""
    bench.path.mkdir()
    bench.path.chmod(0o2775)
    monkeypatch.setattr("os.geteuid", lambda: bench.path.stat().st_uid + 1)
    monkeypatch.setattr(type(bench.path), "chmod", lambda *_: pytest.fail("EPERM"))
    log, _ = bench.open()
    bench.append(log, change("a"))
    assert stat.S_IMODE(bench.path.stat().st_mode) == 0o2775
    assert {stat.S_IMODE(file.stat().st_mode) for file in bench.path.iterdir()} == {0o600}
