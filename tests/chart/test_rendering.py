"""The chart renders, object by object, to what kustomize gives; what differs is what a value asks for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from promoter_view.program.command_line.parsing import settings
from promoter_view.program.command_line.settings import OPTIONS
from promoter_view.promotions.lease.lease import heartbeat_name, lease_name
from tests.support.chart.rendering import NAMESPACE, Helm, Objects, RefusedValuesError, kustomized

DEPLOYMENT = ("Deployment", NAMESPACE, "promoter-apiserver")
API_SERVICE = ("APIService", "", "v1alpha1.view.promoter.argoproj.io")
CLAIM = ("PersistentVolumeClaim", NAMESPACE, "promoter-apiserver-log")
DIGEST = "sha256:" + "0123456789abcdef" * 4

PROXIED = {
    "role": "own",
    "auth": "proxy",
    "proxy": {"userHeader": "X-Forwarded-Email", "userPrefix": "oidc:", "groupsPrefix": "oidc:"},
    "ingress": {"enabled": True, "host": "promoter.example.org"},
}
CERT_MANAGER = {"certs": {"mode": "certManager"}}

ETCD = "http://promoter-etcd-0.promoter-etcd:2379,promoter-etcd-1.promoter-etcd:2379,promoter-etcd-2.promoter-etcd:2379"

IN_ETCD: dict[str, Any] = {"eventLog": {"engine": "etcd", "etcd": {"url": f"{ETCD}/promoter-view"}}}

#: What it is, values, overlay, components
SAME: list[tuple[str, dict[str, Any], str, tuple[str, ...]]] = [
    ("manual certificates", {}, "certs-manual", ()),
    ("cert-manager", CERT_MANAGER, "certs-cert-manager", ()),
    ("nothing verified", {"certs": {"mode": "insecure"}}, "dev-insecure", ()),
    ("no volume", {"persistence": {"enabled": False}}, "certs-manual", ("ephemeral",)),
    ("readers by role", {"aggregateRoles": True}, "certs-manual", ("aggregate-roles",)),
    ("one namespace", {"namespaces": [NAMESPACE]}, "certs-manual", ("namespaced",)),
    ("undeclared kinds", {"discoverKinds": True}, "certs-manual", ("discover-kinds",)),
    (
        "undeclared kinds of one namespace",
        {"discoverKinds": True, "namespaces": [NAMESPACE]},
        "certs-manual",
        ("namespaced", "discover-kinds"),
    ),
    ("network policies", {"networkPolicy": {"enabled": True}}, "certs-manual", ("network-policy",)),
    ("monitoring", {"monitoring": {"enabled": True}}, "certs-manual", ("monitoring",)),
    ("dashboards of Grafana", {"monitoring": {"dashboards": True}}, "certs-manual", ("grafana",)),
    ("strategies only", {"argocd": {"enabled": False}}, "certs-manual", ("strategies-only",)),
    ("Argo CD, written", {"argocd": {"writes": {"enabled": True}}}, "certs-manual", ("argocd-writes",)),
    (
        "strategies only, with a dashboard",
        {"argocd": {"enabled": False}, "dashboard": {"enabled": True}},
        "certs-manual",
        ("dashboard", "strategies-only"),
    ),
    (
        "Argo CD, promoted to by itself",
        {"argocd": {"writes": {"enabled": True, "autoPromotion": True}}},
        "certs-manual",
        ("argocd-writes", "argocd-auto-promotion"),
    ),
    ("notifications", {"notifications": {"enabled": True}}, "certs-manual", ("notifications",)),
    ("a journal in a database", {"journal": {"engine": "postgresql"}}, "certs-manual", ("journal-postgresql",)),
    (
        "replicas with a journal in a database",
        {"journal": {"engine": "postgresql"}, **IN_ETCD},
        "certs-manual",
        ("replicas", "journal-postgresql"),
    ),
    (
        "notifications as Events",
        {"notifications": {"enabled": True, "events": True}},
        "certs-manual",
        ("notifications", "notification-events"),
    ),
    ("dashboard", {"dashboard": {"enabled": True}}, "certs-manual", ("dashboard",)),
    (
        "dashboard in the same pod",
        {"dashboard": {"enabled": True, "role": "samePod"}},
        "certs-manual",
        ("dashboard-same-pod",),
    ),
    ("replicas", IN_ETCD, "certs-manual", ("replicas",)),
    (
        "several at once",
        CERT_MANAGER
        | {"dashboard": {"enabled": True}, "monitoring": {"enabled": True}}
        | {"networkPolicy": {"enabled": True}, "aggregateRoles": True},
        "certs-cert-manager",
        ("dashboard", "monitoring", "network-policy", "aggregate-roles"),
    ),
]


@pytest.mark.parametrize(("values", "overlay", "components"), [row[1:] for row in SAME], ids=[row[0] for row in SAME])
def test_the_chart_is_what_kustomize_gives(
    helm: Helm,
    control_plane_binaries: Path,
    tmp_path: Path,
    values: dict[str, Any],
    overlay: str,
    components: tuple[str, ...],
) -> None:
    """The same objects, with the same fields, labels and image, whichever of the two one uses."""
    rendered = helm.objects(values)
    expected = kustomized(control_plane_binaries / "kubectl", tmp_path / "kustomization", overlay, components)
    assert rendered.keys() == expected.keys()
    for identity, item in expected.items():
        assert in_order(rendered[identity]) == in_order(item)


def test_a_dashboard_behind_a_proxy_is_what_kustomize_gives(
    helm: Helm, control_plane_binaries: Path, tmp_path: Path
) -> None:
    """The example with an authenticating proxy in the pod can be said in values, the proxy's container included."""
    components = ("dashboard", "dashboard-ingress")
    expected = kustomized(control_plane_binaries / "kubectl", tmp_path / "kustomization", "certs-manual", components)
    pod = expected["Deployment", NAMESPACE, "promoter-dashboard"]["spec"]["template"]["spec"]
    sidecars = [box for box in pod["containers"] if box["name"] == "proxy"]
    proxied = PROXIED | {"enabled": True, "proxy": PROXIED["proxy"] | {"sidecars": sidecars}}
    rendered = helm.objects({"dashboard": proxied})
    assert rendered.keys() == expected.keys()
    for identity, item in expected.items():
        assert in_order(rendered[identity]) == in_order(item)


