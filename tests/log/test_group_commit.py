"""The queue in front of every log, where its follower fails it."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from promoter_view.log.errors import LogClosed
from promoter_view.log.group_commit import GroupCommit, batched
from promoter_view.metrics import Metrics
from promoter_view.records import CursorMoved
from promoter_view.slices import SLICE_SECONDS, in_slices
from tests.support.log.fakes import NOW, Fold, change


class World:
    """A GroupCommit on its own: its commits end when the test says so, its follower is slow and fails at "bad"."""

    def __init__(self):
        self.clock = Clock()
        self.clock.advance(NOW)
        self.fold = Fold()
        self.fatal = []
        self.commits = []
        self.groups = GroupCommit(
            reactor=self.clock,
            wall=self.clock.seconds,
            metrics=Metrics(),
            commit=self._commit,
            on_fatal=self.fatal.append,
        )
        self.groups.begin(self, last=0, least=0)

    def _commit(self, previous, records):
        self.commits.append(Deferred())
        return self.commits[-1]

    def apply(self, records):
        if any(record.entry == change("bad") for record in records):
            raise ZeroDivisionError("a fault in the follower")
        self.clock.rightNow += SLICE_SECONDS
        yield from self.fold.apply(records)

    def append(self, *names):
        """Appends a change a name; what comes of it."""
        results = []
        self.groups.append([change(name) for name in names]).addBoth(results.append)
        return results


def test_nothing_follows_a_follower_that_has_lost_its_place():
    """What is made durable while the follower breaks is neither applied nor acknowledged, and the log ends once."""
    world = World()
    broken = world.append(*("good",) * 16, "bad")
    after = world.append("after")
    world.commits[0].callback(None)
    assert len(world.commits) == 2
    world.clock.advance(0)
    assert len(world.fatal) == 1
    world.commits[1].callback(None)
    world.clock.advance(0)
    assert {record.entry.key.name for record in world.fold.records} == {"good"}
    assert (broken, after, len(world.fatal)) == ([], [], 1)
    assert world.append("more")[0].check(LogClosed)
    assert Deferred.fromCoroutine(world.groups.stop()).called
    assert (broken[0].check(LogClosed), after[0].check(LogClosed)) == (LogClosed, LogClosed)


def test_a_cursor_is_nothing_that_may_be_served():
    """What only a log's own records are behind has no head: what an earlier process mirrored is not served for them."""
    world = World()
    heads = []
    for entry in (CursorMoved("chat", None), change("shown"), CursorMoved("chat", None)):
        world.groups.append([entry])
        world.commits[-1].callback(None)
        world.clock.advance(0)
        heads.append(world.groups.head)
    assert (heads[0], heads[1] < heads[2]) == (0, True)
    assert heads[1] > 0


@pytest.mark.parametrize(("cost", "most"), [(0.0, 16), (SLICE_SECONDS, 1), (10 * SLICE_SECONDS, 1)])
def test_few_records_go_in_one_call_where_they_cost_much(cost, most):
    """The reactor is held for a slice and a record, whatever one costs."""
    clock, calls, turns, due = Clock(), [], [0.0], []
    # A turn takes what was due when it began: Clock.advance would take in one what a slow one has made due.
    reactor = SimpleNamespace(
        seconds=clock.seconds, callLater=lambda _, call, *given: due.append(partial(call, *given))
    )

    def take(records):
        turns[-1] += cost * len(records)
        clock.rightNow += cost * len(records)
        calls.append(len(records))
        yield

    steps = batched(["record"] * 100, take, seconds=clock.seconds)
    running = Deferred.fromCoroutine(in_slices(steps, reactor=reactor))
    while due:
        turns.append(0.0)
        due.pop()()
    assert running.called
    assert sum(calls) == 100
    assert max(calls) == most
    assert max(turns) <= SLICE_SECONDS + cost + 1e-9
