"""kubectl against the program behind a real kube-apiserver's aggregator, with authentication: it works unchanged."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.support.plane.aggregation import API_SERVICE, aggregated
from tests.support.plane.plane import ControlPlane
from tests.support.plane.process import Process
from tests.support.plane.writing import Document, WrittenCluster
from tests.support.program.fleet import NAMESPACES, STRATEGIES, Fleet
from tests.support.program.program import Program
from tests.support.program.truth import joined, truth, wait

pytestmark = pytest.mark.controlplane

GROUP = "view.promoter.argoproj.io"
KINDS = {"strategy": "promotionstrategies", "policy": "changetransferpolicies"}
FLEET = sorted((NAMESPACES[number % len(NAMESPACES)], f"app-{number}") for number in range(STRATEGIES))
COLUMNS = ["NAMESPACE", "NAME", "PROMOTED", "STATUS", "ENVIRONMENTS", "AGE"]
WIDE = [*COLUMNS, "WAITING", "FOR", "QUEUED", "OPEN", "PRS", "LAST", "PROMOTION", "REPOSITORY"]
#: A user who may see the views in the first namespace, and nothing else.
READER = "reader-of-one-namespace"
_PATIENCE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Kubectl:
    """kubectl as administrator; ``folder`` is for what runs beside the tests."""

    plane: ControlPlane
    cluster: WrittenCluster
    folder: Path

    def __call__(self, *arguments: str) -> str:
        """Runs it. Errors: CalledProcessError."""
        return self.plane.kubectl(*arguments)

    def refused(self, *arguments: str) -> str:
        """Runs what has to fail, and returns what it says."""
        with pytest.raises(subprocess.CalledProcessError) as failed:
            self.plane.kubectl(*arguments)
        return str(failed.value.stderr or failed.value.stdout)

    @contextmanager
    def beside(self, *arguments: str) -> Iterator[Beside]:
        """Runs it while the block runs, and ends it then."""
        log = self.folder / f"{len(list(self.folder.iterdir()))}.log"
        process = Process(self.plane.kubectl_command(*arguments), log)
        try:
            yield Beside(process)
        finally:
            process.kill()

    def relabel(self, namespace: str, name: str, **labels: str | None) -> None:
        """Changes a strategy's labels; None removes one."""
        path = f"/apis/promoter.argoproj.io/v1alpha1/namespaces/{namespace}/promotionstrategies/{name}"
        self.plane.client().patch(path, {"metadata": {"labels": labels}})


@dataclass(frozen=True, slots=True)
class Beside:
    """A kubectl that runs."""

    process: Process

    @property
    def lines(self) -> list[list[str]]:
        """What it has written so far, as words."""
        return [line.split() for line in self.process.log.read_text().splitlines()]

    def until(self, condition: Callable[[list[list[str]]], bool], what: str) -> None:
        """Waits for what it writes."""
        wait(lambda: condition(self.lines), _PATIENCE_SECONDS, f"{what}; it has: {self.lines}")


@pytest.fixture(scope="module")
def kubectl(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubectl]:
    """The fleet, and the program behind the aggregator, which asks the cluster who may see it."""
    cluster = WrittenCluster(control_plane.client())
    Fleet(cluster, random.Random(1))
    options = ["--kubeconfig", str(control_plane.kubeconfig), "--event-log", "memory:"]
    with Program(tmp_path_factory.mktemp("program"), options) as running:
        running.start()
        running.wait_ready()
        with aggregated(control_plane, running):
            allow_reader(control_plane)
            yield Kubectl(control_plane, cluster, tmp_path_factory.mktemp("beside"))


def allow_reader(plane: ControlPlane) -> None:
    """Gives READER the Role that an operator would give."""
    rule = ["--verb=get,list,watch", f"--resource=promotionstrategydetails.{GROUP}"]
    plane.kubectl("create", "role", "reader", "-n", NAMESPACES[0], *rule)
    plane.kubectl("create", "rolebinding", "reader", "-n", NAMESPACES[0], "--role=reader", f"--user={READER}")


def words(output: str) -> list[list[str]]:
    return [line.split() for line in output.splitlines()]


