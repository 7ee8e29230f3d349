"""A whole log folder under truncation and bit flips, in segments and in snapshots, over a restart."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promoter_view.log.errors import LogDamaged, LogUnusable
from promoter_view.records import ChangeType, Position
from tests.support.log.fakes import PATH, Bench, change

SETTINGS = {"segment_bytes": 350, "history_bytes": 900}


class Written:
    """A log of several segments and snapshots: its files, its records, and the state after each of them."""

    def __init__(self):
        with TemporaryDirectory() as folder:
            bench = Bench(Path(folder) / "log", **SETTINGS)
            log, fold = bench.open()
            self.states = {fold.offset: self.state_of(fold)}
            for number in range(14):
                self.step(bench, log, number)
                self.states[fold.offset] = self.state_of(fold)
            bench.kill(log)
            self.files = {file.name: file.read_bytes() for file in bench.path.iterdir()}
            self.records = fold.records

    def step(self, bench, log, number):
        type_ = ChangeType.ADDED if number < 4 else ChangeType.DELETED if number == 9 else ChangeType.MODIFIED
        entry = change(f"pr-{number % 4}", b"" if number == 9 else b'{"n":%d}' % number, type_=type_)
        bench.append(log, *([entry] if number % 5 else [Position(PATH, str(number))]))
        bench.clock.pump([0.005] * 10)

    @staticmethod
    def state_of(fold):
        return dict(fold.objects), dict(fold.positions), dict(fold.bundles), fold.mirror

    def restart(self, files):
        """Opens a folder of these files a second later. Raises what start raises."""
        with TemporaryDirectory() as folder:
            bench = Bench(Path(folder) / "log", **SETTINGS)
            bench.path.mkdir()
            for name, data in files.items():
                (bench.path / name).write_bytes(data)
            bench.clock.advance(1)
            log, fold = bench.open()
            bench.append(log, change("after"))
            bench.kill(log)
            _, again = bench.open()
            assert again.state == fold.state
            return fold

    def check(self, fold):
        """What was replayed is the history from the restored offset to some offset, exactly."""
        mark = fold.records[-2]
        start = fold.restored.offset if fold.restored else 0
        last = mark.entry.previous
        assert fold.records[:-2] == [record for record in self.records if start < record.offset <= last]
        assert mark.offset > self.records[-1].offset
        assert self.after(fold) == self.states[last]

    def after(self, fold):
        """The state before the entry that ``restart`` added."""
        added = fold.records[-1].entry
        objects = {key: found for key, found in fold.objects.items() if key != added.key}
        bundles = {key: version for key, version in fold.bundles.items() if key.name != added.key.name}
        return objects, fold.positions, bundles, fold.mirror


@pytest.fixture(scope="module")
def written():
    return Written()


def names(written):
    return sorted(name for name in written.files if name.endswith(("segment", "snapshot")))


def test_the_log_under_test_has_segments_and_snapshots(written):
    """Without damage it opens at its end; and there is something to damage."""
    fold = written.restart(written.files)
    written.check(fold)
    assert fold.restored is not None
    assert len(names(written)) > 6


def test_truncation_at_every_byte_of_the_last_frames(written):
    """Cut anywhere in the last segment, the log opens with the whole frames before the cut and a mark beyond all."""
    newest = max(name for name in names(written) if name.endswith("segment"))
    data = written.files[newest]
    for size in range(44, len(data)):
        written.check(written.restart({**written.files, newest: data[:size]}))


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_flipped_bit_never_gives_a_wrong_object(written, data):
    """Whatever bit of whatever file is flipped, the log opens with a prefix of the true history or names the damage."""
    name = data.draw(st.sampled_from(names(written)))
    bit = data.draw(st.integers(0, len(written.files[name]) * 8 - 1))
    flipped = bytearray(written.files[name])
    flipped[bit // 8] ^= 1 << bit % 8
    try:
        fold = written.restart({**written.files, name: bytes(flipped)})
    except LogDamaged:
        return
    written.check(fold)


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_a_truncated_file_never_gives_a_wrong_object(written, data):
    """The same for any file cut short, down to nothing."""
    name = data.draw(st.sampled_from(names(written)))
    size = data.draw(st.integers(0, len(written.files[name]) - 1))
    try:
        fold = written.restart({**written.files, name: written.files[name][:size]})
    except LogDamaged:
        return
    written.check(fold)


def test_every_flipped_bit_of_the_format_is_refused(written):
    """A folder that does not say clearly what it is, is left alone."""
    sound = written.files["format"]
    for bit in range(len(sound) * 8):
        flipped = bytearray(sound)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(LogUnusable, match="this program reads"):
            written.restart({**written.files, "format": bytes(flipped)})


def test_without_its_format_a_log_is_damaged(written):
    """Segments without the file that says what they are may be anything."""
    files = {name: data for name, data in written.files.items() if name != "format"}
    with pytest.raises(LogDamaged, match="format is missing"):
        written.restart(files)
