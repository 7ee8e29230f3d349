"""What is reflected begins when a replica leads, with what its follower holds."""

from __future__ import annotations

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.testing import MemoryReactorClock

from promoter_view.kubernetes.connection.cluster import ClusterConfig, Clusters
from promoter_view.log.recorder import LogRecorder
from promoter_view.program.command_line.parsing import settings
from promoter_view.program.pipeline import Pipeline
from promoter_view.program.reflection import Reflection
from promoter_view.program.role import role_of
from promoter_view.records import Change, Mirror, ObjectKey, Snapshot, SourceObject
from promoter_view.slices import SLICE_SECONDS
from promoter_view.views.known import definitions
from tests.support.runtimes import a_runtime

NOW = 1_795_000_000
STRAYS = 40


@pytest.fixture
def reactor() -> MemoryReactorClock:
    reactor = MemoryReactorClock()
    reactor.advance(NOW)
    return reactor


@pytest.fixture
def deleted(reactor: MemoryReactorClock, monkeypatch: pytest.MonkeyPatch) -> list[Change]:
    """What is deleted. Time passes over it: ten take a slice."""
    found: list[Change] = []
    append = LogRecorder._append_change

    def slowly(recorder: LogRecorder, change: Change) -> None:
        found.append(change)
        reactor.rightNow += SLICE_SECONDS / 10
        append(recorder, change)

    monkeypatch.setattr(LogRecorder, "_append_change", slowly)
    return found


@pytest.fixture
def reflection(reactor: MemoryReactorClock, deleted: list[Change]) -> Reflection:
    """Of a log with objects that no path lists."""
    chosen = settings({"event-log": "memory:"}, {})
    views = definitions(chosen.argocd.namespace[0])
    pipeline = Pipeline(chosen, role_of(chosen, views), views, runtime=a_runtime(reactor), on_fatal=pytest.fail)
    pipeline.replay("the cluster")
    strays = {ObjectKey("Gone", "team", f"{number}"): SourceObject(b"{}", "1") for number in range(STRAYS)}
    past = Snapshot(0, Mirror("", {}), 0, False, {}, strays, {})
    pipeline.reflection.start(Clusters(ClusterConfig("http://cluster.example")), past)
    return pipeline.reflection


def begun(reflection: Reflection) -> bool:
    return any(status.state != "not started" for status in reflection.statuses())


def test_what_is_to_leave_the_log_is_deleted_in_slices(
    reactor: MemoryReactorClock, reflection: Reflection, deleted: list[Change]
) -> None:
    """A turn deletes a slice's worth, and nothing is reflected before all of it is deleted."""
    assert 1 <= len(deleted) <= 11
    assert not begun(reflection)
    reactor.advance(0)
    assert len(deleted) == STRAYS
    assert begun(reflection)
    Deferred.fromCoroutine(reflection.stop())


def test_it_ends_while_it_begins(reactor: MemoryReactorClock, reflection: Reflection) -> None:
    """A replica that leads no more before it has begun to reflect never does."""
    assert not begun(reflection)
    results: list[None] = []
    Deferred.fromCoroutine(reflection.stop()).addCallback(results.append)
    reactor.pump([0.0] * STRAYS)
    assert results == [None]
    assert reflection.statuses() == ()
    assert not [call for call in reactor.getDelayedCalls() if call.active()]
