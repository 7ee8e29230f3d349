"""The journal of the real program, killed again and again: all that happened in the cluster, each thing once."""

from __future__ import annotations

import random
import sqlite3
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from promoter_view.journal.entries import EventType, JournalEntry
from promoter_view.journal.sqlite import work
from promoter_view.journal.store import JournalQuery
from promoter_view.log.file.folder import JOURNAL
from tests.support.plane.writing import WrittenCluster
from tests.support.program.client import GROUP_PATH, Client
from tests.support.program.program import Program
from tests.support.program.simulated import simulated
from tests.support.program.truth import wait
from tests.support.soaking import lasting, soak

_API_VERSION = "promoter.argoproj.io/v1alpha1"
_BRANCHES = ("environment/dev", "environment/prod")
_STRATEGIES = lasting(12, 200)
_KILLS = lasting(4, 30)
_WRITES = lasting(40, 1000)
_SECONDS = 90.0

Place = tuple[str, str]


class Promoter:
    """Promotes commits at random, and remembers what it did: by strategy and branch the commits that went live."""

    def __init__(self, cluster: WrittenCluster, chance: random.Random) -> None:
        self._cluster = cluster
        self._random = chance
        self._count = 0
        self.live: dict[Place, list[str]] = defaultdict(list)
        self.merged: dict[Place, list[str]] = defaultdict(list)
        cluster.add_namespaces("team")
        for number in range(_STRATEGIES):
            spec = {"gitRepositoryRef": {"name": "app"}, "environments": [{"branch": each} for each in _BRANCHES]}
            self._apply("PromotionStrategy", f"app-{number}", {"spec": spec})
            for branch in _BRANCHES:
                self._policy((f"app-{number}", branch), "0" * 40, {})

    def write(self) -> None:
        """A commit is proposed and merged, and then live."""
        self._count += 1
        place = f"app-{self._random.randrange(_STRATEGIES)}", self._random.choice(_BRANCHES)
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


def entries(folder: Path) -> Sequence[JournalEntry]:
    """All that stands in a journal, whoever writes it."""
    connection = sqlite3.connect(folder / JOURNAL)
    try:
        return work.query(connection.cursor(), JournalQuery(limit=1_000_000))
    finally:
        connection.close()


def told(found: Sequence[JournalEntry], event: EventType) -> dict[Place, list[str]]:
    """By strategy and branch what became of it, in order."""
    by_place: dict[Place, list[str]] = defaultdict(list)
    for each in found:
        it = each.happening
        if it.event is event and not each.backfilled:
            request = it.request.number if it.request is not None else ""
            by_place[each.key.name, it.environment].append(request or it.after)
    return by_place


@soak
def test_each_promotion_once_however_often_it_is_killed(tmp_path: Path) -> None:
    """Killed at any moment while commits are promoted: what the journal has is what was promoted, in its order.

    What was written once is never another, and there is no gap.
    """
    chance, log = random.Random(11), tmp_path / "log"
    with simulated(tmp_path / "cluster") as cluster:
        promoter = Promoter(cluster.written, chance)
        options = ["--kubeconfig", str(cluster.kubeconfig), "--insecure-no-auth", "--event-log", f"file:{log}"]
        with Program(tmp_path / "program", options) as program:
            known: dict[str, JournalEntry] = {}
            for _ in range(_KILLS):
                program.start()
                program.wait_ready()
                for _ in range(chance.randrange(_WRITES)):
                    promoter.write()
                program.kill()
                for _ in range(chance.randrange(_WRITES // 4)):
                    promoter.write()
                found = {each.identity.name: each for each in entries(log)}
                assert all(found[name].happening == entry.happening for name, entry in known.items())
                known = found
            program.start()
            program.wait_ready()
            total = sum(map(len, promoter.live.values()))
            wait(lambda: _count(log) >= total, _SECONDS, "the journal has come to what was promoted last")
            watched = _watched(program, log)
            assert program.terminate() == 0
        found = entries(log)
    assert told(found, EventType.PROMOTED) == promoter.live
    assert told(found, EventType.MERGED) == promoter.merged
    assert not [each for each in found if each.happening.event is EventType.GAP]
    assert watched == [each.identity.name for each in found if each.key.namespace]


def _count(log: Path) -> int:
    return sum(map(len, told(entries(log), EventType.PROMOTED).values()))


def _watched(program: Program, log: Path) -> list[str]:
    """The names that a watch from the beginning of the journal is given."""
    wanted = [each.identity for each in entries(log) if each.key.namespace]
    first = wanted[0].resource_version - 1
    names: list[str] = []
    deadline = time.monotonic() + _SECONDS
    path = f"{GROUP_PATH}/promotionevents?watch=1&resourceVersion={first}&timeoutSeconds=60"
    with Client(program.endpoint).open(path) as watch:
        for line in watch.documents():
            names.append(line["object"]["metadata"]["name"])
            if len(names) == len(wanted) or time.monotonic() > deadline:
                break
    return names
