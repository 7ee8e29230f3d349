"""A cluster for the worlds of the pages: what is in it before a reader begins, and how their commands reach it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.controlplane.installation.installed import Installation, installation
from tests.crds import argocd, kargo
from tests.crds.installed import definitions
from tests.support.docs.running import run, why_not
from tests.support.docs.worlds import World
from tests.support.plane.kargo_town import Town
from tests.support.plane.writing import WrittenCluster

_GROUP = "promoter.argoproj.io/v1alpha1"
#: Of each strategy that is there, its namespace and what is live in its only environment.
STRATEGIES = {"payments": ("team", "4f3c2a1"), "ledger": ("payments", "3f9d2c1")}
_BRANCH = "environment/prod"


@contextmanager
def documented(binaries: Path, folder: Path) -> Iterator[Installation]:
    """A cluster with two strategies, a Stage that is healthy, and the namespaces that pages name."""
    if (reason := why_not()) is not None:
        pytest.skip(reason)
    with installation(binaries, folder) as installed:
        installed.plane.install_crds(definitions(kargo, argocd))
        written = WrittenCluster(installed.client)
        written.add_namespaces("team-a", "kargo", *(namespace for namespace, _ in STRATEGIES.values()))
        for name, (namespace, commit) in STRATEGIES.items():
            _put_strategy(written, namespace, name, commit + "0" * 33)
        _put_stage(Town(installed.client, "shop", "argocd"), "prod")
        installed.client.create("/api/v1/namespaces/argocd/configmaps", {"metadata": {"name": "argocd-cm"}})
        yield installed


def follow(world: World, installed: Installation, folder: Path, *, beginning: str = "", **environ: str) -> str:
    """Runs a world's commands as the cluster's administrator, and gives what they have printed."""
    plane, network = installed.plane, installed.network
    reach = f"""mkdir -p ~/.kube
cp {plane.kubeconfig} ~/.kube/config
"$PYTHON" "$RELAY" {plane.port} {network.kubernetes} &
until kubectl get --raw /readyz >/dev/null 2>&1; do sleep 0.2; done
"""
    pods = {"PODS": str(network.folder / "node")}
    return run(world, folder, plane.kubectl_path, beginning=reach + beginning, **pods, **environ)


def _put_stage(town: Town, name: str) -> None:
    """Healthy: its last Promotion succeeded, and its Application is at what that wanted."""
    at = "2026-01-01T00:00:00Z"
    operation = {"phase": "Succeeded", "startedAt": at, "finishedAt": at, "operation": {}}
    synced = {"sync": {"status": "Synced", "revision": "r1"}, "reconciledAt": at, "operationState": operation}
    town.application(f"shop-{name}", f"shop:{name}", **synced)
    checked = {"name": f"shop-{name}", "namespace": town.argocd, "desiredRevisions": ["r1"]}
    check = {"uses": "argocd-update", "config": {"apps": [checked]}}
    status = {"phase": "Succeeded", "finishedAt": at, "healthChecks": [check]}
    town.promotion("promoted", name, status)
    town.stage(name, {"lastPromotion": {"name": "promoted", "status": status}})


def _put_strategy(written: WrittenCluster, namespace: str, name: str, commit: str) -> None:
    state = {"dry": {"sha": commit}, "hydrated": {"sha": commit[::-1]}, "commitStatuses": []}
    meta = {"namespace": namespace, "name": name}
    repository = {"gitRepositoryRef": {"name": "app"}}
    spec = {**repository, "environments": [{"branch": _BRANCH}]}
    environments = [{"branch": _BRANCH, "active": state, "proposed": state}]
    strategy: dict[str, Any] = {"metadata": meta, "spec": spec, "status": {"environments": environments}}
    written.apply({"apiVersion": _GROUP, "kind": "PromotionStrategy", **strategy})
    labels = {"promoter.argoproj.io/promotion-strategy": name}
    policy = {**repository, "activeBranch": _BRANCH, "proposedBranch": f"{_BRANCH}-next"}
    document = {"metadata": {**meta, "labels": labels}, "spec": policy, "status": {"active": state, "proposed": state}}
    written.apply({"apiVersion": _GROUP, "kind": "ChangeTransferPolicy", **document})
