"""Discovery, version, metrics and health paths, as a client gets them."""

from __future__ import annotations

import pytest

from promoter_view.api.discovery import version_info
from tests.api.openapi_documents import strategies_document
from tests.support.api.world import BASE, VIEW, World

GROUP = "view.promoter.argoproj.io"
AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
DOCUMENT = f"/openapi/v3/apis/{GROUP}/v1alpha1"
KUBECTL = f"{AGGREGATED},application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/api", "APIVersions"),
        ("/apis", "APIGroupList"),
        (f"/apis/{GROUP}", "APIGroup"),
        (f"/apis/{GROUP}/v1alpha1", "APIResourceList"),
    ],
)
def test_plain_discovery(path, kind):
    """Each level of discovery is there, also while the views are not built."""
    answer = World(ready=False).ask(path)
    assert answer.code == 200
    assert answer.document["kind"] == kind
    assert answer.header("content-type") == "application/json"


def test_resources():
    """The resource is told with all that kubectl needs to find it by any of its names."""
    resource, _commits, _events = World().ask(f"/apis/{GROUP}/v1alpha1").document["resources"]
    assert resource == {
        "name": VIEW,
        "singularName": VIEW,
        "namespaced": True,
        "kind": "PromotionStrategyDetails",
        "verbs": ["get", "list", "watch"],
        "shortNames": ["psd"],
        "categories": ["promoter"],
    }


def test_aggregated_discovery():
    """kubectl gets aggregated discovery, under the media type that says so."""
    world = World(ready=False)
    for path, groups in (("/api", []), ("/apis", [GROUP])):
        answer = world.ask(path, {"Accept": KUBECTL})
        assert answer.header("content-type") == AGGREGATED
        assert answer.document["kind"] == "APIGroupDiscoveryList"
        assert [item["metadata"]["name"] for item in answer.document["items"]] == groups
    (version,) = answer.document["items"][0]["versions"]
    resource, _commits, _events = version["resources"]
    assert resource["responseKind"] == {"group": GROUP, "version": "v1alpha1", "kind": "PromotionStrategyDetails"}
    assert (resource["resource"], resource["scope"]) == (VIEW, "Namespaced")


def test_aggregated_discovery_of_older_clients():
    """kubectl 1.27 to 1.29, which know v2beta1 only, get that."""
    beta = AGGREGATED.replace("v=v2", "v=v2beta1")
    answer = World(ready=False).ask("/apis", {"Accept": f"{beta},application/json"})
    assert answer.header("content-type") == beta
    assert answer.document["apiVersion"] == "apidiscovery.k8s.io/v2beta1"
    assert answer.document["items"] == World().ask("/apis", {"Accept": AGGREGATED}).document["items"]


@pytest.mark.parametrize("path", ["/api", "/apis", "/openapi/v2", "/openapi/v3", DOCUMENT])
def test_what_a_client_has_already(path):
    """A client that names the entity tag of a document it has gets 304 without a body; another tag, the document."""
    world = World(ready=False)
    answer = world.ask(path, {"Accept": KUBECTL})
    tag = answer.header("etag")
    assert (answer.code, answer.header("vary")) == (200, "Accept")
    assert tag.startswith('"')
    again = world.ask(path, {"Accept": KUBECTL, "If-None-Match": f'"other", W/{tag}'})
    assert (again.code, again.body, again.header("etag")) == (304, b"", tag)
    assert world.ask(path, {"Accept": KUBECTL, "If-None-Match": '"other"'}).body == answer.body


def test_openapi_under_its_hash():
    """The index names the document with its hash; under it clients may keep it for good."""
    world = World(ready=False)
    (entry,) = world.ask("/openapi/v3").document["paths"].values()
    answer = world.ask(entry["serverRelativeURL"])
    assert (answer.code, answer.document["openapi"]) == (200, "3.0.0")
    assert "immutable" in answer.header("cache-control")
    assert world.ask(DOCUMENT).header("cache-control") == "no-cache, private"


def test_openapi_under_an_old_hash():
    """A hash that is out of date leads to the document as it is now."""
    world = World(ready=False)
    old = world.openapi.documents.v3_url
    world.openapi.update({"promoter.argoproj.io/v1alpha1": strategies_document()})
    answer = world.ask(old)
    assert (answer.code, answer.header("location")) == (301, world.openapi.documents.v3_url)
    assert world.ask(answer.header("location")).code == 200


