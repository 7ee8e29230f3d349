"""Objects that kube-apiserver takes and no decoder reads, in the middle of a thousand others: only they are missed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.crds import argocd, kargo
from tests.crds.installed import definitions as definitions_of
from tests.support.log.etcds import Etcds
from tests.support.plane.client import MERGE_PATCH, Client
from tests.support.plane.fixtures import running_plane
from tests.support.plane.kargo_town import PATH, Town
from tests.support.plane.plane import ControlPlane
from tests.support.program.client import Client as ViewClient
from tests.support.program.program import Program
from tests.support.program.truth import RELISTS, wait

pytestmark = pytest.mark.controlplane

COUNT = 1_000
#: More than one page has, by the reflectors' own bound.
PAGES = 600
LEVELS = 1_500
_PATIENCE_SECONDS = 60
DEEP = b'{"a":' * LEVELS + b"1" + b"}" * LEVELS
#: Where a Stage's steps, and an Application's sources, hold what nobody looks into.
STAGE_STEPS = b'{"spec":{"promotionTemplate":{"spec":{"steps":[{"uses":"argocd-update","config":%b}]}}}}' % DEEP
HELM_VALUES = b'{"spec":{"source":{"helm":{"valuesObject":%b}}}}' % DEEP


class DeepTown(Town):
    """A project of many Stages, some of which nest too deep. Answers that hold those are not looked at."""

    def fill(self, count: int = COUNT) -> None:
        """So many Stages; among them one that is nested, ``s-0500-deep``."""
        self.client.create_all(self._stage(f"s-{at:04}") for at in range(count))
        self.stage("s-0500-deep")
        self.nest("s-0500-deep")

    def nest(self, name: str, kind: str = "Stage", patch: bytes = STAGE_STEPS) -> None:
        """Nests what is there beyond what a decoder reads."""
        send(self.client, f"{self.path(kind)}/{name}", patch)

    def unnest(self, name: str) -> None:
        """Makes it readable, and another one than before."""
        told = {"metadata": {"labels": {"readable": "again"}}, "spec": {"promotionTemplate": None}}
        self.patch("Stage", name, **told)

    def _stage(self, name: str) -> dict[str, Any]:
        spec = {"requestedFreight": [{"origin": {"kind": "Warehouse", "name": "main"}, "sources": {"direct": True}}]}
        metadata = {"name": name, "namespace": self.project}
        return {"apiVersion": "kargo.akuity.io/v1alpha1", "kind": "Stage", "metadata": metadata, "spec": spec}


def send(client: Client, path: str, patch: bytes) -> None:
    """A merge patch as bytes, whose answer is dropped: Python's own decoder gives up on it."""
    headers = {"Content-Type": MERGE_PATCH, "Accept": "application/json"}
    response = client._exchange("PATCH", path, patch, headers)
    told = response.read()
    assert response.status == 200, told[:500]


def program(plane: ControlPlane, folder: Path, event_log: str = "") -> Program:
    """The program on that cluster, not started yet."""
    options = ["--kubeconfig", str(plane.kubeconfig), "--insecure-no-auth", "--views", "stagedetails"]
    return Program(folder, [*options, "--event-log", event_log or f"file:{folder / 'log'}"])


def stages(running: Program, project: str) -> Mapping[str, dict[str, Any]]:
    """The Stages that it serves, by name."""
    items = orjson.loads(ViewClient(running.endpoint).get(f"{PATH}?limit=5000"))["items"]
    found = [item["stage"] for item in items if item["metadata"]["namespace"] == project]
    return {stage["metadata"]["name"]: stage for stage in found}


def unreadable(running: Program, kind: str = "Stage") -> float:
    """How many of that kind the program says it could not read."""
    return sample(running, "promoter_view_unreadable_objects", kind)


def sample(running: Program, name: str, kind: str) -> float:
    lines = ViewClient(running.endpoint).get("/metrics").decode().splitlines()
    found = [line for line in lines if line.startswith(f'{name}{{kind="{kind}"}}')]
    return float(found[0].split()[-1]) if found else 0.0


def wait_label(running: Program, town: Town, name: str, label: str) -> None:
    """Waits until that Stage is served with the label."""
    wait(
        lambda: label in stages(running, town.project)[name]["metadata"].get("labels", {}),
        _PATIENCE_SECONDS,
        f"{name} is served with {label}",
    )


def label(town: Town, name: str, label: str) -> None:
    town.patch("Stage", name, metadata={"labels": {label: "yes"}})


@pytest.fixture(scope="module")
def town(stages_plane: ControlPlane) -> DeepTown:
    town = DeepTown(stages_plane.client(), "deep", "deep-argocd")
    town.fill()
    town.application("nested", "deep:s-0001")
    town.nest("nested", "Application", HELM_VALUES)
    return town


