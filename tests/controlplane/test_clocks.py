"""A clock that steps under the program on a real cluster: limits hold, streams go on, one holder of a shard writes."""

from __future__ import annotations

import http.client
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.controlplane.argocd import (
    APPLICATIONS,
    PATIENCE_SECONDS,
    PROJECT,
    ArgoCD,
    application,
    kargo_path,
    promote,
    stage,
    town,
    update,
    wait_for,
)
from tests.controlplane.dashboards import listed
from tests.controlplane.test_access import EVERYWHERE, Served, code, create_strategy, within
from tests.controlplane.test_promotions import LEASE, SHARD, ended
from tests.crds.installed import every_definition
from tests.support.plane.client import Client
from tests.support.plane.fixtures import running_plane
from tests.support.plane.plane import ControlPlane
from tests.support.program.client import BROKEN
from tests.support.program.client import Client as ViewClient
from tests.support.program.host_clock import HostClock
from tests.support.program.program import Program

pytestmark = pytest.mark.controlplane

#: How long an answer of the cluster may count (docs/access.md).
KEPT_SECONDS = 10.0
#: The same of a page.
PAGE_KEPT_SECONDS = 35.0
#: A page's stream shows a sign of life as often, and a watch a bookmark.
BEAT_SECONDS = 10.0
BOOKMARK_SECONDS = 2.0
#: The machine may be busy.
MARGIN_SECONDS = 5.0
STEPS = (-300, -3600, 86_400)
STOPPED_SECONDS = 3.0


class Following(threading.Thread):
    """Reads what comes, and when by a clock that nobody sets, until the other side ends."""

    def __init__(self, read: Callable[[], Iterator[int]]) -> None:
        super().__init__(daemon=True)
        self.seen: list[tuple[float, int]] = []
        self._read = read
        self.start()

    def run(self) -> None:
        with suppress(*BROKEN):  # the program is killed at the end
            for number in self._read():
                self.seen.append((time.monotonic(), number))

    def wait(self, since: float, seconds: float, what: str, holds: Callable[[int], bool] = lambda _: True) -> None:
        """Until something came after ``since`` for which it holds, within so many seconds of that."""
        while not any(at > since and holds(number) for at, number in list(self.seen)):
            assert time.monotonic() - since < seconds + MARGIN_SECONDS, f"{what} did not come within {seconds} s"
            time.sleep(0.05)


def watch(client: Client) -> Iterator[int]:
    """The resourceVersions of a watch's events, bookmarks too."""
    with client.watch(EVERYWHERE, allowWatchBookmarks="true", resourceVersion="") as events:
        for event in events:
            yield int(event["object"]["metadata"]["resourceVersion"])


def beats(program: Program, token: str) -> Iterator[int]:
    """The sizes of what a page's stream sends."""
    connection = http.client.HTTPConnection("127.0.0.1", program.dashboard.port, timeout=60)
    headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {token}"}
    connection.request("GET", "/watch", headers=headers)
    response = connection.getresponse()
    assert response.status == 200
    while chunk := response.read1(16 * 1024):
        yield len(chunk)


class Revoked:
    """Somebody who may read a namespace, at the API and on the dashboard, and then may not."""

    def __init__(self, served: Served, name: str) -> None:
        self._served = served
        self.namespace = served.namespace()
        create_strategy(served.cluster, self.namespace, name)
        _, self._token = served.service_account(self.namespace)
        self._binding = served.let_read(self.namespace, "ServiceAccount", "robot")
        self._robot = served.client(token=self._token)
        self._since = 0.0
        wait_for(lambda: (self.code(), self.shown()) == (200, [(self.namespace, name)]), f"{name} to be shown")

    def revoke(self) -> None:
        """From now on it may not."""
        self._served.cluster.delete(self._binding)
        self._since = time.monotonic()

    def code(self) -> int:
        """What it gets of the API."""
        return code(self._robot, within(self.namespace))

    def shown(self) -> list[tuple[str, str]] | int:
        """What it gets of the dashboard."""
        return listed(self._served.program, {"Authorization": f"Bearer {self._token}"})

    def wait(self, found: Callable[[], object], wanted: object, seconds: float) -> None:
        """Until it gets that, within so many seconds from when it was revoked."""
        while (last := found()) != wanted:
            assert time.monotonic() - self._since < seconds + MARGIN_SECONDS, f"{last} after {seconds} s"
            time.sleep(0.2)


