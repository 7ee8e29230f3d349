"""The journal of a process: trouble that passes does not keep the program from its other work."""

from __future__ import annotations

from datetime import timedelta

import pytest
from twisted.internet.defer import Deferred, fail

from promoter_view.journal.entries import EventType
from promoter_view.journal.instruments import JournalInstruments
from promoter_view.journal.store import Batch, JournalBusyError, JournalError, JournalState
from promoter_view.metrics import Metrics
from promoter_view.views.versions import join
from tests.support.api.world import World
from tests.support.journal.journals import BEGAN, DirectJournal, entry

_TROUBLE = "the journal x cannot be used: database or disk is full"


def opening(world: World) -> Deferred[None]:
    return Deferred.fromCoroutine(world.journal.open())


def test_trouble_that_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program starts; why there is no journal is said, reads are 503, and it is there once it can be."""
    world = World()
    store = world.journal._store
    real = store.open
    monkeypatch.setattr(store, "open", lambda: fail(JournalBusyError(_TROUBLE)))
    assert opening(world).called
    assert world.journal.problem == _TROUBLE
    assert world.ask("/apis/view.promoter.argoproj.io/v1alpha1/promotionevents").code == 503
    monkeypatch.setattr(store, "open", real)
    world.turn(20)
    assert world.journal.problem == ""
    assert world.ask("/apis/view.promoter.argoproj.io/v1alpha1/promotionevents").code == 200


def test_what_its_metrics_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trouble, how far it is behind, what was written and how much is kept."""
    world = World()
    store = world.journal._store
    with monkeypatch.context() as broken:
        broken.setattr(store, "open", lambda: fail(JournalBusyError(_TROUBLE)))
        assert opening(world).called
        assert told(world) == {"problem": 1.0, "lag_seconds": 0.0, "bytes": 0.0, "oldest_timestamp_seconds": 0.0}
    world.turn(20)
    assert told(world)["problem"] == 0.0
    assert isinstance(store, DirectJournal)
    store.append(Batch(1, [entry(1), entry(1, 1, EventType.VERIFIED)]))
    world.turn(61)
    found = told(world)
    assert found["bytes"] > 0
    assert found["oldest_timestamp_seconds"] == (BEGAN + timedelta(minutes=1)).timestamp()
    world.journal._written([entry(2), entry(2, 1)])
    sample = {"event": "promoted"}
    assert world.runtime.metrics.registry.get_sample_value("promoter_view_journal_entries_total", sample) == 2.0


def test_how_far_it_is_behind() -> None:
    """From where it stands to the newest change, in seconds; nothing while it is ahead."""
    metrics = Metrics()
    instruments = JournalInstruments(journal := Standing(), metrics)
    for progress, head, lag in ((1_000, 901_000, 90.0), (5, 5, 0.0), (20_000, 10_000, 0.0)):
        journal.behind = (join(progress, 0, 0), join(head, 1, 7))
        assert metrics.registry.get_sample_value("promoter_view_journal_lag_seconds") == lag
    assert instruments is not None


def told(world: World) -> dict[str, float | None]:
    """The gauges."""
    names = ("problem", "lag_seconds", "bytes", "oldest_timestamp_seconds")
    read = world.runtime.metrics.registry.get_sample_value
    return {name: read(f"promoter_view_journal_{name}") for name in names}


class Standing:
    """A journal that stands somewhere."""

    state = JournalState()
    problem = ""
    behind: tuple[int, int] | None = None


def test_what_does_not_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no journal, or a newer program's, ends the start with its one line."""
    world = World()
    refused: Deferred[JournalState] = fail(JournalError("the journal x was written by a newer program"))
    monkeypatch.setattr(world.journal._store, "open", lambda: refused)
    caught: list[str] = []
    opening(world).addErrback(lambda failure: caught.append(failure.getErrorMessage()))
    assert caught == ["the journal x was written by a newer program"]


def test_a_close_while_it_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """No call is left behind."""
    world = World()
    monkeypatch.setattr(world.journal._store, "open", lambda: fail(JournalBusyError(_TROUBLE)))
    opening(world)
    before = len(world.clock.getDelayedCalls())
    Deferred.fromCoroutine(world.journal.close())
    assert len(world.clock.getDelayedCalls()) == before - 1