def test_first_list_watch_and_restart(stages_plane: ControlPlane, town: DeepTown, tmp_path: Path) -> None:
    """All others are served from the first list on; what turns unreadable keeps its last state, over kill -9 too."""
    with program(stages_plane, tmp_path) as running:
        running.start()
        running.wait_ready(timeout_seconds=_PATIENCE_SECONDS)
        expected = {f"s-{at:04}" for at in range(COUNT)}
        assert set(stages(running, town.project)) == expected
        assert (unreadable(running), unreadable(running, "Application")) == (1, 1)
        assert sample(running, "promoter_view_malformed_objects_total", "Stage") == 1
        town.nest("s-0007")
        label(town, "s-0008", "after")
        wait_label(running, town, "s-0008", "after")
        assert "promotionTemplate" not in stages(running, town.project)["s-0007"]["spec"]
        assert unreadable(running) == 2
        running.kill()
        label(town, "s-0009", "meanwhile")
        running.start()
        running.wait_ready(timeout_seconds=_PATIENCE_SECONDS)
        wait_label(running, town, "s-0009", "meanwhile")
        assert running.log.count("Stage deep/s-0007 at resourceVersion") == 2, "each start names it"
        assert (set(stages(running, town.project)), unreadable(running)) == (expected, 2)
        assert running.metric(RELISTS) == 0
        town.unnest("s-0007")
        wait_label(running, town, "s-0007", "readable")
        town.delete("Stage", "s-0500-deep")
        wait(lambda: unreadable(running) == 0, _PATIENCE_SECONDS, "what is gone is not unreadable any more")
        assert ViewClient(running.endpoint).get("/readyz").startswith(b"ok")


@contextmanager
def plane_without_watch_list(binaries: Path, folder: Path) -> Iterator[ControlPlane]:
    definitions = definitions_of(kargo, argocd)
    folder.mkdir()
    with running_plane(binaries, folder, definitions, flags=["--feature-gates=WatchList=false"]) as plane:
        yield plane


def test_pages_and_relist(control_plane_binaries: Path, tmp_path: Path) -> None:
    """Pages with one such item bring all others; a relist keeps what it cannot read, and drops what is gone."""
    with plane_without_watch_list(control_plane_binaries, tmp_path / "plane") as plane:
        town = DeepTown(plane.client(), "deep", "deep-argocd")
        town.fill(PAGES)
        with program(plane, tmp_path / "program") as running:
            running.start()
            running.wait_ready(timeout_seconds=_PATIENCE_SECONDS)
            assert (len(stages(running, town.project)), unreadable(running)) == (PAGES, 1)
            town.nest("s-0007")
            town.nest("s-0008")
            wait(lambda: unreadable(running) == 3, _PATIENCE_SECONDS, "all are noticed")
            running.kill()
            for gone in ("s-0008", "s-0009", "s-0500-deep"):
                town.delete("Stage", gone)
            label(town, "s-0010", "meanwhile")
            plane.compact()
            plane.restart_apiserver()
            running.start()
            running.wait_ready(timeout_seconds=_PATIENCE_SECONDS)
            wait_label(running, town, "s-0010", "meanwhile")
            wait(lambda: unreadable(running) == 1, _PATIENCE_SECONDS, "what is gone is not unreadable any more")
            assert running.metric(RELISTS) > 0
            found = stages(running, town.project)
            assert len(found) == PAGES - 2
            assert "promotionTemplate" not in found["s-0007"]["spec"]


def test_two_replicas(stages_plane: ControlPlane, town: DeepTown, control_plane_binaries: Path, tmp_path: Path) -> None:
    """On a log in etcd each replica names the same objects, and the one that leads next goes on so."""
    with ExitStack() as ends:
        etcds = Etcds(control_plane_binaries, tmp_path / "etcd", members=1)
        ends.callback(etcds.stop)
        etcds.start()
        first, second = (
            ends.enter_context(program(stages_plane, tmp_path / name, etcds.log_url())) for name in ("one", "two")
        )
        first.start()
        first.wait_ready(timeout_seconds=_PATIENCE_SECONDS)
        second.start()
        second.wait_ready(timeout_seconds=_PATIENCE_SECONDS)
        town.nest("s-0017")
        wait(lambda: unreadable(second) == unreadable(first) >= 1, _PATIENCE_SECONDS, "both know")
        wait(lambda: "Stage deep/s-0017 at resourceVersion" in second.log, _PATIENCE_SECONDS, "the follower names it")
        first.kill()
        label(town, "s-0018", "next")
        wait_label(second, town, "s-0018", "next")
        assert "s-0017" in stages(second, town.project)
        town.unnest("s-0017")
        wait_label(second, town, "s-0017", "readable")
        assert second.metric(RELISTS) == 0
