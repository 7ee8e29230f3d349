"""A log's folder as a whole: read without a trace, begun from another log's state, refused where that would harm."""

from __future__ import annotations

import dataclasses

import pytest

from promoter_view.log.errors import LogDamaged, LogLocked, LogUnusable
from promoter_view.log.file import segment as segment_module
from promoter_view.log.file.disk import Disk
from promoter_view.log.file.folder_at_rest import FolderAtRest
from promoter_view.records import Change, Mark, Memory, ObjectKey, Position, UnreadObject, Word
from tests.support.log.fakes import MIRROR, NOW, PATH, Bench, FaultyDisk, Fold, change, kinds


def resting(path, disk=None):
    return FolderAtRest(path, disk=disk or Disk(), now=lambda: NOW)


def run(work):
    """What a coroutine that waits for nothing returns."""
    with pytest.raises(StopIteration) as done:
        work.send(None)
    return done.value.value


def files(path):
    return {found.name: found.read_bytes() for found in path.iterdir()}


@pytest.fixture
def bench(tmp_path):
    """A log of some objects, one of them gone, that is closed."""
    bench = Bench(tmp_path / "log")
    log, _ = bench.open()
    bench.append(log, change("a", b"1"), change("b", b"2"), Position(PATH, "7"))
    bench.append(log, change("a", b"", type_=change("a").type.DELETED), change("c", b"3", position="9"))
    bench.stop(log)
    return bench


def read(path):
    fold = Fold()
    run(resting(path).read(fold))
    return fold


def test_read_gives_all_and_changes_nothing(bench):
    """Whoever reads has every record, no mark is added, and the folder is byte for byte as it was."""
    before = files(bench.path)
    fold = read(bench.path)
    assert [type(record.entry) for record in fold.records] == [Mark, Change, Change, Position, Change, Change]
    assert files(bench.path) == before
    assert read(bench.path).state == fold.state


def test_begun_from_a_state_it_goes_on_above(bench, tmp_path):
    """A log begun from another's state has all of it, and its mark follows that state's offset: nothing comes twice."""
    found = read(bench.path).snapshot()
    unreadable = {ObjectKey("PullRequest", "team", "c"): UnreadObject("9", "deep")}
    memory = {key: Memory("u", {"": Word("Healthy", 7)}) for key in found.bundles}
    taken_up = kinds("Gate").kinds
    state = dataclasses.replace(found, unreadable=unreadable, kinds=taken_up, schemas={"p": "s"}, memory=memory)
    other = Bench(tmp_path / "other")
    run(resting(other.path).begin(state))
    log, fold = other.open()
    assert fold.restored == state
    assert (fold.objects, fold.bundles) == (state.objects, state.bundles)
    assert [record.entry for record in fold.records] == [Mark(state.offset, MIRROR, 0)]
    assert fold.records[0].offset > state.offset
    other.append(log, change("d", b"4"))
    other.stop(log)
    assert read(other.path).objects.keys() == fold.objects.keys()


def test_no_log_to_read(tmp_path):
    """Where there is no log none is begun by reading it."""
    with pytest.raises(LogUnusable, match="holds no event log"):
        read(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_open_logs(bench, tmp_path):
    """A log that a program has open is neither read nor written to."""
    log, fold = bench.open()
    with pytest.raises(LogLocked):
        read(bench.path)
    with pytest.raises(LogLocked):
        run(resting(bench.path).begin(fold.snapshot()))
    bench.stop(log)


def test_a_log_that_is_there_is_not_written_over(bench):
    """A folder with a log in it is refused, and stays as it is."""
    state, before = read(bench.path).snapshot(), files(bench.path)
    with pytest.raises(LogUnusable, match="already"):
        run(resting(bench.path).begin(state))
    assert files(bench.path) == before


def test_a_copy_cut_short_is_no_log(bench, tmp_path):
    """Where writing fails half-way the error says so, and no program takes what is there for a log."""
    disk, other = FaultyDisk(), Bench(tmp_path / "other")
    disk.room = 200
    with pytest.raises(LogUnusable, match="remove it before you try again"):
        run(resting(other.path, disk).begin(read(bench.path).snapshot()))
    with pytest.raises(LogDamaged):
        other.open()


def test_damage(bench):
    """A damaged log is not copied in part."""
    segment = next(bench.path.glob("*.segment"))
    data = bytearray(segment.read_bytes())
    data[segment_module.FIRST_BYTE + 60] ^= 1
    segment.write_bytes(bytes(data))
    with pytest.raises(LogDamaged):
        read(bench.path)
