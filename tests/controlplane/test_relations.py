"""Members tied as real controllers tie them: each rule of promoter.md, and each departure, on a real kube-apiserver.

After each step the program serves what an independent join of the cluster's objects gives, and a watcher has seen just
the bundles that changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from promoter_view.kubernetes.kinds import PROMOTER_KINDS
from tests.controlplane.mirrored import Mirrored, Reader, mirrored, reading
from tests.support.plane.plane import ControlPlane
from tests.support.plane.writing import WrittenCluster
from tests.support.program.recording import ADDED, DELETED, MODIFIED
from tests.support.program.truth import Document, Name

pytestmark = pytest.mark.controlplane

NAMESPACE, OTHER = "relations", "relations-other"
LABEL = "promoter.argoproj.io/promotion-strategy"
API_VERSION = "promoter.argoproj.io/v1alpha1"
KINDS = {kind.kind: kind for kind in PROMOTER_KINDS}
SHA = "a" * 40

Step = tuple[str, Callable[[], object]]
#: Which bundles a step changes, and how.
Effect = set[tuple[str, Name]]

_REPOSITORY = {"gitRepositoryRef": {"name": "app"}}
_REQUEST = {"sourceBranch": "dev-next", "targetBranch": "dev", "state": "open", "title": "t", "mergeSha": SHA}
_WEB = {
    "key": "web",
    "httpRequest": {"urlTemplate": "https://ci.example.com", "method": "GET"},
    "success": {"when": {"expression": "true"}},
    "mode": {"polling": {"interval": "1m"}},
}
_WINDOW = {"cron": "0 9 * * *", "duration": "8h"}
#: The least that the CustomResourceDefinitions ask for.
SPECS: dict[str, Document] = {
    "PromotionStrategy": {**_REPOSITORY, "environments": [{"branch": "dev"}, {"branch": "prod"}]},
    "ChangeTransferPolicy": {**_REPOSITORY, "activeBranch": "dev", "proposedBranch": "dev-next"},
    "ChangeTransferPolicyHistory": {**_REPOSITORY, "activeBranch": "dev"},
    "PullRequest": {**_REPOSITORY, **_REQUEST},
    "CommitStatus": {**_REPOSITORY, "name": "check", "description": "d", "phase": "pending", "sha": SHA},
    "ArgoCDCommitStatus": {"applicationSelector": {"matchLabels": {"app": "a"}}},
    "GitCommitStatus": {"key": "git", "expression": "true"},
    "TimedCommitStatus": {"environments": [{"branch": "dev", "duration": "1h"}]},
    "WebRequestCommitStatus": _WEB,
    "DependentsSuccessfulCommitStatus": {"key": "dependents-successful"},
    "ScheduledCommitStatus": {"key": "hours", "environments": [{"branch": "dev", "allow": [_WINDOW]}]},
    "RestoreActiveCommit": {"promotionStrategyRef": {"name": "none"}, "branch": "dev", "sha": SHA},
    "GitRepository": {"fake": {"owner": "o", "name": "app"}},
    "ScmProvider": {"fake": {"domain": "one"}},
    "ClusterScmProvider": {"fake": {"domain": "one"}},
}
GATES = [kind for kind in SPECS if kind.endswith("CommitStatus") and kind != "CommitStatus"]


class Town:
    """Writes objects by kind and name; each method is one write."""

    def __init__(self, cluster: WrittenCluster) -> None:
        self._cluster = cluster

    def put(self, kind: str, name: str, *, namespace: str = NAMESPACE, **more: Any) -> Document:
        """Creates or replaces. ``metadata`` goes into the metadata, all else into the spec."""
        metadata = {"name": name, **more.pop("metadata", {})}
        if KINDS[kind].namespaced:
            metadata["namespace"] = namespace
        spec = {**SPECS[kind], **more}
        return self._cluster.apply({"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec})

    def owned(self, kind: str, name: str, owner: tuple[str, str], *, uid: str = "", **more: Any) -> Document:
        """With that owner as its controller; ``uid``: not the owner's own. ``controller`` False: a mere owner."""
        reference = {"apiVersion": API_VERSION, "kind": owner[0], "name": owner[1], "uid": uid or self.uid(*owner)}
        reference["controller"] = more.pop("controller", True)
        labels = {LABEL: more.pop("label")} if "label" in more else {}
        return self.put(kind, name, metadata={"ownerReferences": [reference], "labels": labels}, **more)

    def labelled(self, kind: str, name: str, label: str, **more: Any) -> Document:
        """With that label and no owner."""
        return self.put(kind, name, metadata={"labels": {LABEL: label}}, **more)

    def delete(self, kind: str, name: str, namespace: str = NAMESPACE) -> None:
        """Deletes."""
        self._cluster.delete(KINDS[kind], namespace if KINDS[kind].namespaced else "", name)

    def uid(self, kind: str, name: str) -> str:
        """Of an object that is there."""
        found = self._cluster.objects(KINDS[kind], NAMESPACE)
        return next(each["metadata"]["uid"] for each in found if each["metadata"]["name"] == name)


