"""What every part takes from the world around the program, as one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

from promoter_view.clocks import WallClock
from promoter_view.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Runtime:
    """``reactor`` has the steady clock, ``wall`` the one with dates; ``random`` keeps apart what would come at once.

    ``environ`` names proxies, and what a Pod is told of its cluster.
    """

    reactor: Any  # IReactorTime and IReactorTCP: mypy-zope knows no intersection
    wall: WallClock
    metrics: Metrics
    random: Random
    environ: Mapping[str, str]

    def now(self) -> datetime:
        """What people read."""
        return datetime.fromtimestamp(self.wall(), UTC)
