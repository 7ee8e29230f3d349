"""The entries that wait for a log: their order, their count, and what those who wait for them hear."""

from __future__ import annotations

from itertools import islice

import pytest
from twisted.internet.task import Clock

from promoter_view.log.entry_queue import MAX_BODY_BYTES, EntryQueue
from promoter_view.log.errors import LogClosed
from promoter_view.metrics import Metrics
from tests.support.log.fakes import change


@pytest.fixture
def queue():
    """One that holds the names of what is changed."""
    return EntryQueue(lambda entry: entry.key.name, clock=Clock(), metrics=Metrics())


def add(queue, *names):
    """What comes of an append of a change a name."""
    results = []
    queue.add([change(name) for name in names]).addBoth(results.append)
    return results


def waiting(queue):
    """The names that nobody has taken."""
    return [queued.item for queued in queue]


def test_an_append_is_settled_with_its_last_entry(queue):
    """Who appends several hears of it once the last of them is settled; until then all of them are counted."""
    both, other = add(queue, "a", "b"), add(queue, "c")
    queue.take(3)
    queue.settle(1)
    assert (both, queue.pending_events) == ([], 2)
    queue.settle(1)
    assert (both, other, queue.pending_events) == ([None], [], 1)
    queue.settle(1)
    assert (other, queue.pending_events, queue.pending_bytes) == ([None], 0, 0)


def test_what_is_given_back_is_taken_again_first(queue):
    """A group that could not be made durable as one goes back to its place, before what came later."""
    add(queue, "a", "b", "c", "d")
    queue.take(1)
    group = queue.take(2)
    assert waiting(queue) == ["d"]
    queue.give_back(group)
    assert (waiting(queue), queue.pending_events) == (["b", "c", "d"], 4)


def test_all_that_wait_are_refused(queue):
    """When the log ends, who waits hears it, whether or not the entry was taken; nothing is left."""
    taken, queued = add(queue, "a"), add(queue, "b")
    queue.take(1)
    queue.refuse("the log has stopped")
    for [failure] in (taken, queued):
        assert isinstance(failure.value, LogClosed)
        assert str(failure.value) == "the log has stopped"
    assert (waiting(queue), queue.pending_events, queue.pending_bytes) == ([], 0, 0)


def test_a_body_above_the_bound(queue):
    """Nothing of an append is queued where one of its bodies is too large."""
    results = []
    queue.add([change("a"), change("b", b" " * MAX_BODY_BYTES)]).addBoth(results.append)
    assert isinstance(results[0].value, ValueError)
    assert list(islice(queue, 1)) == []
