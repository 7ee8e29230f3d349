"""``--member-authorization`` on a real kube-apiserver: Roles for some kinds, given and taken away in mid-watch."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.controlplane.test_access import EVERYWHERE, RBAC, Served, eventually, next_event, start, within
from tests.support.plane.aggregation import aggregated
from tests.support.plane.client import Client
from tests.support.plane.plane import ControlPlane

pytestmark = pytest.mark.controlplane

PROMOTER = "promoter.argoproj.io"
#: An answer counts for a minute, and an idle watch looks again each 30 s or so; the rest is for a busy machine.
LONGEST_SECONDS = 60 + 38 + 10
VIEW_RULE = {
    "apiGroups": ["view.promoter.argoproj.io"],
    "resources": ["promotionstrategydetails"],
    "verbs": ["get", "list", "watch"],
}


@pytest.fixture(scope="module")
def served(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The program, which shows of bundles what its users may get."""
    with start(control_plane, tmp_path_factory.mktemp("members"), "--member-authorization") as program:
        program.wait_ready()
        yield Served(control_plane, program)


def family(client: Client, namespace: str) -> None:
    """A strategy with a policy, a repository and its provider, tied as real controllers tie them."""
    create(client, "ScmProvider", namespace, {"fake": {}, "secretRef": {"name": "s"}})
    create(
        client, "GitRepository", namespace, {"fake": {"owner": "o", "name": "r"}, "scmProviderRef": ref("ScmProvider")}
    )
    spec = {"gitRepositoryRef": {"name": "shop"}, "environments": [{"branch": "main"}]}
    owner = create(client, "PromotionStrategy", namespace, spec)["metadata"]
    policy = {"gitRepositoryRef": {"name": "shop"}, "activeBranch": "main", "proposedBranch": "main-next"}
    reference = {"apiVersion": f"{PROMOTER}/v1alpha1", "kind": "PromotionStrategy", "name": "shop", "uid": owner["uid"]}
    create(client, "ChangeTransferPolicy", namespace, policy, ownerReferences=[{**reference, "controller": True}])


def ref(kind: str) -> dict[str, str]:
    return {"kind": kind, "name": "shop"}


def create(client: Client, kind: str, namespace: str, spec: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    named = {"name": "shop", "namespace": namespace, **metadata}
    document = {"apiVersion": f"{PROMOTER}/v1alpha1", "kind": kind, "metadata": named, "spec": spec}
    return client.create_whole(document)


def members_rule(*resources: str) -> dict[str, Any]:
    return {"apiGroups": [PROMOTER], "resources": list(resources), "verbs": ["get"]}


def role(served: Served, namespace: str, user: str, *rules: dict[str, Any]) -> str:
    """A Role of that user's, and its path."""
    path = f"/apis/{RBAC}/v1/namespaces/{namespace}"
    served.cluster.create(f"{path}/roles", {"metadata": {"name": user}, "rules": list(rules)})
    binding = {
        "metadata": {"name": user},
        "subjects": [{"kind": "User", "name": user, "apiGroup": RBAC}],
        "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": user},
    }
    served.cluster.create(f"{path}/rolebindings", binding)
    return f"{path}/roles/{user}"


def members(bundle: dict[str, Any]) -> set[str]:
    return set(bundle) - {"kind", "apiVersion", "metadata", "promotionStrategy", "status"}


def shown(client: Client, namespace: str) -> list[set[str]]:
    return [members(bundle) for bundle in client.get(within(namespace))["items"]]


def test_a_role_for_some_kinds(served: Served) -> None:
    """Each user sees the members of the kinds that their Role lets them get, in lists, gets and Tables alike."""
    namespace = served.namespace()
    family(served.cluster, namespace)
    role(served, namespace, "gina", VIEW_RULE, members_rule("changetransferpolicies"))
    role(served, namespace, "hugo", VIEW_RULE)
    role(served, namespace, "ines", VIEW_RULE, members_rule("*"))
    all_members = {"changeTransferPolicies", "gitRepository", "scmProvider"}
    eventually(lambda: shown(served.client("admin"), namespace), [all_members], 15)
    assert shown(served.as_user("ines"), namespace) == [all_members]
    assert shown(served.as_user("gina"), namespace) == [{"changeTransferPolicies"}]
    assert shown(served.as_user("hugo"), namespace) == [set()]
    assert members(served.as_user("gina").get(f"{within(namespace)}/shop")) == {"changeTransferPolicies"}
    # No name is bound there: the right to one object of a kind is none to the kind.
    named = {**members_rule("gitrepositories"), "resourceNames": ["shop"]}
    role(served, namespace, "jana", VIEW_RULE, named)
    assert shown(served.as_user("jana"), namespace) == [set()]


