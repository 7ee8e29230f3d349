"""The program behind a real kube-apiserver's aggregator: discovery and documentation as kubectl shows them."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPMessage
from typing import Any, NamedTuple

import pytest

from promoter_view.kubernetes.kinds import PROMOTER_KINDS
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from promoter_view.views.stage.details import stage_details
from tests.support.plane.aggregation import aggregated, condition
from tests.support.plane.plane import ControlPlane
from tests.support.program.client import Client
from tests.support.program.program import Program

pytestmark = pytest.mark.controlplane

OURS = "io.argoproj.promoter.view.v1alpha1."
THEIRS = "io.argoproj.promoter.v1alpha1."
GROUP_PATH = "apis/view.promoter.argoproj.io/v1alpha1"
DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
PROTOBUF_V2 = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
MEMBERS = [
    ("promotionStrategy", "PromotionStrategy"),
    *((each.field, each.kind) for each in PROMOTION_STRATEGY_DETAILS.members),
]


class Found(NamedTuple):
    """An answer of kube-apiserver."""

    status: int
    headers: HTTPMessage
    body: bytes


class Aggregated(NamedTuple):
    """A control plane with the program behind it; ``before`` is its OpenAPI 2 document from before that."""

    plane: ControlPlane
    before: dict[str, Any]

    def get(self, path: str, **headers: str) -> Found:
        """Any GET as administrator; redirects are followed."""
        pki = self.plane.pki
        context = ssl.create_default_context(cafile=str(pki / "ca.crt"))
        context.load_cert_chain(str(pki / "admin.crt"), str(pki / "admin.key"))
        request = urllib.request.Request(self.plane.url + path, headers=headers)
        try:
            with urllib.request.urlopen(request, context=context, timeout=30) as answer:
                return Found(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as refused:
            return Found(refused.code, refused.headers, refused.read())

    def document(self, path: str) -> dict[str, Any]:
        """A JSON document."""
        found: dict[str, Any] = json.loads(self.get(path).body)
        return found

    def explain(self, *arguments: str) -> str:
        """What ``kubectl explain`` says."""
        return self.plane.kubectl("explain", *arguments)


@pytest.fixture(scope="module")
def cluster(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aggregated]:
    """The shared control plane with the program, which knows the cluster's schemas, behind its aggregator."""
    options = ["--kubeconfig", str(control_plane.kubeconfig), "--event-log", "memory:"]
    with Program(tmp_path_factory.mktemp("program"), options) as running:
        running.start()
        running.wait_ready()
        known = b"known schemas: promoter.argoproj.io/v1alpha1\n"
        control_plane.wait(lambda: known in Client(running.endpoint).get("/readyz?verbose"))
        # What another module's program has left there goes a moment after its APIService.
        control_plane.wait(lambda: OURS not in str(control_plane.client().get("/openapi/v2")["definitions"].keys()))
        before = control_plane.client().get("/openapi/v2")
        with aggregated(control_plane, running):
            found = Aggregated(control_plane, before)
            control_plane.wait(lambda: f"{OURS}PullRequest" in found.document("/openapi/v2")["definitions"])
            control_plane.wait(lambda: GROUP_PATH in found.document("/openapi/v3")["paths"])
            yield found


def fields(explained: str) -> str:
    """What ``kubectl explain`` says below its heading."""
    return explained.partition("\nFIELDS:\n")[2]


def test_available(cluster: Aggregated) -> None:
    """The aggregator reaches the program, and verifies its certificate."""
    assert condition(cluster.plane)["reason"] == "Passed"


def test_api_resources(cluster: Aggregated) -> None:
    """kubectl finds the resources by their category, and by their short names."""
    lines = cluster.plane.kubectl("api-resources", "--categories=promoter", "--no-headers").splitlines()
    version = "view.promoter.argoproj.io/v1alpha1"
    assert [line.split() for line in lines] == [
        ["promotionstrategydetails", "psd", version, "true", "PromotionStrategyDetails"],
        ["stagedetails", "sgd", version, "true", "StageDetails"],
    ]
    for name in ("psd", "sgd"):
        cluster.plane.kubectl("get", name, "-A")