def test_runbooks_are_where_a_value_says(helm: Helm) -> None:
    """Alerts lead to the documents that people can reach."""
    values = {"monitoring": {"enabled": True, "runbooks": "https://docs.example.net/promoter"}}
    rules = helm.objects(values)["PrometheusRule", NAMESPACE, "promoter-apiserver"]["spec"]["groups"][1]["rules"]
    links = [rule["annotations"]["runbook_url"] for rule in rules]
    assert all(link.startswith("https://docs.example.net/promoter/measures.md#") for link in links)


def in_order(item: Any) -> Any:
    """The same with lists of named things by name: environments, ports, volumes, containers, which merge by it."""
    if isinstance(item, dict):
        return {name: in_order(value) for name, value in item.items()}
    if not isinstance(item, list):
        return item
    members = [in_order(member) for member in item]
    named = all(isinstance(member, dict) and "name" in member for member in members)
    return sorted(members, key=lambda member: str(member["name"])) if named else members


def test_a_journal_in_a_database(helm: Helm) -> None:
    """The address is a Secret's, and no argument; the copy has a volume with a limit."""
    values = {"journal": {"engine": "postgresql", "postgresql": {"secretName": "ours", "copySize": "9Gi"}}}
    given, kept, _, claimed = _journal(values, helm)
    assert (given, claimed) == ([], True)
    assert kept["journal"] == {"emptyDir": {"sizeLimit": "9Gi"}}
    rendered = helm.objects(values)
    (url,) = (each for each in _container(rendered)["env"] if each["name"] == "PROMOTER_VIEW_JOURNAL")
    assert url["valueFrom"] == {"secretKeyRef": {"name": "ours", "key": "url"}}
    assert [each["secret"]["secretName"] for each in _pod(rendered)["volumes"] if each["name"] == "journal-files"] == [
        "ours"
    ]


