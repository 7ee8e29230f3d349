"""What an environment lacks of what its neighbours have, as a link to the forge's comparison of the two. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from promoter_view.dashboard.strategies.environments import Station
from promoter_view.dashboard.strategies.history import HistoryLine
from promoter_view.decoded import mapping
from promoter_view.views.commits import FORGES, Forge, compare_url
from promoter_view.views.contents import Contents
from promoter_view.views.promotion_strategy.order import Vertex

_MOST = 3


@dataclass(frozen=True, slots=True)
class Comparison:
    """With the environment ``name``, which has another dry commit live. ``commits``: so many are known between them.

    ``url`` is "" where the repository is not known; ``commits`` None where one of the two is older than what is kept.
    """

    name: str
    url: str
    commits: int | None


class Comparing:
    """Compares neighbours of one strategy, whose repository is at that address and whose history has these lines."""

    def __init__(
        self, stations: Sequence[Station], lines: Sequence[HistoryLine], repository: str, forge: Forge
    ) -> None:
        self._stations = {station.branch: station for station in stations}
        self._places = {line.commit.sha: place for place, line in enumerate(lines)}
        self._repository = repository
        self._forge = forge

    def of(self, vertex: Vertex) -> tuple[Comparison, ...]:
        """An environment with those that it depends on, three at most."""
        return tuple(self._of(vertex))

    def _of(self, vertex: Vertex) -> Iterator[Comparison]:
        own = self._stations[vertex.branch].policy.standing.active_sha
        for branch in vertex.nearest[:_MOST]:
            before = self._stations[branch]
            other = before.policy.standing.active_sha
            if own and other and own != other:
                url = compare_url(self._repository, self._forge, own, other)
                yield Comparison(before.name, url, self._between(own, other))

    def _between(self, older: str, newer: str) -> int | None:
        first, last = self._places.get(newer), self._places.get(older)
        return last - first if first is not None and last is not None and last > first else None


def forge_of(contents: Contents) -> Forge:
    """The forge of a strategy's ScmProvider; GitHub's ways where none is known."""
    found = contents.one("scmProvider", read_forge) or contents.one("clusterScmProvider", read_forge)
    return found or Forge.GITHUB


def read_forge(provider: Mapping[str, Any]) -> Forge | None:
    """Which forge a ScmProvider is of."""
    spec = mapping(provider, "spec")
    return next((forge for field, forge in FORGES.items() if field in spec), None)
