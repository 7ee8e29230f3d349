"""A cluster that never rests, as a process of its own: random writes, and random troubles of its API, by a seed.

``python -m tests.e2e.restless FOLDER SEED SECONDS TROUBLES``. It writes FOLDER/kubeconfig once it listens, and
FOLDER/settled when its restless time is over: from then on nothing is written and no trouble is left. It serves until
it is ended.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml

from promoter_view.kubernetes.kinds import PROMOTER_GROUP, PROMOTER_KINDS
from promoter_view.simulator.cluster import Cluster
from promoter_view.simulator.faults import Cut, Delay, End, ErrorEvent, Garbage, Refuse, Shuffle
from promoter_view.simulator.simulated_cluster import SimulatedCluster

NAMESPACES = ("team-a", "team-b")
STRATEGIES = 8
BRANCHES = ("environment/dev", "environment/prod")
WRITES_SECONDS = 0.02
TROUBLES_SECONDS = 0.6

_KINDS = {kind.kind: kind for kind in PROMOTER_KINDS}
_API_VERSION = f"{PROMOTER_GROUP}/v1alpha1"
_LABEL = f"{PROMOTER_GROUP}/promotion-strategy"

Document = dict[str, Any]


class Fleet:
    """A few strategies with their policies, all of one ClusterScmProvider. Each ``write`` is one random change."""

    def __init__(self, cluster: Cluster, source: random.Random) -> None:
        self._cluster, self._random, self._count = cluster, source, 0
        cluster.add_namespaces(*NAMESPACES)
        self._touch_provider()
        for namespace in NAMESPACES:
            spec = {
                "fake": {"owner": "o", "name": "app"},
                "scmProviderRef": {"kind": "ClusterScmProvider", "name": "scm"},
            }
            self._apply("GitRepository", namespace, "app", {"spec": spec})
        for number in range(STRATEGIES):
            self._revive(*self._strategy(number))

    def write(self) -> None:
        """One write, or a few that belong together."""
        writes: Sequence[Callable[[], None]] = (
            self._promote,
            self._label,
            self._come_and_go,
            self._check,
            self._touch_provider,
            self._change_sides,
        )
        weights = (50, 15, 10, 15, 2, 8)
        self._count += 1
        self._random.choices(writes, weights)[0]()

    def _strategy(self, number: int | None = None) -> tuple[str, str]:
        number = self._random.randrange(STRATEGIES) if number is None else number
        return NAMESPACES[number % len(NAMESPACES)], f"app-{number}"

    def _apply(self, kind: str, namespace: str, name: str, document: Document) -> Document:
        metadata = {"name": name, "namespace": namespace} if namespace else {"name": name}
        whole = {"apiVersion": _API_VERSION, "kind": kind, **document}
        return self._cluster.apply(whole | {"metadata": metadata | document.get("metadata", {})})

    def _found(self, kind: str, namespace: str, prefix: str = "") -> list[Document]:
        objects = self._cluster.objects(_KINDS[kind], namespace)
        return [each for each in objects if each["metadata"]["name"].startswith(prefix)]

    def _root(self, namespace: str, name: str) -> Document:
        """The strategy, made anew where it is not there."""
        found = [each for each in self._found("PromotionStrategy", namespace) if each["metadata"]["name"] == name]
        return found[0] if found else self._revive(namespace, name)

    def _revive(self, namespace: str, name: str) -> Document:
        spec = {"gitRepositoryRef": {"name": "app"}, "environments": [{"branch": branch} for branch in BRANCHES]}
        root = self._apply("PromotionStrategy", namespace, name, {"spec": spec})
        for branch in BRANCHES:
            self._policy(root, branch)
        return root

    def _policy(self, root: Document, branch: str) -> Document:
        metadata = root["metadata"]
        owner = {"apiVersion": _API_VERSION, "kind": "PromotionStrategy", "controller": True}
        owner |= {"name": metadata["name"], "uid": metadata["uid"]}
        sha = f"{self._count:040x}"
        status = {"active": {"dry": {"sha": sha}}, "proposed": {"dry": {"sha": sha}}}
        document = {"metadata": {"ownerReferences": [owner]}, "spec": {"activeBranch": branch}, "status": status}
        name = f"{metadata['name']}-{branch.rpartition('/')[2]}"
        return self._apply("ChangeTransferPolicy", metadata["namespace"], name, document)

    def _promote(self) -> None:
        self._policy(self._root(*self._strategy()), self._random.choice(BRANCHES))

    def _label(self) -> None:
        root = self._root(*self._strategy())
        root["metadata"].setdefault("labels", {})["turn"] = str(self._count)
        self._cluster.apply(root)

    def _come_and_go(self) -> None:
        namespace, name = self._strategy()
        self._root(namespace, name)
        self._cluster.delete(_KINDS["PromotionStrategy"], namespace, name)
        if self._random.random() < 0.7:
            self._revive(namespace, name)

    def _check(self) -> None:
        """A check of a policy, which comes with a label or an owner, or goes."""
        namespace, name = self._strategy()
        checks = self._found("CommitStatus", namespace, name)
        if checks and self._random.random() < 0.3:
            self._cluster.delete(_KINDS["CommitStatus"], namespace, self._random.choice(checks)["metadata"]["name"])
            return
        document = {"metadata": {"labels": {_LABEL: name}}, "spec": {"phase": "pending", "turn": self._count}}
        self._apply("CommitStatus", namespace, f"{name}-check-{self._random.randrange(3)}", document)

    def _change_sides(self) -> None:
        """A check that goes over to another strategy of its namespace."""
        checks = self._found("CommitStatus", self._random.choice(NAMESPACES))
        if checks:
            check = self._random.choice(checks)
            check["metadata"]["labels"] = {_LABEL: f"app-{self._random.randrange(STRATEGIES)}"}
            self._cluster.apply(check)

    def _touch_provider(self) -> None:
        """One write that changes every bundle."""
        self._apply("ClusterScmProvider", "", "scm", {"spec": {"fake": {}, "turn": self._count}})


class Troubles:
    """What goes wrong with the API, at random: each ``strike`` is one trouble of one kind, or of all."""

    def __init__(self, simulated: SimulatedCluster, source: random.Random) -> None:
        self._simulated, self._random = simulated, source

    def strike(self) -> None:
        """One trouble."""
        self._random.choice((self._event, self._event, self._request, self._compact, self._drop))()

    def _event(self) -> None:
        gone = ErrorEvent(410, "Expired", "too old resource version: 1 (2)")
        busy = ErrorEvent(500, "InternalError")
        fault = self._random.choice([Cut(), Cut(mid_line=False), End(), Garbage(b"not json\n"), gone, busy])
        self._simulated.faults.on_event(fault, path=self._path())

    def _request(self) -> None:
        busy = Refuse(429, "TooManyRequests", retry_after_seconds=1)
        fault = self._random.choice([busy, Refuse(500, "InternalError"), Cut(), Delay(0.3), Shuffle()])
        self._simulated.faults.on_request(fault, path=self._path())
        self._simulated.faults.on_event(End(), path=self._path())

    def _compact(self) -> None:
        """Whoever resumes now is told 410, and must list."""
        self._simulated.cluster.compact()
        self._simulated.api.drop_watches()

    def _drop(self) -> None:
        self._simulated.api.drop_watches()

    def _path(self) -> str:
        return self._random.choice(["promotionstrategies", "changetransferpolicies", "commitstatuses", "clusterscm"])


def main(folder: Path, seed: int, seconds: float, troubled: bool) -> None:
    """Runs until it is ended."""
    from twisted.internet import reactor, task

    source = random.Random(seed)
    clock: Any = reactor
    cluster = Cluster(clock=clock, random=source, history_events=2_000)
    simulated = SimulatedCluster(reactor=clock, random=source, cluster=cluster, bookmark_interval=1.0)
    fleet, troubles = Fleet(cluster, source), Troubles(simulated, source)
    _publish(folder / "kubeconfig", _kubeconfig(simulated.start()))
    loops = [(fleet.write, WRITES_SECONDS)] + [(troubles.strike, TROUBLES_SECONDS)] * troubled
    running = [task.LoopingCall(act) for act, _ in loops]
    for loop, (_, interval) in zip(running, loops, strict=True):
        # A loop that fails ends the process: the test sees that it is gone.
        loop.start(interval, now=False).addErrback(lambda failure: (failure.printTraceback(), clock.stop()))

    def settle() -> None:
        for loop in running:
            loop.stop()
        simulated.faults.clear()
        _publish(folder / "settled", "settled")

    clock.callLater(seconds, settle)
    clock.run()


def _kubeconfig(url: str) -> str:
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "restless", "cluster": {"server": url}}],
            "users": [{"name": "nobody", "user": {}}],
            "contexts": [{"name": "restless", "context": {"cluster": "restless", "user": "nobody"}}],
            "current-context": "restless",
        }
    )


def _publish(path: Path, text: str) -> None:
    """Whole or not at all, for whoever waits for the file."""
    part = path.with_suffix(".part")
    part.write_text(text)
    part.replace(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4] == "True")