@pytest.mark.parametrize("path", ["/openapi/v2", "/openapi/v3", DOCUMENT])
def test_openapi_is_negotiated(path):
    """OpenAPI comes as JSON only."""
    protobuf = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
    world = World(ready=False)
    assert world.ask(path, {"Accept": protobuf}).document["reason"] == "NotAcceptable"
    assert world.ask(path, {"Accept": f"{protobuf},application/json"}).header("content-type") == "application/json"


def test_discovery_is_negotiated():
    """Who takes nothing but protobuf gets 406."""
    for path in ("/api", "/apis", f"/apis/{GROUP}", f"/apis/{GROUP}/v1alpha1", "/version"):
        answer = World().ask(path, {"Accept": "application/vnd.kubernetes.protobuf"})
        assert (answer.code, answer.document["reason"]) == (406, "NotAcceptable")


@pytest.mark.parametrize(
    ("version", "major", "minor"), [("0.2.0", "0", "2"), ("2", "2", "0"), ("1.4.0.dev3", "1", "4")]
)
def test_version(version, major, minor):
    """The version is the program's."""
    assert version_info(version) == {"major": major, "minor": minor, "gitVersion": f"v{version}"}


def test_metrics():
    """/metrics is Prometheus' text, and counts what was asked."""
    world = World()
    world.ask(BASE)
    world.ask("/nope")
    world.ask("/nope", method="BREW")
    answer = world.ask("/metrics")
    assert answer.header("content-type").startswith("text/plain")
    labels = f'code="200",group="{GROUP}",resource="{VIEW}",verb="LIST",version="v1alpha1"'
    assert f"apiserver_request_total{{{labels}}} 1.0".encode() in answer.body
    assert b'apiserver_request_total{code="404",group="",resource="",verb="GET",version=""} 1.0' in answer.body
    assert b'verb="OTHER"' in answer.body


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/healthz", "/readyz/ping", "/livez/ping"])
def test_health(path):
    """Health is plain text, for GET and HEAD."""
    world = World(ready=False)
    answer = world.ask(path)
    assert (answer.code, answer.body) == (200, b"ok")
    assert answer.header("content-type") == "text/plain; charset=utf-8"
    assert world.open(path, method="HEAD").answer().code == 200


def test_unhealthy():
    """A failing check is HTTP 500 with the reason; a check that is not there 404."""
    world = World()
    world.health.add("log", lambda: "disk on fire")
    answer = world.ask("/readyz")
    assert (answer.code, world.ask("/livez").code, world.ask("/readyz/log").code) == (500, 200, 500)
    assert b"[-]log failed: disk on fire\n" in answer.body
    assert world.ask("/readyz?exclude=log").code == 200
    assert b"[+]ping ok\n" in world.ask("/livez?verbose").body
    assert world.ask("/readyz/nothing").document["reason"] == "NotFound"


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/", 404),
        ("GET", "/nope", 404),
        ("GET", "/apis/other", 404),
        ("GET", "/openapi/v3/apis/other/v1", 404),
        ("POST", "/openapi/v2", 405),
        ("GET", f"/apis/{GROUP}/v1", 404),
        ("GET", f"/apis/{GROUP}/v1alpha1/nope", 404),
        ("GET", f"{BASE}/name", 404),
        ("POST", "/nope", 404),
        ("POST", "/apis", 405),
        ("POST", BASE, 405),
        ("PUT", f"/apis/{GROUP}/v1alpha1/namespaces/a/{VIEW}/b", 405),
        ("PATCH", f"/apis/{GROUP}/v1alpha1/namespaces/a/{VIEW}/b", 405),
        ("DELETE", f"/apis/{GROUP}/v1alpha1/namespaces/a/{VIEW}", 405),
        ("HEAD", f"{BASE}?watch=1", 405),
    ],
)
def test_what_is_not_there(method, path, code):
    """Unknown paths are 404, writes 405 with Allow; each a Status."""
    answer = World().open(path, method=method).answer()
    assert answer.code == code
    assert answer.header("allow") == ("GET" if code == 405 else "")
    if method != "HEAD":
        assert answer.document["kind"] == "Status"
        assert answer.document["code"] == code
