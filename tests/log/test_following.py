"""Several followers of one log."""

from __future__ import annotations

from typing import Any, cast

from promoter_view.log.following import Followers
from promoter_view.records import Snapshot


class Follower:
    """Notes what it is told."""

    def __init__(self, name: str, told: list[tuple[str, str]]) -> None:
        self.name = name
        self.told = told

    def restore(self, snapshot: Any) -> None:
        self.told.append((self.name, "restore"))

    def apply(self, records: Any) -> None:
        self.told.append((self.name, "apply"))

    def snapshot(self) -> Snapshot:
        return cast("Snapshot", self.name)


def test_all_are_told_the_first_first() -> None:
    """Each follower gets every record and every snapshot, the first before the others; its snapshots count."""
    told: list[tuple[str, str]] = []
    followers = Followers(Follower("views", told), Follower("objects", told))
    followers.restore(cast("Snapshot", None))
    followers.apply([])
    assert told == [("views", "restore"), ("objects", "restore"), ("views", "apply"), ("objects", "apply")]
    assert followers.snapshot() == "views"
