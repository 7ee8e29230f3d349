"""The shard that a process runs: when it begins, and under which name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, succeed

from promoter_view.program.promotions import LeadingBoth, identity_of


def test_a_log_on_disk_names_the_process(tmp_path: Path) -> None:
    """On the same log the name is the same after a restart; on another, or none, it is another."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    first, again, other = (identity_of(f"file:{tmp_path / name}", "host") for name in ("a", "a", "b"))
    assert first == again != other
    assert first.startswith("host_")
    assert identity_of("memory:", "host") != identity_of("memory:", "host")


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
