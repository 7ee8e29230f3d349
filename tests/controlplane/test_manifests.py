"""The manifests of deploy/apiserver: what they hold, and what kube-apiserver says of each overlay and component."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from promoter_view.program.command_line.parsing import settings
from promoter_view.program.command_line.settings import OPTIONS
from promoter_view.program.role import role_of
from promoter_view.promotions.lease.lease import heartbeat_name, lease_name
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from promoter_view.views.stage.details import stage_details
from tests.controlplane.installation.installed import DEPLOY, compose, stand_ins
from tests.controlplane.installation.pod import NAMESPACE
from tests.support.plane.fixtures import running_plane
from tests.support.plane.plane import ControlPlane

pytestmark = pytest.mark.controlplane

OVERLAYS = ("certs-manual", "certs-cert-manager", "dev-insecure", "local-host")
#: Each component, on an overlay and with what it needs.
COMPOSED = (
    ("certs-manual", "aggregate-roles"),
    ("certs-manual", "argocd-writes"),
    ("certs-manual", "argocd-writes", "argocd-auto-promotion"),
    ("certs-manual", "dashboard"),
    ("certs-manual", "dashboard", "dashboard-ingress"),
    ("certs-manual", "dashboard-same-pod"),
    ("certs-manual", "ephemeral"),
    ("certs-manual", "grafana"),
    ("certs-manual", "namespaced"),
    ("certs-manual", "network-policy"),
    ("certs-manual", "notifications", "notification-events"),
    ("certs-manual", "replicas"),
    ("certs-manual", "dashboard", "strategies-only"),
    ("certs-manual", "network-policy", "replicas", "dashboard-same-pod"),
    ("certs-cert-manager", "monitoring"),
)
EVERYTHING = (
    "certs-cert-manager",
    *("aggregate-roles", "dashboard", "dashboard-ingress", "ephemeral", "monitoring", "network-policy"),
)
Objects = dict[tuple[str, str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def kubectl(control_plane_binaries: Path) -> Path:
    """kubectl, which holds kustomize."""
    return control_plane_binaries / "kubectl"


@pytest.fixture(scope="module")
def plane(control_plane_binaries: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A cluster with the namespace that the controller's installation makes."""
    with running_plane(control_plane_binaries, tmp_path_factory.mktemp("plane")) as found:
        found.install_crds(stand_ins())
        for namespace in (NAMESPACE, "argocd", "kargo"):
            labels = {"pod-security.kubernetes.io/enforce": "restricted"}
            found.client().create("/api/v1/namespaces", {"metadata": {"name": namespace, "labels": labels}})
        yield found


