"""The options that change what is served, in pairs: about a dozen starts of the program, each surface asked once."""

from __future__ import annotations

import json
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import combinations, product
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from promoter_view.log.file.folder import JOURNAL
from promoter_view.program.command_line.declaring import OptionError
from promoter_view.program.command_line.parsing import settings
from tests.crds.installed import every_definition
from tests.support.journal.postgres import running_postgres
from tests.support.log.etcds import Etcds
from tests.support.plane.aggregation import aggregated
from tests.support.plane.fixtures import running_plane
from tests.support.plane.kargo_town import Town
from tests.support.plane.plane import ControlPlane
from tests.support.program.program import Program
from tests.support.program.truth import wait

GROUP_PATH = "/apis/view.promoter.argoproj.io/v1alpha1"
STRATEGIES, STAGES, EVENTS = "promotionstrategydetails", "stagedetails", "promotionevents"
VIEWS = {"both": [STRATEGIES, STAGES], "strategies": [STRATEGIES], "stages": [STAGES]}
KINDS = {STRATEGIES: ("PromotionStrategyDetails", "shop"), STAGES: ("StageDetails", "test")}
OURS, THEIRS = "pairs-a", "pairs-b"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
VIEWER = "pairs-viewers"
_SECONDS = 30.0

Row = Mapping[str, str]
Pair = tuple[tuple[str, str], ...]

FACTORS = {
    "role": ("all", "apiserver", "dashboard"),
    "views": ("both", "strategies", "stages"),
    "access": ("delegated", "open"),
    "members": ("everybody's", "authorized"),
    "dashboard-auth": ("none", "token", "proxy"),
    "event-log": ("memory", "file", "etcd"),
    "journal": ("beside", "memory", "sqlite", "postgresql"),
    "shard": ("no", "yes"),
    "namespace": ("all", "one"),
    "root-path": ("/", "/promoter"),
    "argocd": ("here", "elsewhere"),
    "kinds": ("declared", "every"),
    "series": ("many", "few"),
    "url": ("untold", "told"),
    "promotes": ("no", "yes"),
    "notifications": ("no", "yes"),
}


def options_of(row: Row, kubeconfig: str, log: str, journal: str, notifications: str) -> dict[str, str | None]:
    """The options of that row; None for those that have no value."""
    found: dict[str, str | None] = {
        "role": row["role"],
        "views": ",".join(VIEWS[row["views"]]),
        "dashboard-auth": row["dashboard-auth"],
        "dashboard-root-path": row["root-path"],
        "kubeconfig": kubeconfig,
        "event-log": log,
        "shutdown-grace": "2s",
    }
    chosen: dict[str, tuple[bool, str | None]] = {
        "insecure-no-auth": (row["access"] == "open", None),
        "discover-kinds": (row["kinds"] == "every", None),
        "member-authorization": (row["members"] == "authorized", None),
        "journal": (row["journal"] != "beside", journal),
        "argocd-shard": (row["shard"] == "yes", "pairs"),
        "argocd-auto-promotion": (row["promotes"] == "yes", None),
        "namespace": (row["namespace"] == "one", OURS),
        "argocd-kubeconfig": (row["argocd"] == "elsewhere", kubeconfig),
        "dashboard-url": (row["url"] == "told", "https://promoter.example.com"),
        "metrics-max-series": (row["series"] == "few", "1"),
        "notifications": (row["notifications"] == "yes", notifications),
    }
    return found | {name: value for name, (given, value) in chosen.items() if given}


def is_taken(row: Row) -> bool:
    """Whether the program takes that combination, by its own word."""
    given = {"bind-address": "127.0.0.1", "dashboard-port": "8080", **options_of(row, "k", "memory:", "memory:", "n")}
    try:
        settings({name: "1" if value is None else value for name, value in given.items()}, {})
    except OptionError:
        return False
    return True


def pairs_of(row: Row) -> frozenset[Pair]:
    """The pairs that stand in that row."""
    return frozenset(combinations(row.items(), 2))


