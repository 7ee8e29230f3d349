"""A project of six Stages that Freight flows through, and whoever promotes it: the one who waits for what is to come.

::

    first (direct, promoted by itself)
    ├── gate (control flow) ── again (deleted and made again)
    └── soaked (once it has soaked in first) ── fan (control flow) ── moved (given to another shard)
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress

from tests.controlplane.argocd import (
    APPLICATIONS,
    ARGOCD,
    PROJECT,
    REPO,
    application,
    freight,
    kargo_path,
    named,
    promote,
    stage,
    update,
    wait_for,
)
from tests.support.plane.client import Client, Document, RefusedError

#: By Stage, where its Freight has to have been verified.
UPSTREAM = {"gate": "first", "soaked": "first", "again": "gate", "fan": "soaked", "moved": "fan"}
FLOWS = ("gate", "fan")
PROMOTED = ("first", "soaked", "again", "moved")
SOAK = "1s"
EVENTS = f"/api/v1/namespaces/{PROJECT}/events"


class Pipeline:
    """Makes the Stages, each that has steps with an Application of its name.

    ``promotions``: Stage by Promotion. ``freight``: the names of all that was sent.
    """

    def __init__(self, client: Client, *, shard: str) -> None:
        self.promotions: dict[str, str] = {}
        self.freight: list[str] = []
        self._client = client
        self._shard = shard
        policies = [{"stageSelector": {"name": "first"}, "autoPromotionEnabled": True}]
        config = {**named("ProjectConfig", PROJECT), "spec": {"promotionPolicies": policies}}
        client.create(kargo_path("projectconfigs"), config)
        for name in PROMOTED:
            client.create(APPLICATIONS, application(name, f"{PROJECT}:{name}"))
        for name in ("first", *UPSTREAM):
            client.create(kargo_path("stages"), self._stage(name))

    def send(self, name: str) -> None:
        """A new Freight, up to the gate: what is behind may take it from then on, or soon."""
        document = freight(name)
        document["commits"] = [{"repoURL": REPO, "id": f"commit-{name}"}]
        self._client.create(kargo_path("freights"), document)
        self.freight.append(name)
        self.wait_verified("first", name)
        self.wait_verified("gate", name)

    def promote(self, stage_name: str, freight_name: str) -> str:
        """A Promotion, as soon as the Freight is available to the Stage: its name."""
        found: str = wait_for(
            lambda: self._try(stage_name, freight_name), f"{freight_name} to be available to {stage_name}"
        )
        return found

    def finish(self, promotion: str) -> None:
        """Waits for the end of a Promotion, which has to be a good one."""

        def look() -> Document | None:
            status = self._client.get(kargo_path("promotions", promotion)).get("status", {})
            return status if "finishedAt" in status else None

        status = wait_for(look, f"Promotion {promotion} to end")
        assert (status["phase"], status.get("message", "")) == ("Succeeded", ""), (promotion, status)

    def wait_verified(self, stage_name: str, freight_name: str) -> None:
        """Waits until the Freight is verified in the Stage."""
        wait_for(
            lambda: stage_name in self.said("verifiedIn", freight_name), f"{freight_name} verified in {stage_name}"
        )

    def said(self, part: str, freight_name: str) -> Mapping[str, Document]:
        """That part of a Freight's status, by Stage."""
        status = self._client.get(kargo_path("freights", freight_name)).get("status", {})
        found: Mapping[str, Document] = status.get(part, {})
        return found

    def move(self, shard: str) -> None:
        """Gives ``moved`` to that shard."""
        self._client.patch(kargo_path("stages", "moved"), {"spec": {"shard": shard}})

    def make_again(self, approved: str) -> None:
        """Deletes ``again``, and makes a new one once it is gone: that inherits no approval for that Freight."""
        old = self._client.create(kargo_path("freights"), {**freight(approved), "discoveredAt": "2020-01-01T00:00:00Z"})
        status = kargo_path("freights", old["metadata"]["name"]) + "/status"
        self._client.patch(status, {"status": {"approvedFor": {"again": {"approvedAt": "2026-01-01T00:00:00Z"}}}})
        self._client.delete(kargo_path("stages", "again"))
        wait_for(lambda: self._is_gone("again"), "the Stage to be gone")
        self._collect_garbage()
        assert "again" not in self.said("approvedFor", approved)
        self._client.create(kargo_path("stages"), self._stage("again"))
        assert self._try("again", approved) is None, "an approval is inherited"

    def automatic(self) -> Counter[str]:
        """How often each Freight went into ``first`` by itself. Such are now among the Promotions, if they ran."""
        found = self._client.get(kargo_path("promotions"))["items"]
        kept = [each for each in found if each["spec"]["stage"] == "first" and each["status"]["phase"] != "Aborted"]
        self.promotions |= {each["metadata"]["name"]: "first" for each in kept}
        return Counter(each["spec"]["freight"] for each in kept)

    def context(self, stage_name: str) -> list[Document]:
        """The Applications that the pages of Kargo show with a Stage."""
        annotations = self._client.get(kargo_path("stages", stage_name))["metadata"]["annotations"]
        found: list[Document] = json.loads(annotations["kargo.akuity.io/argocd-context"])
        return found

    def told(self, reason: str) -> Counter[str]:
        """How many Events there are of that reason, by the name of what they are about."""
        items = self._client.get(EVENTS)["items"]
        return Counter(event["involvedObject"]["name"] for event in items if event["reason"] == reason)

    def _try(self, stage_name: str, freight_name: str) -> str | None:
        try:
            name = promote(self._client, stage_name, freight_name=freight_name)
        except RefusedError as error:
            if "Freight is not available to this Stage" not in str(error):
                raise
            return None
        self.promotions[name] = stage_name
        return name

    def _stage(self, name: str) -> Document:
        sources: Document = {"stages": [UPSTREAM[name]]} if name in UPSTREAM else {"direct": True}
        if name == "soaked":
            sources["requiredSoakTime"] = SOAK
        document = stage(name, shard=self._shard, sources=sources, steps=name not in FLOWS)
        if name not in FLOWS:
            apps = [update(f'${{{{ quote(commitFrom("{REPO}").ID) }}}}', name=name, namespace=ARGOCD)]
            waiting = {"uses": "argocd-wait", "config": {"apps": [{"name": name}]}}
            steps = [{"uses": "argocd-update", "config": {"apps": apps}}, waiting]
            document["spec"]["promotionTemplate"] = {"spec": {"steps": steps}}
        return document

    def _is_gone(self, name: str) -> bool:
        with suppress(RefusedError):
            self._client.get(kargo_path("stages", name))
            return False
        return True

    def _collect_garbage(self) -> None:
        """Promotions go with their Stage, as the garbage collector has it, which this control plane lacks."""
        for name in [name for name, of in self.promotions.items() if of == "again"]:
            wait_for(lambda name=name: self.told("PromotionSucceeded")[name], f"the end of {name} to be told")
            with suppress(RefusedError):  # gone before
                self._client.delete(kargo_path("promotions", name))
