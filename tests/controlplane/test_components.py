"""Components of the manifests as pods that run: dashboards, with and without writing, strategies only, a namespace."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from promoter_view.decoded import parse_time
from promoter_view.views.definition import GROUP
from tests.controlplane.argocd import (
    APPLICATIONS,
    ARGOCD,
    COMMIT,
    PROJECT,
    ArgoCD,
    application,
    follow,
    kargo_path,
    promote,
    stage,
    town,
    update,
    wait_for,
)
from tests.controlplane.installation.granting import RBAC
from tests.controlplane.installation.installed import Account, Installation, installation
from tests.controlplane.installation.pod import NAMESPACE, Pod
from tests.controlplane.installation.team import STRATEGY, Team
from tests.crds import argocd, kargo
from tests.crds.installed import definitions
from tests.support.plane.client import RefusedError

pytestmark = pytest.mark.controlplane

VIEWER = "promoter-promotionstrategydetails-viewer"
PAGES = 8080
#: What components/argocd-writes names the shard.
SHARD = "promoter-view"
WRITES, LEASE = "promoter-apiserver-argocd-writes", "promoter-apiserver-argocd-lease"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kargo/leases"
#: These are read again only where a write has met another's, which no test can bring about from outside.
AFTER_CONFLICTS = {("get", "stages"), ("get", "freights")}
#: The first state comes by a watch; a list says where the cluster stands when the watch goes on after a restart.
AFTER_RESTARTS = {("list", "warehouses")}
#: Of a Stage itself only the finalizer is written.
OF_THE_END = {("patch", "stages")}
REVIEWS = ("tokenreviews", "subjectaccessreviews")


@pytest.fixture(scope="module")
def installed(control_plane_binaries: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A cluster in which Kargo and Argo CD are installed too."""
    with installation(control_plane_binaries, tmp_path_factory.mktemp("installed")) as found:
        found.plane.install_crds(definitions(kargo, argocd))
        with town(found.plane):
            yield found


@contextmanager
def applied(installed: Installation, *components: str) -> Iterator[Pod]:
    """The API's pod, ready and reached by the aggregator, in an installation with those components."""
    folder = installed.composed("certs-manual", "ephemeral", *components)
    installed.apply(folder)
    try:
        done = installed.certificates()
        assert done.returncode == 0, done.stderr
        with installed.pod() as pod:
            pod.wait_ready()
            installed.wait_available()
            yield pod
            assert "Traceback" not in pod.log
            assert installed.refused(pod.user) == set()
    finally:
        installed.remove(folder)


def page(pod: Pod, account: Account | None, path: str = "/") -> tuple[int, str]:
    """A page as somebody sees it, or whoever has not signed in."""
    headers = {"Authorization": f"Bearer {account.token}"} if account else {}
    return pod.get(PAGES, path, tls=False, headers=headers)


def check_pages(pod: Pod, viewer: Account, stranger: Account) -> None:
    """A viewer sees the strategy, with Argo CD's Stages beside it or not; nobody else does."""
    pod.wait(lambda: STRATEGY in page(pod, viewer)[1])
    assert page(pod, viewer)[0] == 200
    for other in (stranger, None):
        assert STRATEGY not in page(pod, other)[1]


def test_promotions_and_a_dashboard_of_its_own(installed: Installation) -> None:
    """A Stage is promoted and shown, pages come from the aggregated API, and each right that was given was used."""
    Team(installed.plane, "shops")
    with (
        applied(installed, "dashboard", "argocd-writes") as pod,
        installed.pod("promoter-dashboard") as pages,
    ):
        viewer, stranger = installed.account(VIEWER), installed.account()
        promoted(installed)
        assert kargo_says(installed) == {"promoter-view": "Alive"}
        assert viewer.kubectl("get", "sgd", "-A", "--no-headers").split()[:2] == [PROJECT, "test"]
        pages.wait_ready()
        check_pages(pages, viewer, stranger)
        assert installed.refused(pages.user) == set()
        wanted = granted(installed) - AFTER_CONFLICTS - AFTER_RESTARTS
        wait_for(lambda: wanted - OF_THE_END <= used(installed, pod), "each right to be used")
        installed.client.delete(kargo_path("stages", "test"))
        wait_for(lambda: gone(installed, kargo_path("stages", "test")), "the Stage's finalizer to be taken away")
        wait_for(lambda: wanted <= used(installed, pod), "each right to be used")
        # The dashboard has a right to nothing but bundles.
        resources = {each.resource.split("/")[0] for each in installed.audit.of(pages.user) if each.resource}
        assert resources == {"promotionstrategydetails", "stagedetails", "configmaps", *REVIEWS}


