"""The simulated fleet's objects on a real kube-apiserver: they are what the CustomResourceDefinitions say."""

from __future__ import annotations

import random

import pytest

from promoter_view.simulator.company.fleet import FleetPlan, make_fleet, plant, providers
from promoter_view.simulator.company.releases import RELEASES
from promoter_view.simulator.company.rendering import render
from promoter_view.simulator.company.scenario import make_company
from tests.support.plane.client import Client, RefusedError, collection_path
from tests.support.plane.plane import ControlPlane

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


def test_every_object_is_valid(control_plane: ControlPlane) -> None:
    """Each object of a fleet and of the demo's company is accepted with strict validation, status and all."""
    client = control_plane.client()
    now = 1_790_000_000.0
    release = RELEASES["0.36"]
    company = make_company(random.Random(1), now, release)
    strategies = [*make_fleet(FleetPlan(4, namespaces=4), now), *company]
    for namespace in sorted({strategy.namespace for strategy in strategies}):
        ensure_namespace(client, namespace)
    created = [create_strictly(client, document) for document in providers(strategies)]
    for strategy in strategies:
        created += plant(render(strategy, now, release), lambda document: create_strictly(client, document))
    kinds = {document["kind"] for document in created}
    assert {"WebRequestCommitStatus", "TimedCommitStatus", "PullRequest", "ClusterScmProvider"} <= kinds
