"""An API server with the views' resources, written to by tests: ``python -m tests.support.command.api PORT``.

What it lists and watches is whatever was written, so a test says what ``status`` is. Its faults are the simulator's.
"""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from twisted.internet import reactor

from promoter_view.kubernetes.kinds import Kind
from promoter_view.simulator.kubernetes.cluster import ObjectStore
from promoter_view.simulator.kubernetes.simulated_cluster import SimulatedCluster
from promoter_view.views.definition import GROUP, VERSION
from tests.support.plane.client import Client

KINDS = (
    Kind("PromotionStrategyDetails", "promotionstrategydetails", GROUP, VERSION, has_status=False),
    Kind("StageDetails", "stagedetails", GROUP, VERSION, has_status=False),
    Kind("PromotionEvent", "promotionevents", GROUP, VERSION, has_status=False),
)
_PLURALS = {kind.kind: kind.plural for kind in KINDS}
_TEAM = {"metadata": {"name": "team"}}
_REPOSITORY = Path(__file__).parents[3]


class ViewsApi:
    """The server, and a kubeconfig that leads to it."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self._client = Client(url)
        self.kubeconfig = kubeconfig(folder / "kubeconfig", url)

    def set(self, document: Mapping[str, Any]) -> None:
        """Creates or replaces an object."""
        metadata = {name: value for name, value in document["metadata"].items() if name != "resourceVersion"}
        path = f"/apis/{GROUP}/{VERSION}/namespaces/{metadata['namespace']}/{_PLURALS[document['kind']]}"
        found = [each for each in self._client.get(path)["items"] if each["metadata"]["name"] == metadata["name"]]
        if found:
            metadata["resourceVersion"] = found[0]["metadata"]["resourceVersion"]
            self._client.update(f"{path}/{metadata['name']}", {**document, "metadata": metadata})
        else:
            self._client.create(path, {**document, "metadata": metadata})

    def delete(self, plural: str, namespace: str, name: str) -> None:
        """Deletes an object that is there."""
        self._client.delete(f"/apis/{GROUP}/{VERSION}/namespaces/{namespace}/{plural}/{name}")

    def command(self, name: str, **arguments: Any) -> None:
        """See promoter_view.simulator.kubernetes.control."""
        self._client.create(f"/simulator/{name}", arguments)


@contextmanager
def views_api(folder: Path) -> Iterator[ViewsApi]:
    """It ends with the block."""
    command = [sys.executable, "-m", "tests.support.command.api"]
    with subprocess.Popen(command, cwd=_REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            api = ViewsApi(process.stdout.readline().strip(), folder)
            api._client.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", **_TEAM})
            yield api
        finally:
            process.kill()


def kubeconfig(path: Path, url: str, **cluster: Any) -> Path:
    """A kubeconfig of nobody, whose context has the namespace ``team``."""
    found = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "it", "cluster": {"server": url, **cluster}}],
        "users": [{"name": "nobody", "user": {"token": "anything"}}],
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "nobody", "namespace": "team"}}],
        "current-context": "it",
    }
    path.write_text(yaml.safe_dump(found))
    return path


def main() -> None:
    """Runs until it is killed."""
    chance = random.Random(1)
    cluster = ObjectStore(clock=reactor, random=chance, kinds=KINDS)
    simulated = SimulatedCluster(reactor=reactor, random=chance, cluster=cluster, bookmark_interval=0.5)
    sys.stdout.write(simulated.start() + "\n")
    sys.stdout.flush()
    reactor.run()


if __name__ == "__main__":
    main()