def names(output: str) -> list[tuple[str, str]]:
    """Namespace and name of each row of a table without a header, but for rows of other tests' namespaces."""
    found = [(row[0], row[1]) for row in words(output)]
    return [name for name in found if name[0] in NAMESPACES]


def test_api_service(kubectl: Kubectl) -> None:
    """The APIService is Available: the program serves its discovery to the aggregator, and to nobody unknown."""
    (row,) = words(kubectl("get", "apiservice", API_SERVICE, "--no-headers"))
    assert row[2] == "True"


def test_get(kubectl: Kubectl) -> None:
    """All strategies of all namespaces, in order, with the columns that a person acts on."""
    header, *rows = words(kubectl("get", "psd", "-A"))
    assert header == COLUMNS
    assert names(kubectl("get", "psd", "-A", "--no-headers")) == FLEET
    row = next(row for row in rows if row[1] == "app-0")
    assert row[2] == "2/2"
    assert row[4] == "dev=0000000,prod=0000000"


def test_get_wide(kubectl: Kubectl) -> None:
    """More columns, the last of them the repository."""
    header, *rows = words(kubectl("get", "psd", "-n", NAMESPACES[0], "-o", "wide"))
    assert header == WIDE[1:]
    assert {row[-1] for row in rows} == {"o/app"}


def test_get_documents(kubectl: Kubectl) -> None:
    """JSON and YAML are the same whole objects, which are the join of the cluster's."""
    expected = {key: bundle for key, bundle in truth(kubectl.cluster.of).items() if key[0] in NAMESPACES}
    found = json.loads(kubectl("get", "psd", "-A", "-o", "json"))["items"]
    assert yaml.load(kubectl("get", "psd", "-A", "-o", "yaml"), yaml.CSafeLoader)["items"] == found
    assert all(item["metadata"]["resourceVersion"].isdecimal() for item in found)
    assert {key: item for key, item in joined(found).items() if key[0] in NAMESPACES} == expected


def test_get_one(kubectl: Kubectl) -> None:
    """One object by its name, by the resource's full name, and an error that kubectl knows when it is not there."""
    resource = f"promotionstrategydetails.v1alpha1.{GROUP}"
    found = json.loads(kubectl("get", resource, "app-0", "-n", "team-a", "-o", "json"))
    assert found["promotionStrategy"]["metadata"]["name"] == "app-0"
    assert words(kubectl("get", "psd/app-0", "-n", "team-a"))[1][0] == "app-0"
    assert "(NotFound)" in kubectl.refused("get", "psd", "nobody", "-n", "team-a")
    assert kubectl("get", "psd", "nobody", "-n", "team-a", "--ignore-not-found") == ""


def test_get_names(kubectl: Kubectl) -> None:
    """-o name, as scripts use it."""
    found = kubectl("get", "promotionstrategydetails", "-n", "team-b", "-o", "name").split()
    assert found == [f"promotionstrategydetails.{GROUP}/{name}" for namespace, name in FLEET if namespace == "team-b"]


def test_get_with_templates(kubectl: Kubectl) -> None:
    """custom-columns, jsonpath and go-template reach into the members."""
    sha = "{.changeTransferPolicies[0].status.active.dry.sha}"
    columns = f"custom-columns=NAME:.metadata.name,SHA:{sha[1:-1]}"
    assert words(kubectl("get", "psd", "app-0", "-n", "team-a", "-o", columns))[1] == ["app-0", "0" * 40]
    assert kubectl("get", "psd", "app-0", "-n", "team-a", "-o", f"jsonpath={sha}") == "0" * 40
    template = "go-template={{range .items}}{{.metadata.name}} {{end}}"
    assert kubectl("get", "psd", "-n", "team-b", "-o", template).split() == ["app-1", "app-3", "app-5", "app-7"]


def test_get_in_chunks(kubectl: Kubectl) -> None:
    """--chunk-size=5 gives the same in several requests."""
    whole = kubectl("get", "psd", "-A", "--no-headers", "-o", "name")
    assert kubectl("get", "psd", "-A", "--no-headers", "--chunk-size=5", "-o", "name") == whole
    page = json.loads(kubectl("get", "--raw", f"/apis/{GROUP}/v1alpha1/promotionstrategydetails?limit=5"))
    assert len(page["items"]) == 5
    assert page["metadata"]["continue"]


