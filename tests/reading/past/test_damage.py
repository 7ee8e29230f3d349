"""A log that breaks beside a running program: a moment is what it was, or it is refused; it is never made of a part."""

from __future__ import annotations

import pytest

from promoter_view.log.file import segment
from promoter_view.log.file.past import FolderPast
from promoter_view.reading.past.asked import moment_of
from promoter_view.views.versions import LAST_PLACE, join
from promoter_view.web.errors import PastUnavailable
from tests.support.log.fakes import InlineWorker
from tests.support.reading.recorded_run import FolderBench, RecordedRun, seen


@pytest.fixture(scope="module", params=[0, 7])
def run(request, tmp_path_factory):
    """Many segments, some without a snapshot. Of what became of bundles the log tells nothing, or seven at a time."""
    made = RecordedRun(FolderBench(tmp_path_factory.mktemp("run") / "log"), tells=request.param)
    made.list()
    made.go(200)
    return made


def broken(run, path, data):
    """Asks for all moments of the log while that file has these bytes: how many were told, and how many refused."""
    sound = path.read_bytes()
    path.write_bytes(data)
    told = refused = 0
    try:
        pasts = run.pasts(log=FolderPast(run.bench.path, worker=InlineWorker()))
        for offset, _, shown in run.told[:: max(1, len(run.told) // 15)]:
            if shown is None:
                continue
            try:
                past = run.now(pasts.at(moment_of(join(offset, 0, LAST_PLACE))))
            except PastUnavailable:
                refused += 1
            else:
                assert seen(past.views) == shown
                told += 1
    finally:
        path.write_bytes(sound)
    return told, refused


def test_a_segment_that_breaks_in_the_middle(run):
    """What is before the break is told, and what is behind a later snapshot; nothing is told over a hole."""
    paths = sorted(run.bench.path.glob("*.segment"))
    # Without these a replay reads through several segments.
    for snapshot in sorted(run.bench.path.glob("*.snapshot"))[2:]:
        snapshot.unlink()
    refused = 0
    for path in paths[1:-1:3]:
        data = path.read_bytes()
        at = run.random.randrange(segment.FIRST_BYTE, len(data))
        told, more = broken(run, path, data[:at] + bytes([data[at] ^ 0x40]) + data[at + 1 :])
        assert told
        refused += more
    assert refused


def test_a_segment_that_lost_a_frame(run):
    """One is missing between two whole ones."""
    path = sorted(run.bench.path.glob("*.segment"))[2]
    data = path.read_bytes()
    first = segment.frames.frame_at(data, segment.FIRST_BYTE).end
    second = segment.frames.frame_at(data, first).end
    told, refused = broken(run, path, data[:first] + data[second:])
    assert told
    assert refused
