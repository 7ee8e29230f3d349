"""A simulated cluster as a process of its own, with commands for what shall happen to it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.support.plane.client import Client
from tests.support.plane.writing import WrittenCluster
from tests.support.program.program import Program
from tests.support.program.truth import Document, Name, serves, truth, wait

REPOSITORY = Path(__file__).parents[3]
_GROUP = "promoter.argoproj.io/v1alpha1"


class Simulated:
    """Its address, its objects, and its troubles."""

    def __init__(self, url: str, kubeconfig: Path) -> None:
        self.kubeconfig = kubeconfig
        self._client = Client(url)
        self.written = WrittenCluster(self._client)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._client.url.rpartition(":")[2])

    def command(self, name: str, **arguments: Any) -> None:
        """See promoter_view.simulator.kubernetes.control."""
        self._client.create(f"/simulator/{name}", arguments)

    def put_strategy(self, name: str, branch: str, status: Document) -> None:
        """A strategy of namespace team with one environment, whose policy has that status."""
        meta = {"namespace": "team", "name": name}
        spec = {"gitRepositoryRef": {"name": "app"}, "environments": [{"branch": branch}]}
        self.written.apply({"apiVersion": _GROUP, "kind": "PromotionStrategy", "metadata": meta, "spec": spec})
        labels = {"promoter.argoproj.io/promotion-strategy": name}
        policy = {"metadata": {**meta, "labels": labels}, "spec": {"activeBranch": branch}, "status": status}
        self.written.apply({"apiVersion": _GROUP, "kind": "ChangeTransferPolicy", **policy})

    def truth(self) -> dict[Name, Document]:
        """The bundles that its objects make."""
        return truth(self.written.of)


@contextmanager
def simulated(folder: Path, *options: str) -> Iterator[Simulated]:
    """A cluster, empty unless its options say otherwise; it ends with the block."""
    folder.mkdir()
    command = [sys.executable, "-m", "promoter_view.simulator", "--bookmark-interval", "1", *options]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            kubeconfig = folder / "kubeconfig"
            kubeconfig.write_text(yaml.safe_dump(_kubeconfig(url)))
            yield Simulated(url, kubeconfig)
        finally:
            process.kill()


@contextmanager
def program(folder: Path, cluster: Simulated, log: Path, *options: str) -> Iterator[Program]:
    """The program on that cluster and log; not waited for. It ends with the block."""
    always = ["--kubeconfig", str(cluster.kubeconfig), "--insecure-no-auth", "--bookmark-interval", "200ms"]
    with Program(folder, [*always, "--event-log", f"file:{log}", *options]) as running:
        running.start()
        yield running


def settle(running: Program, bundles: dict[Name, Document]) -> None:
    """Waits until the program serves just these."""
    wait(lambda: serves(running, bundles), 90, "the program serves what the cluster holds")


def _kubeconfig(url: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "simulated", "cluster": {"server": url}}],
        "users": [{"name": "nobody", "user": {}}],
        "contexts": [{"name": "simulated", "context": {"cluster": "simulated", "user": "nobody"}}],
        "current-context": "simulated",
    }
