"""Freight on its way through six Stages while processes of two shards are killed at random moments."""

from __future__ import annotations

import random
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.controlplane.argocd import ARGOCD, PATIENCE_SECONDS, SHARD, ArgoCD, town, wait_for
from tests.controlplane.pipeline import FLOWS, PROMOTED, Pipeline
from tests.controlplane.test_promotions import running
from tests.crds.installed import every_definition
from tests.support.plane.fixtures import running_plane
from tests.support.plane.plane import ControlPlane
from tests.support.program.program import Program
from tests.support.soaking import lasting, soak

pytestmark = pytest.mark.controlplane

#: Each Freight is promoted four times.
FREIGHTS = lasting(4, 125)
OTHER_SHARD = "west"
EVERY = (*FLOWS, *PROMOTED)
#: Between two kills.
SECONDS = (0.5, 6.0)
#: How often who was killed is ready before the next kill: it has a log to read first, which takes its time.
READY = 0.7
#: How long who was killed is away: now and then for longer than the Lease of the shard lasts.
AWAY_SECONDS = (0.0, 0.0, 0.0, 18.0)


@pytest.fixture
def plane(control_plane_binaries: Path, tmp_path: Path) -> Iterator[ControlPlane]:
    """A control plane with all CRDs, and the project in it."""
    with running_plane(control_plane_binaries, tmp_path, every_definition()) as plane, town(plane):
        yield plane


class Killer:
    """Kills one of these programs at random moments, and starts it again. A context manager; ``kills`` counts."""

    def __init__(self, programs: Sequence[Program], seed: int) -> None:
        self.kills = 0
        self._programs = programs
        self._random = random.Random(seed)
        self._failures: list[BaseException] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Killer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(PATIENCE_SECONDS)
        assert self._failures == []

    def _run(self) -> None:
        try:
            while not self._over.wait(self._random.uniform(*SECONDS)):
                program = self._random.choice(self._programs)
                program.kill()
                self.kills += 1
                time.sleep(self._random.choice(AWAY_SECONDS))
                program.start(timeout_seconds=PATIENCE_SECONDS)
                if self._random.random() < READY:
                    program.wait_ready(timeout_seconds=PATIENCE_SECONDS)
        except BaseException as failure:
            # A thread's failure is the test's to report, whatever it is.
            self._failures.append(failure)


@contextmanager
def shards(folder: Path, plane: ControlPlane) -> Iterator[list[Program]]:
    """Two instances of the shard, and one of another."""
    with ExitStack() as stack:
        places = (("one", SHARD), ("two", SHARD), ("other", OTHER_SHARD))
        yield [
            stack.enter_context(running(folder / name, plane, "--argocd-auto-promotion", shard=shard))
            for name, shard in places
        ]


def drive(pipeline: Pipeline, turn: int) -> None:
    """One Freight through all Stages. Every second time one is given to the other shard, or made again."""
    name = f"f{turn:03d}-{'x' * 5}"
    pipeline.send(name)
    if turn % 2:
        pipeline.make_again(f"approved-{turn}")
    under_way = [pipeline.promote(stage, name) for stage in ("again", "soaked")]
    for promotion in under_way:
        pipeline.finish(promotion)
    pipeline.wait_verified("fan", name)
    promotion = pipeline.promote("moved", name)
    if turn % 2:
        pipeline.move(OTHER_SHARD if turn % 4 == 1 else SHARD)  # while it is open
    pipeline.finish(promotion)
    pipeline.wait_verified("moved", name)
    pipeline.wait_verified("again", name)


@soak
def test_a_pipeline(plane: ControlPlane, tmp_path: Path) -> None:
    """Kills, deletions, moves between shards: no Freight is stuck, nothing happens twice, no approval is inherited."""
    client, chance = plane.client(), random.Random(3)
    pipeline = Pipeline(client, shard=SHARD)
    began = time.monotonic()
    with shards(tmp_path, plane) as programs, ArgoCD(plane.client) as argocd:
        argocd.seen = lambda name, marker: time.sleep(chance.uniform(0.0, 0.3))
        with Killer(programs, seed=17) as killer:
            for turn in range(FREIGHTS):
                drive(pipeline, turn)
            wait_for(lambda: pipeline.told("PromotionSucceeded").keys() >= pipeline.promotions.keys(), "all to be told")
    assert pipeline.automatic() == dict.fromkeys(["f1", *pipeline.freight], 1)
    sys.stdout.write(f"{len(pipeline.promotions)} Promotions, {killer.kills} kills, {time.monotonic() - began:.0f} s\n")
    assert killer.kills
    assert argocd.syncs == {(stage, name): 1 for name, stage in pipeline.promotions.items()}
    assert pipeline.told("PromotionSucceeded") == dict.fromkeys(pipeline.promotions, 1)
    verified = pipeline.told("FreightVerificationSucceeded")
    assert {name: verified[name] for name in pipeline.freight} == dict.fromkeys(pipeline.freight, len(EVERY))
    assert {name: pipeline.context(name) for name in PROMOTED} == {
        name: [{"name": name, "namespace": ARGOCD}] for name in PROMOTED
    }
    for name in pipeline.freight:
        assert set(pipeline.said("verifiedIn", name)) >= {*EVERY} - {"again"}, name
