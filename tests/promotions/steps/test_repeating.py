"""When an Application is synced again that did not come to what is desired."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from promoter_view.decoded import rfc3339
from promoter_view.promotions.steps.decisions import Decision, NextMove
from promoter_view.promotions.steps.repeating import Resync, paced, read_resyncs, written_resyncs

NOW = 1_800_000_000.0
AGAIN = Decision(NextMove.RESYNC, "Running", "app was synced to b, wanted a")
SYNC = Decision(NextMove.SYNC, "Running", "app is to be synced")


def test_distances() -> None:
    """Looked at every second for an hour, it is synced five times in the first five minutes, then every five."""
    moments, known = [0], None
    for second in range(1, 3600):
        decision, known = paced(AGAIN, known, NOW + second)
        if decision.move is NextMove.RESYNC:
            moments.append(second)
    assert moments[:7] == [0, 11, 31, 91, 271, 571, 871]
    assert all(later - earlier == 300 for earlier, later in itertools.pairwise(moments[5:]))


def test_words() -> None:
    """Who waits is told for what, and until when; the words stay the same meanwhile."""
    first, known = paced(AGAIN, None, NOW)
    assert (first.move, known) == (NextMove.WAIT, Resync(1, rfc3339(NOW)))
    assert first.words == f"{AGAIN.words}: it is synced again at {rfc3339(NOW + 10)}"
    assert paced(AGAIN, known, NOW + 9) == (first, known)


def test_first_sync_is_not_paced() -> None:
    """What was not synced in vain yet is synced at once; afterwards every sync keeps its distance."""
    assert paced(SYNC, None, NOW) == (SYNC, None)
    assert paced(SYNC, Resync(2, rfc3339(NOW)), NOW + 19)[0].move is NextMove.WAIT
    assert paced(SYNC, Resync(2, rfc3339(NOW)), NOW + 20) == (SYNC, Resync(3, rfc3339(NOW + 20)))
    waiting = Decision(NextMove.WAIT, "Running", "its operation is Running")
    assert paced(waiting, Resync(2, rfc3339(NOW)), NOW + 60) == (waiting, Resync(2, rfc3339(NOW)))


@pytest.mark.parametrize("since", [rfc3339(NOW + 86400), "", "yesterday"])
def test_odd_moments(since: str) -> None:
    """A moment to come, for the clock was set back, and one that cannot be read, keep nobody waiting."""
    assert Resync(4, since).left(NOW) == 0
    assert paced(AGAIN, Resync(4, since), NOW) == (AGAIN, Resync(5, rfc3339(NOW)))
    assert Resync(4, since).next_moment(NOW)


@pytest.mark.parametrize("output", [None, [], {"resyncs": 1}, {"resyncs": {"a/b": 1, "c/d": {"syncs": "2"}}}])
def test_odd_outputs(output: Any) -> None:
    """An output of another shape remembers nothing."""
    assert read_resyncs(output) == {}


def test_output() -> None:
    """What is written is read again; nothing is written of nothing."""
    known = {"argocd/app": Resync(3, rfc3339(NOW))}
    assert read_resyncs(written_resyncs(known)) == known
    assert written_resyncs({}) == {}
