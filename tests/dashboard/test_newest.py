"""Streams, lists and pages never show less than another replica has shown."""

from __future__ import annotations

import pytest

from promoter_view.log.errors import LogUnreachable
from tests.support.api.world import Barrier
from tests.support.dashboard.board import Board

LIST = "/list?kind=promotionstrategydetails"


@pytest.fixture
def barrier() -> Barrier:
    return Barrier()


@pytest.fixture
def world(barrier: Barrier) -> Board:
    found = Board(barrier=barrier)
    found.put("n", "s")
    return found


@pytest.mark.parametrize("path", ["/watch", "/pages/stream?page=fleet", LIST, "/"])
def test_waits(world: Board, barrier: Barrier, path: str) -> None:
    """Nothing is said until all is there that was durable when it was asked for."""
    client = world.open(path)
    world.turn(1)
    assert client.transport.value() == b""
    world.put("n", "later")
    barrier.pass_all()
    world.turn()
    assert client.answer().code == 200
    assert b"later" in client.answer().body


def test_a_resume_does_not_wait(world: Board, barrier: Barrier) -> None:
    """A stream that goes on at a position waits for that position alone."""
    head = world.views.head
    world.put("n", "s", note="new")
    events = world.watch(f"/watch?lastEventId={head}")
    assert events.brief() == [("MODIFIED", "s"), ("BOOKMARK", "")]
    assert barrier.waiting == []


def test_a_position_that_is_ahead_for_good(world: Board, barrier: Barrier) -> None:
    """Who has seen more than is there waits 3 s, is then told RESET, and has all of it once the barrier is passed."""
    events = world.watch(f"/watch?lastEventId={world.views.head + (1 << 30)}")
    assert events.frames() == []
    world.turn(4)
    assert events.brief() == [("RESET", "")]
    world.put("n", "later")
    barrier.pass_all()
    assert events.brief() == [("ADDED", "later"), ("ADDED", "s"), ("SYNCED", "")]


def test_a_stream_that_begins_anew_while_the_log_is_silent(world: Board, barrier: Barrier) -> None:
    """The snapshot behind a RESET is tried again for as long as the log does not answer; the stream stays open."""
    events = world.watch("/watch?lastEventId=0")
    assert events.brief() == [("RESET", "")]
    barrier.fail_all(LogUnreachable("silent"))
    world.turn(6)
    barrier.pass_all()
    assert events.brief() == [("ADDED", "s"), ("SYNCED", "")]


@pytest.mark.parametrize("path", ["/watch", LIST])
def test_cannot_be_told(world: Board, barrier: Barrier, path: str) -> None:
    """Where it cannot be found out, a stream or list is refused by 503 before it begins."""
    client = world.open(path)
    barrier.fail_all(LogUnreachable("silent"))
    world.turn()
    assert client.answer().code == 503


def test_a_page_rather_than_none(world: Board, barrier: Barrier) -> None:
    """A page shows what there is where it cannot be found out whether that is the newest."""
    client = world.open("/")
    barrier.fail_all(LogUnreachable("silent"))
    world.turn()
    assert client.answer().code == 200