@pytest.mark.parametrize("values", [row[1] for row in SAME], ids=[row[0] for row in SAME])
def test_each_container_is_a_command_line_that_the_program_takes(helm: Helm, values: dict[str, Any]) -> None:
    """Its arguments and environment are options of the program's own, and fit each other."""
    rendered = helm.objects(values)
    pods = [item["spec"]["template"]["spec"] for (kind, _, _), item in rendered.items() if kind == "Deployment"]
    for container in (container for pod in pods for container in pod["containers"]):
        given = dict(argument.removeprefix("--").split("=", 1) for argument in container["args"])
        told = {"PROMOTER_VIEW_JOURNAL": "postgresql://db.example.com/promoter"}
        environment = {each["name"]: each.get("value", told.get(each["name"], "a-pod")) for each in container["env"]}
        assert environment.keys() <= {option.environment for option in OPTIONS}
        assert settings(given, environment).api.secure_port.number == 6443


def _pod(rendered: Objects) -> Any:
    return rendered[DEPLOYMENT]["spec"]["template"]["spec"]


def _container(rendered: Objects) -> Any:
    return _pod(rendered)["containers"][0]


def test_an_existing_secret_is_what_one_says(helm: Helm) -> None:
    """The pod mounts that Secret, the APIService trusts that authority, and nothing asks for another certificate."""
    certs = {"mode": "existingSecret", "secretName": "ours", "caBundle": "Q0E="}
    rendered = helm.objects({"certs": certs})
    secrets = [volume["secret"]["secretName"] for volume in _pod(rendered)["volumes"] if "secret" in volume]
    assert secrets == ["ours"]
    assert rendered[API_SERVICE]["spec"]["caBundle"] == "Q0E="
    assert "insecureSkipTLSVerify" not in rendered[API_SERVICE]["spec"]
    assert not {kind for kind, _, _ in rendered} & {"Certificate", "Issuer"}


def test_no_secret_is_rendered(helm: Helm) -> None:
    """The chart makes no Secret in any mode: whoever may read a release's values reads no key."""
    for mode in ("manual", "certManager", "insecure"):
        assert "Secret" not in {kind for kind, _, _ in helm.objects({"certs": {"mode": mode}})}


def test_a_digest_wins_over_the_tag(helm: Helm) -> None:
    """The image is named as one pins it."""
    image: dict[str, Any] = {"repository": "registry.example/view", "tag": "v2"}
    assert _container(helm.objects({"image": image}))["image"] == "registry.example/view:v2"
    image["digest"] = DIGEST
    assert _container(helm.objects({"image": image}))["image"] == f"registry.example/view@{DIGEST}"


@pytest.mark.parametrize(
    ("values", "volume", "claimed"),
    [
        ({}, {"persistentVolumeClaim": {"claimName": "promoter-apiserver-log"}}, True),
        ({"persistence": {"existingClaim": "ours"}}, {"persistentVolumeClaim": {"claimName": "ours"}}, False),
        ({"persistence": {"enabled": False, "size": "1Gi"}}, {"emptyDir": {"sizeLimit": "1Gi"}}, False),
        ({"eventLog": {"engine": "memory"}}, {"emptyDir": {"sizeLimit": "4Gi"}}, False),
    ],
)
def test_the_log_is_where_one_says(helm: Helm, values: dict[str, Any], volume: dict[str, Any], claimed: bool) -> None:
    """A claim of its own, one that is there, or a folder that goes with the pod."""
    rendered = helm.objects(values)
    volumes = {entry.pop("name"): entry for entry in _pod(rendered)["volumes"]}
    assert volumes["log"] == volume
    assert (CLAIM in rendered) == claimed


def _journal(values: dict[str, Any], helm: Helm) -> tuple[list[str], dict[str, Any], Any, bool]:
    """Its options, its volumes, what the program takes of its arguments, and whether a volume is claimed."""
    rendered = helm.objects(values)
    arguments = _container(rendered)["args"]
    volumes = {entry.pop("name"): entry for entry in _pod(rendered)["volumes"]}
    mounted = {mount["name"] for mount in _container(rendered)["volumeMounts"]}
    assert mounted == volumes.keys()
    chosen = settings(dict(argument.removeprefix("--").split("=", 1) for argument in arguments), {}).journal
    kept = {name: volumes[name] for name in ("log", "journal") if name in volumes}
    return [word for word in arguments if word.startswith("--journal")], kept, chosen.place, CLAIM in rendered


