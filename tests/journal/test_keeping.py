"""The journal of a process: trouble that passes does not keep the program from its other work."""

from __future__ import annotations

import pytest
from twisted.internet.defer import Deferred, fail

from promoter_view.journal.store import JournalBusyError, JournalError, JournalState
from tests.support.api.world import World

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
