"""A CustomResourceDefinition that is replaced while the program is away, on a real kube-apiserver."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.controlplane.releases import NAMESPACE, STRATEGY, Controllers, install
from tests.crds.promoter_releases import release
from tests.support.plane.fixtures import running_plane
from tests.support.plane.plane import ControlPlane
from tests.support.plane.writing import WrittenCluster
from tests.support.program.client import Client
from tests.support.program.program import Program
from tests.support.program.truth import wait

pytestmark = pytest.mark.controlplane

BUNDLE = f"/apis/view.promoter.argoproj.io/v1alpha1/namespaces/{NAMESPACE}/promotionstrategydetails/{STRATEGY}"
DOCUMENT = "/openapi/v3/apis/promoter.argoproj.io/v1alpha1"
_LISTED_ANEW = re.compile(
    r'^promoter_view_reflector_relists_total\{kind="PromotionStrategy",reason="schema_changed"\} (\S+)$', re.MULTILINE
)


def order_of(running: Program) -> Any:
    """A field of the strategy that the older schema does not know, as the API serves it."""
    served = json.loads(Client(running.endpoint).get(BUNDLE))
    return served["promotionStrategy"]["spec"].get("orderCommitStatusRef", {}).get("name")


def listed_anew(running: Program) -> float:
    """How often the strategies were, for another schema."""
    return sum(map(float, _LISTED_ANEW.findall(Client(running.endpoint).get("/metrics").decode())))


def replace(plane: ControlPlane, name: str, *, knows_order: bool) -> None:
    """That release's CustomResourceDefinitions, in OpenAPI too, which follows some seconds later."""
    install(plane, name)

    def knows() -> bool:
        return "orderCommitStatusRef" in json.dumps(plane.client().get(DOCUMENT))

    wait(lambda: knows() == knows_order, 60, f"OpenAPI has the schemas of {name}")


def test_a_schema_that_changes_while_nothing_runs(control_plane_binaries: Path, tmp_path: Path) -> None:
    """What nobody writes again is served as it now reads; also by one that is killed between its two lists of it."""
    with running_plane(control_plane_binaries, tmp_path, release("0.39")) as plane:
        cluster = WrittenCluster(plane.client())
        cluster.add_namespaces(NAMESPACE)
        Controllers(cluster, "0.39").write_strategy()
        replace(plane, "0.36", knows_order=False)
        log = tmp_path / "log"
        options = ["--kubeconfig", str(plane.kubeconfig), "--insecure-no-auth", "--event-log", f"file:{log}"]
        with Program(tmp_path, [*options, "--views", "promotionstrategydetails"]) as running:
            running.start()
            running.wait_ready()
            assert order_of(running) is None
            wait(lambda: b"format 8" in (log / "format").read_bytes(), 30, "the log says what was read by which schema")
            running.kill()
            replace(plane, "0.39", knows_order=True)
            running.start()
            running.wait_ready()
            wait(lambda: order_of(running) == "shop-order", 30, "the field is served that reads differently")
            wait(lambda: listed_anew(running) == 1, 30, "the strategies are listed anew")
            running.kill()
            running.start()
            running.wait_ready()
            wait(lambda: listed_anew(running) == 1, 30, "what was to be listed once more is listed by the next")
            assert order_of(running) == "shop-order"
