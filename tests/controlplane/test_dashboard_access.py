"""Who may look at the dashboard, on a real kube-apiserver: tokens, what a proxy says, and rights that change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote

import pytest

from tests.controlplane.dashboards import Answer, ask, listed, service_account, stream
from tests.controlplane.test_access import Served, start
from tests.controlplane.test_member_authorization import create
from tests.support.plane.aggregation import aggregated
from tests.support.plane.plane import ControlPlane
from tests.support.program.program import Program
from tests.support.program.truth import wait

pytestmark = pytest.mark.controlplane

SECRET = "a secret of the proxy's"


class Dashboards(NamedTuple):
    """The API behind the aggregator, and two dashboards of their own on it; strategies in two namespaces."""

    api: Served
    token: Program
    proxy: Program
    ours: str
    theirs: str


@pytest.fixture(scope="module")
def boards(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboards]:
    """All of them ready."""
    folder = tmp_path_factory.mktemp("boards")
    (folder / "secret").write_text(SECRET)
    account = service_account(control_plane, folder, reviews=True)
    looks = ["--role", "dashboard", "--kubeconfig", str(account), "--event-log", "memory:"]
    proxy = [*looks, "--dashboard-auth", "proxy", "--dashboard-proxy-secret-file", str(folder / "secret")]
    with (
        start(control_plane, folder / "api", "--role", "apiserver") as api,
        aggregated(control_plane, api),
        Program(folder / "token", [*looks, "--dashboard-auth", "token"], dashboard=True) as by_token,
        Program(folder / "proxy", proxy, dashboard=True) as by_proxy,
    ):
        served = Served(control_plane, api)
        ours, theirs = served.namespace(), served.namespace()
        for namespace in (ours, theirs):
            spec = {"gitRepositoryRef": {"name": "shop"}, "environments": [{"branch": "main"}]}
            create(served.cluster, "PromotionStrategy", namespace, spec)
        for program in (by_token, by_proxy):
            program.start()
            program.wait_ready()
        everything = {(ours, "shop"), (theirs, "shop")}
        admin = _proxied("admin", "platform")
        _let_see_all(served, "platform")
        wait(lambda: everything <= _set(listed(by_proxy, admin)), 60, "both strategies are shown")
        yield Dashboards(served, by_token, by_proxy, ours, theirs)


def _set(found: list[tuple[str, str]] | int) -> set[tuple[str, str]]:
    return set() if isinstance(found, int) else set(found)


def _let_see_all(served: Served, group: str) -> None:
    path = "/apis/rbac.authorization.k8s.io/v1"
    rule = {"apiGroups": ["view.promoter.argoproj.io"], "resources": ["*"], "verbs": ["list", "watch"]}
    served.cluster.create(f"{path}/clusterroles", {"metadata": {"name": group}, "rules": [rule]})
    binding = {
        "metadata": {"name": group},
        "subjects": [{"kind": "Group", "name": group, "apiGroup": "rbac.authorization.k8s.io"}],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": group},
    }
    served.cluster.create(f"{path}/clusterrolebindings", binding)


def _proxied(user: str, groups: str = "", secret: str = SECRET) -> dict[str, str]:
    return {"X-Forwarded-User": user, "X-Forwarded-Groups": groups, "X-Promoter-View-Proxy-Secret": secret}


def _sign_in(program: Program, token: str) -> Answer:
    return ask(program, "/sign-in", form=f"token={quote(token)}&target=activity")


def test_signing_in_with_a_token(boards: Dashboards) -> None:
    """Who is not signed in is led to the form; a token of the cluster lets in, to the namespaces that it may see."""
    away = ask(boards.token, "/")
    assert (away.status, away.headers["Location"].partition("?")[0]) == (303, "/sign-in")
    assert ask(boards.token, "/list").status == 401
    assert _sign_in(boards.token, "not.a.token").status == 401
    _, token = boards.api.service_account(boards.ours)
    boards.api.let_read(boards.ours, "ServiceAccount", "robot")
    entered = _sign_in(boards.token, token)
    assert (entered.status, entered.headers["Location"]) == (303, "/activity")
    kept = {"Cookie": entered.headers["Set-Cookie"].partition(";")[0]}
    wait(lambda: listed(boards.token, kept) == [(boards.ours, "shop")], 60, "the namespace that may be seen is shown")
    page = ask(boards.token, "/", kept)
    assert page.status == 200
    assert f'href="/strategies/{boards.ours}/shop"' in page.body
    assert boards.theirs not in page.body
    assert f"system:serviceaccount:{boards.ours}:robot" in page.body
    assert ask(boards.token, f"/strategies/{boards.theirs}/shop", kept).status == 404


def test_rights_lost_and_gained_under_an_open_stream(boards: Dashboards) -> None:
    """A stream whose rights change begins anew: RESET, what may be seen now, and goes on."""
    namespace = boards.api.namespace()
    _, token = boards.api.service_account(namespace)
    binding = boards.api.let_read(boards.theirs, "ServiceAccount", "robot")
    subject = {"kind": "ServiceAccount", "name": "robot", "namespace": namespace}
    boards.api.cluster.patch(binding, {"subjects": [subject]})
    bearer = {"Authorization": f"Bearer {token}"}
    wait(lambda: listed(boards.token, bearer) == [(boards.theirs, "shop")], 60, "the right counts")
    with stream(boards.token, bearer) as events:
        told = (frame for frame in events if frame.event != "BOOKMARK")
        assert [next(told).event, next(told).event] == ["ADDED", "SYNCED"]
        boards.api.cluster.patch(binding, {"subjects": []})
        assert [next(told).event, next(told).event] == ["RESET", "SYNCED"]
        boards.api.cluster.patch(binding, {"subjects": [subject]})
        gained = [next(told) for _ in range(3)]
        assert [frame.event for frame in gained] == ["RESET", "ADDED", "SYNCED"]
        assert gained[1].data["metadata"]["namespace"] == boards.theirs


def test_a_token_that_is_taken_back(boards: Dashboards) -> None:
    """An account that is deleted is signed out: its page is told 401, and asks no more."""
    account, token = boards.api.service_account(boards.api.namespace())
    bearer = {"Authorization": f"Bearer {token}"}
    assert ask(boards.token, "/session", bearer).status == 200
    boards.api.cluster.delete(account)
    wait(lambda: ask(boards.token, "/session", bearer).status == 401, 60, "the token counts no more")


def test_whom_a_proxy_names(boards: Dashboards) -> None:
    """The proxy's secret makes its headers believable; users and groups then see what their Roles let them see."""
    boards.api.let_read(boards.api.namespace(), "User", "nobody-else")
    assert ask(boards.proxy, "/", {"X-Forwarded-User": "admin"}).status == 401
    assert ask(boards.proxy, "/", _proxied("admin", "platform", "wrong")).status == 401
    assert ask(boards.proxy, "/", _proxied("system:admin")).status == 403
    assert ask(boards.proxy, "/", _proxied("mallory", "system:masters")).status == 403
    assert listed(boards.proxy, _proxied("nina")) == []
    assert {(boards.ours, "shop"), (boards.theirs, "shop")} <= _set(listed(boards.proxy, _proxied("omar", "platform")))
    page = ask(boards.proxy, "/", _proxied("omar", "dev,platform"))
    assert page.status == 200
    assert '<span class="user">omar</span>' in page.body


def test_metrics_by_the_clusters_word(boards: Dashboards) -> None:
    """On its other port the dashboard serves health to everybody, and metrics to whom the cluster lets read them."""
    served = Served(boards.api.plane, boards.token)
    assert served.client("admin").request("GET", "/metrics")
    with pytest.raises(Exception, match="403"):
        served.client().request("GET", "/metrics")
    assert served.client().request("GET", "/readyz") == "ok"