@pytest.fixture(scope="module")
def town(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Mirrored, Town]]:
    """The program on the shared cluster, with namespaces of this module's own."""
    with mirrored(control_plane, tmp_path_factory.mktemp("relations")) as served:
        served.cluster.add_namespaces(NAMESPACE, OTHER)
        yield served, Town(served.cluster)


def walk(served: Mirrored, steps: list[Step]) -> dict[str, Effect]:
    """Takes one step after the other and checks each; what each of them changed."""
    effects = {}
    before, listing = served.settle(), served.list()
    with reading(served.client, listing.resource_version) as reader:
        for name, act in steps:
            act()
            after = served.settle()
            seen = seen_by(reader, served.list().resource_version)
            effects[name] = set(seen)
            assert sorted(seen) == sorted(difference(before, after)), name
            before = after
    return effects


def seen_by(reader: Reader, position: int) -> list[tuple[str, Name]]:
    return [(change.type, change.seen.key) for change in reader.until(position)]


def difference(before: dict[Name, Document], after: dict[Name, Document]) -> Effect:
    """Which bundles differ; one that was made anew under another uid is gone and there."""
    found: Effect = set()
    for name in before.keys() | after.keys():
        old, new = before.get(name), after.get(name)
        if old is None:
            found.add((ADDED, name))
        elif new is None:
            found.add((DELETED, name))
        elif old["metadata"]["uid"] != new["metadata"]["uid"]:
            found |= {(DELETED, name), (ADDED, name)}
        elif old != new:
            found.add((MODIFIED, name))
    return found


def modified(*names: str) -> Effect:
    return {(MODIFIED, (NAMESPACE, name)) for name in names}


MY_DOT, MY_DASH = "my.app", "my-app"
BOTH = modified(MY_DOT, MY_DASH)


def test_owners_and_ambiguous_labels(town: tuple[Mirrored, Town]) -> None:
    """By label only where no controller is named at all; names that share a label value are told apart by owner."""
    served, it = town
    dot, dash = ("PromotionStrategy", MY_DOT), ("PromotionStrategy", MY_DASH)
    policy = ("ChangeTransferPolicy", "policy")
    absent = "00000000-0000-4000-8000-000000000000"
    effects = walk(
        served,
        [
            ("strategy my.app", lambda: it.put(*dot)),
            ("strategy my-app", lambda: it.put(*dash)),
            ("a policy by label is of both", lambda: it.labelled(*policy, "my-app")),
            ("a mere owner leaves it with the label", lambda: it.owned(*policy, dot, controller=False, label="my-app")),
            ("its controller decides", lambda: it.owned(*policy, dot, label="my-app")),
            ("it changes its controller", lambda: it.owned(*policy, dash, label="my-app")),
            ("its controller is nowhere", lambda: it.owned(*policy, dot, uid=absent, label="my-app")),
            ("back to my.app", lambda: it.owned(*policy, dot)),
            ("a request of the policy", lambda: it.owned("PullRequest", "pr", policy)),
            ("a raw name is no label value", lambda: it.labelled("PullRequest", "stray", "my.app")),
            ("a request by label", lambda: it.labelled("PullRequest", "stray", "my-app")),
            ("another label", lambda: it.labelled("PullRequest", "stray", "other")),
            ("no label", lambda: it.put("PullRequest", "stray")),
            ("the policy goes, and takes its request", lambda: it.delete(*policy)),
            ("the same name is not the same owner", lambda: it.owned(*policy, dot)),
            ("the request is adopted", lambda: it.owned("PullRequest", "pr", policy)),
            ("the policy changes sides with its request", lambda: it.owned(*policy, dash)),
            ("strategy my-app goes", lambda: it.delete(*dash)),
            ("strategy my-app is another one", lambda: it.put(*dash)),
            ("the policy is adopted by it", lambda: it.owned(*policy, dash)),
        ],
    )
    expected = {
        "a policy by label is of both": BOTH,
        "a mere owner leaves it with the label": BOTH,
        "its controller decides": BOTH,
        "it changes its controller": BOTH,
        "its controller is nowhere": modified(MY_DASH),
        "back to my.app": modified(MY_DOT),
        "a request of the policy": modified(MY_DOT),
        "a raw name is no label value": set(),
        "a request by label": BOTH,
        "another label": BOTH,
        "no label": set(),
        "the policy goes, and takes its request": modified(MY_DOT),
        "the same name is not the same owner": modified(MY_DOT),
        "the request is adopted": modified(MY_DOT),
        "the policy changes sides with its request": BOTH,
        "strategy my-app goes": {(DELETED, (NAMESPACE, MY_DASH))},
        "strategy my-app is another one": {(ADDED, (NAMESPACE, MY_DASH))},
        "the policy is adopted by it": modified(MY_DASH),
    }
    assert {name: effects[name] for name in expected} == expected