def test_the_journal_is_beside_the_log(helm: Helm) -> None:
    """Of a log in a folder it is on the volume of the log, by the program's own default: saying so changes nothing."""
    claim = {"log": {"persistentVolumeClaim": {"claimName": "promoter-apiserver-log"}}}
    for values in ({}, {"journal": {"engine": "sqlite"}}):
        assert _journal(values, helm) == ([], claim, None, True)


def test_a_journal_outlives_a_log_in_memory(helm: Helm) -> None:
    """Its file is on the volume that is claimed then, though the log needs none."""
    values = {"eventLog": {"engine": "memory"}, "journal": {"engine": "sqlite"}}
    claim = {"log": {"persistentVolumeClaim": {"claimName": "promoter-apiserver-log"}}}
    place = "sqlite:/var/lib/promoter-view/journal.sqlite"
    assert _journal(values, helm) == ([f"--journal={place}"], claim, place, True)
    ephemeral = values | {"persistence": {"enabled": False}}
    assert _journal(ephemeral, helm)[1:] == ({"log": {"emptyDir": {"sizeLimit": "4Gi"}}}, place, False)


def test_a_journal_in_the_etcd_of_the_log(helm: Helm) -> None:
    """Each replica's copy is in memory, or in an emptyDir with a limit, which may go with the pod."""
    for journal in ({}, {"engine": "etcd"}):
        assert _journal(IN_ETCD | {"journal": journal}, helm) == ([], {}, None, False)
    place = "etcd:/var/lib/promoter-view-journal/copy.sqlite"
    for size in ("2Gi", "5Gi"):
        values = IN_ETCD | {"journal": {"etcd": {"copy": "disk", "copySize": size}}}
        volume = {"journal": {"emptyDir": {"sizeLimit": size}}}
        assert _journal(values, helm) == ([f"--journal={place}"], volume, place, False)
    assert _journal(IN_ETCD | {"journal": {"engine": "memory"}}, helm)[2] == "memory:"


def test_applications_in_another_namespace(helm: Helm) -> None:
    """The program is told where they are and where Kargo is, and may write there and nowhere else."""
    ui = "https://kargo.example.com"
    writes = {"enabled": True, "shard": "Blue_2", "kargoNamespace": "kargo-system", "kargoUrl": ui}
    argocd = {"namespace": "gitops", "writes": writes}
    rendered = helm.objects({"argocd": argocd})
    environment = {entry["name"]: entry["value"] for entry in _container(rendered)["env"]}
    assert environment["PROMOTER_VIEW_ARGOCD_NAMESPACE"] == "gitops"
    assert environment["PROMOTER_VIEW_ARGOCD_SHARD"] == "Blue_2"
    assert environment["PROMOTER_VIEW_ARGOCD_LEASE_NAMESPACE"] == "kargo-system"
    assert environment["PROMOTER_VIEW_ARGOCD_KARGO_URL"] == ui
    assert {namespace for kind, namespace, _ in rendered if kind == "Role"} == {"gitops", "kargo-system"}
    rules = [rule for found in rendered.values() for rule in found.get("rules", ())]
    named = {name for rule in rules for name in rule.get("resourceNames", ())}
    assert named == {heartbeat_name("Blue_2"), lease_name("Blue_2")}


def test_stages_of_some_namespaces(helm: Helm) -> None:
    """With namespaces nothing of Kargo and Argo CD is read unless that is asked for; then Roles are enough."""
    assert not any("argocd" in name or "stages" in name for _, _, name in helm.objects({"namespaces": ["team-a"]}))
    asked = helm.objects({"namespaces": ["team-a", "team-b"], "argocd": {"enabled": True, "namespace": "gitops"}})
    readers = {(kind, namespace, name) for kind, namespace, name in asked if kind.endswith("Role")}
    assert readers - helm.objects({"namespaces": ["team-a", "team-b"]}).keys() == {
        ("Role", "team-a", "promoter-apiserver-stages"),
        ("Role", "team-b", "promoter-apiserver-stages"),
        ("Role", "gitops", "promoter-apiserver-argocd"),
    }
    assert [rule["resources"] for rule in asked["Role", "gitops", "promoter-apiserver-argocd"]["rules"]] == [
        ["applications"]
    ]


