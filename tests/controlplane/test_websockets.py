"""Watches as WebSockets beside those of a real kube-apiserver, straight, through its aggregator, and in a browser."""

from __future__ import annotations

import functools
import shutil
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.controlplane.websockets import RefusedError, WatchSocket, token_protocol
from tests.support.plane.aggregation import aggregated, available
from tests.support.plane.plane import ControlPlane
from tests.support.program.program import Program

pytestmark = pytest.mark.controlplane

GROUP = "view.promoter.argoproj.io"
VIEW = "promotionstrategydetails"
CORE = "/apis/promoter.argoproj.io/v1alpha1"
TABLE = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"}
METADATA = {"Accept": "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"}
BINARY = "base64.binary.k8s.io"
_numbers = count()


class Served(NamedTuple):
    """The program, and the control plane whose aggregator leads to it."""

    plane: ControlPlane
    program: Program

    def namespace(self) -> str:
        """A new one, and in it somebody with a token who may read everything."""
        name = f"sockets-{next(_numbers)}"
        self.plane.client().create("/api/v1/namespaces", {"metadata": {"name": name}})
        return name

    def token(self, namespace: str) -> str:
        """A service account's that may read the views there."""
        client, rbac = self.plane.client(), f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
        account = f"/api/v1/namespaces/{namespace}/serviceaccounts"
        client.create(account, {"metadata": {"name": "robot"}})
        rules = [{"apiGroups": [GROUP], "resources": [VIEW], "verbs": ["get", "list", "watch"]}]
        client.create(f"{rbac}/roles", {"metadata": {"name": "reader"}, "rules": rules})
        binding = {
            "metadata": {"name": "readers"},
            "subjects": [{"kind": "ServiceAccount", "name": "robot", "namespace": namespace}],
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"},
        }
        client.create(f"{rbac}/rolebindings", binding)
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
        token: str = client.create(f"{account}/robot/token", request)["status"]["token"]
        return token

    def put(self, namespace: str, name: str) -> None:
        """A strategy is created, and served."""
        self.create(namespace, name)
        self.plane.wait(lambda: name in str(self.plane.client().get(_path(namespace))["items"]))

    def create(self, namespace: str, name: str) -> None:
        """A strategy is created."""
        spec = {
            "gitRepositoryRef": {"name": "r"},
            "environments": [{"branch": "env/dev"}],
        }
        document = {
            "apiVersion": "promoter.argoproj.io/v1alpha1",
            "kind": "PromotionStrategy",
            "metadata": {"name": name},
            "spec": spec,
        }
        self.plane.client().create(f"{CORE}/namespaces/{namespace}/promotionstrategies", document)

    def delete(self, namespace: str, name: str) -> None:
        """It is deleted."""
        self.plane.client().delete(f"{CORE}/namespaces/{namespace}/promotionstrategies/{name}")

    def version(self, namespace: str) -> str:
        """The resourceVersion of a list."""
        found: str = self.plane.client().get(_path(namespace))["metadata"]["resourceVersion"]
        return found

    def watch(self, way: str, namespace: str, *, path: str = "", **given: Any) -> WatchSocket:
        """``way``: aggregated, as the administrator, or straight, as the aggregator says that they are."""
        query = given.pop("query", {})
        context = ssl.create_default_context(cafile=str(self.plane.pki / "ca.crt"))
        url, certificate, headers = self.plane.url, "admin", given.pop("headers", {})
        if way == "straight":
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            url, certificate = f"https://127.0.0.1:{self.program.endpoint.port}", "front-proxy-client"
            headers = {"X-Remote-User": "admin", "X-Remote-Group": "system:masters", **headers}
        if not given.get("protocols"):
            context.load_cert_chain(
                str(self.plane.pki / f"{certificate}.crt"), str(self.plane.pki / f"{certificate}.key")
            )
        return WatchSocket(url, path or _path(namespace), query, context=context, headers=headers, **given)


def _path(namespace: str) -> str:
    return f"/apis/{GROUP}/v1alpha1/namespaces/{namespace}/{VIEW}"


