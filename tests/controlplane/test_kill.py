"""``kill -9`` under load on a real kube-apiserver: watchers lose nothing, and are told when the log is gone."""

from __future__ import annotations

import random
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.plane.plane import ControlPlane
from tests.support.plane.writing import WrittenCluster
from tests.support.program.fleet import Fleet
from tests.support.program.program import Program
from tests.support.program.recording import Listing, Recording, Refusal, Stream
from tests.support.program.session import MENAGERIE, Session
from tests.support.program.truth import RELISTS, serves, truth, wait
from tests.support.program.validator import validate
from tests.support.program.watcher import Behaviour
from tests.support.soaking import lasting, soak

pytestmark = pytest.mark.controlplane

KILLS = lasting(5, 20)
GONE = 410


@contextmanager
def load(cluster: WrittenCluster) -> Iterator[Callable[[], None]]:
    """Writes as fast as the cluster takes them, until the answered function is called, or the block ends."""
    fleet, over = Fleet(cluster, random.Random(7)), threading.Event()
    failures: list[BaseException] = []

    def write() -> None:
        try:
            while not over.is_set():
                fleet.write()
        except BaseException as failure:
            # A thread's failure is the test's to report, whatever it is.
            failures.append(failure)

    def rest() -> None:
        over.set()
        thread.join(30)
        assert failures == []

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    try:
        yield rest
    finally:
        over.set()
        thread.join(30)


@contextmanager
def program(folder: Path, plane: ControlPlane, log: Path) -> Iterator[Program]:
    """The program on that cluster, ready; it ends with the block."""
    options = ["--kubeconfig", str(plane.kubeconfig), "--insecure-no-auth", "--bookmark-interval", "500ms"]
    with Program(folder, [*options, "--event-log", f"file:{log}"]) as running:
        running.start()
        running.wait_ready()
        yield running


def kill(running: Program) -> None:
    """``kill -9`` and the next start."""
    running.kill()
    running.start()
    running.wait_ready()


def settle(running: Program, cluster: WrittenCluster) -> None:
    """Waits until the program serves what the cluster, which rests, holds."""
    bundles = truth(cluster.of)
    wait(lambda: serves(running, bundles), 60, "the program serves what the cluster holds")


@soak
def test_killed_under_load(own_control_plane: ControlPlane, tmp_path: Path) -> None:
    """Killed again and again at any moment, the program goes on from its log: each watcher sees each change once."""
    source, relists = random.Random(11), 0.0
    cluster = WrittenCluster(own_control_plane.client())
    with (
        load(cluster) as rest,
        program(tmp_path / "program", own_control_plane, tmp_path / "log") as running,
        Session(lambda: running.endpoint, seed=11, life_seconds=300) as session,
    ):
        for turn in range(KILLS):
            time.sleep(source.uniform(0.1, 1.5))
            relists += running.metric(RELISTS) if turn else 0
            kill(running)
        rest()
        settle(running, cluster)
        relists += running.metric(RELISTS)
        recordings = session.finish()
    assert validate(recordings, expirations=False) == []
    assert relists == 0
    informer = recordings[1]
    assert len(informer.life) > KILLS, "each kill has cut its stream"
    assert sum(len(part.entries) for part in informer.life if isinstance(part, Stream)) > 10 * KILLS


def test_killed_and_the_log_removed(own_control_plane: ControlPlane, tmp_path: Path) -> None:
    """Where the log is gone with its positions, each watcher is told 410, begins anew, and misses nothing then."""
    behaviours = {name: each for name, each in MENAGERIE.items() if resumes(each)}
    cluster = WrittenCluster(own_control_plane.client())
    with (
        load(cluster) as rest,
        program(tmp_path / "program", own_control_plane, tmp_path / "log") as running,
        Session(lambda: running.endpoint, seed=12, life_seconds=200, behaviours=behaviours) as session,
    ):
        wait(lambda: all(watcher.position for watcher in session.watchers), 30, "each watcher has a position")
        running.kill()
        shutil.rmtree(tmp_path / "log")
        running.start()
        running.wait_ready()
        time.sleep(3)
        rest()
        settle(running, cluster)
        recordings = session.finish()
    renewed = [since_gone(recording) for recording in recordings[1:]]
    assert validate([recordings[0], *renewed], expirations=False) == []


def resumes(behaviour: Behaviour) -> bool:
    """Whether a watcher always has a position to resume at, once it has had one."""
    return behaviour.begin is not behaviour.begin.BARE


def since_gone(recording: Recording) -> Recording:
    """What a watcher saw after its one 410. Errors: AssertionError when there was none, or more than one."""
    gone = [place for place, part in enumerate(recording.life) if is_gone(part)]
    assert len(gone) == 1, f"{recording.watcher} was told 410 {len(gone)} times"
    return replace(recording, life=recording.life[gone[0] + 1 :])


def is_gone(part: Listing | Stream) -> bool:
    """Whether a stream was answered by 410."""
    entries = part.entries if isinstance(part, Stream) else ()
    return any(isinstance(entry, Refusal) and entry.code == GONE for entry in entries)