def test_an_etcd_with_tls_and_a_user(helm: Helm) -> None:
    """What proves one to etcd is files of a Secret, which the program is told of, and so many replicas use them."""
    etcd = {"secretName": "ours", "authority": True, "clientCertificate": True, "user": "view"}
    values = {"eventLog": {"engine": "etcd", "etcd": {"url": "https://etcd:2379/p", **etcd}}, "replicas": 5}
    rendered = helm.objects(values)
    assert rendered[DEPLOYMENT]["spec"]["replicas"] == 5
    (mount,) = (mount for mount in _container(rendered)["volumeMounts"] if mount["name"] == "etcd-secret")
    environment = {entry["name"]: entry.get("value", "") for entry in _container(rendered)["env"]}
    files = {value for name, value in environment.items() if name.startswith("PROMOTER_VIEW_ETCD") and "FILE" in name}
    assert files == {f"{mount['mountPath']}/{name}" for name in ("ca.crt", "tls.crt", "tls.key", "password")}
    assert settings({"event-log": "etcd:https://etcd:2379/p"}, environment).etcd.user == "view"


@pytest.mark.parametrize("role", ["own", "samePod"])
def test_a_proxy_elsewhere_proves_itself_by_a_secret(helm: Helm, role: str) -> None:
    """The Secret is mounted whole, so that a change of it arrives, and the program is told where it is."""
    dashboard = {"enabled": True, "role": role, "auth": "proxy", "proxy": {"secretName": "ours"}}
    rendered = helm.objects({"dashboard": dashboard})
    name = "promoter-dashboard" if role == "own" else "promoter-apiserver"
    pod = rendered["Deployment", NAMESPACE, name]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    environment = {entry["name"]: entry["value"] for entry in container["env"]}
    assert environment["PROMOTER_VIEW_DASHBOARD_PROXY_SECRET_FILE"] == "/proxy-secret/secret"
    assert {"name": "proxy-secret", "mountPath": "/proxy-secret", "readOnly": True} in container["volumeMounts"]
    secrets = {volume["name"]: volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume}
    assert secrets["proxy-secret"] == "ours"


@pytest.mark.parametrize(
    ("dashboard", "name", "value"),
    [
        ({"auth": "none"}, "AUTH", "none"),
        ({"allowedHosts": ["a.example.org", "b.example.org"]}, "ALLOWED_HOSTS", "a.example.org,b.example.org"),
        ({"rootPath": "/promotions"}, "ROOT_PATH", "/promotions"),
    ],
)
def test_a_value_of_the_dashboard_is_an_option(helm: Helm, dashboard: dict[str, Any], name: str, value: str) -> None:
    """What one says of the dashboard is in its environment."""
    rendered = helm.objects({"dashboard": {"enabled": True, **dashboard}})
    (container,) = rendered["Deployment", NAMESPACE, "promoter-dashboard"]["spec"]["template"]["spec"]["containers"]
    assert {"name": f"PROMOTER_VIEW_DASHBOARD_{name}", "value": value} in container["env"]


def test_a_role_in_each_namespace(helm: Helm) -> None:
    """With several namespaces there is a Role and its binding in each, and no ClusterRole that reads."""
    rendered = helm.objects({"namespaces": ["team-a", "team-b"]})
    roles = {(kind, namespace) for kind, namespace, name in rendered if name == "promoter-apiserver" and "Role" in kind}
    assert roles == {(kind, team) for kind in ("Role", "RoleBinding") for team in ("team-a", "team-b")}
    assert {"name": "PROMOTER_VIEW_NAMESPACE", "value": "team-a,team-b"} in _container(rendered)["env"]


def test_a_claim_has_the_size_and_class_that_one_says(helm: Helm) -> None:
    """What is asked of the cluster's storage is in the values."""
    claim = helm.objects({"persistence": {"size": "10Gi", "storageClassName": "fast"}})[CLAIM]["spec"]
    assert claim["resources"]["requests"]["storage"] == "10Gi"
    assert claim["storageClassName"] == "fast"


