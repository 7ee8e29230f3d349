"""A strategy's page where a commit was restored, and where nobody tells of the past."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
import yaml

from tests.support.dashboard.company import Company

API_VERSION = "promoter.argoproj.io/v1alpha1"


def without_past(document: Any) -> Any:
    """As releases from 0.41 on write a ChangeTransferPolicy."""
    status = document.get("status", {})
    if document["kind"] != "ChangeTransferPolicy" or "history" not in status:
        return document
    return {**document, "status": {name: found for name, found in status.items() if name != "history"}}


@pytest.fixture
def company() -> Company:
    found = Company(seed=5, alter=without_past)
    found.go_on(40)
    return found


def member(policy: dict[str, Any], kind: str, name: str, **rest: Any) -> dict[str, Any]:
    namespace = policy["metadata"]["namespace"]
    metadata = {"name": name, "namespace": namespace, "uid": f"uid-{name}", "creationTimestamp": "2026-11-21T09:00:00Z"}
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, **rest}


def blocked(policy: dict[str, Any], strategy: str) -> dict[str, Any]:
    """A RestoreActiveCommit that made what is live in that policy's environment."""
    branch, live = policy["spec"]["activeBranch"], policy["status"]["active"]["hydrated"]["sha"]
    spec = {"promotionStrategyRef": {"name": strategy}, "branch": branch, "sha": "12e4567" + "0" * 33}
    return member(policy, "RestoreActiveCommit", "restore-it", spec=spec, status={"activeSha": live})


def test_what_holds_an_environment_and_how_that_is_lifted(company: Company) -> None:
    """The page says Held, by what, since when, and has the manifest to apply, which kubectl reads as it was meant."""
    _, namespace, name = company.bundles[0].key
    policy = company.bundle(namespace, name)["changeTransferPolicies"][0]
    company.world.put(blocked(policy, name))
    html = company.page(f"strategies/{namespace}/{name}")
    assert 'class="column is-held"' in html
    assert "RestoreActiveCommit restore-it" in html
    assert '<path class="mark is-held"' in html, "in its lane of the timeline"
    _, _, rest = html.partition('aria-label="Manifest that ends the hold">')
    manifest = yaml.load(unescape(rest.partition("</pre>")[0]), yaml.CSafeLoader)
    assert manifest["spec"] == {**blocked(policy, name)["spec"], "blockEnvironment": False}
    assert manifest["metadata"] == {"name": "restore-it", "namespace": namespace}
    assert 'data-state="held"' in company.page("")


def test_nobody_tells_of_the_past(company: Company) -> None:
    """Without a ChangeTransferPolicyHistory figures are not known, which is not none; with one they are told."""
    _, namespace, name = company.bundles[0].key
    path = f"strategies/{namespace}/{name}"
    html = company.page(path)
    assert "Not known." in html
    assert "is unknown." in html
    for policy in company.bundle(namespace, name)["changeTransferPolicies"]:
        active = policy["status"]["active"]
        merged = {"id": "9", "state": "merged", "prMergeTime": "2026-11-21T08:00:00Z"}
        spec = {"activeBranch": policy["spec"]["activeBranch"]}
        past = member(
            policy,
            "ChangeTransferPolicyHistory",
            f"{policy['metadata']['name']}-history",
            spec=spec,
            status={"history": [{"active": active, "pullRequest": merged, "restoredFrom": "e" * 40}] * 2},
        )
        owner = {**policy["metadata"], "kind": "ChangeTransferPolicy", "apiVersion": API_VERSION, "controller": True}
        past["metadata"]["ownerReferences"] = [
            {key: owner[key] for key in ("apiVersion", "kind", "name", "uid", "controller")}
        ]
        company.world.put(past)
    html = company.page(path)
    assert "No promotion is known yet." in html
    assert "is unknown." not in html
    assert '<span class="restored"' in html
    assert "keeps the last 20 promotions" in html