def test_gates_and_their_checks(town: tuple[Mirrored, Town]) -> None:
    """Gates of all six kinds by the name that they refer to; checks by a gate, a policy, or the label."""
    served, it = town
    one, two = {"promotionStrategyRef": {"name": "one"}}, {"promotionStrategyRef": {"name": "two"}}
    check = ("CommitStatus", "check")
    steps: list[Step] = [("one", lambda: it.put("PromotionStrategy", "one"))]
    steps += [("two", lambda: it.put("PromotionStrategy", "two"))]
    for kind in GATES:
        steps += [
            (f"{kind} of one", lambda kind=kind: it.put(kind, "gate", **one)),
            (f"its check, {kind}", lambda kind=kind: it.owned(*check, (kind, "gate"), label="two")),
            (f"{kind} goes over to two", lambda kind=kind: it.put(kind, "gate", **two)),
            (f"{kind} of nobody", lambda kind=kind: it.put(kind, "gate", promotionStrategyRef={"name": "none"})),
            (f"{kind} of one again", lambda kind=kind: it.put(kind, "gate", **one)),
        ]
    steps += [
        ("a check by label", lambda: it.labelled(*check, "two")),
        ("a gate goes with its check", lambda: it.owned(*check, (GATES[0], "gate"))),
        ("gone", lambda: it.delete(GATES[0], "gate")),
        ("a policy", lambda: it.owned("ChangeTransferPolicy", "one-dev", ("PromotionStrategy", "one"))),
        ("a check of the policy", lambda: it.owned(*check, ("ChangeTransferPolicy", "one-dev"))),
        ("the check goes", lambda: it.delete(*check)),
    ]
    effects = walk(served, steps)
    for kind in GATES:
        assert effects[f"its check, {kind}"] >= modified("one")
        assert effects[f"{kind} goes over to two"] == modified("one", "two")
        assert effects[f"{kind} of nobody"] == modified("two")
    assert effects["a check by label"] == modified("one", "two")
    assert effects["a check of the policy"] == effects["the check goes"] == modified("one")


def test_what_was_and_what_is_restored(town: tuple[Mirrored, Town]) -> None:
    """A policy's past goes where the policy goes; a restore names its strategy, whoever comes to own it."""
    served, it = town
    past, restore = ("ChangeTransferPolicyHistory", "was-dev-history"), ("RestoreActiveCommit", "restore-dev-aaaaaaa")
    was, now = {"promotionStrategyRef": {"name": "was"}}, {"promotionStrategyRef": {"name": "is"}}
    policy = ("ChangeTransferPolicy", "was-dev")
    steps: list[Step] = [
        ("was", lambda: it.put("PromotionStrategy", "was")),
        ("is", lambda: it.put("PromotionStrategy", "is")),
        ("a past by label", lambda: it.labelled(*past, "was")),
        ("its policy", lambda: it.owned(*policy, ("PromotionStrategy", "was"))),
        ("the policy controls its past", lambda: it.owned(*past, policy, label="is")),
        ("the policy goes over with it", lambda: it.owned(*policy, ("PromotionStrategy", "is"))),
        ("a restore that nobody owns yet", lambda: it.put(*restore, **was)),
        ("a policy of the other owns it", lambda: it.owned(*restore, policy, **was)),
        ("it names the other", lambda: it.owned(*restore, policy, **now)),
        ("the restore goes", lambda: it.delete(*restore)),
        ("the past goes", lambda: it.delete(*past)),
    ]
    effects = walk(served, steps)
    assert effects["a past by label"] == effects["a restore that nobody owns yet"] == modified("was")
    assert effects["the policy controls its past"] == effects["a policy of the other owns it"] == modified("was")
    assert effects["the policy goes over with it"] == effects["it names the other"] == modified("was", "is")
    assert effects["the restore goes"] == effects["the past goes"] == modified("is")


