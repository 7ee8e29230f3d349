"""A release that nobody has made: its new kinds are taken up while watches and pages are open, and let go again."""

from __future__ import annotations

import json
import urllib.request
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

import pytest

from tests.controlplane.installation.granting import RBAC
from tests.controlplane.test_access import Served, eventually, start
from tests.controlplane.test_member_authorization import VIEW_RULE, members_rule, role, shown
from tests.crds.promoter_releases import release
from tests.support.plane.accounts import kubeconfig_of
from tests.support.plane.aggregation import aggregated
from tests.support.plane.fixtures import running_plane
from tests.support.plane.plane import ControlPlane
from tests.support.program.client import GROUP_PATH, Client
from tests.support.program.program import Program
from tests.support.program.truth import wait

pytestmark = pytest.mark.controlplane

GROUP = "promoter.argoproj.io/v1alpha1"
NAMESPACE = "novel"
SECRET = "s3cr3t-of-a-webhook"
GATES, FORECASTS = "chatApprovalCommitStatuses", "changeTransferPolicyForecasts"
PLURALS = {"ChatApprovalCommitStatus": GATES.lower(), "ChangeTransferPolicyForecast": FORECASTS.lower()}
BUNDLE = f"{GROUP_PATH}/namespaces/{NAMESPACE}/promotionstrategydetails/shop"
_CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
#: Kinds are looked for once a minute; that one is gone is believed the second time.
_POLL_SECONDS = 100.0
_PATIENCE_SECONDS = 60.0

Document = dict[str, Any]


def new_kinds() -> list[Document]:
    """The CustomResourceDefinitions that the release before does not have."""
    return [found for found in release("future") if found["spec"]["names"]["kind"] in PLURALS]


