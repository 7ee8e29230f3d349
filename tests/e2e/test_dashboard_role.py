"""The dashboard as a process of its own, on the API of another: whichever is killed, pages and streams go on."""

from __future__ import annotations

import random
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest
import yaml

from tests.support.program.client import BROKEN, Client, RefusedError, path_of, seen
from tests.support.program.events import BROWSERS, Habits, Page
from tests.support.program.fleet import Fleet
from tests.support.program.program import Program
from tests.support.program.recording import Listing, Recording
from tests.support.program.simulated import Simulated, settle, simulated
from tests.support.program.truth import wait
from tests.support.program.validator import validate

#: One that is never cut by itself sees every change, so that the others can be judged by it.
HABITS = {"witness": Habits(), **BROWSERS}
WRITES = 12


class Pair(NamedTuple):
    """A cluster, the program that joins its objects, and the one that shows them."""

    cluster: Simulated
    api: Program
    dashboard: Program

    def items(self) -> dict[tuple[str, str], Any] | None:
        """What the dashboard lists, without resourceVersions; None while it does not answer."""
        return _bundles(self.dashboard, "/list", dashboard=True)

    def settle(self) -> int:
        """Waits until both show what the cluster holds; the position of the dashboard then."""
        settle(self.api, self.cluster.truth())
        wait(lambda: self.items() == _bundles(self.api, path_of("")), 60, "the dashboard shows what the API serves")
        return self.listing().resource_version

    def listing(self) -> Listing:
        """All bundles of the dashboard."""
        found = orjson.loads(Client(self.dashboard.dashboard).get("/list"))
        return Listing("", int(found["metadata"]["resourceVersion"]), tuple(map(seen, found["items"])))


def _bundles(program: Program, path: str, *, dashboard: bool = False) -> dict[tuple[str, str], Any] | None:
    try:
        items = orjson.loads(Client(program.dashboard if dashboard else program.endpoint).get(path))["items"]
    except (*BROKEN, RefusedError):
        return None
    for item in items:
        del item["metadata"]["resourceVersion"]
    return {(item["metadata"]["namespace"], item["metadata"]["name"]): item for item in items}


def api_kubeconfig(folder: Path, api: Program) -> Path:
    """One that leads to the API itself: what the aggregator passes on, it serves in the same way."""
    server = f"https://127.0.0.1:{api.endpoint.port}"
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "api", "cluster": {"server": server, "insecure-skip-tls-verify": True}}],
        "users": [{"name": "nobody", "user": {}}],
        "contexts": [{"name": "api", "context": {"cluster": "api", "user": "nobody"}}],
        "current-context": "api",
    }
    path = folder / "api.kubeconfig"
    path.write_text(yaml.safe_dump(document))
    return path


@contextmanager
def programs(folder: Path, cluster: Simulated) -> Iterator[tuple[Program, Program]]:
    """An API server and a dashboard, each with a log; neither is started. They end with the block."""
    always = ["--insecure-no-auth", "--bookmark-interval", "500ms"]
    joins = ["--role", "apiserver", "--kubeconfig", str(cluster.kubeconfig), "--event-log", f"file:{folder / 'joined'}"]
    with Program(folder / "api", [*joins, *always]) as api:
        shows = ["--role", "dashboard", "--kubeconfig", str(api_kubeconfig(folder, api))]
        with Program(folder / "dashboard", [*shows, *always], dashboard=True) as dashboard:
            yield api, dashboard


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """Both, ready, on an empty cluster."""
    with simulated(tmp_path / "cluster") as cluster, programs(tmp_path, cluster) as (api, dashboard):
        for program in (api, dashboard):
            program.start()
        for program in (api, dashboard):
            program.wait_ready()
        yield Pair(cluster, api, dashboard)


def _expired(program: Program) -> float:
    """How many lists were made because a position was gone."""
    lines = Client(program.endpoint).get("/metrics").decode().splitlines()
    found = [line for line in lines if line.startswith("promoter_view_reflector_relists_total{")]
    return sum(float(line.rpartition(" ")[2]) for line in found if 'reason="expired"' in line)


