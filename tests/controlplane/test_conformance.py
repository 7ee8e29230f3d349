"""kube-apiserver's custom resource is the reference: the same requests, put to it and to us, get the same answers."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

import pytest

from promoter_view.kubernetes.kinds import PROMOTER_KINDS
from tests.controlplane.conformance import Facts, Row, Side, differences
from tests.controlplane.conformance_table import DIFFERENCES, ROWS
from tests.support.plane.fixtures import running_plane
from tests.support.plane.plane import ControlPlane
from tests.support.plane.writing import WrittenCluster
from tests.support.program.program import Program
from tests.support.program.truth import serves, truth, wait

pytestmark = pytest.mark.controlplane

STRATEGIES = next(kind for kind in PROMOTER_KINDS if kind.kind == "PromotionStrategy")
THEIRS = {"group": STRATEGIES.group, "resource": STRATEGIES.plural, "kind": STRATEGIES.kind}
OURS = {
    "group": "view.promoter.argoproj.io",
    "resource": "promotionstrategydetails",
    "kind": "PromotionStrategyDetails",
}
_LABELS = {
    ("conform-a", "alpha"): {"tier": "front", "team": "red"},
    ("conform-a", "beta"): {"tier": "front", "team": "red", "example.com/weight": "12"},
    ("conform-a", "gamma"): {"tier": "back", "example.com/weight": "7"},
    ("conform-b", "alpha"): {"team": "blue"},
    ("conform-b", "delta"): {},
}
LISTED = {title: facts for each in DIFFERENCES for title, facts in each.rows.items()}
#: Requests under way at once: most of the watches' time is waiting.
_AT_ONCE = 16

Answers = Mapping[str, tuple[Facts, Facts]]


@pytest.fixture(scope="module")
def control_plane(control_plane_binaries: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """One with nothing in it but what is compared: lists of all namespaces are."""
    with running_plane(control_plane_binaries, tmp_path_factory.mktemp("conformance-plane")) as plane:
        yield plane


@pytest.fixture(scope="module")
def answers(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answers]:
    """By title of a row, kube-apiserver's answer and ours; both have the same objects and the same past."""
    cluster = WrittenCluster(control_plane.client())
    cluster.add_namespaces(*{namespace for namespace, _ in _LABELS})
    for (namespace, name), labels in _LABELS.items():
        cluster.apply(strategy(namespace, name, labels))
    folder = tmp_path_factory.mktemp("conformance")
    options = ["--kubeconfig", str(control_plane.kubeconfig), "--insecure-no-auth"]
    with Program(folder, [*options, "--event-log", f"file:{folder / 'log'}"]) as running:
        running.start()
        running.wait_ready()
        sides = [Side(control_plane.url, administrator(control_plane), THEIRS), our_side(running)]
        sides = with_past(sides, control_plane, running, cluster)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            theirs, ours = (pool.map(side.ask, ROWS) for side in sides)
            yield {row.title: found for row, *found in zip(ROWS, theirs, ours, strict=True)}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.title)
def test_same_answer(row: Row, answers: Answers) -> None:
    """Code, media type, reason, details, causes, objects, order and events are the same, but for what is listed."""
    theirs, ours = answers[row.title]
    assert differences(theirs, ours) == LISTED.get(row.title, {}), f"kube-apiserver: {theirs}\nours: {ours}"


def test_only_what_is_asked_is_listed() -> None:
    """Each listed difference is one of a request in the table, and each request has a title of its own."""
    titles = [row.title for row in ROWS]
    assert len(set(titles)) == len(titles) >= 100
    assert set(LISTED) <= set(titles)


def with_past(sides: list[Side], plane: ControlPlane, running: Program, cluster: WrittenCluster) -> list[Side]:
    """Changes what both serve, and gives them the words for the moments before and after."""
    words: list[dict[str, str]] = [
        {"expired": encoded({"v": "meta.k8s.io/v1", "rv": 1, "start": "conform-a/alpha\0"}).rstrip("=")},
        {"expired": encoded([1 << 18, "conform-a", "alpha"])},
    ]
    plane.compact()
    catch_up(running, cluster)
    for side, known in zip(sides, words, strict=True):
        known["old"] = version(side)
    change(cluster)
    catch_up(running, cluster)
    for side, known in zip(sides, words, strict=True):
        head = version(side)
        known |= {"head": head, "future": str(int(head) + (1 << 50)), "token": token(side), "ancient": "1"}
    return [replace(side, words={**side.words, **known}) for side, known in zip(sides, words, strict=True)]


def change(cluster: WrittenCluster) -> None:
    """A change of each sort: labels that stop and begin to match, an object that comes, one that goes."""
    cluster.apply(strategy("conform-a", "beta", {"tier": "back", "team": "red", "example.com/weight": "12"}))
    cluster.apply(strategy("conform-a", "epsilon", {"tier": "front"}))
    cluster.apply(strategy("conform-a", "zeta", {"tier": "front"}))
    cluster.delete(STRATEGIES, "conform-a", "zeta")
    cluster.delete(STRATEGIES, "conform-b", "delta")


def strategy(namespace: str, name: str, labels: Mapping[str, str]) -> dict:
    """A strategy as the reference and the view have it: nothing but its labels matters."""
    spec = {"gitRepositoryRef": {"name": "none"}, "environments": [{"branch": "dev"}]}
    metadata = {"namespace": namespace, "name": name, "labels": dict(labels)}
    return {"apiVersion": STRATEGIES.api_version, "kind": STRATEGIES.kind, "metadata": metadata, "spec": spec}


def catch_up(running: Program, cluster: WrittenCluster) -> None:
    """Waits until the program serves what the cluster holds."""
    bundles = truth(cluster.of)
    wait(lambda: serves(running, bundles), 30, "the program serves what the cluster holds")


def version(side: Side) -> str:
    """The resourceVersion of a side's list."""
    return listed(side, "")["resourceVersion"]


def token(side: Side) -> str:
    """A side's token behind its first two objects, for a query."""
    return quote(listed(side, "?limit=2")["continue"])


def encoded(value: object) -> str:
    """A token as both sides make them, around a state that is gone on either."""
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode()


def listed(side: Side, query: str) -> dict[str, str]:
    """The metadata of a side's list."""
    path = f"/apis/{side.words['group']}/v1alpha1/{side.words['resource']}{query}"
    with urlopen(side.url + path, timeout=30, context=side.context) as response:
        metadata: dict[str, str] = json.load(response)["metadata"]
    return metadata


def our_side(running: Program) -> Side:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    host, port, _ = running.endpoint
    return Side(f"https://{host}:{port}", context, OURS)


def administrator(plane: ControlPlane) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(plane.pki / "ca.crt"))
    context.load_cert_chain(str(plane.pki / "admin.crt"), str(plane.pki / "admin.key"))
    return context
