"""dev → (e2e, perf) → prod on a real kube-apiserver with GitOps Promoter 0.44's kinds: table, page, and who waits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.controlplane.dashboards import ask
from tests.crds.promoter_releases import release
from tests.support.plane.aggregation import aggregated
from tests.support.plane.fixtures import running_plane
from tests.support.plane.plane import ControlPlane
from tests.support.plane.promotion_graph import NAMESPACE, PromotionGraph
from tests.support.plane.writing import WrittenCluster
from tests.support.program.program import Program
from tests.support.program.truth import wait

pytestmark = pytest.mark.controlplane

GRAPH = PromotionGraph(
    "graph",
    # Not in promotion order, as nobody has to list them so.
    {"env/prod": ["env/e2e", "env/perf"], "env/e2e": ["env/dev"], "env/perf": ["env/dev"], "env/dev": []},
)
OLD, NEW = "a" * 7, "b" * 7


class Town:
    """A cluster with a strategy, and the program behind its aggregator."""

    def __init__(self, plane: ControlPlane, program: Program) -> None:
        self._plane, self._program = plane, program
        self._cluster = WrittenCluster(plane.client())
        self._cluster.add_namespaces(NAMESPACE)

    def write(self, *live: str, checks: dict[str, str] | None = None, gated: dict[str, str] | None = None) -> None:
        """The objects as the controllers would have them."""
        for document in GRAPH.documents(live, checks, gated):
            self._cluster.apply(document)

    def row(self) -> dict[str, str]:
        """What ``kubectl get psd -o wide`` says of it, by column."""
        header, *rows = self._plane.kubectl("get", "psd", "-n", NAMESPACE, "-o", "wide").splitlines()
        columns = [(found.group().strip(), *found.span()) for found in re.finditer(r"\S+(?: \S+)*\s*", header)]
        return {name: rows[0][start : end if end < len(header) else None].strip() for name, start, end in columns}

    def until(self, **expected: str) -> dict[str, str]:
        """Waits until the row says that of these columns."""
        wanted = {name.replace("_", " "): value for name, value in expected.items()}
        wait(lambda: wanted.items() <= self.row().items(), 30, f"{wanted}; it has {self.row()}")
        return self.row()

    def page(self) -> str:
        """The strategy's page."""
        return ask(self._program, f"/strategies/{NAMESPACE}/graph").body


@pytest.fixture(scope="module")
def town(control_plane_binaries: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A cluster of its own, for it has the kinds of one release."""
    folder = tmp_path_factory.mktemp("graph")
    with running_plane(control_plane_binaries, folder, release("0.44")) as plane:
        options = ["--kubeconfig", str(plane.kubeconfig), "--insecure-no-auth", "--event-log", "memory:"]
        with Program(folder / "program", options, dashboard=True) as program:
            program.start()
            program.wait_ready()
            with aggregated(plane, program):
                yield Town(plane, program)


def test_the_root_is_next(town: Town) -> None:
    """Where the commit is nowhere yet, dev is what all wait for, and its check is the reason that is given."""
    town.write(gated={"env/dev": "approval"})
    row = town.until(
        PROMOTED="0/4", STATUS="Checking", WAITING_FOR="dev: check approval is pending: Nobody has said yes yet"
    )
    assert row["ENVIRONMENTS"] == f"dev={OLD},e2e={OLD},perf={OLD},prod={OLD}"
    assert row["QUEUED"] == "e2e for dev,perf for dev,prod for e2e+perf"
    assert "waits for e2e and perf: dev&#39;s check approval is pending" in town.page()


def test_a_fork(town: Town) -> None:
    """Once dev has it both arms are next, and the join waits for both."""
    town.write("env/dev")
    row = town.until(PROMOTED="1/4", QUEUED="prod for e2e+perf")
    assert row["STATUS"] == "Promoting"
    assert row["WAITING FOR"] == "e2e: its pull request is on its way"
    page = town.page()
    assert [word in page for word in ('id="box-1"', 'id="box-4"', 'id="way-done"', 'id="way-held"')] == [True] * 4
    assert re.findall(r'class="box is-(\w+)( next)?"', page) == [
        ("uptodate", ""),
        ("promoting", " next"),
        ("promoting", " next"),
        ("queued", ""),
    ]


def test_a_join(town: Town) -> None:
    """prod waits for the one arm that is not done, and for what holds it, until both are."""
    live = ["env/dev", "env/e2e", "env/perf"]
    town.write(*live, checks={"env/perf": "load-test"})
    row = town.until(PROMOTED="3/4", QUEUED="prod for perf")
    assert row["WAITING FOR"] == "prod waits for perf: its check load-test is pending"
    assert row["ENVIRONMENTS"] == f"dev={NEW},e2e={NEW},perf={NEW},prod={OLD}"
    town.write(*live)
    town.until(STATUS="Promoting", QUEUED="<none>")
    town.write(*live, "env/prod")
    town.until(PROMOTED="4/4", STATUS="UpToDate", WAITING_FOR="<none>")


def test_the_gate_has_its_place_on_the_page(town: Town) -> None:
    """The order gate is in the panel of gates like any other, with what it says of each environment."""
    town.write("env/dev", "env/e2e")
    wait(lambda: "3 passed" in town.page(), 30, "the gate's panel says so")
    gates = town.page().partition('class="gates"')[2]
    assert "DependentsSuccessfulCommitStatus order" in gates
    assert "1 pending, 3 passed" in gates