@pytest.mark.parametrize(
    ("values", "argument"),
    [
        ({"eventLog": {"engine": "memory"}}, "--event-log=memory:"),
        ({"eventLog": {"retention": {"age": "3d"}}}, "--event-log-retention-age=3d"),
        ({"eventLog": {"retention": {"bytes": "2Gi"}}}, "--event-log-retention-bytes=2Gi"),
        ({"eventLog": {"retention": {"events": 5000}}}, "--event-log-retention-events=5000"),
        ({"eventLog": {"historyBytes": "128Mi"}}, "--history-bytes=128Mi"),
        ({"journal": {"engine": "memory"}}, "--journal=memory:"),
        ({"journal": {"retention": {"age": "90d"}}}, "--journal-retention-age=90d"),
        ({"journal": {"retention": {"bytes": "2Gi"}}}, "--journal-retention-bytes=2Gi"),
        ({"instanceId": ""}, "--instance-id="),
        ({"instanceId": "blue"}, "--instance-id=blue"),
        ({"memberAuthorization": True}, "--member-authorization"),
        ({"logLevel": "debug"}, "--log-level=debug"),
        ({"extraArgs": ["--show-web-request-bodies"]}, "--show-web-request-bodies"),
    ],
)
def test_a_value_is_an_option(helm: Helm, values: dict[str, Any], argument: str) -> None:
    """Each such value adds exactly one argument, or takes another one's place."""
    without, given = (_container(helm.objects(some))["args"] for some in ({}, values))
    assert [word for word in given if word not in without] == [argument]


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"podAnnotations": {"a": "b"}}, ("metadata", "annotations", "a")),
        ({"podLabels": {"a": "b"}}, ("metadata", "labels", "a")),
        ({"nodeSelector": {"a": "b"}}, ("spec", "nodeSelector", "a")),
        ({"priorityClassName": "b"}, ("spec", "priorityClassName")),
    ],
)
def test_a_value_is_where_the_pod_has_it(helm: Helm, values: dict[str, Any], path: tuple[str, ...]) -> None:
    """What one says of the pod is added to what it has."""
    found = helm.objects(values)[DEPLOYMENT]["spec"]["template"]
    for name in path:
        found = found[name]
    assert found == "b"


def test_both_services_have_the_families_that_one_says(helm: Helm) -> None:
    """Policy and families are as given; without them nothing is said, and the cluster's defaults hold."""
    for values, expected in (
        ({}, {}),
        ({"ipFamilyPolicy": "PreferDualStack"}, {"ipFamilyPolicy": "PreferDualStack"}),
        ({"ipFamilies": ["IPv6", "IPv4"]}, {"ipFamilies": ["IPv6", "IPv4"]}),
    ):
        rendered = helm.objects({"service": values, "dashboard": {"enabled": True}})
        services = [found["spec"] for (kind, *_), found in rendered.items() if kind == "Service"]
        told = [{name: spec[name] for name in ("ipFamilyPolicy", "ipFamilies") if name in spec} for spec in services]
        assert told == [expected, expected]


