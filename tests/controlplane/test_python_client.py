"""The Python client's Watch, behind a real aggregator, across restarts of the program and of kube-apiserver."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from tests.controlplane.restarts import Handled, world
from tests.support.plane.aggregation import aggregated
from tests.support.plane.plane import ControlPlane

kubernetes = pytest.importorskip(
    "kubernetes", reason="the Python client is not here: pip install -r requirements-clients.txt"
)
urllib3 = pytest.importorskip("urllib3")

pytestmark = pytest.mark.controlplane

RESOURCE = {"group": "view.promoter.argoproj.io", "version": "v1alpha1", "plural": "promotionstrategydetails"}
_RETRY_SECONDS = 0.2


class Watching(threading.Thread):
    """A list and then a Watch that is begun again, where it was, each time its stream breaks."""

    def __init__(self, kubeconfig: Path) -> None:
        super().__init__(daemon=True)
        client = kubernetes.config.new_client_from_config(config_file=str(kubeconfig))
        self._list = kubernetes.client.CustomObjectsApi(client).list_cluster_custom_object
        self._watch = kubernetes.watch.Watch()
        self._over = threading.Event()
        listed = self._list(**RESOURCE)
        self._held = {_key(item): _version(item) for item in listed["items"]}
        self.since = _version(listed)
        self.handled: list[Handled] = []
        self.failure: BaseException | None = None

    def store(self) -> dict[str, int]:
        """The resourceVersions of what it holds now. Errors: what has ended it."""
        if self.failure is not None:
            raise self.failure
        return dict(self._held)

    def stop(self) -> None:
        """Ends it with its stream's next end."""
        self._over.set()
        self._watch.stop()

    def run(self) -> None:
        """Its life."""
        try:
            while not self._over.is_set():
                self._read()
        except BaseException as failure:
            # A thread's failure is the test's to report, whatever it is.
            self.failure = failure

    def _read(self) -> None:
        """One stream, from where the last one ended."""
        position = self._watch.resource_version or str(self.since)
        try:
            for event in self._watch.stream(self._list, **RESOURCE, resource_version=position, timeout_seconds=300):
                self._handle(event["type"], event["object"])
        except (urllib3.exceptions.HTTPError, kubernetes.client.ApiException) as broken:
            gone = getattr(broken, "status", None) == 410
            assert not gone, "it can always go on where it was"
            self._over.wait(_RETRY_SECONDS)

    def _handle(self, kind: str, item: dict[str, Any]) -> None:
        self.handled.append(Handled(kind, _key(item), _version(item)))
        if kind == "DELETED":
            del self._held[_key(item)]
        else:
            self._held[_key(item)] = _version(item)


def _key(item: dict[str, Any]) -> str:
    return f"{item['metadata']['namespace']}/{item['metadata']['name']}"


def _version(item: dict[str, Any]) -> int:
    return int(item["metadata"]["resourceVersion"])


def test_watch_goes_on(own_control_plane: ControlPlane, tmp_path: Path) -> None:
    """Whatever breaks its stream, a Watch that is begun again with its last resourceVersion has each change once."""
    with world(own_control_plane, tmp_path) as here, aggregated(own_control_plane, here.program):
        watching = Watching(own_control_plane.kubeconfig)
        watching.start()
        for end in (here.program.kill, here.program.terminate):
            here.start_again(end)
            here.settle([watching])
        here.start_aggregator_again()
        here.settle([watching])
        watching.stop()
        assert watching.handled == here.history(watching.since)
        assert len(watching.handled) > 60