def test_promotions_that_nobody_asks_for(installed: Installation) -> None:
    """With its component Freight is promoted by itself, behind Kargo's webhooks, and each right of it is used."""
    client, policy = installed.client, {"stageSelector": {"name": "itself"}, "autoPromotionEnabled": True}
    client.create(
        kargo_path("projectconfigs"),
        {
            "apiVersion": "kargo.akuity.io/v1alpha1",
            "kind": "ProjectConfig",
            "metadata": {"name": PROJECT, "namespace": PROJECT},
            "spec": {"promotionPolicies": [policy]},
        },
    )
    client.create(kargo_path("stages"), stage("itself", shard=SHARD))
    client.create(APPLICATIONS, application("itself", f"{PROJECT}:itself"))
    follow(client, "itself", {"uses": "argocd-update", "config": {"apps": [update(COMMIT, name="itself")]}})
    with applied(installed, "argocd-writes", "argocd-auto-promotion") as pod, ArgoCD(installed.plane.client):
        status = lambda: client.get(kargo_path("stages", "itself")).get("status", {})  # noqa: E731
        wait_for(lambda: status().get("freightSummary") == "f1", "the Freight to be promoted")
        # Whether the verb promote is granted is for the webhook to ask; a cluster that streams lists is asked for none.
        unseen = {("promote", "stages"), ("list", "projectconfigs")}
        wanted = rights(installed, "clusterroles/promoter-apiserver-argocd-auto-promotion") - unseen
        assert wanted <= used(installed, pod)


def promoted(installed: Installation) -> None:
    """One Promotion of our shard, to its end; the test plays Argo CD."""
    client = installed.client
    wanted = stage("test", shard=SHARD)
    wanted["metadata"]["finalizers"] = ["kargo.akuity.io/finalizer"]
    client.create(kargo_path("stages"), wanted)
    client.create(APPLICATIONS, application("shop", f"{PROJECT}:test"))
    with ArgoCD(installed.plane.client):
        path = kargo_path("promotions", promote(client, "test", update(COMMIT, name="shop")))
        phase = lambda: client.get(path).get("status", {}).get("phase")  # noqa: E731
        wait_for(lambda: phase() == "Succeeded", "the Promotion to succeed")


def kargo_says(installed: Installation) -> dict[str, str]:
    """What Kargo's API makes of the heartbeats in its namespace: a controller is alive until its Lease is over."""
    label, found = "kargo.akuity.io/controller", {}
    for lease in installed.client.get(LEASES, labelSelector=label)["items"]:
        renewed, spec = parse_time(lease["spec"]["renewTime"]), lease["spec"]
        assert renewed is not None
        is_fresh = time.time() - renewed.timestamp() < spec["leaseDurationSeconds"]
        found[lease["metadata"]["labels"][label]] = "Alive" if is_fresh else "Dead"
    return found


def gone(installed: Installation, path: str) -> bool:
    """Whether an object is no longer there."""
    try:
        installed.client.get(path)
    except RefusedError as refused:
        return refused.status == 404
    return False


def granted(installed: Installation) -> set[tuple[str, str]]:
    """Verbs and resources of components/argocd-writes, as they are in the cluster."""
    roles = (
        f"clusterroles/{WRITES}",
        f"clusterroles/{LEASE}",
        f"namespaces/{ARGOCD}/roles/{WRITES}",
        f"namespaces/kargo/roles/{LEASE}",
    )
    return rights(installed, *roles)


