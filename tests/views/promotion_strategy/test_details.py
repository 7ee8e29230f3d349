"""Every rule of promoter.md's sections 1 and 2, through the projector, whichever end arrives first."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from promoter_view.views.definition import GENERATION, GROUP, VERSION
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from tests.support.views.oracle import GATES, OTHER_GATE, join, key_of
from tests.support.views.world import World, moved, put, strategy, thing

Documents = list[dict[str, Any]]

SHOP = strategy("shop", branches=("dev", "prod"), repository="code")
POLICY = thing("ChangeTransferPolicy", "shop-dev", owner=SHOP, activeBranch="dev")
GATE = thing("TimedCommitStatus", "timer", promotionStrategyRef={"name": "shop"})
RESTORE = thing("RestoreActiveCommit", "restore", promotionStrategyRef={"name": "shop"}, branch="dev")
CODE = thing("GitRepository", "code", scmProviderRef={"name": "scm"})
CLUSTER_CODE = thing("GitRepository", "code", scmProviderRef={"kind": "ClusterScmProvider", "name": "scm"})
OTHER_POLICY = thing("ChangeTransferPolicy", "stray", owner=strategy("other"))
GHOST = thing("ChangeTransferPolicy", "never-there")
FOREIGN = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d", "uid": "uid-d"}}

#: name of the rule: (objects besides SHOP, field, names of its members)
RULES: dict[str, tuple[Documents, str, list[str]]] = {
    "a policy by its controller": ([POLICY], "changeTransferPolicies", ["shop-dev"]),
    "a policy by label": ([thing("ChangeTransferPolicy", "p", label="shop")], "changeTransferPolicies", ["p"]),
    "a policy whose controller is another strategy, in spite of its label": (
        [thing("ChangeTransferPolicy", "p", label="shop", owner=strategy("other"))],
        "changeTransferPolicies",
        [],
    ),
    "a policy whose controller is no strategy, by label": (
        [thing("ChangeTransferPolicy", "p", label="shop", owner=FOREIGN)],
        "changeTransferPolicies",
        ["p"],
    ),
    "a policy whose owner of that kind does not control it, by label": (
        [thing("ChangeTransferPolicy", "p", label="shop", owner=strategy("other"), controller=False)],
        "changeTransferPolicies",
        ["p"],
    ),
    "a policy of a strategy of that name that is no more, in spite of its label": (
        [thing("ChangeTransferPolicy", "p", label="shop", owner=strategy("shop", uid="uid-of-the-first"))],
        "changeTransferPolicies",
        [],
    ),
    "a policy with neither": ([thing("ChangeTransferPolicy", "p")], "changeTransferPolicies", []),
    "a pull request by the policy that controls it": (
        [POLICY, thing("PullRequest", "pr", owner=POLICY)],
        "pullRequests",
        ["pr"],
    ),
    "a pull request by label": ([thing("PullRequest", "pr", label="shop")], "pullRequests", ["pr"]),
    "a pull request of another strategy's policy, in spite of its label": (
        [OTHER_POLICY, thing("PullRequest", "pr", label="shop", owner=OTHER_POLICY)],
        "pullRequests",
        [],
    ),
    "a pull request whose policy is not there, in spite of its label": (
        [thing("PullRequest", "pr", label="shop", owner=GHOST)],
        "pullRequests",
        [],
    ),
    "a pull request controlled by the strategy itself, which is no policy: by label": (
        [thing("PullRequest", "pr", label="shop", owner=SHOP)],
        "pullRequests",
        ["pr"],
    ),
    "a check by the policy that controls it": (
        [POLICY, thing("CommitStatus", "cs", owner=POLICY)],
        "commitStatuses",
        ["cs"],
    ),
    "a check by label": ([thing("CommitStatus", "cs", label="shop")], "commitStatuses", ["cs"]),
    "a check of a gate of another strategy, in spite of its label": (
        [
            thing("GitCommitStatus", "g", promotionStrategyRef={"name": "other"}),
            thing("CommitStatus", "cs", label="shop", owner=thing("GitCommitStatus", "g")),
        ],
        "commitStatuses",
        [],
    ),
    "a check controlled by a pull request, which is no gate: by label": (
        [thing("CommitStatus", "cs", label="shop", owner=thing("PullRequest", "pr"))],
        "commitStatuses",
        ["cs"],
    ),
    "a check whose owner's kind is right and group is not: by label": (
        [thing("CommitStatus", "cs", label="shop", owner=GATE | {"apiVersion": "example.com/v1"})],
        "commitStatuses",
        ["cs"],
    ),
    "a check of a gate, whatever the version of its reference": (
        [GATE, thing("CommitStatus", "cs", owner=GATE | {"apiVersion": "promoter.argoproj.io/v2"})],
        "commitStatuses",
        ["cs"],
    ),
    "a check of a gate of an unknown kind, in spite of its label": (
        [thing("CommitStatus", "cs", label="shop", owner=GATE | {"kind": OTHER_GATE})],
        "commitStatuses",
        [],
    ),
    "a check whose owner is a check, which is no gate: by label": (
        [thing("CommitStatus", "cs", label="shop", owner=thing("CommitStatus", "other"))],
        "commitStatuses",
        ["cs"],
    ),
    "a past by the policy that controls it": (
        [POLICY, thing("ChangeTransferPolicyHistory", "past", owner=POLICY)],
        "changeTransferPolicyHistories",
        ["past"],
    ),
    "a past by label": (
        [thing("ChangeTransferPolicyHistory", "past", label="shop")],
        "changeTransferPolicyHistories",
        ["past"],
    ),
    "a past of another strategy's policy, in spite of its label": (
        [OTHER_POLICY, thing("ChangeTransferPolicyHistory", "past", label="shop", owner=OTHER_POLICY)],
        "changeTransferPolicyHistories",
        [],
    ),
    "a restore that has no owner yet": ([RESTORE], "restoreActiveCommits", ["restore"]),
    "a restore whose owner is another strategy's policy": (
        [OTHER_POLICY, thing("RestoreActiveCommit", "restore", owner=OTHER_POLICY, **RESTORE["spec"])],
        "restoreActiveCommits",
        ["restore"],
    ),
    "no restore by owner or label": (
        [POLICY, thing("RestoreActiveCommit", "r", label="shop", owner=POLICY, promotionStrategyRef={"name": "x"})],
        "restoreActiveCommits",
        [],
    ),
    "the repository that is named": ([CODE], "gitRepository", ["code"]),
    "no repository of another name": ([thing("GitRepository", "other")], "gitRepository", []),
    "a provider without a kind": ([CODE, thing("ScmProvider", "scm")], "scmProvider", ["scm"]),
    "a provider of an unknown kind": (
        [thing("GitRepository", "code", scmProviderRef={"kind": "X", "name": "scm"}), thing("ScmProvider", "scm")],
        "scmProvider",
        ["scm"],
    ),
    "a cluster's provider": ([CLUSTER_CODE, thing("ClusterScmProvider", "scm")], "clusterScmProvider", ["scm"]),
    "no cluster's provider where a namespaced one is meant": (
        [CODE, thing("ClusterScmProvider", "scm")],
        "clusterScmProvider",
        [],
    ),
    "no namespaced provider where a cluster's is meant": (
        [CLUSTER_CODE, thing("ScmProvider", "scm")],
        "scmProvider",
        [],
    ),
    "no provider without the repository": ([thing("ScmProvider", "scm")], "scmProvider", []),
}
for field, kind in GATES.items():
    gate = thing(kind, "gate", promotionStrategyRef={"name": "shop"})
    stranger = thing(kind, "gate", label="shop", owner=SHOP, promotionStrategyRef={"name": "other"})
    check = thing("CommitStatus", "cs", owner=gate)
    RULES[f"a {kind} that names the strategy"] = [gate], field, ["gate"]
    RULES[f"no {kind} by owner or label"] = [stranger], field, []
    RULES[f"a check by the {kind} that controls it"] = [gate, check], "commitStatuses", ["cs"]

ORDERS = 24


@pytest.mark.parametrize("rule", RULES)
def test_who_belongs(rule: str) -> None:
    """Each rule holds in any order of arrival, and never reaches into another namespace."""
    others, field, members = RULES[rule]
    for order in itertools.islice(itertools.permutations([SHOP, *others]), ORDERS):
        world = World()
        world.put(*order)
        assert world.names(field) == members
    far = World()
    far.put(SHOP, *(moved(other, "b") for other in others if other["kind"] != "ClusterScmProvider"))
    assert list(far.bundle()) == ["kind", "apiVersion", "metadata", "promotionStrategy", "status"]


@pytest.mark.parametrize("rule", RULES)
def test_who_leaves(rule: str) -> None:
    """When any of the objects goes, the bundle is what the rest alone would have made."""
    others, _, _ = RULES[rule]
    for gone in others:
        world = World()
        world.put(SHOP, *others)
        world.delete(gone)
        rest = [found for found in [SHOP, *others] if found is not gone]
        shown = world.bundle()
        del shown["metadata"]["resourceVersion"], shown["status"]
        assert shown == join(rest)["a", "shop"]


SIDES: dict[str, tuple[dict[str, Any], dict[str, Any], Documents, str]] = {
    "label": (
        thing("PullRequest", "pr", label="shop"),
        thing("PullRequest", "pr", label="other"),
        [],
        "pullRequests",
    ),
    "owner": (
        thing("CommitStatus", "cs", owner=POLICY),
        thing("CommitStatus", "cs", owner=OTHER_POLICY),
        [POLICY, OTHER_POLICY],
        "commitStatuses",
    ),
    "from label to owner": (
        thing("CommitStatus", "cs", label="shop"),
        thing("CommitStatus", "cs", label="shop", owner=OTHER_POLICY),
        [POLICY, OTHER_POLICY],
        "commitStatuses",
    ),
    "reference": (
        thing("TimedCommitStatus", "t", promotionStrategyRef={"name": "shop"}),
        thing("TimedCommitStatus", "t", promotionStrategyRef={"name": "other"}),
        [],
        "timedCommitStatuses",
    ),
}


@pytest.mark.parametrize("way", SIDES)
def test_a_member_that_changes_sides_changes_both_bundles(way: str) -> None:
    """The bundle that it leaves and the one that it joins change in one offset, in the order of their names."""
    before, after, others, field = SIDES[way]
    world = World()
    world.put(SHOP, strategy("other"), *others, before)
    head = world.projector.head
    world.put(after)
    changes = world.changes(head)
    assert [change.key.name for change in changes] == ["other", "shop"]
    assert [change.resource_version for change in changes] == [head + 1 - 65536 + 262144, head + 2 - 65536 + 262144]
    assert world.names(field, "shop") == []
    assert world.names(field, "other") == [after["metadata"]["name"]]


def test_a_policy_that_changes_sides_takes_along_what_it_controls() -> None:
    """Members of members follow: a pull request belongs to whatever strategy its policy belongs to."""
    world = World()
    world.put(SHOP, strategy("other"), POLICY, thing("PullRequest", "pr", owner=POLICY))
    assert world.names("pullRequests", "shop") == ["pr"]
    world.put(thing("ChangeTransferPolicy", "shop-dev", owner=strategy("other")))
    assert (world.names("pullRequests", "shop"), world.names("pullRequests", "other")) == ([], ["pr"])


def test_an_ambiguous_label_value_belongs_to_each_strategy_that_has_it() -> None:
    """my.app and my-app share a label value: a labelled member is in both bundles, an owned one in its owner's."""
    dotted, dashed = strategy("my.app"), strategy("my-app")
    world = World()
    world.put(
        dotted,
        dashed,
        thing("ChangeTransferPolicy", "labelled", label="my-app"),
        thing("ChangeTransferPolicy", "owned", label="my-app", owner=dotted),
        thing("ChangeTransferPolicy", "raw", label="my.app"),
    )
    assert world.names("changeTransferPolicies", "my.app") == ["labelled", "owned"]
    assert world.names("changeTransferPolicies", "my-app") == ["labelled"]