def revived(program: Program) -> None:
    """``kill -9``, and the next start."""
    program.kill()
    program.start()
    program.wait_ready()


def ask(url: str) -> tuple[int, str]:
    """Status and body of a GET; 0 where nobody listens."""
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()
    except BROKEN:
        return 0, ""


def test_killed_in_turn_under_open_streams(pair: Pair) -> None:
    """``kill -9`` of either, with changes going on: every stream resumes, sees each change once, and none is reset."""
    fleet = Fleet(pair.cluster.written, random.Random(8))
    pair.settle()
    first = pair.listing()
    pages = [
        Page(name, lambda: pair.dashboard.dashboard, habits, source=random.Random(name), life_seconds=300)
        for name, habits in HABITS.items()
    ]
    try:
        for page in pages:
            page.start()
        wait(lambda: all(page.position for page in pages), 60, "every page has a position")
        for program in (pair.dashboard, pair.api, pair.dashboard, pair.api):
            for _ in range(WRITES):
                fleet.write()
            revived(program)
        for _ in range(WRITES):
            fleet.write()
        end = pair.settle()
        for page in pages:
            page.settle()
        wait(lambda: all((page.position or 0) >= end for page in pages), 90, "every page has come to the end")
    finally:
        for page in pages:
            page.stop()
        for page in pages:
            page.join(20)
    recordings = [page.recording(settled=end) for page in pages]
    assert validate([Recording("list", (first,)), *recordings], expirations=False) == []
    assert [page.resets for page in pages] == [0] * len(pages)
    assert pair.dashboard.metric("promoter_view_reflector_relists_total") == 0


def test_an_api_that_lost_its_log(pair: Pair) -> None:
    """It numbers everything anew; the dashboard lists it again, and to its pages nothing has changed by that."""
    fleet = Fleet(pair.cluster.written, random.Random(9))
    before = pair.settle()
    pair.api.kill()
    log = pair.api.folder.parent / "joined"
    for file in log.iterdir():
        file.unlink()
    pair.api.start()
    pair.api.wait_ready()
    wait(lambda: pair.dashboard.metric("promoter_view_reflector_relists_total") == 2, 60, "both views are listed anew")
    fleet.write()
    pair.settle()
    page = Page("page", lambda: pair.dashboard.dashboard, Habits(), source=random.Random(1), life_seconds=60)
    page._last = str(before)
    page.start()
    wait(lambda: (page.position or 0) >= pair.listing().resource_version, 30, "the page has come to the end")
    page.stop()
    page.join(20)
    (stream,) = page.recording().life
    # Since when a state holds went with the log, so that each may be news.
    changed = {entry.seen.key for entry in stream.entries if hasattr(entry, "seen")}  # type: ignore[union-attr]
    assert page.resets == 0
    assert changed <= (pair.items() or {}).keys(), "nothing is told of that is not there"


def test_before_the_api_is_there(tmp_path: Path) -> None:
    """The dashboard serves a page that says what is missing, and the fleet once the API has come; it has no API."""
    with simulated(tmp_path / "cluster", "--strategies", "2") as cluster, programs(tmp_path, cluster) as (api, shows):
        shows.start()
        url = f"http://127.0.0.1:{shows.dashboard.port}"
        wait(lambda: "stagedetails; unreachable" in ask(url)[1], 30, "the page says what is in the way")
        assert ask(url)[0] == 503
        assert ask(f"{url}/healthz") == (200, "ok\n")
        assert ask(f"{url}/list")[0] == 503
        api.start()
        shows.wait_ready()
        status, html = ask(url)
        assert (status, html.count('<li class="row')) == (200, 2)
        with pytest.raises(RefusedError, match="404"):
            Client(shows.endpoint).get(path_of(""))
        assert shows.metric("promoter_view_bundles") == 2
        api.kill()
        assert ask(url)[0] == 200
