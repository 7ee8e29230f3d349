"""The simulated fleet's objects on a real kube-apiserver: they are what the CustomResourceDefinitions say."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from promoter_view.simulator.company.cast import make_company
from promoter_view.simulator.company.fleet import FleetPlan, make_fleet, plant, providers
from promoter_view.simulator.company.release import Release
from promoter_view.simulator.company.releases import RELEASES
from promoter_view.simulator.company.rendering import render
from tests.crds.promoter_releases import release as definitions_of
from tests.support.plane.client import Client, RefusedError, collection_path
from tests.support.plane.fixtures import running_plane

pytestmark = pytest.mark.controlplane


def create_strictly(client: Client, document: dict) -> dict:
    """Creates an object and its status; a field that the CRD does not know is an error."""
    path = collection_path(document)
    created = client.create(f"{path}?fieldValidation=Strict", document)
    if "status" not in document:
        return created
    name = created["metadata"]["name"]
    return client.patch(f"{path}/{name}/status?fieldValidation=Strict", {"status": document["status"]})


def ensure_namespace(client: Client, name: str) -> None:
    try:
        client.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    except RefusedError as error:
        if error.status != 409:
            raise


@pytest.mark.parametrize("promoter", RELEASES)
def test_every_object_is_valid(control_plane_binaries: Path, tmp_path: Path, promoter: str) -> None:
    """Each object of a fleet and of the demo's company is accepted by its release's schema, strictly."""
    with running_plane(control_plane_binaries, tmp_path, definitions_of(promoter)) as plane:
        kinds = {document["kind"] for document in created_in(plane.client(), RELEASES[promoter])}
    assert kinds == {kind.kind for kind in RELEASES[promoter].kinds}


def created_in(client: Client, release: Release) -> list[dict]:
    """A fleet and the company, as the cluster has taken them."""
    now = 1_790_000_000.0
    company = make_company(random.Random(1), now, release)
    strategies = [*make_fleet(FleetPlan(4, namespaces=4), now), *company]
    for namespace in sorted({strategy.namespace for strategy in strategies}):
        ensure_namespace(client, namespace)
    created = [create_strictly(client, document) for document in providers(strategies)]
    for strategy in strategies:
        created += plant(render(strategy, now, release), lambda document: create_strictly(client, document))
    return created