def test_policies_follow_the_environments_then_their_names() -> None:
    """Policies come in the order of spec.environments; those of no environment, and of one, by name."""
    policies = {"z": "prod", "y": "dev", "a": "gone", "c": "dev", "b": "gone"}
    world = World()
    for name, branch in policies.items():
        world.put(thing("ChangeTransferPolicy", name, label="shop", activeBranch=branch))
    world.put(strategy("shop", branches=("prod", "dev", "prod")))
    assert world.names("changeTransferPolicies") == ["z", "c", "y", "a", "b"]
    world.put(strategy("shop", branches=("dev", "prod")))
    assert world.names("changeTransferPolicies") == ["c", "y", "z", "a", "b"]


def test_other_lists_are_sorted_by_name_alone() -> None:
    """A list's order depends on neither arrival nor content."""
    world = World()
    world.put(SHOP, *(thing("CommitStatus", name, label="shop") for name in ("b", "a.b", "a", "a-b", "B")))
    assert world.names("commitStatuses") == ["B", "a", "a-b", "a.b", "b"]


def test_keys_and_metadata_are_exact() -> None:
    """Keys come in the given order, metadata is made from the strategy, and the uid is the known UUIDv5."""
    root = strategy("shop", repository="code", uid="c80178c5-84c4-448b-9d85-0223fe17cdd4")
    root["metadata"] |= {"labels": {"team": "a"}, "creationTimestamp": "2026-11-20T10:00:00Z", "generation": 3}
    policy = thing("ChangeTransferPolicy", "p", owner=root)
    gates = [thing(kind, "g", promotionStrategyRef={"name": "shop"}) for kind in reversed(GATES.values())]
    past = thing("ChangeTransferPolicyHistory", "p", owner=policy)
    members = [thing("ScmProvider", "scm"), CODE, RESTORE, past, *gates, thing("CommitStatus", "c", owner=gates[0])]
    world = World()
    world.put(*members, thing("PullRequest", "r", owner=policy), policy, root)
    found = world.bundle()
    assert list(found) == [
        *("kind", "apiVersion", "metadata", "promotionStrategy", "changeTransferPolicies"),
        *("changeTransferPolicyHistories", "pullRequests", "commitStatuses", "argoCDCommitStatuses"),
        *("gitCommitStatuses", "timedCommitStatuses", "webRequestCommitStatuses"),
        *("dependentsSuccessfulCommitStatuses", "scheduledCommitStatuses", "restoreActiveCommits"),
        *("gitRepository", "scmProvider", "status"),
    ]
    assert list(found["metadata"].items()) == [
        ("name", "shop"),
        ("namespace", "a"),
        ("uid", "bda69889-ee74-5018-9bbf-2c31c187380e"),
        ("resourceVersion", str(world.projector.list("promotionstrategydetails")[0].resource_version)),
        ("creationTimestamp", "2026-11-20T10:00:00Z"),
        ("labels", {"team": "a"}),
        (
            "ownerReferences",
            [
                {
                    "apiVersion": "promoter.argoproj.io/v1alpha1",
                    "kind": "PromotionStrategy",
                    "name": "shop",
                    "uid": "c80178c5-84c4-448b-9d85-0223fe17cdd4",
                }
            ],
        ),
    ]


