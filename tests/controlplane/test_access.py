"""Who gets in, on a real kube-apiserver: Roles, tokens, certificates, forged headers, and a cluster that is gone."""

from __future__ import annotations

import json
import signal
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate

from tests.support.plane.aggregation import aggregated
from tests.support.plane.client import Client, RefusedError
from tests.support.plane.pki import Authority, make_authority
from tests.support.plane.plane import ControlPlane
from tests.support.program.program import Program

pytestmark = pytest.mark.controlplane

GROUP = "view.promoter.argoproj.io"
VIEW = "promotionstrategydetails"
EVERYWHERE = f"/apis/{GROUP}/v1alpha1/{VIEW}"
RBAC = "rbac.authorization.k8s.io"
CONFIGURATION = "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication"
TOKEN_REQUEST = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
WATCHES = 50
_numbers = count()


def within(namespace: str) -> str:
    return f"/apis/{GROUP}/v1alpha1/namespaces/{namespace}/{VIEW}"


class Served:
    """The program on a cluster, and clients of it with any credentials."""

    def __init__(self, plane: ControlPlane, program: Program) -> None:
        self.plane = plane
        self.program = program
        self.cluster = plane.client()

    def client(
        self,
        certificate: str = "",
        token: str = "",
        *,
        folder: Path | None = None,
        headers: dict[str, str] | None = None,
    ) -> Client:
        """``certificate`` names files of the cluster's PKI, or of ``folder``."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if certificate:
            place = folder or self.plane.pki
            context.load_cert_chain(place / f"{certificate}.crt", place / f"{certificate}.key")
        client = Client(f"https://127.0.0.1:{self.program.endpoint.port}", context, token)
        client._headers.update(headers or {})
        return client

    def namespace(self) -> str:
        """A new one."""
        name = f"access-{next(_numbers)}"
        self.cluster.create("/api/v1/namespaces", _named(name))
        return name

    def let_read(self, namespace: str, kind: str, name: str) -> str:
        """A Role and a RoleBinding; gives the binding's path."""
        path = f"/apis/{RBAC}/v1/namespaces/{namespace}"
        rules = [{"apiGroups": [GROUP], "resources": [VIEW], "verbs": ["get", "list", "watch"]}]
        self.cluster.create(f"{path}/roles", {**_named("reader"), "rules": rules})
        subject = {"kind": kind, "name": name}
        subject |= {"namespace": namespace} if kind == "ServiceAccount" else {"apiGroup": RBAC}
        role = {"apiGroup": RBAC, "kind": "Role", "name": "reader"}
        self.cluster.create(f"{path}/rolebindings", {**_named("readers"), "subjects": [subject], "roleRef": role})
        return f"{path}/rolebindings/readers"

    def service_account(self, namespace: str) -> tuple[str, str]:
        """A new account's path, and a token of it."""
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts"
        self.cluster.create(path, _named("robot"))
        token: str = self.cluster.create(f"{path}/robot/token", TOKEN_REQUEST)["status"]["token"]
        return f"{path}/robot", token

    def as_user(self, name: str, *groups: str) -> Client:
        """A user as the aggregator brings them."""
        headers = {"X-Remote-User": name}
        if groups:
            headers["X-Remote-Group"] = groups[0]
        return self.client("front-proxy-client", headers=headers)


