"""Reads that name no resourceVersion: they never show less than another replica has shown."""

from __future__ import annotations

import pytest

from promoter_view.log.errors import LogClosed, LogUnreachable
from tests.support.api.world import BASE, Barrier, World, brief, in_namespace

ONE = f"{in_namespace('n')}/s"
WAITING = [BASE, ONE, f"{BASE}?limit=1", f"{BASE}?watch=1", f"{BASE}?watch=1&allowWatchBookmarks=1"]
WAITING += [f"{BASE}?watch=1&sendInitialEvents=1&resourceVersionMatch=NotOlderThan", f"{BASE}?resourceVersion="]
AT_ONCE = [f"{BASE}?resourceVersion=0", f"{ONE}?resourceVersion=0", f"{BASE}?watch=1&resourceVersion=0"]
AT_ONCE += [f"{BASE}?resourceVersion=1", "/livez", "/apis", "/openapi/v2", "/metrics"]


@pytest.fixture
def barrier():
    return Barrier()


@pytest.fixture
def world(barrier):
    found = World(barrier=barrier)
    found.put("n", "s")
    return found


@pytest.mark.parametrize("path", WAITING)
def test_waits(world, barrier, path):
    """Without a resourceVersion nothing is said until all is there that was durable when it was asked for."""
    client = world.open(path)
    world.turn(1)
    assert client.transport.value() == b""
    world.put("n", "s", note="new")
    barrier.pass_all()
    world.turn()
    assert client.answer().code == 200
    assert b'"note":"new"' in client.answer().body


@pytest.mark.parametrize("path", AT_ONCE)
def test_does_not_wait(world, barrier, path):
    """With a resourceVersion, 0 too, and for all that is no read of a view, nobody waits."""
    client = world.open(path)
    world.turn()
    assert client.answer().code == 200
    assert barrier.waiting == []


def test_a_moment_of_the_past(world, barrier):
    """Its resourceVersion is there already; a time may have just passed, and waits for what was written by then."""
    assert world.ask(f"{BASE}?at={world.views.head}").names == ["s"]
    client = world.open(f"{BASE}?at=-0s")
    world.turn(1)
    assert client.transport.value() == b""
    world.put("n", "t")
    barrier.pass_all()
    world.turn()
    assert client.answer().names == ["s", "t"]


def test_a_list_that_goes_on(world, barrier):
    """Further pages of a list are of its own resourceVersion, and wait for nothing."""
    world.put("n", "t")
    first = world.open(f"{BASE}?limit=1")
    barrier.pass_all()
    world.turn()
    token = first.answer().document["metadata"]["continue"]
    assert world.ask(f"{BASE}?limit=1&continue={token}").names == ["t"]


def test_a_resumed_watch(world, barrier):
    """A watch that goes on at a position waits for that position alone."""
    head = world.views.head
    world.put("n", "s", note="new")
    assert brief(world.open(f"{BASE}?watch=1&resourceVersion={head}").events()) == [("MODIFIED", "s")]


@pytest.mark.parametrize("path", WAITING)
@pytest.mark.parametrize("error", [LogUnreachable("http://10.0.0.1 is silent"), LogClosed("stopped")])
def test_cannot_be_told(world, barrier, path, error):
    """Where it cannot be found out, the answer is 503 with Retry-After, and names nothing that is inside."""
    client = world.open(path)
    barrier.fail_all(error)
    world.turn()
    answer = client.answer()
    assert (answer.code, answer.header("retry-after")) == (503, "1")
    assert answer.document["details"]["retryAfterSeconds"] == 1
    assert b"10.0.0.1" not in answer.body


def test_a_client_that_leaves(world, barrier):
    """Who leaves while waiting waits no more."""
    client = world.open(BASE)
    client.leave()
    assert barrier.waiting == []


def test_views_that_are_gone_meanwhile(world, barrier):
    """Where the replica begins anew while somebody waits, the answer is that it is not ready."""
    client = world.open(BASE)
    world.views._is_live = lambda: False
    barrier.pass_all()
    world.turn()
    assert client.answer().code == 503


def test_a_bad_token_is_its_readers_to_refuse(world, barrier):
    """Whether to wait is no reason to refuse: a watch has the same words for a token, good or bad."""
    assert world.ask(f"{BASE}?watch=1&continue=garbage").code == 422
    assert barrier.waiting == []
