"""Applications in another cluster than their Stages: ``--argocd-kubeconfig``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest

from promoter_view.kubernetes.kinds import KARGO_KINDS
from tests.support.program.client import GROUP_PATH, Client
from tests.support.program.program import Program
from tests.support.program.simulated import Simulated, simulated
from tests.support.program.truth import wait
from tests.support.views.stages import application, check, stage

STAGE = next(kind for kind in KARGO_KINDS if kind.kind == "Stage")
RELISTS = "promoter_view_reflector_relists_total"


class Three(NamedTuple):
    """A cluster of Stages and two of Argo CD's."""

    folder: Path
    stages: Simulated
    one: Simulated
    other: Simulated

    def program(self, argocd: Simulated) -> Program:
        """The program on the first and one of the others, always with the same log."""
        options = ["--kubeconfig", str(self.stages.kubeconfig), "--argocd-kubeconfig", str(argocd.kubeconfig)]
        log = f"file:{self.folder / 'log'}"
        return Program(self.folder / "program", [*options, "--insecure-no-auth", "--event-log", log])


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Three]:
    """All with the objects that they are to have."""
    with (
        simulated(tmp_path / "stages") as stages,
        simulated(tmp_path / "one") as one,
        simulated(tmp_path / "other") as other,
    ):
        stages.written.add_namespaces("shop", "argocd")
        stages.written.apply(bare(stage(checks=[check("argocd/a")])))
        for cluster, health in ((stages, "Degraded"), (one, "Healthy"), (other, "Progressing")):
            cluster.written.add_namespaces("argocd")
            cluster.written.apply(bare(application("a", authorized="shop:test", health=health)))
        yield Three(tmp_path, stages, one, other)


def bare(document: dict[str, Any]) -> dict[str, Any]:
    """As it is sent: the cluster gives it its uid."""
    metadata = {name: value for name, value in document["metadata"].items() if name in ("name", "namespace")}
    return document | {"metadata": metadata | {"annotations": document["metadata"].get("annotations", {})}}


def health(running: Program) -> str:
    """Of the Stage, "" while there is none."""
    items = orjson.loads(Client(running.endpoint).get(f"{GROUP_PATH}/stagedetails"))["items"]
    return items[0].get("health", {}).get("status", "") if items else ""


def test_applications_of_another_cluster(three: Three) -> None:
    """They are read there and nowhere else; after a kill, watching goes on where it was, in both clusters."""
    with three.program(three.one) as running:
        running.start()
        running.wait_ready()
        assert health(running) == "Healthy"
        three.one.written.apply(bare(application("a", authorized="shop:test", health="Degraded")))
        wait(lambda: health(running) == "Unhealthy", 30, "the other cluster's change shows")
        running.kill()
        three.one.written.apply(bare(application("a", authorized="shop:test", health="Progressing")))
        three.stages.written.apply(bare(stage(checks=[check("argocd/a")], current="p1")))
        running.start()
        running.wait_ready()
        wait(lambda: health(running) == "Unknown", 30, "what happened meanwhile shows")
        assert running.metric(RELISTS) == 0


def test_another_cluster_of_applications(three: Three) -> None:
    """When they are looked for in another cluster only their path is listed anew, and the differences show."""
    with three.program(three.one) as running:
        running.start()
        running.wait_ready()
        assert health(running) == "Healthy"
    with three.program(three.other) as running:
        running.start()
        running.wait_ready()
        assert health(running) == "Progressing"
        assert running.metric(RELISTS) == 1
        assert f'{RELISTS}{{kind="Application"' in Client(running.endpoint).get("/metrics").decode()


def test_a_cluster_that_is_away(three: Three) -> None:
    """While Argo CD's cluster cannot be reached at first the program is not ready, and names the path."""
    nowhere = three.folder / "nowhere"
    nowhere.write_text(re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:1", three.one.kubeconfig.read_text()))
    options = ["--kubeconfig", str(three.stages.kubeconfig), "--argocd-kubeconfig", str(nowhere)]
    with Program(three.folder / "program", [*options, "--insecure-no-auth", "--event-log", "memory:"]) as running:
        running.start()
        where = b"argocd:/apis/argoproj.io/v1alpha1/applications"
        wait(lambda: where in readiness(running), 30, "the path is named")


def readiness(running: Program) -> bytes:
    """What ``/readyz?verbose`` says, whatever its status."""
    try:
        return Client(running.endpoint).get("/readyz?verbose")
    except Exception as refused:  # its body is in the message
        return str(refused).encode()
