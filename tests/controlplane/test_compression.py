"""Compressed answers behind a real kube-apiserver: what its aggregator passes on is whole, and comes event by event."""

from __future__ import annotations

import gzip
import http.client
import json
import ssl
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.plane.aggregation import aggregated
from tests.support.plane.plane import ControlPlane
from tests.support.program.program import Program

pytestmark = pytest.mark.controlplane

VIEWS = "/apis/view.promoter.argoproj.io/v1alpha1/promotionstrategydetails"
STRATEGIES = "/apis/promoter.argoproj.io/v1alpha1/namespaces/default/promotionstrategies"


def strategy(name: str, size: int = 0) -> dict:
    return {
        "apiVersion": "promoter.argoproj.io/v1alpha1",
        "kind": "PromotionStrategy",
        "metadata": {"name": name, "namespace": "default", "annotations": {"note": "x" * size}},
        "spec": {
            "gitRepositoryRef": {"name": "app"},
            "environments": [{"branch": "environment/development", "autoMerge": True}],
        },
    }


@pytest.fixture
def plane(own_control_plane: ControlPlane, tmp_path: Path) -> Iterator[ControlPlane]:
    options = ["--kubeconfig", str(own_control_plane.kubeconfig), "--event-log", "memory:"]
    own_control_plane.client().create_all([strategy(f"s{number}", size=20_000) for number in range(12)])
    with Program(tmp_path / "program", options) as running:
        running.start()
        running.wait_ready()
        with aggregated(own_control_plane, running):
            yield own_control_plane


def ask(plane: ControlPlane, path: str) -> http.client.HTTPResponse:
    context = ssl.create_default_context(cafile=str(plane.pki / "ca.crt"))
    context.load_cert_chain(str(plane.pki / "admin.crt"), str(plane.pki / "admin.key"))
    connection = http.client.HTTPSConnection(urlsplit(plane.url).netloc, context=context, timeout=30)
    connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
    return connection.getresponse()


def test_through_the_aggregator(plane: ControlPlane) -> None:
    """A compressed list is whole; a compressed watch's events can be read as they come, and its end is a gzip end."""
    listed = ask(plane, VIEWS)
    assert listed.headers["Content-Encoding"] == "gzip"
    document = json.loads(gzip.decompress(listed.read()))
    assert len(document["items"]) == 12
    version = document["metadata"]["resourceVersion"]
    watched = ask(plane, f"{VIEWS}?watch=1&timeoutSeconds=5&resourceVersion={version}")
    assert watched.headers["Content-Encoding"] == "gzip"
    reader, text = zlib.decompressobj(31), b""
    plane.client().create(STRATEGIES, strategy("new"))
    while b"\n" not in text:
        text += reader.decompress(watched.read1())
    event = json.loads(text)
    assert (event["type"], event["object"]["metadata"]["name"]) == ("ADDED", "new")
    reader.decompress(watched.read())
    assert reader.eof
