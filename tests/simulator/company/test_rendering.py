"""What a strategy looks like in a cluster."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from promoter_view.simulator.company.cast import make_company
from promoter_view.simulator.company.fleet import FleetPlan, load_fleet, make_fleet
from promoter_view.simulator.company.model import APPROVAL, HEALTH, LINT, WINDOW
from promoter_view.simulator.company.releases import RELEASES
from promoter_view.simulator.company.rendering import render
from promoter_view.simulator.kubernetes.cluster import ObjectStore
from tests.simulator.clusters import BY_KIND, NOW, RELEASE_NAMES, every_object, make_cluster

each_release = pytest.mark.parametrize("promoter", RELEASE_NAMES)

GATES = {
    "ArgoCDCommitStatus": HEALTH,
    "GitCommitStatus": LINT,
    "TimedCommitStatus": "timer",
    "WebRequestCommitStatus": APPROVAL,
    "ScheduledCommitStatus": WINDOW,
}


#: The kinds of a release beside those of all, and who owns the checks of the order.
OWNED = {"0.36": set(), "0.44": {"ChangeTransferPolicyHistory", "RestoreActiveCommit"}}
ORDER = {
    "0.36": ("promoter-previous-environment", "ChangeTransferPolicy"),
    "0.44": ("dependents-successful", "DependentsSuccessfulCommitStatus"),
}


def company_cluster(promoter: str) -> ObjectStore:
    release = RELEASES[promoter]
    cluster = make_cluster(kinds=release.kinds)
    load_fleet(cluster, make_company(random.Random(1), NOW, release), NOW, release)
    return cluster


@each_release
def test_names_are_unique_within_a_kind(promoter: str) -> None:
    """No two objects of a strategy have the same kind and name."""
    release = RELEASES[promoter]
    for strategy in make_company(random.Random(1), NOW, release):
        rendered = [one.document for one in render(strategy, NOW, release)]
        counted = Counter((document["kind"], document["metadata"]["name"]) for document in rendered)
        assert set(counted.values()) == {1}


@each_release
def test_every_owner_is_there_and_controls(promoter: str) -> None:
    """An owner's uid is that of an object of that kind and name in the same namespace, and it is the controller."""
    cluster = company_cluster(promoter)
    owned = Counter()
    for document in every_object(cluster):
        for owner in document["metadata"].get("ownerReferences", []):
            namespace = document["metadata"]["namespace"]
            found = cluster.get(BY_KIND[owner["kind"]], namespace, owner["name"])
            assert (owner["uid"], owner["controller"]) == (found["metadata"]["uid"], True)
            owned[document["kind"], owner["kind"]] += 1
    assert {kind for kind, _ in owned} == {"ChangeTransferPolicy", "PullRequest", "CommitStatus"} | OWNED[promoter]
    assert {owner for kind, owner in owned if kind == "CommitStatus"} == {ORDER[promoter][1], *GATES}


@each_release
def test_commit_statuses_belong_to_the_gate_of_their_key(promoter: str) -> None:
    """The owner follows the key, and no CommitStatus carries the strategy's label, as in real installs."""
    owners = {key: kind for kind, key in GATES.items()} | dict([ORDER[promoter]])
    for document in company_cluster(promoter).objects(BY_KIND["CommitStatus"]):
        key = document["metadata"]["labels"]["promoter.argoproj.io/commit-status"]
        (owner,) = document["metadata"]["ownerReferences"]
        assert owner["kind"] == owners[key]
        assert "promoter.argoproj.io/promotion-strategy" not in document["metadata"]["labels"]


@each_release
def test_references_lead_somewhere(promoter: str) -> None:
    """Strategies find their repository, repositories their provider, gates their strategy."""
    cluster = company_cluster(promoter)
    for strategy in cluster.objects(BY_KIND["PromotionStrategy"]):
        assert cluster.get(
            BY_KIND["GitRepository"], strategy["metadata"]["namespace"], strategy["spec"]["gitRepositoryRef"]["name"]
        )
    for repository in cluster.objects(BY_KIND["GitRepository"]):
        reference = repository["spec"]["scmProviderRef"]
        namespace = "" if reference["kind"] == "ClusterScmProvider" else repository["metadata"]["namespace"]
        assert cluster.get(BY_KIND[reference["kind"]], namespace, reference["name"])
    for gate in GATES:
        for document in cluster.objects(BY_KIND[gate]):
            name = document["spec"]["promotionStrategyRef"]["name"]
            assert cluster.get(BY_KIND["PromotionStrategy"], document["metadata"]["namespace"], name)


@each_release
def test_open_pull_requests_are_there_and_merged_ones_are_not(promoter: str) -> None:
    """A PullRequest object exists while the policy's status says open, and only then."""
    release = RELEASES[promoter]
    for strategy in make_company(random.Random(2), NOW, release):
        rendered = [one.document for one in render(strategy, NOW, release)]
        states = [
            document["status"]["pullRequest"]["state"]
            for document in rendered
            if document["kind"] == "ChangeTransferPolicy" and "pullRequest" in document["status"]
        ]
        assert states.count("open") == sum(document["kind"] == "PullRequest" for document in rendered)


@each_release
def test_the_strategy_s_status_copies_its_policies(promoter: str) -> None:
    """status.environments says of each branch what the policy of that branch says."""
    (strategy,) = make_fleet(FleetPlan(1), NOW)
    rendered = [one.document for one in render(strategy, NOW, RELEASES[promoter])]
    policies = {one["spec"]["activeBranch"]: one["status"] for one in rendered if one["kind"] == "ChangeTransferPolicy"}
    for environment in rendered[0]["status"]["environments"]:
        policy = policies[environment["branch"]]
        assert environment["active"] == policy["active"]
        assert environment.get("history") == policy.get("history")
