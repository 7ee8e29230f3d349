"""Back-pressure on connections that are already full."""

from __future__ import annotations

from tests.api.world import (
    BASE,
    Client,
    large,
)


def test_list_behind_a_full_transport():
    """A request whose connection is already full is not answered into memory."""
    world = large()
    client = Client(world)
    client.pause()
    client.send(BASE)
    world.turn(10)
    assert len(client.transport.value()) < 80_000
    client.resume()
    world.turn()
    assert len(client.answer().names) == 40
