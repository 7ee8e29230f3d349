"""A cluster that never rests, as a process of its own: random writes, and random troubles of its API, by a seed.

``python -m tests.e2e.restless FOLDER SEED SECONDS TROUBLES``. It writes FOLDER/kubeconfig once it listens. Its restless
time begins when FOLDER/begin is there, for a busy machine takes long until anybody looks at it, and it writes
FOLDER/settled when that is over: from then on nothing is written and no trouble is left. It serves until
it is ended.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import Any

import yaml

from promoter_view.simulator.kubernetes.cluster import ObjectStore
from promoter_view.simulator.kubernetes.faults import Cut, Delay, ErrorEvent, Garbage, Refuse, Shuffle, StreamEnd
from promoter_view.simulator.kubernetes.simulated_cluster import SimulatedCluster
from tests.support.program.fleet import Fleet

WRITES_SECONDS = 0.02
TROUBLES_SECONDS = 1.0
_LOOK_SECONDS = 0.05


class Troubles:
    """What goes wrong with the API, at random: each ``strike`` is one trouble of one kind, or of all.

    They are rare enough for the reflectors' back-off, which doubles, to end soon after the last.
    """

    def __init__(self, simulated: SimulatedCluster, source: random.Random) -> None:
        self._simulated, self._random = simulated, source

    def strike(self) -> None:
        """One trouble."""
        troubles = (self._event, self._request, self._compact, self._drop)
        self._random.choices(troubles, (3, 2, 1, 1))[0]()

    def _event(self) -> None:
        gone = ErrorEvent(410, "Expired", "too old resource version: 1 (2)")
        busy = ErrorEvent(500, "InternalError")
        fault = self._random.choice([Cut(), Cut(mid_line=False), StreamEnd(), Garbage(b"not json\n"), gone, busy])
        self._simulated.faults.on_event(fault, path=self._path())

    def _request(self) -> None:
        busy = Refuse(429, "TooManyRequests", retry_after_seconds=1)
        fault = self._random.choice([busy, Refuse(500, "InternalError"), Cut(), Delay(0.3), Shuffle()])
        self._simulated.faults.on_request(fault, path=self._path())
        self._simulated.faults.on_event(StreamEnd(), path=self._path())

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
    cluster = ObjectStore(clock=clock, random=source, history_events=2_000)
    simulated = SimulatedCluster(reactor=clock, random=source, cluster=cluster, bookmark_interval=1.0)
    fleet, troubles = Fleet(cluster, source), Troubles(simulated, source)
    _publish(folder / "kubeconfig", _kubeconfig(simulated.start()))
    loops = [(fleet.write, WRITES_SECONDS)] + [(troubles.strike, TROUBLES_SECONDS)] * troubled
    running = [task.LoopingCall(act) for act, _ in loops]

    def begin() -> None:
        if not (folder / "begin").exists():
            clock.callLater(_LOOK_SECONDS, begin)
            return
        for loop, (_, interval) in zip(running, loops, strict=True):
            # A loop that fails ends the process: the test sees that it is gone.
            loop.start(interval, now=False).addErrback(lambda failure: (failure.printTraceback(), clock.stop()))
        clock.callLater(seconds, settle)

    def settle() -> None:
        for loop in running:
            loop.stop()
        simulated.faults.clear()
        _publish(folder / "settled", "settled")

    begin()
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
