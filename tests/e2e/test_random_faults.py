"""The whole program under random faults: what many watchers saw keeps the six guarantees, and the end is the truth."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import orjson
import yaml

from tests.e2e.restless import WRITES_SECONDS
from tests.support.program.program import Program
from tests.support.program.recording import Recording, Refusal, Stream
from tests.support.program.session import Session
from tests.support.program.truth import RELISTS, Document, Name, serves, truth, wait
from tests.support.program.validator import validate
from tests.support.soaking import lasting, soak

REPOSITORY = Path(__file__).parents[2]
RESTLESS_SECONDS = lasting(8, 120)
KILLS = lasting(4, 30)
LIFE_SECONDS = lasting(240, 900)
SETTLED_SECONDS = RESTLESS_SECONDS + 90


class Cluster:
    """The restless cluster's process, as a test sees it."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes]) -> None:
        self.kubeconfig = folder / "kubeconfig"
        self._begin, self._settled, self._process = folder / "begin", folder / "settled", process

    def begin(self) -> None:
        """Its restless time begins."""
        self._begin.touch()

    @property
    def has_settled(self) -> bool:
        assert self._process.poll() is None, "the cluster is gone"
        return self._settled.exists()

    def truth(self) -> dict[Name, Document]:
        """The bundles that its objects make."""
        server = yaml.safe_load(self.kubeconfig.read_text())["clusters"][0]["cluster"]["server"]

        def items(plural: str) -> list[Document]:
            with urlopen(f"{server}/apis/promoter.argoproj.io/v1alpha1/{plural}", timeout=10) as answer:
                found: list[Document] = orjson.loads(answer.read())["items"]
            return found

        return truth(items)


@contextmanager
def restless(folder: Path, *, seed: int, seconds: float, troubles: bool) -> Iterator[Cluster]:
    """A cluster that is restless for so many seconds, once it is told to begin; it ends with the block."""
    folder.mkdir()
    command = [sys.executable, "-m", "tests.e2e.restless", str(folder), str(seed), str(seconds), str(troubles)]
    process = subprocess.Popen(command, cwd=REPOSITORY)
    try:
        cluster = Cluster(folder, process)
        wait(cluster.kubeconfig.exists, 30, "the cluster listens")
        yield cluster
    finally:
        process.kill()
        process.wait()


@contextmanager
def program(folder: Path, cluster: Cluster, *options: str) -> Iterator[Program]:
    """The program on that cluster, ready; it ends with the block."""
    always = ["--kubeconfig", str(cluster.kubeconfig), "--insecure-no-auth", "--bookmark-interval", "500ms"]
    with Program(folder, [*always, *options]) as running:
        running.start()
        running.wait_ready()
        yield running


def settle(running: Program, cluster: Cluster, seconds: float) -> None:
    """Waits until the cluster rests and the program serves its truth."""
    wait(lambda: cluster.has_settled, seconds, "the cluster rests")
    bundles = cluster.truth()
    wait(lambda: serves(running, bundles), 90, "the program serves what the cluster holds")


def refusals(recordings: Sequence[Recording]) -> list[Refusal]:
    """All 410s that the watchers met."""
    streams = [part for each in recordings for part in each.life if isinstance(part, Stream)]
    return [entry for stream in streams for entry in stream.entries if isinstance(entry, Refusal) and entry.code == 410]


def changes(recordings: Sequence[Recording]) -> int:
    """How many events the watchers read."""
    return sum(len(part.entries) for each in recordings for part in each.life if isinstance(part, Stream))


@soak
def test_troubles_of_the_cluster(tmp_path: Path) -> None:
    """Cut watches, garbage, refusals, compactions and relists lose no watcher an event, and expire no position."""
    with (
        restless(tmp_path / "cluster", seed=1, seconds=RESTLESS_SECONDS, troubles=True) as cluster,
        program(tmp_path / "program", cluster, "--event-log", "memory:") as running,
        Session(lambda: running.endpoint, seed=1, life_seconds=LIFE_SECONDS) as session,
    ):
        cluster.begin()
        settle(running, cluster, SETTLED_SECONDS)
        relists = running.metric(RELISTS)
        recordings = session.finish()
    assert validate(recordings, expirations=False) == []
    assert relists > 0
    assert changes(recordings) > RESTLESS_SECONDS / WRITES_SECONDS


@soak
def test_retention_at_work(tmp_path: Path) -> None:
    """With a history of a dozen changes some positions expire: each is told so, begins anew, and misses nothing."""
    with (
        restless(tmp_path / "cluster", seed=2, seconds=RESTLESS_SECONDS, troubles=False) as cluster,
        program(tmp_path / "program", cluster, "--event-log", "memory:", "--history-bytes", "50Ki") as running,
        Session(lambda: running.endpoint, seed=2, life_seconds=LIFE_SECONDS) as session,
    ):
        cluster.begin()
        settle(running, cluster, SETTLED_SECONDS)
        recordings = session.finish()
    assert validate(recordings) == []
    assert refusals(recordings)


@soak
def test_killed_under_load(tmp_path: Path) -> None:
    """``kill -9`` at any moment, a restart on the same log: every watcher goes on where it was, without a relist."""
    with (
        restless(tmp_path / "cluster", seed=3, seconds=RESTLESS_SECONDS, troubles=False) as cluster,
        program(tmp_path / "program", cluster, "--event-log", f"file:{tmp_path / 'log'}") as running,
        Session(lambda: running.endpoint, seed=3, life_seconds=LIFE_SECONDS) as session,
    ):
        cluster.begin()
        relists = 0.0
        for turn in range(KILLS):
            time.sleep(0.5 + turn % 4 * 0.37)
            relists += running.metric(RELISTS) if turn else 0
            running.kill()
            running.start()
            running.wait_ready()
        settle(running, cluster, SETTLED_SECONDS)
        relists += running.metric(RELISTS)
        recordings = session.finish()
    assert validate(recordings, expirations=False) == []
    assert relists == 0
