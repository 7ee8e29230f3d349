"""The index follows the views: from whenever they are there, over gaps, faults and the end."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.task import Clock

from promoter_view.reading.commits.following import CommitFollower
from promoter_view.reading.commits.index import CommitIndex
from promoter_view.reading.commits.question import CommitQuestion
from promoter_view.records import BundleKey, Position
from promoter_view.slices import cooperator
from promoter_view.web.errors import Draining
from tests.support.views.commits import policy, sha
from tests.support.views.world import PATH, VIEW, World, strategy

KEY = BundleKey(VIEW, "a", "shop")
ROOT = strategy("shop", branches=("dev",))


class Following:
    """A follower of a world, whose reactor turns when told to."""

    def __init__(self, **kept: Any) -> None:
        self.clock = Clock()
        self.world = World(**kept)
        self.follower = CommitFollower(
            self.world.projector, [VIEW], cooperator=cooperator(self.clock), metrics=self.world.metrics
        )

    def turn(self) -> None:
        for _ in range(50):
            self.clock.advance(0)

    def live(self, name: str) -> None:
        self.world.put(ROOT, policy(ROOT, "dev", (name, 10)))

    def finds(self, name: str) -> bool:
        return self.follower.index.candidates(CommitQuestion(sha(name))) == [KEY]


def test_who_asks_waits_for_what_is_there() -> None:
    """An answer is never older than the question: the first one has the index built, the next ones catch up."""
    found = Following()
    found.live("a")
    waiting = found.follower.current()
    assert not waiting.called
    found.turn()
    assert (waiting.called, found.finds("a")) == (True, True)
    assert found.follower.current().called
    found.live("b")
    waiting = found.follower.current()
    found.turn()
    assert (waiting.called, found.finds("b"), found.finds("a")) == (True, True, False)


def test_started_before_there_is_anything() -> None:
    """It begins when the views are built, and goes on by itself; the metrics say what it takes."""
    found = Following(ready=False)
    found.follower.start()
    found.live("a")
    found.turn()
    assert len(found.follower.index) == 0
    found.world.feed(Position(PATH, "1"))
    found.turn()
    assert found.finds("a")
    rendered = found.world.metrics.render().decode()
    assert "promoter_view_commit_index_words 3.0" in rendered
    assert "promoter_view_commit_index_bytes 48.0" in rendered
    found.follower.stop()


def test_what_the_history_has_forgotten() -> None:
    """Where changes are gone before they were read the index is built anew."""
    found = Following(history_bytes=1)
    found.live("a")
    found.follower.current()
    found.turn()
    for name in "bcd":
        found.live(name)
    waiting = found.follower.current()
    found.turn()
    assert (waiting.called, found.finds("d"), found.finds("a")) == (True, True, False)


def test_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits is told of it; with the next question it is tried again."""
    found = Following()
    found.live("a")
    errors: list[type] = []
    with monkeypatch.context() as patch:
        patch.setattr(CommitIndex, "add", lambda *_: 1 / 0)
        found.follower.current().addErrback(lambda failure: errors.append(failure.type))
        found.turn()
    assert errors == [ZeroDivisionError]
    waiting = found.follower.current()
    found.turn()
    assert (waiting.called, found.finds("a")) == (True, True)


def test_the_end() -> None:
    """Who waits while it ends is sent away."""
    found = Following()
    found.live("a")
    errors: list[type] = []
    found.follower.current().addErrback(lambda failure: errors.append(failure.type))
    found.follower.stop()
    found.turn()
    assert errors == [Draining]


def test_changes_while_it_is_built() -> None:
    """Bundles that change, come and go meanwhile are as they are in the end."""
    found = Following()
    roots = [strategy(f"s{number}", branches=("dev",)) for number in range(5)]
    for root in roots:
        found.world.put(root, policy(root, "dev", ("a", 10)))
    found.follower.current()
    found.clock.advance(0)
    found.world.put(policy(roots[0], "dev", ("b", 20)), policy(roots[4], "dev", ("b", 20)))
    found.world.delete(roots[1])
    found.live("b")
    found.follower.current()
    found.turn()
    keys = found.follower.index.candidates(CommitQuestion(sha("b")))
    assert [key.name for key in keys] == ["s0", "s4", "shop"]
    assert [key.name for key in found.follower.index.candidates(CommitQuestion(sha("a")))] == ["s2", "s3"]