#: A covering array, found by a random search: the values of FACTORS, in their order.
TABLE_OF_ROWS = """
apiserver strategies open      everybody's token etcd   beside yes one /promoter elsewhere declared few  told   no  no
all       stages     delegated authorized  token etcd   sqlite yes one /         here      declared many untold yes no
all       both       delegated authorized  none  memory memory no  one /         elsewhere every    many told   no  no
apiserver stages     open      everybody's proxy memory beside no  one /         here      declared few  told   no  no
apiserver both       open      everybody's token etcd   sqlite yes all /promoter here      every    few  untold yes no
all       both       delegated everybody's proxy file   beside yes all /         elsewhere every    few  untold yes no
dashboard stages     open      everybody's none  etcd   beside no  all /promoter here      declared few  untold no  no
apiserver stages     delegated authorized  none  file   beside yes one /         here      every    many told   yes yes
all       strategies open      everybody's none  file   sqlite yes all /promoter elsewhere every    many untold yes yes
dashboard both       delegated authorized  token file   memory no  one /         here      declared few  told   no  yes
apiserver stages     open      everybody's token memory memory yes one /promoter elsewhere declared many untold yes no
dashboard strategies delegated authorized  proxy memory sqlite no  all /         here      declared many told   no  yes
apiserver strategies delegated authorized  proxy etcd   memory yes all /promoter here      every    many told   yes yes
all       both       open      everybody's none  file postgresql yes one /promoter here     declared many untold no  no
apiserver stages     delegated authorized token memory postgresql yes all /         elsewhere every   few told yes yes
dashboard strategies delegated everybody's proxy etcd postgresql no  one /         here      declared many untold no no
"""
ROWS: list[Row] = [dict(zip(FACTORS, line.split(), strict=True)) for line in TABLE_OF_ROWS.strip().splitlines()]


def test_every_pair_is_there() -> None:
    """Each pair of values stands in one of about a dozen rows, or the program refuses it in whatever row it is put."""
    every = {
        ((one, value), (other, its))
        for one, other in combinations(FACTORS, 2)
        for value, its in product(FACTORS[one], FACTORS[other])
    }
    refused = every - frozenset().union(*map(pairs_of, ROWS))
    assert all(map(is_taken, ROWS))
    assert not [pair for pair in refused if any(is_taken({**row, **dict(pair)}) for row in ROWS)]
    assert refused == {
        (("role", "dashboard"), ("shard", "yes")),
        (("role", "dashboard"), ("argocd", "elsewhere")),
        (("role", "dashboard"), ("kinds", "every")),
        (("role", "dashboard"), ("promotes", "yes")),
        (("shard", "no"), ("promotes", "yes")),
        (("access", "open"), ("members", "authorized")),
    }