def rights(installed: Installation, *roles: str) -> set[tuple[str, str]]:
    """Verbs and resources of those roles, as they are in the cluster."""
    rules = [rule for role in roles for rule in installed.client.get(f"{RBAC}/{role}")["rules"]]
    return {(verb, resource) for rule in rules for verb in rule["verbs"] for resource in rule["resources"]}


def used(installed: Installation, pod: Pod) -> set[tuple[str, str]]:
    """Verbs and resources that the pod has asked for."""
    return {(each.verb, each.resource) for each in installed.audit.of(pod.user)}


def test_a_dashboard_in_the_same_pod_that_only_reads(installed: Installation) -> None:
    """One pod serves the API and the pages; with Argo CD, and without the writes, it writes nothing but reviews."""
    Team(installed.plane, "others")
    with applied(installed, "dashboard-same-pod") as pod:
        viewer, stranger = installed.account(VIEWER), installed.account()
        check_pages(pod, viewer, stranger)
        viewer.kubectl("get", "sgd", "-A")
        asked = installed.audit.of(pod.user, pod.name)
        assert asked
        assert {each.resource for each in asked if each.verb not in ("get", "list", "watch")} <= set(REVIEWS)


def test_a_dashboard_behind_a_proxy(installed: Installation) -> None:
    """Whom the proxy in the pod names sees what that user may see; nobody else anything. The test plays the proxy."""
    Team(installed.plane, "proxied")
    subject = {"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "oidc:vera@example.org"}
    role = {"kind": "ClusterRole", "apiGroup": "rbac.authorization.k8s.io", "name": VIEWER}
    binding = {"metadata": {"name": "vera"}, "subjects": [subject], "roleRef": role}
    installed.client.create(f"{RBAC}/clusterrolebindings", binding)
    components = ("dashboard", "dashboard-ingress")
    with applied(installed, *components), installed.pod("promoter-dashboard", beside=[PAGES]) as pages:
        pages.wait_ready()

        def seen(**headers: str) -> tuple[int, bool]:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            status, body = pages.get(PAGES, "/", tls=False, headers={"Host": "promoter.example.org", **named})
            return status, STRATEGY in body

        pages.wait(lambda: seen(X_Forwarded_Email="vera@example.org") == (200, True))
        assert not seen(X_Forwarded_Email="mallory@example.org")[1]
        assert seen(X_Forwarded_User="vera@example.org") == (401, False)
        assert seen() == (401, False)


def test_one_namespace(installed: Installation) -> None:
    """With Roles in one namespace it reflects that one, and asks for no other."""
    Team(installed.plane, NAMESPACE, exists=True)
    with applied(installed, "namespaced") as pod:
        with pytest.raises(RefusedError):
            installed.client.get(f"{RBAC}/clusterroles/promoter-apiserver")
        rows = installed.account(VIEWER).kubectl("get", "psd", "-A", "--no-headers").splitlines()
        assert [row.split()[:2] for row in rows] == [[NAMESPACE, STRATEGY]]
        assert "clusterscmproviders" not in pod.get(6443, "/readyz?verbose")[1]


def test_strategies_only(installed: Installation) -> None:
    """Nothing of Kargo and Argo CD is asked for, and there is no StageDetails to ask for."""
    Team(installed.plane, "only")
    with applied(installed, "strategies-only") as pod:
        rows = installed.account(VIEWER).kubectl("get", "psd", "-n", "only", "--no-headers").splitlines()
        assert [row.split()[0] for row in rows] == [STRATEGY]
        assert "stagedetails" not in installed.account().kubectl("api-resources", "--api-group", GROUP)
        asked = {each.resource for each in installed.audit.of(pod.user, pod.name)}
        assert not asked & {"stages", "promotions", "freights", "applications"}