@pytest.fixture(scope="module")
def served(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The program with all defaults of access, behind the aggregator; its log outlives it."""
    folder = tmp_path_factory.mktemp("sockets")
    options = ["--kubeconfig", str(control_plane.kubeconfig), "--event-log", f"file:{folder / 'log'}"]
    with Program(folder / "program", [*options, "--bookmark-interval", "2s"]) as program:
        program.start()
        program.wait_ready()
        with aggregated(control_plane, program):
            yield Served(control_plane, program)


both_ways = pytest.mark.parametrize("way", ["straight", "aggregated"])


def brief(events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(event["type"], event["object"]["metadata"].get("name", "")) for event in events]


@both_ways
def test_as_an_informer_of_java_does(served: Served, way: str) -> None:
    """List, then watch from its resourceVersion with bookmarks; on with the last one from where it broke off."""
    namespace = served.namespace()
    since = served.version(namespace)
    query = {"allowWatchBookmarks": "true", "timeoutSeconds": "600"}
    with served.watch(way, namespace, query={**query, "resourceVersion": since}) as socket:
        served.put(namespace, "one")
        events = socket.next(2)
        assert brief(events) == [("ADDED", "one"), ("BOOKMARK", "")]
        socket.ping()
        since = events[1]["object"]["metadata"]["resourceVersion"]
        socket.close()
        assert [event for event in socket.events() if event["type"] != "BOOKMARK"] == []
        assert socket.closed == 1000
    served.put(namespace, "two")
    served.delete(namespace, "one")
    with served.watch(way, namespace, query={**query, "resourceVersion": since}) as socket:
        assert brief(socket.next(2)) == [("ADDED", "two"), ("DELETED", "one")]


@both_ways
def test_the_state_first(served: Served, way: str) -> None:
    """WatchList: the state, the bookmark that ends it, and then what happens; in all forms."""
    namespace = served.namespace()
    served.put(namespace, "one")
    query = {
        "sendInitialEvents": "true",
        "resourceVersionMatch": "NotOlderThan",
        "allowWatchBookmarks": "true",
        "resourceVersion": served.version(namespace),
    }
    for headers, kind in (({}, "PromotionStrategyDetails"), (TABLE, "Table"), (METADATA, "PartialObjectMetadata")):
        with served.watch(way, namespace, query=query, headers=headers) as socket:
            added, end = socket.next(2)
        assert (added["type"], added["object"]["kind"], end["type"]) == ("ADDED", kind, "BOOKMARK")
        shown = end["object"] if kind != "Table" else end["object"]["rows"][0]["object"]
        assert shown["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


@both_ways
def test_410(served: Served, way: str) -> None:
    """A position that is too old is an ERROR event, and the end, as over HTTP."""
    with served.watch(way, served.namespace(), query={"resourceVersion": "1"}) as socket:
        (error,) = socket.events()
    assert (error["type"], error["object"]["code"], error["object"]["reason"]) == ("ERROR", 410, "Expired")
    assert socket.closed == 1000


@both_ways
def test_the_end_is_that_of_kube_apiserver(served: Served, way: str) -> None:
    """After timeoutSeconds a close of 1000; the watch of a custom resource ends in the same way."""
    namespace = served.namespace()
    with served.watch(way, namespace, query={"timeoutSeconds": "1"}) as socket:
        assert list(socket.events()) == []
    real = f"{CORE}/namespaces/{namespace}/promotionstrategies"
    with served.watch("aggregated", namespace, path=real, query={"timeoutSeconds": "1"}) as theirs:
        assert list(theirs.events()) == []
    assert socket.closed == theirs.closed == 1000


@pytest.mark.parametrize("protocol", ["binary.k8s.io", BINARY, "v4.channel.k8s.io"])
def test_subprotocols_as_there(served: Served, protocol: str) -> None:
    """Whatever one subprotocol is asked for is answered, and frames are text under each: there and here."""
    namespace = served.namespace()
    served.put(namespace, "one")
    real = f"{CORE}/namespaces/{namespace}/promotionstrategies"
    token = token_protocol(served.token(namespace))
    served.plane.client().create(
        f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings",
        {
            "metadata": {"name": "admins"},
            "subjects": [{"kind": "ServiceAccount", "name": "robot", "namespace": namespace}],
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        },
    )
    found = []
    for path in (real, _path(namespace)):
        with served.watch("aggregated", namespace, path=path, protocols=[token, protocol]) as socket:
            found.append((socket.protocol, brief(socket.next(1))))
    assert found == [(protocol, [("ADDED", "one")])] * 2


def test_a_token_as_a_subprotocol(served: Served) -> None:
    """Straight and through the aggregator a token in a subprotocol says who asks, and is not answered with."""
    namespace = served.namespace()
    served.put(namespace, "one")
    token = served.token(namespace)
    for way in ("aggregated", "direct"):
        with ExitStack() as stack:
            socket = stack.enter_context(_with(served, way, namespace, [BINARY, token_protocol(token)]))
            assert (socket.protocol, brief(socket.next(1))) == (BINARY, [("ADDED", "one")])
        for protocols in ([BINARY, token_protocol("nobody's")], [token_protocol(token)]):
            with pytest.raises(RefusedError) as caught:
                _with(served, way, namespace, protocols)
            assert caught.value.status == 401
        with pytest.raises(RefusedError) as caught:
            _with(served, way, "default", [BINARY, token_protocol(token)])
        assert caught.value.status == 403


def _with(served: Served, way: str, namespace: str, protocols: list[str]) -> WatchSocket:
    """Without a certificate, so that the token is all there is."""
    context = ssl.create_default_context(cafile=str(served.plane.pki / "ca.crt"))
    url = served.plane.url
    if way == "direct":
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        url = f"https://127.0.0.1:{served.program.endpoint.port}"
    return WatchSocket(url, _path(namespace), {}, context=context, protocols=protocols)


def test_across_a_restart(served: Served) -> None:
    """The program ends: a last bookmark and a close reach the client, who goes on from there with the next one."""
    namespace = served.namespace()
    served.put(namespace, "one")
    query = {"allowWatchBookmarks": "true", "resourceVersion": served.version(namespace)}
    with served.watch("aggregated", namespace, query=query) as socket:
        threading.Timer(1.0, served.program.terminate).start()
        events = list(socket.events())
        assert socket.closed == 1000
    assert {event["type"] for event in events} == {"BOOKMARK"}
    served.create(namespace, "two")
    served.program.start()
    served.program.wait_ready()
    served.plane.wait(lambda: available(served.plane))
    query["resourceVersion"] = events[-1]["object"]["metadata"]["resourceVersion"]
    with served.watch("aggregated", namespace, query=query) as socket:
        assert brief(socket.next(1)) == [("ADDED", "two")]


SCRIPT = """
([url, protocols]) => new Promise((done) => {
  const found = {events: [], protocol: null, code: null};
  const socket = new WebSocket(url, protocols);
  socket.onopen = () => { found.protocol = socket.protocol; };
  socket.onmessage = ({data}) => { found.events.push(JSON.parse(data)); };
  socket.onclose = ({code, wasClean}) => { found.code = code; found.clean = wasClean; done(found); };
})
"""


@contextmanager
def page_of_a_console(folder: Path) -> Iterator[Any]:
    """A page of some other site, in a browser that takes the cluster's certificates."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        pytest.skip("no chromium is installed (Debian: apt-get install chromium)")
    (folder / "index.html").write_text("<!doctype html><title>a console</title>")
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        with playwright.sync_playwright() as driver:
            flags = ["--no-sandbox", "--disable-gpu", "--ignore-certificate-errors"]
            launched = driver.chromium.launch(executable_path=chromium, args=flags)
            page = launched.new_context(ignore_https_errors=True).new_page()
            page.goto(f"http://127.0.0.1:{server.server_port}/")
            yield page
            launched.close()
    finally:
        server.shutdown()
        server.server_close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""


def test_a_browser(served: Served, tmp_path: Path) -> None:
    """A page's own WebSocket, with a token as subprotocol: state, bookmarks, resume, 410, and a clean close."""
    namespace = served.namespace()
    served.put(namespace, "one")
    protocols = [token_protocol(served.token(namespace)), BINARY]
    with page_of_a_console(tmp_path) as page:
        home = page.url
        for base in (served.plane.url, f"https://127.0.0.1:{served.program.endpoint.port}"):
            # Either server asks for a client certificate. Only a visit is asked about it; the browser keeps the no.
            page.goto(f"{base}/livez")
            page.goto(home)
            address = (
                base.replace("https", "wss")
                + _path(namespace)
                + "?watch=true&allowWatchBookmarks=true&timeoutSeconds=3"
            )
            state = page.evaluate(SCRIPT, [address, protocols])
            assert brief(state["events"])[:2] == [("ADDED", "one"), ("BOOKMARK", "")]
            assert (state["protocol"], state["code"], state["clean"]) == (BINARY, 1000, True)
            since = state["events"][-1]["object"]["metadata"]["resourceVersion"]
            served.put(namespace, "two")
            resumed = page.evaluate(SCRIPT, [f"{address}&resourceVersion={since}", protocols])
            assert brief(resumed["events"])[0] == ("ADDED", "two")
            expired = page.evaluate(SCRIPT, [f"{address}&resourceVersion=1", protocols])
            assert [event["object"].get("code") for event in expired["events"]] == [410]
            assert page.evaluate(SCRIPT, [address, [BINARY]])["events"] == []
            served.delete(namespace, "two")
