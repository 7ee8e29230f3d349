"""A namespace with a promotion in it: a strategy, members that can be changed, and a Secret that must never be seen."""

from __future__ import annotations

import base64
from typing import Any

from tests.support.plane.client import Client
from tests.support.plane.plane import ControlPlane

API_VERSION = "promoter.argoproj.io/v1alpha1"
GROUP_PATH = f"/apis/{API_VERSION}"
SECRET = "hunter2-that-nobody-may-read"
STRATEGY = "shop"
_LABEL = "promoter.argoproj.io/promotion-strategy"


class Team:
    """A new namespace, filled."""

    def __init__(self, plane: ControlPlane, namespace: str, *, exists: bool = False) -> None:
        self._client: Client = plane.client()
        self.namespace = namespace
        if not exists:
            self._client.create("/api/v1/namespaces", {"metadata": {"name": namespace}})
        self._create("Secret", "token", "v1", data={"token": base64.b64encode(SECRET.encode()).decode()})
        self._create("ScmProvider", "forge", spec={"secretRef": {"name": "token"}, "fake": {}})
        repository = {"fake": {"owner": "team", "name": "shop"}, "scmProviderRef": {"name": "forge"}}
        self._create("GitRepository", "shop", spec=repository)
        reference = {"gitRepositoryRef": {"name": "shop"}}
        self._create("PromotionStrategy", STRATEGY, spec={**reference, "environments": [{"branch": "main"}]})
        check = {**reference, "sha": "a" * 40, "name": "tests", "description": "running", "phase": "pending"}
        self._create("CommitStatus", "tests", spec=check)

    def say(self, description: str) -> None:
        """Changes a member."""
        path = f"{GROUP_PATH}/namespaces/{self.namespace}/commitstatuses/tests"
        self._client.patch(path, {"spec": {"description": description}})

    def _create(self, kind: str, name: str, api_version: str = API_VERSION, **parts: Any) -> None:
        metadata = {"name": name, "namespace": self.namespace, "labels": {_LABEL: STRATEGY}}
        self._client.create_whole({"apiVersion": api_version, "kind": kind, "metadata": metadata, **parts})