def test_aggregated_discovery(cluster: Aggregated) -> None:
    """The cluster's own aggregated discovery holds the group as what it is now."""
    groups = json.loads(cluster.get("/apis", Accept=DISCOVERY).body)["items"]
    (found,) = (group for group in groups if group["metadata"]["name"] == "view.promoter.argoproj.io")
    (version,) = found["versions"]
    assert (version["version"], version["freshness"]) == ("v1alpha1", "Current")
    assert [resource.get("shortNames") for resource in version["resources"]] == [["psd"], ["sgd"], None, ["pe"]]


@pytest.mark.parametrize(("field", "kind"), MEMBERS, ids=[field for field, _ in MEMBERS])
def test_explains_members_as_they_are_installed(cluster: Aggregated, field: str, kind: str) -> None:
    """kubectl explains a member, and each field of it, as it explains the member's own kind."""
    plural = next(each.plural for each in PROMOTER_KINDS if each.kind == kind)
    own = f"{plural}.promoter.argoproj.io"
    for below, options in (("", ["--recursive"]), (".spec", []), (".status", [])):
        theirs = fields(cluster.explain(own + below, *options))
        assert theirs
        assert fields(cluster.explain(f"psd.{field}{below}", *options)) == theirs


def test_explains_the_whole(cluster: Aggregated) -> None:
    """kubectl explains the resource with our words, and all of it at once."""
    short, whole = cluster.explain("promotionstrategydetails"), cluster.explain("psd", "--recursive")
    assert "KIND:       PromotionStrategyDetails\n" in short
    assert "<no description>" not in short
    for field, _ in MEMBERS:
        assert f"\n  {field}\t<" in short
        assert f"\n  {field}\t<" in whole
    assert len(whole.splitlines()) > 1000


def test_explains_by_openapi_2(cluster: Aggregated) -> None:
    """The older way of explaining, by the cluster's merged OpenAPI 2 as protobuf, works as well."""
    found = cluster.explain("psd.changeTransferPolicies.status", "--output=plaintext-openapiv2")
    assert "\n   conditions\t<[]Object>\n" in found


def test_nothing_of_others_is_lost(cluster: Aggregated) -> None:
    """The cluster's merged OpenAPI 2 is what it was, and ours besides; nothing had to be renamed."""
    after = cluster.document("/openapi/v2")
    for part in ("definitions", "paths", "parameters"):
        kept = {name: found for name, found in after[part].items() if name in cluster.before[part]}
        assert kept == cluster.before[part]
    added = {name for name in after["definitions"] if name not in cluster.before["definitions"]}
    views = (PROMOTION_STRATEGY_DETAILS, stage_details("argocd"))
    kinds = {member.kind for each in views for member in each.members}
    kinds |= {kind for each in views for kind in (each.root.kind, each.kind, each.list_kind)}
    kinds |= {"CommitDetails", "PromotionEvent", "PromotionEventList"}
    assert added == {OURS + kind for kind in kinds}
    assert cluster.get("/openapi/v2", Accept=PROTOBUF_V2).status == 200


def test_members_in_openapi_2_are_as_the_cluster_has_them(cluster: Aggregated) -> None:
    """Each member's OpenAPI 2 schema is what kube-apiserver makes of the same CustomResourceDefinition."""
    definitions = cluster.document("/openapi/v2")["definitions"]
    for _, kind in MEMBERS:
        theirs = dict(definitions[THEIRS + kind])
        del theirs["x-kubernetes-group-version-kind"]
        assert definitions[OURS + kind] == theirs


def test_openapi_3_through_the_aggregator(cluster: Aggregated) -> None:
    """The cluster's index names our document with its hash, under which it may be kept; who has it gets 304."""
    paths = cluster.document("/openapi/v3")["paths"]
    assert [path for path in paths if "view.promoter" in path] == [GROUP_PATH]
    assert {"api/v1", "apis/apps/v1", "apis/promoter.argoproj.io/v1alpha1", "version"} <= set(paths)
    found = cluster.get(paths[GROUP_PATH]["serverRelativeURL"])
    assert f"{OURS}PromotionStrategyDetails" in json.loads(found.body)["components"]["schemas"]
    # The aggregator adds the header that it puts on every answer of its own.
    assert "public, max-age=31536000, immutable" in found.headers.get_all("Cache-Control", [])
    again = cluster.get(f"/openapi/v3/{GROUP_PATH}", **{"If-None-Match": found.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")