def test_members_are_passed_through_byte_for_byte() -> None:
    """Nulls, numbers, the order of keys and unknown fields of a member stay as the log has them."""
    spec = b'"spec":{"promotionStrategyRef":{"name":"shop"},"environments":[{"duration":"1 fortnight"}]}'
    body = b'{"z":1.50,%s,"a":null}' % spec
    world = World()
    world.put(SHOP)
    key = key_of(GATE)
    world.feed(put(key, body))
    assert body in world.projector.list("promotionstrategydetails")[0].encode()


def test_one_cluster_provider_changes_all_its_bundles_in_the_order_of_their_keys() -> None:
    """A change of a ClusterScmProvider is one MODIFIED for each strategy that uses it, each with its own place."""
    world = World()
    for number in range(300):
        namespace = f"team-{number % 7}"
        world.put(moved(CLUSTER_CODE, namespace), moved(strategy(f"s-{number}", repository="code"), namespace))
    world.put(thing("ClusterScmProvider", "scm"))
    head = world.projector.head
    world.put(thing("ClusterScmProvider", "scm", changed=True))
    changes = world.changes(head)
    assert [change.key for change in changes] == sorted(change.key for change in changes)
    assert len(changes) == 300
    assert [change.resource_version % 65536 for change in changes] == list(range(300))
    assert all(change.before and change.after for change in changes)


def test_the_resource_is_named_as_the_contract_says() -> None:
    """Names by which clients and RBAC rules find the view."""
    view = PROMOTION_STRATEGY_DETAILS
    assert (GROUP, VERSION, view.api_version) == (
        "view.promoter.argoproj.io",
        "v1alpha1",
        "view.promoter.argoproj.io/v1alpha1",
    )
    assert (view.kind, view.list_kind, view.plural) == (
        "PromotionStrategyDetails",
        "PromotionStrategyDetailsList",
        "promotionstrategydetails",
    )
    assert (view.short_names, view.categories) == (("psd",), ("promoter",))
    assert 0 <= GENERATION < 4