def test_behind_the_aggregator(served: Served) -> None:
    """kubectl, as somebody who may get policies only, is shown these and no words that are made of others."""
    namespace = served.namespace()
    family(served.cluster, namespace)
    role(served, namespace, "kira", VIEW_RULE, members_rule("gitrepositories"))
    with aggregated(served.plane, served.program):
        get = ("--as=kira", "-n", namespace, "get", "promotionstrategydetails.view.promoter.argoproj.io")
        paths = "jsonpath={.items[*].gitRepository.metadata.name},{.items[*].changeTransferPolicies}"
        eventually(lambda: served.plane.kubectl(*get, "-o", paths), "shop,", 15)
        assert served.plane.kubectl(*get, "-o", "wide", "--no-headers").split()[-1] == "o/r"


def test_rights_that_change_in_mid_watch(served: Served) -> None:
    """Given or taken away: the watch ends with 410 Expired, and who lists again sees what holds now; others go on."""
    namespace = served.namespace()
    family(served.cluster, namespace)
    few, many = members_rule("gitrepositories"), members_rule("gitrepositories", "scmproviders")
    mine = role(served, namespace, "lena", VIEW_RULE, few)
    yours = role(served, namespace, "mona", VIEW_RULE, many)
    role(served, namespace, "lars", VIEW_RULE, few)
    eventually(lambda: shown(served.client("admin"), namespace) != [], True, 15)
    lena, mona, lars = (served.as_user(name) for name in ("lena", "mona", "lars"))
    with (
        lena.watch(within(namespace), allowWatchBookmarks="true") as gains,
        mona.watch(within(namespace), allowWatchBookmarks="true") as loses,
        lars.watch(within(namespace), allowWatchBookmarks="true") as stays,
    ):
        assert members(next_event(gains)["object"]) == members(next_event(stays)["object"]) == {"gitRepository"}
        assert members(next_event(loses)["object"]) == {"gitRepository", "scmProvider"}
        served.cluster.patch(mine, {"rules": [VIEW_RULE, many]})
        served.cluster.patch(yours, {"rules": [VIEW_RULE, few]})
        begun = time.monotonic()
        for events in (gains, loses):
            last = next_event(events)
            assert (last["type"], last["object"]["code"], last["object"]["reason"]) == ("ERROR", 410, "Expired")
        assert time.monotonic() - begun < LONGEST_SECONDS
        assert shown(lena, namespace) == [{"gitRepository", "scmProvider"}]
        assert shown(mona, namespace) == [{"gitRepository"}]
        repository = f"/apis/{PROMOTER}/v1alpha1/namespaces/{namespace}/gitrepositories/shop"
        served.cluster.patch(repository, {"metadata": {"labels": {"new": "label"}}})
        assert members(next_event(stays)["object"]) == {"gitRepository"}


def test_across_namespaces(served: Served) -> None:
    """Who may list everywhere sees in each namespace what they may get there; a new one comes with what holds there."""
    ours, theirs = served.namespace(), served.namespace()
    for namespace in (ours, theirs):
        family(served.cluster, namespace)
    roles = f"/apis/{RBAC}/v1/clusterroles"
    served.cluster.create(roles, {"metadata": {"name": "nora"}, "rules": [VIEW_RULE]})
    binding = {
        "metadata": {"name": "nora"},
        "subjects": [{"kind": "User", "name": "nora", "apiGroup": RBAC}],
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "nora"},
    }
    served.cluster.create(f"/apis/{RBAC}/v1/clusterrolebindings", binding)
    role(served, ours, "nora", members_rule("gitrepositories"))
    nora = served.as_user("nora")

    def listed() -> dict[str, set[str]]:
        items = nora.get(EVERYWHERE)["items"]
        return {item["metadata"]["namespace"]: members(item) for item in items}

    eventually(lambda: {ours, theirs} <= listed().keys(), True, 15)
    assert (listed()[ours], listed()[theirs]) == ({"gitRepository"}, set())
    version = nora.get(EVERYWHERE)["metadata"]["resourceVersion"]
    late = served.namespace()
    role(served, late, "nora", members_rule("changetransferpolicies"))
    with nora.watch(EVERYWHERE, resourceVersion=version, allowWatchBookmarks="true") as events:
        family(served.cluster, late)
        found = [next_event(events)["object"], next_event(events)["object"]]
    assert [bundle["metadata"]["namespace"] for bundle in found] == [late, late]
    assert [members(bundle) for bundle in found] == [set(), {"changeTransferPolicies"}]
