"""Parts that run on the replica which leads."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, succeed

from promoter_view.log.leading import LeadingBoth


class Part:
    """Notes when it begins and ends."""

    def __init__(self, name: str, told: list[str], ending: Deferred[None] | None = None) -> None:
        self.name = name
        self.told = told
        self.ending = ending or succeed(None)

    def begin(self) -> None:
        self.told.append(f"begin {self.name}")

    def end(self) -> Deferred[None]:
        self.told.append(f"end {self.name}")
        return self.ending


def test_two_parts_lead_together() -> None:
    """What writes begins after what reflects, and has ended before that ends."""
    told: list[str] = []
    writing: Deferred[Any] = Deferred()
    both = LeadingBoth(Part("reflecting", told), Part("writing", told, writing))
    both.begin()
    both.end()
    assert told == ["begin reflecting", "begin writing", "end writing"]
    writing.callback(None)
    assert told[-1] == "end reflecting"
