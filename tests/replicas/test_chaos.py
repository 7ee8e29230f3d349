"""All that can happen to replicas and their etcd, under load, with clients that hop: nobody is told anything wrong.

The simulated cluster is what is reflected. Waits are for conditions, and generous; ``-s`` shows the figures.
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.replicas.company import company, leads, metric
from tests.replicas.loading import Load
from tests.replicas.probing import Probe
from tests.support.log.etcds import Etcds
from tests.support.program.client import BROKEN, Client, RefusedError, path_of
from tests.support.program.pages import finish, pages
from tests.support.program.program import Program
from tests.support.program.recording import Recording, Stream
from tests.support.program.session import MENAGERIE, Session
from tests.support.program.simulated import Simulated, simulated
from tests.support.program.truth import RELISTS, wait
from tests.support.program.validator import validate
from tests.support.program.watcher import Behaviour
from tests.support.soaking import lasting, soak

pytestmark = pytest.mark.controlplane

WATCHERS = lasting(30, 100)
STOPPED_SECONDS = lasting(10, 30)
_PATIENCE_SECONDS = 90.0


def hoppers() -> Mapping[str, Behaviour]:
    """Many clients, each cut off now and then and going on at any replica; the first is an informer."""
    kinds = list(MENAGERIE.items())
    found: dict[str, Behaviour] = {}
    for number in range(WATCHERS):
        name, behaviour = kinds[number % len(kinds)]
        found[f"{name} {number}"] = replace(behaviour, cut_after=behaviour.cut_after or (20, 200))
    return found


def seconds_until_news(cluster: Simulated, replicas: Sequence[Program], name: str) -> float:
    """How long a change that is made now takes until one of these replicas serves it."""
    began = time.monotonic()
    document = {"apiVersion": "promoter.argoproj.io/v1alpha1", "kind": "PromotionStrategy"}
    spec = {"gitRepositoryRef": {"name": "app"}, "environments": []}
    cluster.written.apply({**document, "metadata": {"namespace": "team-a", "name": name}, "spec": spec})
    wait(lambda: any(has(it, name) for it in replicas), _PATIENCE_SECONDS, f"{name} is served")
    return time.monotonic() - began


def has(replica: Program, name: str) -> bool:
    """Whether it serves that strategy, without waiting for others."""
    try:
        Client(replica.endpoint, timeout_seconds=2.0).get(f"{path_of('team-a')}/{name}?resourceVersion=0")
    except (*BROKEN, RefusedError):
        return False
    return True


@soak
def test_chaos(etcds: Etcds, tmp_path: Path) -> None:
    """Leader killed, leader stopped and woken, etcd's members killed, compaction: nothing lost, repeated or swapped."""
    seconds: dict[str, float] = {}
    with (
        simulated(tmp_path / "cluster") as cluster,
        company(tmp_path, cluster, etcds.log_url()) as replicas,
        Load(cluster) as load,
        Session(replicas.anyone, seed=21, life_seconds=600, behaviours=hoppers()) as session,
        pages(replicas.any_dashboard, 21, 600) as opened,
        Probe(lambda: [it.endpoint for it in replicas.replicas], "?resourceVersion=0") as any_state,
        Probe(lambda: [it.endpoint for it in replicas.replicas]) as newest_state,
    ):
        wait(lambda: all(watcher.position for watcher in session.watchers), 60, "each watcher has a position")

        leader, others = replicas.leader(), replicas.followers()
        leader.kill()
        seconds["leader killed"] = seconds_until_news(cluster, others, "after-a-kill")
        leader.start()
        leader.wait_ready(timeout_seconds=_PATIENCE_SECONDS)

        leader, others = replicas.leader(), replicas.followers()
        leader.send(signal.SIGSTOP)
        stopped = time.monotonic()
        try:
            seconds["leader stopped"] = seconds_until_news(cluster, others, "after-a-stop")
            time.sleep(max(0.0, STOPPED_SECONDS - (time.monotonic() - stopped)))
        finally:
            leader.send(signal.SIGCONT)
        seconds["leader woken"] = seconds_until_news(cluster, [leader], "after-a-wake")
        wait(lambda: sum(map(leads, replicas.replicas)) == 1, _PATIENCE_SECONDS, "one replica leads")

        for number in (etcds.leader(), (etcds.leader() + 1) % 3):
            etcds.kill(number)
            seconds[f"member {number} of etcd killed"] = seconds_until_news(
                cluster, replicas.replicas, f"without-{number}"
            )
            etcds.start()

        etcds.compact(etcds.revision())
        seconds["compacted"] = seconds_until_news(cluster, replicas.replicas, "after-a-compaction")

        load.rest()
        replicas.settle(cluster.truth())
        assert len(replicas.digests()) == 1
        # The first leader, which listed the cluster, was killed: who led since went on where it stood.
        assert [metric(it, RELISTS) for it in replicas.replicas] == [0] * 3
        recordings = finish(session, opened, timeout_seconds=120)
    seconds |= {"longest without an answer": any_state.longest, "without the newest": newest_state.longest}
    sys.stdout.write(f"{ {name: round(found, 1) for name, found in seconds.items()} }\n")
    assert validate(recordings, replicas=True) == []
    assert newest_state.backwards == []
    assert min(any_state.answers, newest_state.answers) > 10
    assert max(seconds.values()) < _PATIENCE_SECONDS, seconds
    assert sum(hops(recording) > 1 for recording in recordings[1:]) > WATCHERS // 2


def hops(recording: Recording) -> int:
    """How many streams a watcher read."""
    return sum(isinstance(part, Stream) for part in recording.life)
