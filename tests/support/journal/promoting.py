"""Commits that are promoted at random in a cluster, and what a journal tells of it."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from promoter_view.journal.entries import EventType, JournalEntry
from tests.support.plane.writing import WrittenCluster

_API_VERSION = "promoter.argoproj.io/v1alpha1"
_BRANCHES = ("environment/dev", "environment/prod")

Place = tuple[str, str]


class Promoter:
    """Promotes commits at random, and remembers what it did: by strategy and branch the commits that went live."""

    def __init__(self, cluster: WrittenCluster, chance: random.Random, strategies: int) -> None:
        self._cluster = cluster
        self._strategies = strategies
        self._random = chance
        self._count = 0
        self.live: dict[Place, list[str]] = defaultdict(list)
        self.merged: dict[Place, list[str]] = defaultdict(list)
        cluster.add_namespaces("team")
        for number in range(strategies):
            spec = {"gitRepositoryRef": {"name": "app"}, "environments": [{"branch": each} for each in _BRANCHES]}
            self._apply("PromotionStrategy", f"app-{number}", {"spec": spec})
            for branch in _BRANCHES:
                self._policy((f"app-{number}", branch), "0" * 40, {})

    def write(self) -> None:
        """A commit is proposed and merged, and then live."""
        self._count += 1
        place = f"app-{self._random.randrange(self._strategies)}", self._random.choice(_BRANCHES)
        before = self.live[place][-1] if self.live[place] else "0" * 40
        sha, number = f"{self._count:040x}", str(self._count)
        self._policy(place, before, {"proposed": _side(sha), "pullRequest": {"id": number, "state": "open"}})
        self._policy(place, sha, {"pullRequest": {"id": number, "state": "merged"}})
        self.live[place].append(sha)
        self.merged[place].append(number)

    def _policy(self, place: Place, live: str, status: dict[str, Any]) -> None:
        strategy, branch = place
        spec = {"gitRepositoryRef": {"name": "app"}, "activeBranch": branch, "proposedBranch": f"{branch}-next"}
        found = {"spec": spec, "status": {"active": _side(live), "proposed": _side(live), **status}}
        labels = {"promoter.argoproj.io/promotion-strategy": strategy}
        self._apply("ChangeTransferPolicy", f"{strategy}-{branch.rpartition('/')[2]}", found | {"labels": labels})

    def _apply(self, kind: str, name: str, document: dict[str, Any]) -> None:
        labels = document.pop("labels", {})
        metadata = {"name": name, "namespace": "team", "labels": labels}
        self._cluster.apply({"apiVersion": _API_VERSION, "kind": kind, **document, "metadata": metadata})


def _side(sha: str) -> dict[str, Any]:
    dry = {"sha": sha, "commitTime": "2026-11-21T09:00:00Z", "subject": f"change {sha[-4:]}"}
    return {"dry": dry, "hydrated": {"sha": sha[::-1]}, "commitStatuses": []}


def told(found: Sequence[JournalEntry], event: EventType) -> dict[Place, list[str]]:
    """By strategy and branch what became of it, in order."""
    by_place: dict[Place, list[str]] = defaultdict(list)
    for each in found:
        it = each.happening
        if it.event is event and not each.backfilled:
            request = it.request.number if it.request is not None else ""
            by_place[each.key.name, it.environment].append(request or it.after)
    return by_place