def test_names_in_another_namespace(helm: Helm) -> None:
    """Elsewhere than in promoter-system all that says a namespace says that one, but for kube-system's binding."""
    rendered = helm.objects({"certs": {"mode": "certManager"}}, namespace="elsewhere")
    assert {namespace for _, namespace, _ in rendered} == {"", "kube-system", "elsewhere"}
    assert NAMESPACE not in str(rendered)


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"certs": {"mode": "self-made"}}, "at '/certs/mode': value must be one of 'manual', 'certManager'"),
        ({"certs": {"mode": "existingSecret"}}, "certs.caBundle: certs.mode existingSecret needs it"),
        ({"certs": {"caBundle": "Q0E="}}, "certs.caBundle counts with certs.mode existingSecret only, not with manual"),
        ({"certs": {"caBundle": "-----BEGIN"}}, "at '/certs/caBundle'"),
        ({"certs": {"secretname": "x"}}, "additional properties 'secretname' not allowed"),
        ({"image": {"digest": "12ab"}}, "at '/image/digest'"),
        ({"image": {"tag": 1.2}}, "at '/image/tag'"),
        ({"eventLog": {"engine": "sqlite"}}, "at '/eventLog/engine'"),
        ({"eventLog": {"retention": {"age": "soon"}}}, "at '/eventLog/retention/age'"),
        ({"eventLog": {"historyBytes": "lots"}}, "at '/eventLog/historyBytes'"),
        ({"journal": {"engine": "mysql"}}, "at '/journal/engine'"),
        ({"journal": {"retention": {"age": "soon"}}}, "at '/journal/retention/age'"),
        ({"journal": {"retention": {"bytes": "lots"}}}, "at '/journal/retention/bytes'"),
        ({"journal": {"etcd": {"copy": "tape"}}}, "at '/journal/etcd/copy'"),
        ({"journal": {"etcd": {"copySize": ""}}}, "at '/journal/etcd/copySize'"),
        ({"journal": {"engine": "etcd"}}, "journal.engine: etcd is the event log's, and eventLog.engine is file"),
        ({"journal": {"engine": "sqlite"}, **IN_ETCD}, "journal.engine: sqlite is a file of one replica"),
        ({"journal": {"etcd": {"copy": "disk"}}}, "journal.etcd.copy: disk is for a journal in the event log's etcd"),
        ({"persistence": {"enabled": "maybe"}}, "at '/persistence/enabled'"),
        ({"persistence": {"enabled": False, "existingClaim": "x"}}, "persistence.existingClaim"),
        ({"dashboard": {"enabled": True, "auth": "proxy"}}, "dashboard.proxy: dashboard.auth proxy needs secretName"),
        ({"replicas": 2}, "replicas: 2 of them need eventLog.engine etcd, not file"),
        ({"eventLog": {"engine": "etcd"}}, "eventLog.etcd.url: eventLog.engine etcd needs it"),
        ({"eventLog": {"etcd": {"url": "etcd.example:2379"}}}, "at '/eventLog/etcd/url'"),
        ({"eventLog": {"etcd": {"user": "view"}}}, "eventLog.etcd.secretName"),
        (
            {"argocd": {"enabled": False, "writes": {"enabled": True}}},
            "argocd.writes.enabled: argocd.enabled is false",
        ),
        ({"argocd": {"writes": {"kargoNamespace": "Kargo!"}}}, "at '/argocd/writes/kargoNamespace'"),
        ({"argocd": {"writes": {"shard": "a b"}}}, "at '/argocd/writes/shard'"),
        ({"argocd": {"writes": {"kargoUrl": "kargo.example.com"}}}, "at '/argocd/writes/kargoUrl'"),
        ({"dashboard": {"auth": "ldap"}}, "at '/dashboard/auth': value must be one of 'token', 'proxy', 'none'"),
        ({"dashboard": {"role": "both"}}, "at '/dashboard/role'"),
        ({"dashboard": {"proxy": {"sidecars": [{"name": "a", "image": "b"}]}}}, "dashboard.proxy.sidecars count with"),
        ({"dashboard": {"ingress": {"enabled": True}}}, "dashboard.ingress.host"),
        ({"namespaces": ["Team A"]}, "at '/namespaces/0'"),
        ({"service": {"ipFamilyPolicy": "DualStack"}}, "at '/service/ipFamilyPolicy'"),
        ({"service": {"ipFamilies": ["ipv6"]}}, "at '/service/ipFamilies/0'"),
        ({"extraArgs": ["show-web-request-bodies"]}, "at '/extraArgs/0'"),
        ({"extraArg": []}, "additional properties 'extraArg' not allowed"),
    ],
)
def test_a_wrong_value_is_named(helm: Helm, values: dict[str, Any], complaint: str) -> None:
    """Nothing is rendered, and what is said names the value and what was expected."""
    with pytest.raises(RefusedValuesError) as refused:
        helm.text(values)
    assert complaint in str(refused.value)


def test_the_chart_passes_its_linter(helm: Helm) -> None:
    """helm lint, strictly, has nothing to say beyond information."""
    done = helm.run(["lint", "--strict", str(Path(__file__).resolve().parents[2] / "deploy/chart")])
    assert done.returncode == 0, done.stdout + done.stderr


def test_versions_belong_together() -> None:
    """The chart installs the program of its own commit."""
    root = Path(__file__).resolve().parents[2]
    version = next(line for line in (root / "setup.cfg").read_text().splitlines() if line.startswith("version"))
    assert f"appVersion: {version.split(' = ')[1]}\n" in (root / "deploy/chart/Chart.yaml").read_text()
