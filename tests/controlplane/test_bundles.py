"""A thousand strategies with all their members on a real kube-apiserver: every bundle is what its members are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from tests.controlplane.described import fleet
from tests.controlplane.mirrored import Mirrored, mirrored
from tests.crds.installed import definitions, published
from tests.support.plane.fixtures import control_plane_binaries
from tests.support.plane.plane import ControlPlane
from tests.support.program.client import path_of

__all__ = ["control_plane_binaries"]

pytestmark = pytest.mark.controlplane

STRATEGIES = 1000
CONNECTIONS = 16
SECRET = "never-to-be-seen-7f3a"
KEPT = "kept-expression-5c1d"


@pytest.fixture(
    scope="module", params=[definitions, *([published] if published() else [])], ids=lambda found: found.__name__
)
def served(
    control_plane_binaries: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Mirrored]:
    """The program on a cluster of its own, with a fleet and requests that carry secrets."""
    objects = fleet(STRATEGIES)
    folder = tmp_path_factory.mktemp("bundles")
    plane = ControlPlane(control_plane_binaries, folder / "plane")
    plane.folder.mkdir()
    try:
        plane.start()
        plane.install_crds(request.param())
        plane.client().create_all([*objects, *requests_with_secrets(objects)], CONNECTIONS)
        with mirrored(plane, folder / "program") as found:
            yield found
    finally:
        plane.stop()


def requests_with_secrets(objects: list[dict]) -> list[dict]:
    """A WebRequestCommitStatus for some strategies, with a secret in each place that can hold one."""
    strategies = [found["metadata"] for found in objects if found["kind"] == "PromotionStrategy"]
    return [request_with_secrets(found["namespace"], found["name"]) for found in strategies[:50]]


def request_with_secrets(namespace: str, name: str) -> dict:
    request = {
        "urlTemplate": "https://ci.example.com/check",
        "method": "POST",
        "headerTemplates": {"Authorization": f"Bearer {SECRET}"},
        "bodyTemplate": f'{{"token": "{SECRET}"}}',
        "authentication": {"oauth2": {"tokenURL": f"https://{SECRET}.example.com", "secretRef": {"name": "s"}}},
    }
    output = {"answer": {"token": SECRET, "list": [SECRET]}}
    environment = {"branch": "environment/development", "phase": "pending", "lastResponseStatusCode": 200}
    environment |= {"triggerOutput": output, "responseOutput": output, "successOutput": output}
    context = {"triggerOutput": output, "responseOutput": output, "successOutput": output}
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": f'{{"token":"{SECRET}"}}'}
    return {
        "apiVersion": "promoter.argoproj.io/v1alpha1",
        "kind": "WebRequestCommitStatus",
        "metadata": {"namespace": namespace, "name": f"{name}-web", "annotations": annotations},
        "spec": {
            "promotionStrategyRef": {"name": name},
            "key": "web",
            "httpRequest": request,
            "success": {"when": {"expression": f"'{KEPT}' != ''"}},
            "mode": {"polling": {"interval": "1m"}},
        },
        "status": {"environments": [environment], "promotionStrategyContext": context},
    }


def test_every_bundle_is_what_its_members_are(served: Mirrored) -> None:
    """The program's list equals an independent join of all that the cluster lists, statuses and all."""
    bundles = served.settle(120)
    assert len(bundles) == STRATEGIES
    whole = bundles["team-000", "app-00000"]
    assert len(whole["changeTransferPolicies"]) == len(whole["pullRequests"]) == 3
    assert len(whole["commitStatuses"]) == 9
    assert all("status" in policy for policy in whole["changeTransferPolicies"])
    assert whole["promotionStrategy"]["status"].keys() == {"conditions"}


def test_nothing_secret_is_served_or_kept(served: Mirrored) -> None:
    """What a request carries and what it was answered is in no bundle and in no byte of the log's folder."""
    cluster = orjson.dumps(served.cluster.of("webrequestcommitstatuses"))
    assert cluster.count(SECRET.encode()) > 50
    listed = served.client.get(path_of(""))
    assert SECRET.encode() not in listed
    assert KEPT.encode() in listed
    assert b"<redacted>" in listed
    folder = served.running.folder / "log"
    files = [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()]
    assert any(KEPT.encode() in data for data in files)
    assert not any(SECRET.encode() in data for data in files)
    assert SECRET not in served.running.log


def test_the_same_after_a_restart(served: Mirrored) -> None:
    """From its log alone, with no relist, the program serves the same with the same resourceVersions."""
    before = served.list()
    served.running.kill()
    served.running.start()
    served.running.wait_ready()
    assert served.list().items == before.items
    assert served.running.metric("promoter_view_reflector_relists_total") == 0