class Answer(NamedTuple):
    """An answer to a GET; of a stream what it has said until it was enough."""

    status: int
    body: str

    @property
    def document(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Asked(NamedTuple):
    """Where things are asked, and by whom: a token and what a proxy would say go with every request."""

    url: str
    headers: Mapping[str, str]

    def get(self, path: str, *, until: str = "", **headers: str) -> Answer:
        """``until``: read a stream up to these words only."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        request = urllib.request.Request(self.url + path, headers={**self.headers, **headers})
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS, context=context) as answer:
                if not until:
                    return Answer(answer.status, answer.read().decode())
                said = ""
                while until not in said:
                    line = answer.readline().decode()
                    assert line, f"{path} ended before {until}: {said[-500:]}"
                    said += line
                return Answer(answer.status, said)
        except urllib.error.HTTPError as refused:
            return Answer(refused.code, refused.read().decode())


class Cluster(NamedTuple):
    """A control plane with strategies and Stages in two namespaces, the API behind its aggregator, and an etcd."""

    plane: ControlPlane
    etcd: Etcds
    headers: Mapping[str, str]


@pytest.fixture(scope="module")
def cluster(control_plane_binaries: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """All of it, once, with a control plane of its own: whole lists are compared, and nobody else may be in them."""
    folder = tmp_path_factory.mktemp("pairs")
    etcd = Etcds(control_plane_binaries, folder / "etcd", members=1)
    with ExitStack() as stack:
        plane = stack.enter_context(running_plane(control_plane_binaries, folder, every_definition()))
        stack.callback(etcd.stop)
        etcd.start()
        token = _prepare(plane)
        options = ["--role", "apiserver", "--kubeconfig", str(plane.kubeconfig), "--event-log", "memory:"]
        program = stack.enter_context(Program(folder / "api", options))
        program.start()
        program.wait_ready()
        stack.enter_context(aggregated(plane, program))
        proxied = {"X-Forwarded-User": "ann", "X-Forwarded-Groups": VIEWER}
        yield Cluster(plane, etcd, {"Authorization": f"Bearer {token}", **proxied})


def _prepare(plane: ControlPlane) -> str:
    """Objects, and somebody who may do everything, by a token or as a proxy's user; the token."""
    client = plane.client()
    for namespace in (OURS, THEIRS):
        town = Town(client, namespace, "argocd")
        town.stage("test")
        town.promotion("done", "test", {"phase": "Succeeded", "finishedAt": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"})
        spec = {"gitRepositoryRef": {"name": "r"}, "environments": [{"branch": "env/dev"}]}
        document = {
            "apiVersion": "promoter.argoproj.io/v1alpha1",
            "kind": "PromotionStrategy",
            "metadata": {"name": "shop"},
            "spec": spec,
        }
        client.create(f"/apis/promoter.argoproj.io/v1alpha1/namespaces/{namespace}/promotionstrategies", document)
    account = f"/api/v1/namespaces/{OURS}/serviceaccounts"
    client.create(account, {"metadata": {"name": "viewer"}})
    group = {"kind": "Group", "name": VIEWER, "apiGroup": "rbac.authorization.k8s.io"}
    binding = {
        "metadata": {"name": VIEWER},
        "subjects": [{"kind": "ServiceAccount", "name": "viewer", "namespace": OURS}, group],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
    }
    client.create("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", binding)
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    token: str = client.create(f"{account}/viewer/token", request)["status"]["token"]
    return token


@pytest.mark.controlplane
@pytest.mark.parametrize("row", ROWS, ids=lambda row: "-".join(row.values()))
def test_every_surface(cluster: Cluster, tmp_path: Path, row: Row) -> None:
    """What is served is all there, what is not is 404, nothing is a fault, and the program ends in order."""
    logs = {
        "memory": "memory:",
        "file": f"file:{tmp_path / 'log'}",
        "etcd": cluster.etcd.log_url(f"pairs-{ROWS.index(row)}"),
    }
    journals = {
        "beside": tmp_path / "log" / JOURNAL if row["event-log"] == "file" else None,
        "memory": None,
        "sqlite": tmp_path / "kept.sqlite",
        "postgresql": tmp_path / "copy.sqlite",
    }
    journal = journals[row["journal"]]
    kept = "etcd" if row["event-log"] == "etcd" else "sqlite"
    place = f"{kept}:{journal}" if journal is not None else "memory:"
    if row["journal"] == "postgresql":
        place = running_postgres().url(f"schema=pairs_{ROWS.index(row)}&copy={journal}")
    declared = tmp_path / "notifications.yaml"
    declared.write_text("notifications: [{name: pairs, url: 'http://127.0.0.1:9/'}]\n")
    options = options_of(row, str(cluster.plane.kubeconfig), logs[row["event-log"]], place, str(declared))
    arguments = [part for name, value in options.items() for part in (f"--{name}", value) if part is not None]
    with Program(tmp_path / "program", arguments, dashboard=True) as program:
        program.start()
        program.wait_ready()
        views = VIEWS[row["views"]]
        namespaces = [OURS] if row["namespace"] == "one" else [OURS, THEIRS]
        api = Asked(f"https://127.0.0.1:{program.endpoint.port}", cluster.headers)
        for path in ("/livez", "/readyz"):
            assert api.get(path).status == 200
        if row["role"] == "dashboard":
            assert api.get(f"{GROUP_PATH}/{STRATEGIES}").status in (403, 404)
            assert api.get("/metrics/promotions").status == 404
        else:
            _ask_api(api, views, namespaces)
            _ask_events(api, namespaces if STAGES in views else [])
            _ask_measures(api, views, 0 if row["series"] == "many" else len(namespaces))
            assert api.get("/notifications").status == (200 if row["notifications"] == "yes" else 404)
        root = row["root-path"].rstrip("/")
        dashboard = Asked(f"http://127.0.0.1:{program.dashboard.port}{root}", cluster.headers)
        if row["role"] == "apiserver":
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", program.dashboard.port))
        else:
            _ask_dashboard(dashboard, views, namespaces, signs_in=row["dashboard-auth"] == "token")
            told = dashboard.get("/notifications?format=json")
            assert told.status == (200 if row["notifications"] == "yes" else 404)
            assert "--notifications" in dashboard.get("/notifications").body or told.status == 200
        assert program.terminate() == 0
        assert "Traceback" not in program.log
    assert [*tmp_path.rglob("*.sqlite")] == ([journal] if journal is not None else [])


def _ask_api(api: Asked, views: list[str], namespaces: list[str]) -> None:
    """Discovery, documentation, and each view as a list, a Table, a watch and one object."""
    found = api.get(GROUP_PATH).document["resources"]
    assert [each["name"] for each in found] == [*(view for view in KINDS if view in views), "commits", EVENTS]
    definitions = api.get("/openapi/v2").document["definitions"]
    assert f"{GROUP_PATH[1:]}" in api.get("/openapi/v3").document["paths"]
    schemas = api.get(f"/openapi/v3{GROUP_PATH}").document["components"]["schemas"]
    assert "promoter_view_" in api.get("/metrics").body
    for view, (kind, name) in KINDS.items():
        path = f"{GROUP_PATH}/{view}"
        served = view in views
        assert any(each.endswith(f".{kind}") for each in definitions) is served
        assert any(each.endswith(f".{kind}") for each in schemas) is served
        assert api.get(path).status == (200 if served else 404)
        if not served:
            continue
        items = api.get(path).document["items"]
        assert [each["metadata"]["namespace"] for each in items if each["metadata"]["name"] == name] == namespaces
        rows = api.get(path, Accept=TABLE).document["rows"]
        assert [each["object"]["metadata"]["namespace"] for each in rows] == namespaces
        query = "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
        watched = api.get(f"{path}?{query}", until="initial-events-end").body
        assert watched.count('"type":"ADDED"') == len(namespaces)
        assert api.get(f"{GROUP_PATH}/namespaces/{OURS}/{view}/{name}").document["kind"] == kind


def _ask_events(api: Asked, namespaces: list[str]) -> None:
    """What the journal has of the Promotions, as a list, a Table, a watch and one event: in those namespaces."""
    path, since = f"{GROUP_PATH}/{EVENTS}", "since=-1h&fieldSelector=event=promotion-succeeded"
    if namespaces:  # a journal in a database is open when there is an answer, and written a moment later
        wait(lambda: bool(api.get(f"{path}?{since}").document["items"]), 20.0, "it is written")
    items = api.get(f"{path}?{since}").document["items"]
    assert sorted(each["metadata"]["namespace"] for each in items) == namespaces
    assert len(api.get(f"{path}?{since}", Accept=TABLE).document["rows"]) == len(items)
    query = "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
    watched = api.get(f"{path}?{query}&{since}", until="initial-events-end").body
    assert watched.count('"type":"ADDED"') == len(items)
    for each in items:
        place = f"{GROUP_PATH}/namespaces/{each['metadata']['namespace']}/{EVENTS}"
        assert api.get(f"{place}/{each['metadata']['name']}").document == each | {"kind": "PromotionEvent"}
    assert api.get(f"{GROUP_PATH}/namespaces/{OURS}/{EVENTS}/1-0").status == 404


def _ask_measures(api: Asked, views: list[str], left_out: int) -> None:
    """Each view that is served is measured, but for so many of its bundles."""
    measures = api.get("/metrics/promotions").body
    told = {view: f'promoter_view_measures_left_out{{view="{view}"}} {left_out}\n' in measures for view in KINDS}
    assert told == {view: view in views for view in KINDS}


def _ask_dashboard(board: Asked, views: list[str], namespaces: list[str], *, signs_in: bool) -> None:
    """Pages, streams, lists and the session."""
    strategies, stages = STRATEGIES in views, STAGES in views
    fleet = board.get("/").body
    assert [namespace for namespace in (OURS, THEIRS) if f"/strategies/{namespace}/shop" in fleet] == (
        namespaces if strategies else []
    )
    pages = {
        "/activity": True,
        "/program": True,
        f"/strategies/{OURS}/shop": strategies,
        f"/strategies/{OURS}/shop/manifest": strategies,
        "/stages": stages,
        f"/stages/{OURS}/test": stages,
        "/sign-in": signs_in,
        "/healthz": True,
        "/session": True,
    }
    assert {path: board.get(path).status for path in pages} == {path: 200 if it else 404 for path, it in pages.items()}
    listed = board.get("/list").document["items"]
    assert sorted(each["metadata"]["namespace"] for each in listed) == sorted(namespaces * len(views))
    topics = ["fleet", "activity", f"strategies/{OURS}/shop", *(["stages", f"stages/{OURS}/test"] if stages else [])]
    streams = {"/watch", f"/watch?kind={','.join(views)}", *(f"/watch?kind={view}" for view in views)}
    for path in streams:
        count = len(namespaces) * (1 if path.count("=") and "," not in path else len(views))
        assert board.get(path, until="event: SYNCED").body.count("event: ADDED") == count
    pages_stream = board.get(f"/pages/stream?{'&'.join(f'page={topic}' for topic in topics)}", until="event: SYNCED")
    assert pages_stream.status == 200