def test_source_control(town: tuple[Mirrored, Town]) -> None:
    """A repository by the strategy's reference, its provider of either kind by the repository's."""
    served, it = town
    cluster_wide = {"scmProviderRef": {"kind": "ClusterScmProvider", "name": "relations"}}
    local = {"scmProviderRef": {"kind": "ScmProvider", "name": "relations"}}
    provider, shared = ("ScmProvider", "relations"), ("ClusterScmProvider", "relations")
    steps: list[Step] = [
        ("shop", lambda: it.put("PromotionStrategy", "shop", gitRepositoryRef={"name": "shop"})),
        ("a provider first", lambda: it.put(*provider)),
        ("its repository", lambda: it.put("GitRepository", "shop", **local)),
        ("the provider changes", lambda: it.put(*provider, fake={"domain": "two"})),
        ("a reference that leads nowhere yet", lambda: it.put("GitRepository", "shop", **cluster_wide)),
        ("a provider of all namespaces", lambda: it.put(*shared)),
        ("the old one no longer counts", lambda: it.put(*provider, fake={"domain": "three"})),
        ("the provider of all changes", lambda: it.put(*shared, fake={"domain": "two"})),
        ("the provider of all goes", lambda: it.delete(*shared)),
        ("and comes back", lambda: it.put(*shared)),
        ("back to the namespace's", lambda: it.put("GitRepository", "shop", **local)),
        ("another repository", lambda: it.put("GitRepository", "shop-2", **cluster_wide)),
        ("is referred to", lambda: it.put("PromotionStrategy", "shop", gitRepositoryRef={"name": "shop-2"})),
        ("and goes", lambda: it.delete("GitRepository", "shop-2")),
        ("the namespace's goes unseen", lambda: it.delete(*provider)),
        ("tidied up", lambda: it.delete(*shared)),
    ]
    effects = walk(served, steps)
    unseen = {"a provider first", "the old one no longer counts", "another repository", "the namespace's goes unseen"}
    for name, _ in steps[1:]:
        assert effects[name] == (set() if name in unseen | {"tidied up"} else modified("shop")), name


def test_neighbours_and_strangers(town: tuple[Mirrored, Town]) -> None:
    """Another namespace's members, and those of nobody, change no bundle; the strategy's own labels do."""
    served, it = town
    root = ("PromotionStrategy", "alone")
    effects = walk(
        served,
        [
            ("alone", lambda: it.put(*root)),
            ("labels", lambda: it.put(*root, metadata={"labels": {"tier": "gold"}})),
            ("a namesake", lambda: it.put(*root, namespace=OTHER)),
            ("a neighbour's gate", lambda: gate(it, OTHER)),
            ("a gate", lambda: gate(it, NAMESPACE)),
            ("the namesake goes", lambda: it.delete(*root, namespace=OTHER)),
            ("a request of nobody", lambda: it.put("PullRequest", "nobodys")),
            ("which changes", lambda: it.put("PullRequest", "nobodys", title="other")),
        ],
    )
    assert effects["labels"] == effects["a gate"] == modified("alone")
    assert effects["a neighbour's gate"] == {(MODIFIED, (OTHER, "alone"))}
    assert effects["the namesake goes"] == {(DELETED, (OTHER, "alone"))}
    assert effects["a request of nobody"] == effects["which changes"] == set()


def gate(it: Town, namespace: str) -> Document:
    return it.put("TimedCommitStatus", "alone", namespace=namespace, promotionStrategyRef={"name": "alone"})