@pytest.fixture(scope="module")
def plane(control_plane_binaries: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A cluster of the release before, with one strategy and its policy."""
    with running_plane(control_plane_binaries, tmp_path_factory.mktemp("plane"), release("0.44")) as plane:
        plane.client().create_whole({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        order = {"name": "order"}
        spec = {
            "gitRepositoryRef": {"name": "none"},
            "orderCommitStatusRef": order,
            "environments": [{"branch": "dev"}],
            "proposedCommitStatuses": [{"key": "chat"}],
        }
        root = put(plane, "PromotionStrategy", "shop", spec)
        branches = {"activeBranch": "dev", "proposedBranch": "dev-next", "gitRepositoryRef": {"name": "none"}}
        put(plane, "ChangeTransferPolicy", "shop-dev", branches, owner=root)
        yield plane


def put(
    plane: ControlPlane, kind: str, name: str, spec: Document, *, owner: Document | None = None, **status: Any
) -> Document:
    """Creates an object, with its status."""
    metadata: Document = {"name": name, "namespace": NAMESPACE}
    if owner is not None:
        named = {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": owner["metadata"]["name"]}
        metadata["ownerReferences"] = [{**named, "uid": owner["metadata"]["uid"], "controller": True}]
    document = {"apiVersion": GROUP, "kind": kind, "metadata": metadata, "spec": spec}
    return plane.client().create_whole({**document, "status": status} if status else document)


def novelties(plane: ControlPlane) -> None:
    """A gate of the new kind that waits for a person, what it reports, and a forecast of the policy."""
    policy = plane.client().get(f"/apis/{GROUP}/namespaces/{NAMESPACE}/changetransferpolicies/shop-dev")
    spec = {"promotionStrategyRef": {"name": "shop"}, "key": "chat", "channel": "general", "webhookToken": SECRET}
    waits = {"branch": "dev", "phase": "pending", "description": "a person has to say yes", "approvers": [SECRET]}
    gate = put(plane, "ChatApprovalCommitStatus", "chat", spec, environments=[waits])
    said = {
        "gitRepositoryRef": {"name": "none"},
        "sha": "a" * 40,
        "name": "chat",
        "description": "?",
        "phase": "pending",
    }
    put(plane, "CommitStatus", "shop-dev-chat", {**said, "phase": "pending"}, owner=gate)
    put(plane, "ChangeTransferPolicyForecast", "soon", {"activeBranch": "dev"}, owner=policy)


def installed(plane: ControlPlane) -> set[str]:
    """The plurals of those new kinds that the cluster has."""
    items = plane.client().get(_CRDS)["items"]
    return {item["spec"]["names"]["plural"] for item in items} & set(PLURALS.values())


def install_kinds(plane: ControlPlane) -> None:
    """The new kinds and their objects, where no test before has left them there."""
    if not installed(plane):
        plane.install_crds(new_kinds())
        novelties(plane)


def remove_kinds(plane: ControlPlane) -> None:
    """Their CustomResourceDefinitions are deleted, and with them their objects."""
    for plural in PLURALS.values():
        plane.client().delete(f"{_CRDS}/{plural}.promoter.argoproj.io")
    wait(lambda: not installed(plane), _PATIENCE_SECONDS, "they are gone")
    statuses = f"/apis/{GROUP}/namespaces/{NAMESPACE}/commitstatuses"
    plane.client().delete(f"{statuses}/shop-dev-chat")


def program(plane: ControlPlane, folder: Path, log: str, *options: str, kubeconfig: Path | None = None) -> Program:
    """The program on that cluster, not started yet."""
    given = ["--kubeconfig", str(kubeconfig or plane.kubeconfig), "--insecure-no-auth", "--event-log", log]
    return Program(folder, [*given, *options], dashboard=True)


def bundle(running: Program) -> Document:
    found: Document = json.loads(Client(running.endpoint).get(BUNDLE))
    return found


def novel(running: Program) -> bool:
    """All of the new objects are in their bundle."""
    found = bundle(running)
    return {GATES, FORECASTS, "commitStatuses"} <= found.keys()


def told(running: Program, name: str) -> str:
    """That line of /readyz?verbose."""
    lines = Client(running.endpoint).get("/readyz?verbose").decode().splitlines()
    return next(line for line in lines if line.startswith(f"[i]{name}:"))


def agree(*running: Program) -> None:
    """The same bytes of every bundle, at the same resourceVersions."""
    wait(
        lambda: len({it.metric("promoter_view_log_head_offset") for it in running}) == 1, _PATIENCE_SECONDS, "one head"
    )
    assert len({it.metric("promoter_view_bundles_digest") for it in running}) == 1
    assert len({json.dumps(bundle(it)) for it in running}) == 1


def everything_in(etcd_url: str, prefix: str) -> bytes:
    """All values below a prefix, as they were before they were compressed."""
    key, end = (b64encode(name.encode()).decode() for name in (f"/{prefix}/", f"/{prefix}0"))
    call = json.dumps({"key": key, "range_end": end}).encode()
    with urllib.request.urlopen(f"{etcd_url}/v3/kv/range", call, timeout=30) as response:
        values = [b64decode(item["value"]) for item in json.load(response)["kvs"]]
    return b"".join(zlib.decompress(value) if value[:1] == b"x" else value for value in values)


def test_a_release_that_is_not_known(plane: ControlPlane, tmp_path: Path) -> None:
    """Its gate comes into bundles and pages as ordinary changes, goes and comes again; replicas and restarts agree."""
    log = f"etcd:{plane.etcd_url}/novel"
    first = program(plane, tmp_path / "first", log, "--discover-kinds", "--replica-id", "first")
    second = program(plane, tmp_path / "second", log, "--discover-kinds", "--replica-id", "second")
    with first, second:
        first.start()
        first.wait_ready(timeout_seconds=_PATIENCE_SECONDS)
        version = bundle(first)["metadata"]["resourceVersion"]
        with Client(first.endpoint, timeout_seconds=2 * _POLL_SECONDS).watch("", {"resourceVersion": version}) as watch:
            events = watch.documents()
            install_kinds(plane)
            wait(lambda: novel(first), _POLL_SECONDS, "the new kinds are taken up")
            assert told(first, "undeclared-kinds").endswith(
                "taken up: ChangeTransferPolicyForecast, ChatApprovalCommitStatus"
            )
            second.start()
            second.wait_ready(timeout_seconds=_PATIENCE_SECONDS)
            agree(first, second)
            look_at(first, second)
            shown_to_kubectl(plane, first)
            assert SECRET.encode() not in everything_in(plane.etcd_url, "novel")
            remove_kinds(plane)
            wait(lambda: not {GATES, FORECASTS} & bundle(first).keys(), _PATIENCE_SECONDS, "their members vanish")
            agree(first, second)
            install_kinds(plane)
            wait(lambda: novel(second), 2 * _POLL_SECONDS, "they are there again")
            agree(first, second)
            seen = [next(events)]
            while seen[-1]["object"] != bundle(first):
                seen.append(next(events))
        assert {event["type"] for event in seen} == {"MODIFIED"}
        first.kill()
        wait(lambda: second.metric("promoter_view_replica_leads") == 1, _PATIENCE_SECONDS, "the other one leads")
        first.start()
        first.wait_ready(timeout_seconds=_PATIENCE_SECONDS)
        agree(first, second)
        assert novel(first)


def look_at(*running: Program) -> None:
    """The gate is on the page with what it waits for; what it keeps to itself is in no bundle and on no page."""
    for it in running:
        [gate] = bundle(it)[GATES]
        assert gate["spec"]["webhookToken"] == "<redacted>"
        assert gate["status"]["environments"][0]["approvers"] == ["<redacted>"]
        assert gate["status"]["environments"][0]["description"] == "a person has to say yes"
        page = Client(it.dashboard).get(f"/strategies/{NAMESPACE}/shop").decode()
        assert "a person has to say yes" in page
        assert SECRET not in page + json.dumps(bundle(it))


def shown_to_kubectl(plane: ControlPlane, running: Program) -> None:
    """Its fields are explained as the cluster does, by the schema that the cluster has of them."""
    with aggregated(plane, running):
        wait(lambda: "webhookToken" in explained(plane, f"psd.{GATES}.spec"), _POLL_SECONDS, "kubectl explains it")


def explained(plane: ControlPlane, field: str) -> str:
    """What kubectl says of a field; "" while the aggregator has not read the API's documents."""
    try:
        return plane.kubectl("explain", field)
    except CalledProcessError:
        return ""


def test_without_the_option_everything_else_is_whole(plane: ControlPlane, tmp_path: Path) -> None:
    """The kinds are simply not there: not in bundles, nor in the log, whoever had taken them up before."""
    install_kinds(plane)
    log = f"file:{tmp_path / 'log'}"
    with program(plane, tmp_path / "with", log, "--discover-kinds") as running:
        running.start()
        running.wait_ready(timeout_seconds=_PATIENCE_SECONDS)
        wait(lambda: novel(running), _POLL_SECONDS, "the new kinds are taken up")
        running.terminate()
        running.start()
        running.wait_ready(timeout_seconds=_PATIENCE_SECONDS)
        assert novel(running), "a restart goes on with what the log has"
        running.terminate()
    with program(plane, tmp_path / "without", log) as running:
        running.start()
        running.wait_ready(timeout_seconds=_PATIENCE_SECONDS)
        gone = {GATES, FORECASTS, "commitStatuses"}
        wait(lambda: not gone & bundle(running).keys(), _PATIENCE_SECONDS, "what the log had of them leaves it")
        found = bundle(running)
        assert [policy["metadata"]["name"] for policy in found["changeTransferPolicies"]] == ["shop-dev"]
        assert "are no longer mirrored and leave the log" in running.log
        assert "a person has to say yes" not in Client(running.dashboard).get(f"/strategies/{NAMESPACE}/shop").decode()


def test_without_the_right_nothing_is_held_up(plane: ControlPlane, tmp_path: Path) -> None:
    """The program is ready with what it may read, and names what it may not; given the right it goes on."""
    install_kinds(plane)
    client, user = plane.client(), "declared-only"
    declared = [found["spec"]["names"]["plural"] for found in release("0.44")]
    rule = {"apiGroups": ["promoter.argoproj.io"], "resources": declared, "verbs": ["list", "watch"]}
    client.create(f"{RBAC}/clusterroles", {"metadata": {"name": user}, "rules": [rule]})
    subject = {"kind": "ServiceAccount", "name": user, "namespace": "default"}
    bound = {"subjects": [subject], "roleRef": {"kind": "ClusterRole", "name": user}}
    client.create(f"{RBAC}/clusterrolebindings", {"metadata": {"name": user}, **bound})
    client.create("/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": user}})
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(json.dumps(kubeconfig_of(plane, user)))
    log = f"file:{tmp_path / 'log'}"
    with program(plane, tmp_path / "program", log, "--discover-kinds", kubeconfig=kubeconfig) as running:
        running.start()
        running.wait_ready(timeout_seconds=_PATIENCE_SECONDS)
        left_out = "left out: ChangeTransferPolicyForecast (not permitted), ChatApprovalCommitStatus (not permitted)"
        wait(lambda: left_out in told(running, "undeclared-kinds"), _POLL_SECONDS, "both are named")
        assert running.metric('promoter_view_undeclared_kinds{outcome="not_permitted"}') == 2
        assert Client(running.endpoint).get("/readyz").startswith(b"ok")
        assert GATES not in bundle(running)
        every = {**rule, "resources": ["*"]}
        client.patch(f"{RBAC}/clusterroles/{user}", {"rules": [every]})
        wait(lambda: novel(running), _POLL_SECONDS, "what may be read now is there without a restart")


def test_members_are_shown_to_who_may_get_them(plane: ControlPlane, tmp_path: Path) -> None:
    """By the right to the very kind, which the cluster is asked about once it is taken up."""
    install_kinds(plane)
    with start(plane, tmp_path / "members", "--member-authorization", "--discover-kinds") as running:
        running.wait_ready(timeout_seconds=_PATIENCE_SECONDS)
        served = Served(plane, running)
        role(served, NAMESPACE, "gina", VIEW_RULE, members_rule("changetransferpolicies", FORECASTS.lower()))
        role(served, NAMESPACE, "hugo", VIEW_RULE)
        role(served, NAMESPACE, "ines", VIEW_RULE, members_rule("*"))
        every = {"changeTransferPolicies", "commitStatuses", GATES, FORECASTS}
        eventually(lambda: shown(served.as_user("ines"), NAMESPACE), [every], _POLL_SECONDS)
        eventually(lambda: shown(served.as_user("gina"), NAMESPACE), [{"changeTransferPolicies", FORECASTS}], 15)
        assert shown(served.as_user("hugo"), NAMESPACE) == [set()]