@pytest.fixture(scope="module")
def served(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The program with all defaults of access."""
    with start(control_plane, tmp_path_factory.mktemp("access")) as program:
        program.wait_ready()
        yield Served(control_plane, program)


def start(plane: ControlPlane, folder: Path, *options: str) -> Program:
    """Bookmarks keep the standard library's client, which waits 30 s for a byte, from giving up."""
    always = ["--kubeconfig", str(plane.kubeconfig), "--event-log", "memory:", "--bookmark-interval", "5s"]
    program = Program(folder, [*always, *options])
    program.start()
    return program


def code(client: Client, path: str) -> int:
    """The HTTP status of a GET."""
    try:
        client.get(path)
    except RefusedError as error:
        return error.status
    return 200


def eventually(found: Callable[[], Any], wanted: Any, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while (last := found()) != wanted:
        assert time.monotonic() < deadline, f"{last} instead of {wanted} after {seconds} s"
        time.sleep(0.2)


def _named(name: str) -> dict[str, Any]:
    return {"metadata": {"name": name}}


def test_a_role_in_one_namespace(served: Served) -> None:
    """Whoever has a Role in one namespace reads that namespace, and no other, and not all of them."""
    ours, other = served.namespace(), served.namespace()
    served.let_read(ours, "User", "alice")
    alice = served.as_user("alice")
    assert code(alice, within(ours)) == 200
    with alice.watch(within(ours), timeoutSeconds=1) as events:
        assert list(events) == []
    assert code(alice, within(other)) == 403
    assert code(alice, EVERYWHERE) == 403
    assert code(alice, f"{within(other)}/some") == 403
    assert [code(alice, path) for path in ("/metrics", "/metrics/promotions")] == [403, 403]
    assert code(alice, "/apis") == 200


@pytest.mark.parametrize("certificate", ["", "stranger", "impostor"])
def test_forged_headers_are_not_believed(served: Served, certificate: str, tmp_path: Path) -> None:
    """Without a front proxy's certificate, with one of another CA, or with another name, X-Remote-User says nothing."""
    made_up = make_authority(tmp_path, "front-proxy-ca")
    made_up.issue("stranger", "front-proxy-client")
    _front_proxy_authority(served.plane, tmp_path).issue("impostor", "somebody-else")
    headers = {"X-Remote-User": "admin", "X-Remote-Group": "system:masters"}
    client = served.client(certificate, folder=tmp_path, headers=headers)
    assert code(client, EVERYWHERE) == (401 if certificate else 403)


def _front_proxy_authority(plane: ControlPlane, folder: Path) -> Authority:
    """The cluster's, to issue what the cluster would not."""
    certificate = load_pem_x509_certificate((plane.pki / "front-proxy-ca.crt").read_bytes())
    key = load_pem_private_key((plane.pki / "front-proxy-ca.key").read_bytes(), None)
    assert isinstance(key, EllipticCurvePrivateKey)
    return Authority(certificate.subject, key, folder)


def test_a_client_certificate_of_its_own(served: Served) -> None:
    """A certificate of the client CA is its owner; headers beside it change nothing."""
    assert code(served.client("admin"), EVERYWHERE) == 200
    assert code(served.client("admin", headers={"X-Remote-User": "nobody"}), EVERYWHERE) == 200


def test_a_certificate_for_servers_is_none_for_clients(served: Served) -> None:
    """The right CA is not enough: the extended key usage must be that of a client."""
    assert code(served.client("apiserver"), EVERYWHERE) == 401


def test_a_revoked_token(served: Served) -> None:
    """A service account's token counts until the account is deleted, and for no longer than the cache's 10 s."""
    namespace = served.namespace()
    path, token = served.service_account(namespace)
    served.let_read(namespace, "ServiceAccount", "robot")
    assert code(served.client(token=token), within(namespace)) == 200
    assert code(served.client(token=token[:-6] + "AAAAAA"), within(namespace)) == 401
    served.cluster.delete(path)
    eventually(lambda: code(served.client(token=token), within(namespace)), 401, 15)


def test_impersonation_is_reviewed(served: Served) -> None:
    """An administrator may act as somebody, who then has only their own rights; others may not."""
    namespace = served.namespace()
    served.let_read(namespace, "User", "carol")
    as_carol = {"Impersonate-User": "carol"}
    assert code(served.client("admin", headers=as_carol), within(namespace)) == 200
    assert code(served.client("admin", headers=as_carol), EVERYWHERE) == 403
    served.let_read(other := served.namespace(), "User", "dave")
    dave = served.as_user("dave")
    assert code(dave, within(other)) == 200
    dave._headers |= as_carol
    assert code(dave, within(namespace)) == 403


def test_behind_the_aggregator(served: Served) -> None:
    """Through the aggregator each user has the rights that the cluster gives them, and kubectl says so beforehand."""
    ours = served.namespace()
    served.let_read(ours, "User", "frank")
    with aggregated(served.plane, served.program):
        create_strategy(served.cluster, ours, "franks")
        frank = ("--as=frank", "get", f"{VIEW}.{GROUP}", "-o", "name")
        wanted = f"{VIEW}.{GROUP}/franks\n"
        eventually(lambda: served.plane.kubectl(*frank, "-n", ours), wanted, 15)
        with pytest.raises(subprocess.CalledProcessError) as refused:
            served.plane.kubectl(*frank, "-A")
        assert 'User "frank" cannot list resource' in refused.value.stderr
        assert served.plane.kubectl("--as=frank", "auth", "can-i", "watch", f"{VIEW}.{GROUP}", "-n", ours) == "yes\n"


def test_a_right_that_is_taken_away_ends_the_watch(served: Served) -> None:
    """A watch ends within a minute with an ERROR event of 403 once its user may no longer watch."""
    namespace = served.namespace()
    binding = served.let_read(namespace, "User", "erin")
    with served.as_user("erin").watch(within(namespace), allowWatchBookmarks="true") as events:
        served.cluster.delete(binding)
        begun = time.monotonic()
        last = next_event(events)
        assert time.monotonic() - begun < 60
        assert (last["type"], last["object"]["code"], last["object"]["reason"]) == ("ERROR", 403, "Forbidden")
        assert "erin" in last["object"]["message"]
        assert list(events) == []


def test_health_needs_nobody(served: Served) -> None:
    """Health answers whoever asks; discovery is for whom the cluster lets discover."""
    for path in ("/livez", "/readyz", "/healthz", "/readyz/authentication", "/version"):
        assert code(served.client(), path) == 200
    assert code(served.client(), "/apis") == 403


def test_the_cluster_is_gone(own_control_plane: ControlPlane, tmp_path: Path) -> None:
    """Without its API the cluster's last answers count for their time; then it is 503, and never access."""
    with start(own_control_plane, tmp_path / "program") as program:
        program.wait_ready()
        served = Served(own_control_plane, program)
        namespace = served.namespace()
        _, token = served.service_account(namespace)
        served.let_read(namespace, "ServiceAccount", "robot")
        robot = served.client(token=token)
        assert code(robot, within(namespace)) == 200
        with robot.watch(within(namespace), allowWatchBookmarks="true") as events:
            own_control_plane.stop_apiserver(kill=True)
            assert code(robot, within(namespace)) == 200
            eventually(lambda: code(robot, within(namespace)), 503, 15)
            assert code(served.client(token="another"), within(namespace)) == 503
            assert code(served.as_user("alice"), within(namespace)) == 503
            assert code(served.client(), "/readyz") == 200
            assert code(served.client("admin"), EVERYWHERE) == 200
            own_control_plane.start()
            eventually(lambda: code(robot, within(namespace)), 200, 15)
            # That nobody could be asked was no reason to end the watch.
            create_strategy(own_control_plane.client(), namespace, "later")
            assert next_event(events)["object"]["metadata"]["name"] == "later"


def create_strategy(client: Client, namespace: str, name: str) -> None:
    spec = {"gitRepositoryRef": {"name": "x"}, "environments": [{"branch": "main"}]}
    strategy = {"apiVersion": "promoter.argoproj.io/v1alpha1", "kind": "PromotionStrategy", "spec": spec}
    client.create_whole({**strategy, "metadata": {"name": name, "namespace": namespace}})


def next_event(events: Iterator[dict[str, Any]]) -> dict[str, Any]:
    """The next that is no bookmark; these keep the client from giving up."""
    return next(event for event in events if event["type"] != "BOOKMARK")


def test_certificates_change_under_open_watches(own_control_plane: ControlPlane, tmp_path: Path) -> None:
    """A new serving certificate and a new requestheader CA drop none of 50 watches, and count from then on."""
    plane = own_control_plane
    authority = make_authority(tmp_path, "serving-ca")
    authority.issue("serving", "first", server=True)
    pair = ["--tls-cert-file", str(tmp_path / "serving.crt"), "--tls-private-key-file", str(tmp_path / "serving.key")]
    with start(plane, tmp_path / "program", *pair) as program, ExitStack() as stack:
        program.wait_ready()
        served = Served(plane, program)
        proxies = [served.as_user("admin", "system:masters") for _ in range(WATCHES)]
        streams = [stack.enter_context(proxy.watch(EVERYWHERE, allowWatchBookmarks="true")) for proxy in proxies]

        before = _serving_certificate(program)
        authority.issue("serving", "second", server=True)
        eventually(lambda: _serving_certificate(program) != before, True, 15)

        (tmp_path / "new").mkdir()
        make_authority(tmp_path / "new", "front-proxy-ca").issue("proxy", "front-proxy-client")
        bundle = {"requestheader-client-ca-file": (tmp_path / "new" / "front-proxy-ca.crt").read_text()}
        fresh = lambda: served.client(  # noqa: E731 - each time another connection
            "proxy", folder=tmp_path / "new", headers={"X-Remote-User": "admin", "X-Remote-Group": "system:masters"}
        )
        assert code(fresh(), EVERYWHERE) == 401
        served.cluster.patch(CONFIGURATION, {"data": bundle})
        eventually(lambda: code(fresh(), EVERYWHERE), 200, 15)
        assert code(served.as_user("admin", "system:masters"), EVERYWHERE) == 401

        create_strategy(served.cluster, served.namespace(), "seen-by-all")
        assert {next_event(events)["object"]["metadata"]["name"] for events in streams} == {"seen-by-all"}


def test_hup_rereads_certificates(control_plane: ControlPlane, tmp_path: Path) -> None:
    """HUP does not end the program; it reads what has changed at once."""
    authority = make_authority(tmp_path, "serving-ca")
    authority.issue("serving", "first", server=True)
    pair = ["--tls-cert-file", str(tmp_path / "serving.crt"), "--tls-private-key-file", str(tmp_path / "serving.key")]
    with start(control_plane, tmp_path / "program", *pair) as program:
        program.wait_ready()
        before = _serving_certificate(program)
        authority.issue("serving", "second", server=True)
        assert program._process is not None
        program._process.send_signal(signal.SIGHUP)
        eventually(lambda: _serving_certificate(program) != before, True, 3)


def test_a_cluster_that_says_nothing(own_control_plane: ControlPlane, tmp_path: Path) -> None:
    """Where the configuration may not be read the program does not start, unless it is told to do without."""
    plane = own_control_plane
    path = "/api/v1/namespaces/default/serviceaccounts"
    plane.client().create(path, _named("reader"))
    token = plane.client().create(f"{path}/reader/token", TOKEN_REQUEST)["status"]["token"]
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(json.dumps(_kubeconfig(plane, token)))
    chosen = ["--authentication-kubeconfig", str(kubeconfig)]
    program = start(plane, tmp_path / "refused", *chosen)
    assert program._process is not None
    assert program._process.wait(30) == 1
    program.kill()
    assert "extension-apiserver-authentication-reader" in program.log
    with start(plane, tmp_path / "tolerant", *chosen, "--authentication-tolerate-lookup-failure") as tolerant:
        tolerant.wait_ready()
        served = Served(plane, tolerant)
        # There is no CA that could vouch for a certificate, so none says anything.
        assert code(served.client("admin"), EVERYWHERE) == 403


def _kubeconfig(plane: ControlPlane, token: str) -> dict[str, Any]:
    cluster = {"server": plane.url, "certificate-authority": str(plane.pki / "ca.crt")}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "plane", "cluster": cluster}],
        "users": [{"name": "reader", "user": {"token": token}}],
        "contexts": [{"name": "plane", "context": {"cluster": "plane", "user": "reader"}}],
        "current-context": "plane",
    }


def _serving_certificate(program: Program) -> str:
    return ssl.get_server_certificate(("127.0.0.1", program.endpoint.port))
