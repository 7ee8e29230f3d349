"""The demo's address as tools meet it that ask a cluster first: k9s, Lens, kubectl."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.support.program.program import Program

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
VIEWS = "/apis/view.promoter.argoproj.io/v1alpha1"
STRATEGIES = "/apis/promoter.argoproj.io/v1alpha1/promotionstrategies"
REVIEWS = "/apis/authorization.k8s.io/v1"


class Demo:
    """A demo that runs, asked over TLS as its kubeconfig says."""

    def __init__(self, program: Program) -> None:
        self.folder: Path = program.folder
        self._url = f"https://127.0.0.1:{program.endpoint.port}"
        self._authority = str(program.folder / "promoter-view-demo/certificates/apiserver.crt")

    def ask(self, path: str, method: str = "GET", **more: object) -> requests.Response:
        """The answer."""
        return requests.request(method, self._url + path, verify=self._authority, timeout=20, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """It must not have logged a fault when all is over."""
    with Program(tmp_path_factory.mktemp("demo"), ["--demo", "--event-log", "memory:"]) as program:
        program.start()
        program.wait_ready()
        yield Demo(program)
        assert "Traceback" not in program.log


def test_what_tools_ask_first(demo: Demo) -> None:
    """A version of Kubernetes, the core group, its namespaces, and pods and nodes of which there are none."""
    assert demo.ask("/version").json()["major"] == "1"
    assert demo.ask("/api").json()["versions"] == ["v1"]
    names = [each["metadata"]["name"] for each in demo.ask("/api/v1/namespaces").json()["items"]]
    assert {"default", "payments", "storefront"} <= set(names)
    assert demo.ask("/api/v1/namespaces/payments").json()["kind"] == "Namespace"
    assert [demo.ask(f"/api/v1/{kind}").json()["items"] for kind in ("pods", "nodes")] == [[], []]


def test_all_groups_are_found(demo: Demo) -> None:
    """The views' beside the sources', also in the index of schemas; and what is not there is 404."""
    groups = {each["name"] for each in demo.ask("/apis").json()["groups"]}
    assert {"view.promoter.argoproj.io", "promoter.argoproj.io", "kargo.akuity.io", "argoproj.io"} <= groups
    paths = demo.ask("/openapi/v3").json()["paths"]
    assert {"apis/view.promoter.argoproj.io/v1alpha1", "apis/promoter.argoproj.io/v1alpha1", "api/v1"} <= set(paths)
    assert demo.ask("/apis/nobody.example.com/v1").status_code == 404


@pytest.mark.parametrize("path", [STRATEGIES, f"{VIEWS}/promotionstrategydetails"])
def test_sources_and_views_come_as_tables(demo: Demo, path: str) -> None:
    """Rows for the same strategies, with their names first and their ages last."""
    table = demo.ask(path, headers={"Accept": TABLE}).json()
    assert (table["kind"], len(table["rows"])) == ("Table", 12)
    shown = [each["name"] for each in table["columnDefinitions"] if not each["priority"]]
    assert (shown[0], shown[-1]) == ("Name", "Age")
    assert "billing-export" in [row["cells"][0] for row in table["rows"]]


def test_one_object_as_a_table(demo: Demo) -> None:
    """As kubectl asks for it."""
    one = f"{STRATEGIES.removesuffix('/promotionstrategies')}/namespaces/data/promotionstrategies/billing-export"
    table = demo.ask(one, headers={"Accept": TABLE}).json()
    assert [row["cells"][0] for row in table["rows"]] == ["billing-export"]


@pytest.mark.parametrize("kind", ["selfsubjectaccessreviews", "selfsubjectrulesreviews"])
def test_reviews_allow(demo: Demo, kind: str) -> None:
    """Whatever was asked, in JSON or in protobuf, which some clients send unasked."""
    for body, form in ((b"{}", "application/json"), (b"k8s\x00", "application/vnd.kubernetes.protobuf")):
        answer = demo.ask(f"{REVIEWS}/{kind}", "POST", data=body, headers={"Content-Type": form})
        status = answer.json()["status"]
        assert answer.status_code == 201
        assert status.get("allowed") or status["resourceRules"][0]["verbs"] == ["*"]


def test_a_watch_of_namespaces(demo: Demo) -> None:
    """It begins with those that are there."""
    with demo.ask("/api/v1/namespaces?watch=1&timeoutSeconds=2", stream=True) as answer:
        first = next(answer.iter_lines())
    assert b'"type":"ADDED"' in first


def test_the_programs_own_paths_are_its_own(demo: Demo) -> None:
    """Health and metrics are the program's, not the simulated cluster's."""
    assert demo.ask("/readyz?verbose").text.startswith("[+]")
    assert "promoter_view_" in demo.ask("/metrics").text


def test_kubectl(demo: Demo, control_plane_binaries: Path) -> None:
    """By the kubeconfig that the demo writes: namespaces, sources, views, and what one may do."""

    def kubectl(*words: str) -> str:
        command = [str(control_plane_binaries / "kubectl"), "--kubeconfig", "promoter-view-demo/kubeconfig", *words]
        return subprocess.run(command, cwd=demo.folder, capture_output=True, text=True, check=True, timeout=60).stdout

    assert "payments" in kubectl("get", "namespaces")
    assert kubectl("get", "promotionstrategies,psd", "-n", "data", "-o", "name").count("billing-export") == 2
    assert kubectl("auth", "can-i", "list", "pods").strip() == "yes"


def test_a_second_demo_in_the_same_folder(tmp_path: Path) -> None:
    """It waits for the log, and the kubeconfig and the pid stay those of the demo that runs."""
    files = [tmp_path / "promoter-view-demo" / name for name in ("kubeconfig", "pid")]
    with Program(tmp_path, ["--demo"]) as first, Program(tmp_path, ["--demo"]) as second:
        first.start()
        first.wait_ready()
        before = [each.read_bytes() for each in files]
        second.start()
        deadline = time.monotonic() + 30
        while "another process writes this log" not in first.log and time.monotonic() < deadline:
            time.sleep(0.05)
        assert "another process writes this log" in first.log
        assert [each.read_bytes() for each in files] == before
        assert before[1] == f"{first.pid}\n".encode()
        assert first.log.count("try in another terminal") == 1
