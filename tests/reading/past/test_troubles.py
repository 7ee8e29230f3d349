"""Whatever befalls a log, in any order: each moment of it is what a list said then, byte for byte."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from promoter_view.log.etcd import checkpoint
from tests.support.reading.recorded_run import EtcdRunBench, FolderBench
from tests.support.reading.troubles import TROUBLES, TroubledRun

#: What no view shows is written just before the clock is set back, and changes follow.
_NOTED = ["changed", "noted", "set_back", "changed", "rested"]
#: The end of the log was read before the clock is set back, and changes follow.
_READ = ["changed", "asked", "set_back", "changed", "rested", "asked", "asked"]
_DISBELIEVED = ["changed", "disbelieved", "changed", "rolled", "changed"]
#: A few things happen, one of them more often than the others.
_TROUBLES = st.lists(st.one_of(st.just("changed"), st.sampled_from(TROUBLES)), min_size=5, max_size=25)


def _befall(run, troubles):
    for trouble in troubles:
        getattr(run, trouble)()
    run.check(run.pasts(), 12)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 1 << 16), st.sampled_from([0, 2, 7, 100]), _TROUBLES)
@example(1, 0, _NOTED)
@example(1, 0, _READ)
@example(5, 0, _DISBELIEVED)
def test_a_folder(seed, tells, troubles):
    """Ends, kills, copies, clocks that are set and not believed, other definitions; read by one who keeps moments."""
    with TemporaryDirectory() as folder:
        _befall(TroubledRun(FolderBench(Path(folder) / "log"), seed=seed, tells=tells), troubles)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 1 << 16), _TROUBLES.map(lambda found: [each for each in found if each != "killed"]))
@example(1, _NOTED)
@example(1, _READ)
@example(3, _DISBELIEVED)
def test_an_etcd(seed, troubles):
    """The same, but for kills: the next process waits for the lease."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoint, "EVERY_EVENTS", 40)
        _befall(TroubledRun(EtcdRunBench(), seed=seed), troubles)