def test_get_sorted(kubectl: Kubectl) -> None:
    """--sort-by sorts the rows of a Table by its objects."""
    found = kubectl(
        "get", "psd", "-n", "team-a", "--sort-by={.metadata.uid}", "-o", "jsonpath={.items[*].metadata.uid}"
    )
    assert found.split() == sorted(found.split())
    assert len(found.split()) == 4


def test_get_selected(kubectl: Kubectl) -> None:
    """-l and --field-selector choose; a wrong one is told as such."""
    kubectl.relabel("team-a", "app-2", tier="gold")
    with kubectl.beside("get", "psd", "-A", "-l", "tier=gold", "-w", "--no-headers") as watching:
        watching.until(lambda lines: [line[1] for line in lines] == ["app-2"], "the one that is labelled")
    selector = "metadata.name=app-2,metadata.namespace=team-a"
    assert names(kubectl("get", "psd", "-A", "--no-headers", "-l", "tier in (gold,silver)")) == [("team-a", "app-2")]
    assert names(kubectl("get", "psd", "-A", "--no-headers", "--field-selector", selector)) == [("team-a", "app-2")]
    assert "field label not supported: spec.x" in kubectl.refused("get", "psd", "-A", "--field-selector", "spec.x=y")
    kubectl.relabel("team-a", "app-2", tier=None)


def test_status(kubectl: Kubectl) -> None:
    """By state the strategies are those whose status says so; wait, jsonpath and custom-columns reach into it."""
    listed = json.loads(kubectl("get", "psd", "-A", "-o", "json"))["items"]
    found = [each for each in listed if each["metadata"]["namespace"] in NAMESPACES]
    states = {(each["metadata"]["namespace"], each["metadata"]["name"]): each["status"]["state"] for each in found}
    assert len(states) == len(FLEET)
    for state in {*states.values(), "Nothing"}:
        rows = kubectl("get", "psd", "-A", "--no-headers", "--field-selector", f"status.state={state}")
        assert names(rows) == sorted(key for key, each in states.items() if each == state)
    (one,) = (each for each in found if each["metadata"]["name"] == "app-2")
    told = {each["type"]: each["status"] == "True" for each in one["status"]["conditions"]}
    assert set(told) == {"Promoted", "Progressing", "NeedsAttention"}
    for kind, holds in told.items():
        wait = ("wait", f"--for=condition={kind}", "psd/app-2", "-n", "team-a", "--timeout=1s")
        assert ("condition met" in kubectl(*wait)) if holds else ("timed out" in kubectl.refused(*wait))
    path = "{.status.state} {.status.since} {.status.environments[0].branch}"
    state, since, branch = kubectl("get", "psd", "app-2", "-n", "team-a", "-o", f"jsonpath={path}").split()
    assert (state, branch) == (one["status"]["state"], one["status"]["environments"][0]["branch"])
    assert since.endswith("Z")
    columns = "custom-columns=STATE:.status.state,TOTAL:.status.total"
    assert words(kubectl("get", "psd", "app-2", "-n", "team-a", "-o", columns))[1] == [
        state,
        str(one["status"]["total"]),
    ]
    assert "lastTransitionTime" in kubectl("explain", "psd.status.conditions")
    refused = kubectl.refused("get", "psd", "-A", "--field-selector", "spec.shard=a")
    assert "supported are metadata.name, metadata.namespace, status.state" in refused


def test_watch_all(kubectl: Kubectl) -> None:
    """get -A -w shows what there is, and then each change, with one header."""
    with kubectl.beside("get", "psd", "-A", "-w") as watching:
        watching.until(lambda lines: len(lines) > len(FLEET), "the first state")
        before = len(watching.lines)
        kubectl.relabel("team-a", "app-4", turn="one")
        watching.until(lambda lines: [line[1] for line in lines[before:]] == ["app-4"], "the change")
        assert [line for line in watching.lines if line[:2] == COLUMNS[:2]] == [COLUMNS]