def objects(kubectl: Path, folder: Path) -> Objects:
    """What a kustomization renders to, by kind, namespace and name."""
    command = [str(kubectl), "kustomize", str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stderr == ""
    found = [each for each in yaml.safe_load_all(done.stdout) if each]
    keyed = {(each["kind"], each["metadata"].get("namespace", ""), each["metadata"]["name"]): each for each in found}
    assert len(keyed) == len(found)
    return keyed


@pytest.fixture(scope="module")
def base(kubectl: Path) -> Objects:
    return objects(kubectl, DEPLOY / "base")


@pytest.fixture(scope="module")
def everything(kubectl: Path, tmp_path_factory: pytest.TempPathFactory) -> Objects:
    return objects(kubectl, compose(tmp_path_factory.mktemp("composed"), *EVERYTHING))


def test_what_the_base_is(base: Objects) -> None:
    """The objects of the mission's table, and no namespace, no Secret."""
    assert set(base) == {
        ("APIService", "", "v1alpha1.view.promoter.argoproj.io"),
        ("ClusterRole", "", "promoter-apiserver"),
        ("ClusterRole", "", "promoter-apiserver-argocd"),
        ("ClusterRole", "", "promoter-promotionstrategydetails-viewer"),
        ("ClusterRoleBinding", "", "promoter-apiserver"),
        ("ClusterRoleBinding", "", "promoter-apiserver-argocd"),
        ("ClusterRoleBinding", "", "promoter-apiserver-auth-delegator"),
        ("Deployment", NAMESPACE, "promoter-apiserver"),
        ("PersistentVolumeClaim", NAMESPACE, "promoter-apiserver-log"),
        ("RoleBinding", "kube-system", "promoter-apiserver-extension-auth-reader"),
        ("Service", NAMESPACE, "promoter-apiserver"),
        ("ServiceAccount", NAMESPACE, "promoter-apiserver"),
    }
    spec = base["APIService", "", "v1alpha1.view.promoter.argoproj.io"]["spec"]
    assert (spec["groupPriorityMinimum"], spec["versionPriority"], spec["service"]["port"]) == (1000, 15, 443)
    deployment = base["Deployment", NAMESPACE, "promoter-apiserver"]["spec"]
    assert deployment["strategy"] == {"type": "Recreate"}
    # The reference's selector, to the letter: it cannot be changed where this replaces it.
    assert deployment["selector"] == {"matchLabels": {"app.kubernetes.io/component": "dashboard-apiserver"}}


def test_nothing_secret_and_no_namespace_anywhere(everything: Objects) -> None:
    """No overlay and no component brings a Secret or a Namespace, and no role may read Secrets."""
    assert not {kind for kind, _, _ in everything} & {"Secret", "Namespace", "ConfigMap"}
    rules = [
        rule for (kind, _, _), found in everything.items() if kind in ("ClusterRole", "Role") for rule in found["rules"]
    ]
    resources = {resource for rule in rules for resource in rule.get("resources", ())}
    assert not resources & {"secrets", "*"}
    assert not {verb for rule in rules for verb in rule["verbs"]} - {"get", "list", "watch"}


def reads(roles: Iterable[dict[str, Any]]) -> set[tuple[str, str]]:
    """Groups and resources of the rules, each of which has list and watch, and no more."""
    rules = [rule for role in roles for rule in role["rules"]]
    assert all(rule["verbs"] == ["list", "watch"] for rule in rules)
    return {(group, resource) for rule in rules for group in rule["apiGroups"] for resource in rule["resources"]}


def reflected(**given: str) -> set[tuple[str, str]]:
    """What the program reflects with those options."""
    role = role_of(settings(given, {}), [PROMOTION_STRATEGY_DETAILS, stage_details("argocd")])
    return {(path.group, path.plural) for path in role.paths}


def test_the_roles_read_what_is_reflected(base: Objects, kubectl: Path, tmp_path: Path) -> None:
    """The rules are what the program reflects, each with list and watch: no more, no less."""
    ours = [("ClusterRole", "", name) for name in ("promoter-apiserver", "promoter-apiserver-argocd")]
    assert reads(base[each] for each in ours) == reflected()
    only = objects(kubectl, compose(tmp_path, "certs-manual", "strategies-only"))
    assert ours[1] not in only
    assert reads([only[ours[0]]]) == reflected(views="promotionstrategydetails")
    written = objects(kubectl, compose(tmp_path, "certs-manual", "argocd-writes"))
    more, *_ = written["ClusterRole", "", "promoter-apiserver-argocd-writes"]["rules"]
    assert reads([{"rules": [more]}]) == reflected(**{"argocd-shard": "promoter-view"}) - reflected()


def renamed(folder: Path) -> Path:
    """The kustomization of docs/install.md that gives the shard another name."""
    document = (DEPLOY.parents[1] / "docs" / "install.md").read_text().partition("## A shard of Kargo")[2]
    text = document.partition("```yaml\n")[2].partition("```")[0]
    relative = os.path.relpath(DEPLOY.resolve(), folder.resolve())
    (folder / "kustomization.yaml").write_text(text.replace("../deploy/apiserver", relative))
    return folder


@pytest.mark.parametrize("shard", ["promoter-view", "east"])
def test_the_lease_is_in_the_namespace_of_kargo(kubectl: Path, tmp_path: Path, shard: str) -> None:
    """Of Leases the component permits the shard's own and Kargo's heartbeat of it, by name; and to create one."""
    folder = renamed(tmp_path) if shard == "east" else compose(tmp_path, "certs-manual", "argocd-writes")
    written = objects(kubectl, folder)
    leases = {
        (kind, namespace, rule.get("resourceNames", [None])[0], *rule["verbs"])
        for (kind, namespace, _), found in written.items()
        for rule in found.get("rules", ())
        if "leases" in rule.get("resources", ())
    }
    container = written["Deployment", NAMESPACE, "promoter-apiserver"]["spec"]["template"]["spec"]["containers"][0]
    environment = {each["name"]: each.get("value", "") for each in container["env"]}
    given = settings({}, environment).argocd
    assert given.shard == shard
    assert leases == {
        ("ClusterRole", "", heartbeat_name(given.shard), "list"),
        ("Role", given.lease_namespace, None, "create"),
        ("Role", given.lease_namespace, lease_name(given.shard), "get", "update"),
    }


def test_each_variable_is_an_option(kubectl: Path, tmp_path: Path) -> None:
    """What components give by environment are options of the program, with values that it takes."""
    for composed in (("certs-manual",), *COMPOSED, EVERYTHING):
        for (kind, _, name), found in objects(kubectl, compose(tmp_path, *composed)).items():
            if kind != "Deployment":
                continue
            container = found["spec"]["template"]["spec"]["containers"][0]
            given = dict(argument.removeprefix("--").split("=", 1) for argument in container["args"])
            variables = {each["name"]: each.get("value", "a-pod") for each in container["env"]}
            assert set(variables) <= {option.environment for option in OPTIONS}, name
            assert settings(given, variables).program.log_format == "json"


def test_bindings_to_the_authentication_reader_stay_in_kube_system(everything: Objects) -> None:
    """A RoleBinding finds its Role in its own namespace: this one is where the ConfigMap is."""
    places = {
        namespace
        for (kind, namespace, _), found in everything.items()
        if kind == "RoleBinding" and found["roleRef"]["name"] == "extension-apiserver-authentication-reader"
    }
    assert places == {"kube-system"}


def test_only_the_component_shows_bundles_to_every_viewer(base: Objects, everything: Objects) -> None:
    """The viewer role is aggregated into view by a component only."""
    key, label = ("ClusterRole", "", "promoter-promotionstrategydetails-viewer"), "aggregate-to-view"
    assert not [name for name in base[key]["metadata"]["labels"] if label in name]
    assert [name for name in everything[key]["metadata"]["labels"] if label in name]


@pytest.mark.parametrize("composed", [*((each,) for each in OVERLAYS), *COMPOSED], ids="+".join)
def test_services_find_their_pods(kubectl: Path, tmp_path: Path, composed: tuple[str, ...]) -> None:
    """Each Service's selector matches one Deployment, which has the ports that it names."""
    found = objects(kubectl, compose(tmp_path, *composed))
    templates = [each["spec"]["template"] for (kind, _, _), each in found.items() if kind == "Deployment"]
    for (kind, _, name), service in found.items():
        selector = service["spec"].get("selector") if kind == "Service" else None
        if selector is None:
            continue
        (template,) = [each for each in templates if selector.items() <= each["metadata"]["labels"].items()]
        names = [port["name"] for each in template["spec"]["containers"] for port in each["ports"]]
        assert len(set(names)) == len(names)
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= set(names), name


@pytest.mark.parametrize("composed", [*((each,) for each in OVERLAYS), *COMPOSED], ids="+".join)
def test_it_applies(plane: ControlPlane, tmp_path: Path, composed: tuple[str, ...]) -> None:
    """kubectl applies it, by either side, validated strictly and without a warning; then there is no difference."""
    folder = compose(tmp_path, *composed) if len(composed) > 1 else DEPLOY / composed[0]
    try:
        for options in (("--validate=strict",), ("--server-side", "--force-conflicts", "--validate=strict")):
            quiet(plane, "apply", "-k", str(folder), *options)
            side = [option for option in options if option.startswith("--server-side")]
            if side:
                quiet(plane, "diff", "-k", str(folder), *side, "--force-conflicts")
            else:
                quiet(plane, "diff", "-k", str(folder))
    finally:
        remove(plane, folder)


@pytest.mark.parametrize("composed", COMPOSED, ids="+".join)
def test_pods_are_restricted(plane: ControlPlane, kubectl: Path, tmp_path: Path, composed: tuple[str, ...]) -> None:
    """Each pod is let into a namespace that enforces the Pod Security Standard "restricted"."""
    found = objects(kubectl, compose(tmp_path, *composed))
    for (kind, namespace, name), deployment in found.items():
        if kind == "Deployment":
            template = deployment["spec"]["template"]
            pod = {"metadata": {**template["metadata"], "name": name}, "spec": template["spec"]}
            created = plane.client().create(f"/api/v1/namespaces/{namespace}/pods?dryRun=All", pod)
            assert created["spec"]["nodeSelector"] == {"kubernetes.io/os": "linux"}


def remove(plane: ControlPlane, folder: Path) -> None:
    """Deletes it; no controller is there that would let a volume's claim go."""
    plane.kubectl("delete", "-k", str(folder), "--wait=false", "--ignore-not-found")
    claims = f"/api/v1/namespaces/{NAMESPACE}/persistentvolumeclaims"
    for claim in plane.client().get(claims)["items"]:
        plane.client().patch(f"{claims}/{claim['metadata']['name']}", {"metadata": {"finalizers": None}})


def quiet(plane: ControlPlane, *arguments: str) -> None:
    """Runs kubectl, which must succeed and warn of nothing; where a diff is asked for, there is none."""
    done = subprocess.run(plane.kubectl_command(*arguments), check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def documented() -> str:
    """The commands of docs/install.md that put this in the reference's place; certificates are another test's."""
    text = (DEPLOY.parents[1] / "docs" / "install.md").read_text().partition("## In the place of")[2]
    return text.partition("```\n")[2].partition("```")[0].replace("make apiserver-certs\n", "")


@pytest.mark.parametrize("before", [(), ("--server-side",)], ids=["client-side", "server-side"])
def test_it_replaces_the_reference(plane: ControlPlane, tmp_path: Path, before: tuple[str, ...]) -> None:
    """Over the reference, applied by either side, the documented commands leave our Deployment, nothing of its."""
    labels = {"app.kubernetes.io/component": "dashboard-apiserver"}
    container = {
        "name": "apiserver",
        "image": "reference",
        "command": ["/usr/bin/tini", "--"],
        "args": ["apiserver"],
        "ports": [{"name": "https", "containerPort": 6443}],
        "resources": {"limits": {"cpu": 2}},
        "livenessProbe": {"httpGet": {"path": "/livez", "port": "https"}, "initialDelaySeconds": 15},
    }
    reference = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "promoter-apiserver", "namespace": NAMESPACE, "labels": labels},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }
    folder = DEPLOY / "certs-manual"
    path = f"{plane.kubectl_path.parent}:{os.environ['PATH']}"
    environment = {"PATH": path, "KUBECONFIG": str(plane.kubeconfig), "HOME": str(tmp_path)}
    try:
        plane.kubectl("apply", "-f", "-", *before, input_text=yaml.safe_dump(reference))
        command = ["sh", "-euc", documented()]
        subprocess.run(command, cwd=DEPLOY.parents[1], env=environment, check=True, capture_output=True)
        quiet(plane, "diff", "--server-side", "--force-conflicts", "-k", str(folder))
        deployment = plane.client().get(f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/promoter-apiserver")
        container = deployment["spec"]["template"]["spec"]["containers"][0]
        assert "cpu" not in container["resources"]["limits"]
        assert "initialDelaySeconds" not in container["livenessProbe"]
    finally:
        remove(plane, folder)


def test_the_health_goes_beside_what_argocd_cm_has(plane: ControlPlane) -> None:
    """The documented line adds its one key to argocd-cm, and is no change the second time."""
    file = str(DEPLOY.parent / "argocd" / "argocd-cm.yaml")
    apply = ("apply", "--server-side", "--field-manager=promoter-view", "-f", file)
    kept = {"url": "https://argocd.example.com", "resource.exclusions": "- kinds: [Endpoints]\n"}
    there = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "argocd-cm"}, "data": kept}
    plane.client().create("/api/v1/namespaces/argocd/configmaps", there)

    def found() -> dict[str, Any]:
        return plane.client().get("/api/v1/namespaces/argocd/configmaps/argocd-cm")

    plane.kubectl(*apply)
    first = found()
    (key,) = first["data"].keys() - kept.keys()
    assert key == "resource.customizations.health.view.promoter.argoproj.io_PromotionStrategyDetails"
    assert kept.items() <= first["data"].items()
    plane.kubectl(*apply)
    assert found() == first
