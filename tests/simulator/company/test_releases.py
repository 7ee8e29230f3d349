"""The releases of GitOps Promoter that are simulated: each has its own kinds, and what its schemas allow."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from jsonschema import Draft7Validator

from promoter_view.simulator.company.model import HISTORY_LENGTH
from promoter_view.simulator.company.releases import NEWEST, RELEASES
from promoter_view.views.promotion_strategy.order import read_order
from tests.crds.promoter_releases import release as definitions_of
from tests.simulator.clusters import BY_KIND, RELEASE_NAMES, begin, every_object
from tests.simulator.servers import ServerTestCase

GRAPH = {
    "environment/development": (),
    "environment/e2e": ("environment/development",),
    "environment/performance": ("environment/development",),
    "environment/production": ("environment/e2e", "environment/performance"),
}


def strictly(schema: Any) -> Any:
    """A schema under which a field that it does not name is an error."""
    if isinstance(schema, list):
        return [strictly(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: strictly(each) for name, each in schema.items()}
    if isinstance(found.get("properties"), dict) and not found.get("x-kubernetes-preserve-unknown-fields"):
        found.setdefault("additionalProperties", False)
    return found


def validators(promoter: str) -> dict[str, Draft7Validator]:
    """What accepts the objects of each kind, without what kube-apiserver itself looks at."""
    found = {}
    for definition in definitions_of(promoter):
        schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        parts = {name: schema["properties"][name] for name in ("spec", "status") if name in schema["properties"]}
        whole = {"type": "object", "required": schema.get("required", []), "properties": strictly(parts)}
        found[definition["spec"]["names"]["kind"]] = Draft7Validator(whole)
    return found


@pytest.mark.parametrize("promoter", RELEASE_NAMES)
def test_every_object_is_valid_at_any_time(promoter: str) -> None:
    """Through half an hour of work each object has the fields and values of its release's schema, and no others."""
    clock, cluster, _ = begin(promoter)
    known = validators(promoter)
    seen = set()
    for _ in range(10):
        for document in every_object(cluster):
            known[document["kind"]].validate({name: document[name] for name in document if name in ("spec", "status")})
            seen.add(document["kind"])
        clock.advance(180)
    assert seen == {kind.kind for kind in RELEASES[promoter].kinds}


def test_a_release_is_the_same_for_the_same_seed() -> None:
    """The seed decides what is in the cluster, uids and all."""
    first, again = (every_object(begin(NEWEST, seed=4)[1]) for _ in range(2))
    assert first == again
    assert first != every_object(begin(NEWEST, seed=5)[1])


def test_history_is_told_by_one_kind() -> None:
    """0.36: by policies and strategies, five promotions at most; 0.44: by histories, up to twenty, the newest first."""
    _, old, _ = begin("0.36")
    told = [len(each["status"]["history"]) for each in old.objects(BY_KIND["ChangeTransferPolicy"])]
    assert max(told) == 5
    _, new, _ = begin("0.44")
    for policy in new.objects(BY_KIND["ChangeTransferPolicy"]):
        assert "history" not in policy["status"]
    for strategy in new.objects(BY_KIND["PromotionStrategy"]):
        assert not any("history" in each for each in strategy["status"]["environments"])
    lengths = Counter()
    for history in new.objects(BY_KIND["ChangeTransferPolicyHistory"]):
        times = [each["active"]["hydrated"]["commitTime"] for each in history["status"]["history"]]
        assert times == sorted(times, reverse=True)
        lengths[len(times)] += 1
    assert 5 < max(lengths) <= HISTORY_LENGTH


def test_two_strategies_are_graphs_and_the_others_chains() -> None:
    """Read as the view reads it, dependsOn is the graph that the gate says who waits for whom in."""
    _, cluster, _ = begin("0.44")
    orders = {each["metadata"]["name"]: read_order(each) for each in cluster.objects(BY_KIND["PromotionStrategy"])}
    graph = {vertex.branch: vertex.depends_on for vertex in orders["notifications"].vertices}
    assert graph == GRAPH
    assert {name for name, order in orders.items() if not order.is_chain} == {"notifications", "catalogue"}
    assert not any(order.oddities for order in orders.values())
    for gate in cluster.objects(BY_KIND["DependentsSuccessfulCommitStatus"]):
        order = orders[gate["spec"]["promotionStrategyRef"]["name"]]
        for environment in gate["status"]["environments"]:
            upstreams = {each["branch"] for each in environment["upstreams"]}
            (vertex,) = (each for each in order.vertices if each.branch == environment["branch"])
            assert set(vertex.depends_on) <= upstreams <= set(order.branches) - {vertex.branch}


def test_the_gate_says_what_its_checks_say() -> None:
    """Phase, commit and reasons of the order gate agree with its CommitStatuses, and with what the policies have."""
    clock, cluster, _ = begin("0.44", seed=2)
    phases = Counter()
    for _ in range(40):
        clock.advance(15)
        statuses = {
            (each["metadata"]["ownerReferences"][0]["name"], each["spec"]["sha"]): each["spec"]
            for each in cluster.objects(BY_KIND["CommitStatus"])
        }
        for gate in cluster.objects(BY_KIND["DependentsSuccessfulCommitStatus"]):
            for environment in gate["status"]["environments"]:
                status = statuses.get((gate["metadata"]["name"], environment["reportedSha"]))
                satisfied = all(each["satisfied"] for each in environment["upstreams"])
                assert satisfied or environment["phase"] == "pending"
                assert all(each["satisfied"] != bool(each.get("reason")) for each in environment["upstreams"])
                if status is not None:
                    assert (status["phase"], status["description"]) == (
                        environment["phase"],
                        environment["description"],
                    )
                phases[environment["phase"]] += 1
    assert phases["pending"]
    assert phases["success"]


def test_pull_requests_prove_their_merge() -> None:
    """A merged one names the commit that it made, which was live then; some were merged past the promoter."""
    _, cluster, _ = begin("0.44")
    states = Counter()
    for history in cluster.objects(BY_KIND["ChangeTransferPolicyHistory"]):
        for entry in history["status"]["history"]:
            states[entry["pullRequest"]["state"]] += 1
            if "restoredFrom" not in entry:
                assert entry["pullRequest"]["mergedTargetSha"] == entry["active"]["hydrated"]["sha"]
    assert states.keys() == {"merged", "merged-or-closed"}
    assert states["merged"] > states["merged-or-closed"]


class TestKinds(ServerTestCase):
    """A cluster knows the kinds of its release, and no others."""

    def make_cluster(self) -> Any:
        """With the older one's."""
        return begin("0.36")[1]

    def test_what_came_later_is_not_there(self) -> None:
        """Histories, order gates and restores of 0.36: 404, and not in discovery."""
        group = "/apis/promoter.argoproj.io/v1alpha1"
        _, found = self.call("GET", group)
        names = {each["name"].partition("/")[0] for each in found["resources"]}
        assert names == {kind.plural for kind in RELEASES["0.36"].kinds}
        for kind in {*RELEASES[NEWEST].kinds} - {*RELEASES["0.36"].kinds}:
            assert self.call("GET", f"{group}/{kind.plural}")[0] == 404
        assert self.call("GET", f"{group}/commitstatuses")[0] == 200