def test_watch_one(kubectl: Kubectl) -> None:
    """get NAME -w shows the one object, and its changes only."""
    with kubectl.beside("get", "psd", "app-4", "-n", "team-a", "-w", "--no-headers") as watching:
        watching.until(lambda lines: len(lines) == 1, "the object")
        kubectl.relabel("team-a", "app-6", turn="two")
        kubectl.relabel("team-a", "app-4", turn="two")
        watching.until(lambda lines: len(lines) > 1, "the change")
        assert [line[0] for line in watching.lines] == ["app-4", "app-4"]


def test_watch_only(kubectl: Kubectl) -> None:
    """--watch-only leaves the first state out; --output-watch-events names coming, changing and going."""
    arguments = ["--watch-only", "--output-watch-events", "--no-headers"]
    document = kubectl.plane.client().get(
        "/apis/promoter.argoproj.io/v1alpha1/namespaces/team-a/promotionstrategies/app-0"
    )
    passing: Document = {
        "apiVersion": document["apiVersion"],
        "kind": document["kind"],
        "metadata": {"name": "passing", "namespace": "team-a"},
        "spec": document["spec"],
    }
    with kubectl.beside("get", "psd", "-n", "team-a", *arguments) as watching:
        # It says nothing when it has begun: changes are made until it shows one.
        wait(lambda: bool(kubectl.relabel("team-a", "app-0", turn=str(random.random())) or watching.lines), 30, "begin")
        kubectl.cluster.apply(passing)
        kubectl.relabel("team-a", "passing", turn="three")
        kubectl("delete", "promotionstrategy", "passing", "-n", "team-a")
        told = [["ADDED", "passing"], ["MODIFIED", "passing"], ["DELETED", "passing"]]
        watching.until(lambda lines: [line[:2] for line in lines if line[1] == "passing"] == told, "the three events")
        assert {line[1] for line in watching.lines} == {"app-0", "passing"}


def test_describe(kubectl: Kubectl) -> None:
    """describe shows the object with all its members."""
    found = kubectl("describe", "psd", "app-0", "-n", "team-a")
    for expected in ("Name:", "Kind:", "PromotionStrategyDetails", "Change Transfer Policies:", "environment/dev"):
        assert expected in found


def test_wait(kubectl: Kubectl) -> None:
    """wait --for=jsonpath ends when a member's field has the value, and --for=delete when the object is gone."""
    kubectl.relabel("team-b", "app-1", turn="four")
    field = "{.promotionStrategy.metadata.labels.turn}"
    assert "condition met" in kubectl("wait", "psd/app-1", "-n", "team-b", f"--for=jsonpath={field}=four")
    with kubectl.beside(
        "wait", "psd/app-1", "-n", "team-b", f"--for=jsonpath={field}=five", "--timeout=30s"
    ) as waiting:
        assert waiting.process.running
        kubectl.relabel("team-b", "app-1", turn="five")
        waiting.until(
            lambda lines: lines[-1:] == [[f"promotionstrategydetails.{GROUP}/app-1", "condition", "met"]], "it"
        )
    assert "timed out" in kubectl.refused(
        "wait", "psd/app-1", "-n", "team-b", f"--for=jsonpath={field}=x", "--timeout=1s"
    )
    assert kubectl("wait", "psd/nobody", "-n", "team-b", "--for=delete", "--timeout=5s") == ""


def test_rights(kubectl: Kubectl) -> None:
    """Who has a Role in one namespace sees that namespace, and auth can-i says so before."""
    mine, other, me = ["-n", NAMESPACES[0]], ["-n", NAMESPACES[1]], [f"--as={READER}"]
    assert kubectl("auth", "can-i", "list", "psd", *mine, *me) == "yes\n"
    assert kubectl.refused("auth", "can-i", "list", "psd", *other, *me) == "no\n"
    assert kubectl.refused("auth", "can-i", "delete", "psd", *mine, *me) == "no\n"
    assert len(kubectl("get", "psd", *mine, *me, "-o", "name").split()) == STRATEGIES // 2
    for scope in (other, ["-A"]):
        assert "(Forbidden)" in kubectl.refused("get", "psd", *scope, *me)


def test_views_are_read_only(kubectl: Kubectl) -> None:
    """A write is refused with words that kubectl shows."""
    for arguments in (["delete", "psd", "app-0"], ["label", "psd", "app-0", "a=b"]):
        assert "MethodNotAllowed" in kubectl.refused(*arguments, "-n", "team-a")
