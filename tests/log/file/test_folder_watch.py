"""The folder of an open log, deleted, renamed, replaced or made read-only: noticed, said, and never written past."""

from __future__ import annotations

import shutil

import pytest

from promoter_view.log.errors import LogClosed
from promoter_view.log.file.folder_watch import LOOK_SECONDS, PATIENCE_LOOKS
from tests.log.file.test_file_log import fill, small
from tests.support.log.fakes import Bench, change


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path / "log")


def fault(bench, reason):
    return bench.metrics.registry.get_sample_value("promoter_view_log_fault", {"reason": reason}) or 0


def look(bench, times=1):
    for _ in range(times):
        bench.clock.advance(LOOK_SECONDS)


def deleted(path):
    shutil.rmtree(path)


def renamed(path):
    path.rename(path.with_name("elsewhere"))


def replaced(path):
    renamed(path)
    Bench(path).open()


def lock_deleted(path):
    (path / "lock").unlink()


def segment_deleted(path):
    for found in path.glob("*.segment"):
        found.unlink()


@pytest.mark.parametrize(
    ("change_folder", "reason"),
    [
        (deleted, "gone"),
        (renamed, "gone"),
        (replaced, "replaced"),
        (lock_deleted, "gone"),
        (segment_deleted, "gone"),
    ],
)
def test_a_folder_that_is_lost(bench, change_folder, reason):
    """Within seconds metric, status and log say so, nothing is acknowledged any more, and after a minute it ends."""
    log, fold = bench.open()
    bench.append(log, change("a"))
    change_folder(bench.path)
    look(bench)
    assert fault(bench, reason) == 1
    assert str(bench.path) in log.status().fault
    acknowledged, refused = [], []
    log.append((change("b"),)).addCallbacks(acknowledged.append, refused.append)
    look(bench, PATIENCE_LOOKS - 2)
    assert bench.fatal == []
    look(bench)
    assert ["no longer there" in line for line in bench.fatal] == [True]
    bench.stop(log)
    assert acknowledged == []
    assert [failure.check(LogClosed) for failure in refused] == [LogClosed]
    assert len(fold.objects) == 1


def test_a_folder_that_comes_back(bench):
    """Put back within the minute, it goes on: what waited is appended, and a restart has all of it."""
    log, _ = bench.open()
    aside = bench.path.with_name("elsewhere")
    bench.path.rename(aside)
    look(bench)
    done = []
    log.append((change("a"),)).addCallback(done.append)
    look(bench, 3)
    assert done == []
    aside.rename(bench.path)
    look(bench, 3)
    assert (done, log.status().fault, fault(bench, "gone")) == ([None], None, 0)
    look(bench, 2 * PATIENCE_LOOKS)
    assert bench.fatal == []
    bench.stop(log)
    _, fold = bench.open()
    assert len(fold.objects) == 1


def test_a_roll_into_somebody_elses_folder(tmp_path):
    """A roll looks first: no segment, snapshot or removal reaches the log that another process has begun there."""
    bench = small(tmp_path, retention_events=3)
    log, _ = bench.open()
    fill(bench, log, 1)
    bench.path.rename(tmp_path / "elsewhere")
    other = Bench(bench.path)
    other.open()
    before = sorted(path.name for path in bench.path.iterdir())
    held = log.append(tuple(change(f"pr-{number}", b"%0500d" % number) for number in range(9)))
    held.addErrback(lambda _: None)
    bench.clock.pump([0.01] * 50)
    held = log.append((change("more"),))
    held.addErrback(lambda _: None)
    bench.clock.pump([0.01] * 50)
    assert sorted(path.name for path in bench.path.iterdir()) == before
    assert fault(bench, "replaced") == 1
    bench.stop(log)
    assert sorted(path.name for path in bench.path.iterdir()) == before


def test_a_folder_made_read_only(bench):
    """Appending goes on in the open segment; metric and a line say that no other could be begun, until one can."""
    log, fold = bench.open()
    bench.disk.read_only = True
    look(bench)
    bench.append(log, change("a"))
    assert (fault(bench, "read_only"), log.status().fault) == (1, None)
    assert "is read-only now" in log.status().warning
    look(bench, 2 * PATIENCE_LOOKS)
    assert bench.fatal == []
    bench.disk.read_only = False
    look(bench)
    assert (fault(bench, "read_only"), log.status().warning) == (0, "")
    assert len(fold.objects) == 1


def test_nothing_is_looked_at_after_the_end(bench):
    """A stop leaves no call behind."""
    log, _ = bench.open()
    bench.stop(log)
    assert bench.clock.getDelayedCalls() == []