def test_limits_and_streams_hold(control_plane: ControlPlane, tmp_path: Path) -> None:
    """Set back by minutes and an hour, forward by a day, stopped for some seconds: rights end in time, bookmarks,
    heartbeats and changes come as ever, and no resourceVersion is below one before it."""
    clock = HostClock(tmp_path)
    options = ["--kubeconfig", str(control_plane.kubeconfig), "--event-log", f"file:{tmp_path / 'log'}"]
    options += ["--dashboard-auth", "token", "--bookmark-interval", f"{BOOKMARK_SECONDS:.0f}s"]
    options += ["--authorization-always-allow-paths", "/livez,/readyz,/healthz,/metrics"]
    with Program(tmp_path / "program", options, environment=clock.environment, dashboard=True) as program:
        program.start()
        program.wait_ready()
        served = Served(control_plane, program)
        _, token = served.service_account(served.namespace())
        watching = Following(lambda: watch(served.client("admin")))
        page = Following(lambda: beats(program, token))
        page.wait(time.monotonic(), BEAT_SECONDS, "the first frame")
        users = []
        for number, change in enumerate((*STEPS, 0)):
            user = Revoked(served, f"strategy-{number}")
            if change:
                clock.set(sum(STEPS[: number + 1]))
            else:
                _pause(program)
            stepped, last = time.monotonic(), watching.seen[-1][1]
            user.revoke()
            user.wait(user.code, 403, KEPT_SECONDS)
            users.append(user)
            watching.wait(stepped, 2 * BOOKMARK_SECONDS, "a bookmark")
            page.wait(stepped, BEAT_SECONDS, "a heartbeat")
            changed = time.monotonic()
            create_strategy(served.cluster, user.namespace, "later")
            watching.wait(changed, MARGIN_SECONDS, "the change", lambda version, last=last: version > last)
        for user in users[:-1]:
            user.wait(user.shown, [], PAGE_KEPT_SECONDS)
        versions = [version for _, version in watching.seen]
        assert versions == sorted(versions)
        assert program.metric("promoter_view_clock_steps_total") == len(STEPS)
        assert program.log.count("the wall clock of this host stepped") == len(STEPS)


def _pause(program: Program) -> None:
    program.send(signal.SIGSTOP)
    time.sleep(STOPPED_SECONDS)
    program.send(signal.SIGCONT)


@pytest.fixture
def kargo(control_plane_binaries: Path, tmp_path: Path) -> Iterator[ControlPlane]:
    """A control plane with all CRDs, a Freight, a Stage and its Application."""
    definitions = every_definition()
    with running_plane(control_plane_binaries, tmp_path, definitions) as plane, town(plane):
        plane.client().create(kargo_path("stages"), stage("test"))
        plane.client().create(APPLICATIONS, application("web", f"{PROJECT}:test"))
        yield plane


class Holders:
    """Two programs with one shard, on hosts whose clocks are hours apart."""

    def __init__(self, plane: ControlPlane, folder: Path, stack: ExitStack) -> None:
        self.client = plane.client()
        self.clocks = [HostClock(folder / f"clock-{ahead}", ahead) for ahead in (-7200, 7200)]
        self.programs: list[Program] = []
        for number, clock in enumerate(self.clocks):
            log = f"file:{folder / f'log-{number}'}"
            options = ["--kubeconfig", str(plane.kubeconfig), "--insecure-no-auth", "--event-log", log]
            program = Program(
                folder / f"program-{number}", [*options, "--argocd-shard", SHARD], environment=clock.environment
            )
            self.programs.append(stack.enter_context(program))
            program.start(timeout_seconds=PATIENCE_SECONDS)
            program.wait_ready(timeout_seconds=PATIENCE_SECONDS)
            if not number:
                wait_for(self.holder, "the first to hold the Lease")

    def holder(self) -> str:
        """Who holds the Lease; it can be absent yet."""
        items = self.client.get(LEASE.rpartition("/")[0])["items"]
        found = next((item["spec"] for item in items if item["metadata"]["name"] == LEASE.rpartition("/")[2]), {})
        return str(found.get("holderIdentity", ""))

    def promote(self, revision: str) -> None:
        """One Promotion, to its end."""
        assert ended(self.client, promote(self.client, "test", update(revision, name="web"))) == ("Succeeded", "")

    def holding(self) -> list[bool]:
        """What each of those that run says of itself."""
        return [_holds(program) for program in self.programs]


def _holds(program: Program) -> bool:
    lines = ViewClient(program.endpoint).get("/metrics").decode().splitlines()
    return 'promoter_view_shard_lease{state="held"} 1.0' in lines


def test_one_holder_writes(kargo: ControlPlane, tmp_path: Path) -> None:
    """Clocks that are hours apart, and step, move no Lease; who was stopped for longer than it lasts writes no more."""
    with ExitStack() as stack, ArgoCD(kargo.client) as argocd:
        holders = Holders(kargo, tmp_path, stack)
        first = holders.holder()
        for number, step in enumerate(STEPS):
            for clock, ahead in zip(holders.clocks, (-7200 + step, 7200 - step), strict=True):
                clock.set(ahead)
            holders.promote(f"p-{number}")
            time.sleep(3)
            assert holders.holding() == [True, False]
        assert holders.holder() == first
        holders.programs[0].send(signal.SIGSTOP)
        try:
            wait_for(lambda: holders.holder() != first, "the second to take the Lease")
            second = holders.holder()
            holders.promote("p-stopped")
        finally:
            holders.programs[0].send(signal.SIGCONT)
        for _ in range(20):  # from the first moment on
            assert holders.holding() == [False, True]
        holders.promote("p-woken")
        assert holders.holder() == second
        assert set(argocd.syncs.values()) == {1}
        assert len(argocd.syncs) == len(STEPS) + 2
