"""What a strategy looks like in a cluster."""

from __future__ import annotations

import random
from collections import Counter

from promoter_view.simulator.company.fleet import FleetPlan, load_fleet, make_fleet
from promoter_view.simulator.company.model import APPROVAL, HEALTH, LINT, PREVIOUS
from promoter_view.simulator.company.rendering import render
from promoter_view.simulator.company.scenario import make_company
from tests.simulator.clusters import BY_KIND, NOW, make_cluster

GATES = {
    "ArgoCDCommitStatus": HEALTH,
    "GitCommitStatus": LINT,
    "TimedCommitStatus": "timer",
    "WebRequestCommitStatus": APPROVAL,
}


def company_cluster():
    cluster = make_cluster()
    load_fleet(cluster, make_company(random.Random(1), NOW), NOW)
    return cluster


def test_names_are_unique_within_a_kind() -> None:
    """No two objects of a strategy have the same kind and name."""
    for strategy in make_company(random.Random(1), NOW):
        counted = Counter((one.document["kind"], one.document["metadata"]["name"]) for one in render(strategy, NOW))
        assert set(counted.values()) == {1}


def test_every_owner_is_there_and_controls() -> None:
    """An owner's uid is that of an object of that kind and name in the same namespace, and it is the controller."""
    cluster = company_cluster()
    owned = Counter()
    for kind in BY_KIND.values():
        for document in cluster.objects(kind):
            for owner in document["metadata"].get("ownerReferences", []):
                namespace = document["metadata"]["namespace"]
                found = cluster.get(BY_KIND[owner["kind"]], namespace, owner["name"])
                assert (owner["uid"], owner["controller"]) == (found["metadata"]["uid"], True)
                owned[kind.kind, owner["kind"]] += 1
    assert {kind for kind, _ in owned} == {"ChangeTransferPolicy", "PullRequest", "CommitStatus"}
    assert {owner for kind, owner in owned if kind == "CommitStatus"} == {"ChangeTransferPolicy", *GATES}


def test_commit_statuses_belong_to_the_gate_of_their_key() -> None:
    """The owner follows the key, and no CommitStatus carries the strategy's label, as in real installs."""
    for document in company_cluster().objects(BY_KIND["CommitStatus"]):
        key = document["metadata"]["labels"]["promoter.argoproj.io/commit-status"]
        (owner,) = document["metadata"]["ownerReferences"]
        assert owner["kind"] == ("ChangeTransferPolicy" if key == PREVIOUS else {v: k for k, v in GATES.items()}[key])
        assert "promoter.argoproj.io/promotion-strategy" not in document["metadata"]["labels"]


def test_references_lead_somewhere() -> None:
    """Strategies find their repository, repositories their provider, gates their strategy."""
    cluster = company_cluster()
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


def test_open_pull_requests_are_there_and_merged_ones_are_not() -> None:
    """A PullRequest object exists while the policy's status says open, and only then."""
    for strategy in make_company(random.Random(2), NOW):
        rendered = [one.document for one in render(strategy, NOW)]
        states = [
            document["status"]["pullRequest"]["state"]
            for document in rendered
            if document["kind"] == "ChangeTransferPolicy" and "pullRequest" in document["status"]
        ]
        assert states.count("open") == sum(document["kind"] == "PullRequest" for document in rendered)


def test_the_strategy_s_status_copies_its_policies() -> None:
    """status.environments says of each branch what the policy of that branch says."""
    (strategy,) = make_fleet(FleetPlan(1), NOW)
    rendered = [one.document for one in render(strategy, NOW)]
    policies = {one["spec"]["activeBranch"]: one["status"] for one in rendered if one["kind"] == "ChangeTransferPolicy"}
    for environment in rendered[0]["status"]["environments"]:
        policy = policies[environment["branch"]]
        assert environment["active"] == policy["active"]
        assert environment["history"] == policy["history"]
