"""Answers that are not read: how long that is borne, and what it costs others."""

from __future__ import annotations

import pytest

from promoter_view.reading.answering import PATIENCE_SECONDS
from tests.support.api.world import BASE, Client, World, large, sample
from tests.support.dashboard.board import Board


def boards(count: int = 40) -> Board:
    board = Board()
    for number in range(count):
        board.put("n", f"s{number:02}", note="x" * 10_000)
    return board


def aborted(client: Client) -> bool:
    return client.transport.disconnected


WORLDS = [(large, BASE), (boards, "/list?kind=promotionstrategydetails"), (boards, "/")]


@pytest.mark.parametrize(("make", "path"), WORLDS)
def test_an_answer_that_nobody_reads(make, path):
    """Whose transport stays full for a minute is cut off, and that is counted; nothing of it stays."""
    world: World = make()
    world.turn()
    before = world.clock.getDelayedCalls()
    client = world.open(path)
    client.pause()
    world.turn(PATIENCE_SECONDS - 1)
    assert not aborted(client)
    world.turn(2)
    assert aborted(client)
    assert sample(world, "promoter_view_connections_closed_total").endswith('{reason="stalled"} 1.0')
    client.leave()
    assert world.clock.getDelayedCalls() == before


def test_a_slow_reader_gets_all():
    """Whoever takes something each minute has the whole list, however long that lasts."""
    world = large()
    client = world.open(BASE)
    for _ in range(100):
        client.pause()
        world.turn(PATIENCE_SECONDS - 1)
        client.resume()
        world.clock.advance(0)
        if client.complete:
            break
    assert len(client.answer().names) == 40
    assert not aborted(client)


def test_a_watch_is_borne_for_ever():
    """A watch that is not read costs its position only: it is not cut off."""
    world = large(1)
    client = world.open(f"{BASE}?watch=1&timeoutSeconds=100000")
    client.events()
    client.pause()
    world.turn(PATIENCE_SECONDS * 100)
    assert not aborted(client)
