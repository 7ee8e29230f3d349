"""Several followers of one log."""

from __future__ import annotations

from typing import Any, cast

from promoter_view.log.following import Followers
from promoter_view.records import Snapshot
from promoter_view.slices import Steps, at_once


class Other:
    """One that is fed beside the first: it notes what it is told."""

    def __init__(self, name: str, told: list[tuple[str, str]]) -> None:
        self.name = name
        self.told = told

    def restore(self, snapshot: Any) -> Steps:
        self.told.append((self.name, "restore"))
        yield

    def apply(self, records: Any) -> None:
        self.told.append((self.name, "apply"))


class First:
    """A follower that notes what it is told, and has a snapshot."""

    def __init__(self, name: str, told: list[tuple[str, str]]) -> None:
        self._noting = Other(name, told)

    def restore(self, snapshot: Any) -> Steps:
        return self._noting.restore(snapshot)

    def apply(self, records: Any) -> Steps:
        self._noting.apply(records)
        yield

    def snapshot(self) -> Snapshot:
        return cast("Snapshot", self._noting.name)


def test_all_are_told_the_first_first() -> None:
    """Each follower gets every record and every snapshot, the first before the others; its snapshots count."""
    told: list[tuple[str, str]] = []
    followers = Followers(First("views", told), Other("objects", told))
    at_once(followers.restore(cast("Snapshot", None)))
    at_once(followers.apply([]))
    assert told == [("views", "restore"), ("objects", "restore"), ("views", "apply"), ("objects", "apply")]
    assert followers.snapshot() == "views"
