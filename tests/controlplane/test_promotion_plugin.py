"""``kubectl promotion``, found by a real kubectl in PATH, on the program: over its kills, cut connections and 410."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from promoter_view.program.demo.cluster import write_kubeconfig
from tests.support.command.cutting import CutWay
from tests.support.program.program import Program
from tests.support.program.simulated import Simulated, program, simulated

pytestmark = pytest.mark.controlplane

GROUP = "promoter.argoproj.io/v1alpha1"
BRANCHES = ("environment/staging", "environment/prod")
OLD, WANTED, NEWER = "a" * 40, "0123456789abcdef" + "0" * 24, "b" * 40
HOURS = {OLD: "01", WANTED: "02", NEWER: "03"}
PATIENCE_SECONDS = 90.0


class World(NamedTuple):
    """A cluster, the program on it, a way to it that can be cut, and kubectl with the plugin."""

    cluster: Simulated
    running: Program
    way: CutWay
    environ: dict[str, str]

    def set(self, name: str, *states: dict[str, Any]) -> None:
        """The states of a strategy's environments."""
        meta = {"namespace": "team", "name": name}
        environments = [{"branch": branch} for branch in BRANCHES[: len(states)]]
        spec = {"gitRepositoryRef": {"name": "app"}, "environments": environments}
        self.cluster.written.apply({"apiVersion": GROUP, "kind": "PromotionStrategy", "metadata": meta, "spec": spec})
        labels = {"promoter.argoproj.io/promotion-strategy": name}
        for branch, status in zip(BRANCHES, states, strict=False):
            policy = {
                "metadata": {"namespace": "team", "name": f"{name}-{branch[12:]}", "labels": labels},
                "spec": {"activeBranch": branch},
                "status": status,
            }
            self.cluster.written.apply({"apiVersion": GROUP, "kind": "ChangeTransferPolicy", **policy})

    def begin(self, *words: str) -> Plugin:
        """``kubectl promotion``, begun."""
        return Plugin(self, words)


class Plugin:
    """kubectl with the plugin; ``said`` waits for words on either stream."""

    def __init__(self, world: World, words: tuple[str, ...]) -> None:
        self._process = subprocess.Popen(
            ["kubectl", "promotion", *words],
            env=world.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self.text = ""
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.text += line
            self._lines.put(line)

    def said(self, words: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                if words in self._lines.get(timeout=max(deadline - time.monotonic(), 0.01)):
                    return
            except queue.Empty:
                self._process.kill()
                raise AssertionError(f"it did not say {words!r}: {self.text}") from None

    def interrupt(self) -> None:
        self._process.send_signal(signal.SIGINT)

    def end(self) -> tuple[int, str]:
        """The exit status, and the last line."""
        status = self._process.wait(PATIENCE_SECONDS)
        self._thread.join(PATIENCE_SECONDS)
        return status, self.text.strip().splitlines()[-1] if self.text.strip() else ""


@pytest.fixture(scope="module")
def world(control_plane_binaries: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The program, ready."""
    folder = tmp_path_factory.mktemp("world")
    with (
        simulated(folder / "cluster") as cluster,
        program(folder / "program", cluster, folder / "log") as running,
        CutWay(running.endpoint.port) as way,
    ):
        cluster.written.add_namespaces("team")
        running.wait_ready()
        kubeconfig = folder / "kubeconfig"
        certificate = folder / "program" / "apiserver.local.config" / "certificates" / "apiserver.crt"
        write_kubeconfig(kubeconfig, f"https://127.0.0.1:{way.port}", certificate.read_bytes())
        paths = [str(Path(sys.executable).parent), str(control_plane_binaries), os.environ["PATH"]]
        variables = {"PATH": os.pathsep.join(paths), "KUBECONFIG": str(kubeconfig)}
        yield World(cluster, running, way, {**os.environ, **variables})


def commit(sha: str) -> dict[str, Any]:
    return {"dry": {"sha": sha, "commitTime": f"2026-11-30T{HOURS[sha]}:00:00Z"}, "hydrated": {"sha": sha[::-1]}}


def proposed(sha: str, phase: str) -> dict[str, Any]:
    return {**commit(sha), "commitStatuses": [{"key": "smoke", "phase": phase}]}


LIVE = {"active": commit(WANTED), "proposed": commit(WANTED)}
COMING = {"active": commit(OLD), "proposed": proposed(WANTED, "pending")}
WAIT = ("-n", "team", "--commit", WANTED[:8].upper(), "--environment", "prod")
#: What prod becomes; the exit status, and what the last line says.
ENDINGS: dict[str, tuple[dict[str, Any] | None, int, str]] = {
    "goes live": (LIVE, 0, "01234567 is live in prod of team/goes-live"),
    "overtaken once live": (
        {
            "active": commit(NEWER),
            "proposed": commit(NEWER),
            "history": [{"active": commit(NEWER)}, {"active": commit(WANTED)}],
        },
        0,
        "01234567 was live in prod of team/overtaken-once-live; bbbbbbb is live now",
    ),
    "a check fails": (
        {"active": commit(OLD), "proposed": proposed(WANTED, "failure")},
        1,
        "error: 01234567 failed in prod of team/a-check-fails: ",
    ),
    "overtaken": (
        {"active": commit(OLD), "proposed": proposed(NEWER, "pending")},
        3,
        "error: 01234567 was superseded in prod of team/overtaken: bbbbbbb is proposed there",
    ),
    "nothing happens": (None, 2, "error: timed out after 4s: 01234567: prod Checking ("),
}


@pytest.mark.parametrize("case", ENDINGS)
def test_how_a_wait_ends(world: World, case: str) -> None:
    """The exit status passes through kubectl, and the last line says why."""
    after, status, words = ENDINGS[case]
    name = case.replace(" ", "-")
    world.set(name, LIVE, COMING)
    waiting = world.begin("wait", name, *WAIT, "--timeout", "4s" if after is None else "5m")
    if after is not None:
        waiting.said("prod Checking")
        world.set(name, LIVE, after)
    ended = waiting.end()
    assert (ended[0], ended[1][: len(words)]) == (status, words), waiting.text


KARGO = "kargo.akuity.io/v1alpha1"


def deliver(world: World, stage: str, *, has: str, verified: bool = False, state: str = "Succeeded") -> None:
    """A Stage that takes Freight of its Warehouse verified in test, two pieces, and what its last Promotion came to."""
    origin = {"kind": "Warehouse", "name": stage}
    sources = {"stages": ["test"]}
    for place, name in enumerate(("old", "new")):
        found = {"verifiedIn": {"test": {"verifiedAt": "2026-11-30T05:00:00Z"}}} if verified or not place else {}
        meta = {"namespace": "team", "name": f"{stage}-{name}"}
        piece = {"alias": name, "origin": origin, "discoveredAt": f"2026-11-30T0{place}:00:00Z", "status": found}
        world.cluster.written.apply({"apiVersion": KARGO, "kind": "Freight", "metadata": meta, **piece})
    last = {
        "name": "p1",
        "freight": {"name": f"{stage}-{has}"},
        "status": {"phase": state, "message": "no such branch"},
    }
    in_use = "new" if has == "new" and state == "Succeeded" else "old"
    items = {f"Warehouse/{stage}": {"name": f"{stage}-{in_use}"}}
    spec = {
        "requestedFreight": [{"origin": origin, "sources": sources}],
        "promotionTemplate": {"spec": {"steps": [{"uses": "argocd-update"}]}},
    }
    status = {"freightHistory": [{"id": "c", "items": items}], "lastPromotion": last}
    document = {"metadata": {"namespace": "team", "name": stage}, "spec": spec, "status": status}
    world.cluster.written.apply({"apiVersion": KARGO, "kind": "Stage", **document})


#: What the Stage's last Promotion comes to; the exit status, and the last line.
FREIGHT_ENDINGS = {
    "taken": ("Succeeded", 0, "new is in use in team/taken, which is Healthy"),
    "broken": ("Failed", 1, "error: new failed in team/broken: Promotion p1 Failed: no such branch"),
}


@pytest.mark.parametrize("case", FREIGHT_ENDINGS)
def test_how_a_wait_for_freight_ends(world: World, case: str) -> None:
    """Queued until it is verified upstream, then available, then promoted: each is told, from Kargo's own objects."""
    state, status, words = FREIGHT_ENDINGS[case]
    deliver(world, case, has="old")
    waiting = world.begin("wait", "-n", "team", "--stage", case, "--freight", "new", "--timeout", "5m")
    waiting.said("not verified in test yet")
    deliver(world, case, has="old", verified=True)
    waiting.said("verified in test")
    shown = world.begin("status", case, "-n", "team")
    assert shown.end()[0] == 0
    assert [line.split()[2] for line in shown.text.splitlines() if line.startswith("new ")] == ["Available"]
    deliver(world, case, has="new", verified=True, state=state)
    assert waiting.end() == (status, words), waiting.text


def test_a_hold(world: World) -> None:
    """A RestoreActiveCommit in the way is status 1, and named."""
    world.set("held", LIVE, COMING)
    waiting = world.begin("wait", "held", *WAIT)
    waiting.said("prod Checking")
    spec = {"promotionStrategyRef": {"name": "held"}, "branch": BRANCHES[1], "sha": OLD[::-1]}
    hold = {"metadata": {"namespace": "team", "name": "held-prod"}, "spec": spec}
    world.cluster.written.apply({"apiVersion": GROUP, "kind": "RestoreActiveCommit", **hold})
    status, line = waiting.end()
    assert (status, line[:52]) == (1, "error: 01234567 is held back from prod of team/held:"), line


def test_over_kills_and_cuts(world: World) -> None:
    """``kill -9`` and a start of the server, a connection that breaks off, then the commit: 0, and one last line."""
    world.set("lasting", LIVE, COMING)
    waiting = world.begin("wait", "lasting", *WAIT)
    waiting.said("prod Checking")
    assert world.way.cut() >= 1
    failing = {"active": commit(OLD), "proposed": {**proposed(WANTED, "pending"), "commitStatuses": []}}
    world.running.kill()
    waiting.said("reconnecting: ")
    world.running.start()
    world.running.wait_ready()
    world.set("lasting", LIVE, failing)
    waiting.said("prod Promoting")
    world.set("lasting", LIVE, LIVE)
    assert waiting.end() == (0, "01234567 is live in prod of team/lasting"), waiting.text


def test_ctrl_c(world: World) -> None:
    """kubectl and the plugin end, and nothing else is said."""
    world.set("stopped", LIVE, COMING)
    waiting = world.begin("wait", "stopped", *WAIT)
    waiting.said("prod Checking")
    waiting.interrupt()
    status, line = waiting.end()
    assert status in (130, -signal.SIGINT)
    assert "prod Checking" in line


def test_a_pasted_sha(world: World) -> None:
    """Whole or its beginning: where it is; of one that nothing names status 4, and how far back that can be told."""
    world.set("pasted", LIVE, COMING)
    for sha in (WANTED, WANTED[:7].upper()):
        found = world.begin("where", sha, "-n", "team")
        assert found.end()[0] == 0
        rows = [line.split() for line in found.text.splitlines() if line.startswith("pasted")]
        assert [row[:3] for row in rows] == [["pasted", "staging", "live"], ["pasted", "prod", "next"]]
    nothing = world.begin("where", "fffffff", "-A")
    status, line = nothing.end()
    assert (status, line[:23]) == (4, "error: commit fffffff: ")
    assert "as far back as is known" in line


def test_kubectl_shows_the_same_state(world: World) -> None:
    """``status`` and kubectl get say one word."""
    world.set("same", LIVE, COMING)
    template = ["-o", "jsonpath={.status.environments[1].state}"]
    got = subprocess.run(
        ["kubectl", "get", "promotionstrategydetails", "same", "-n", "team", *template],
        env=world.environ,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_SECONDS,
    ).stdout
    shown = world.begin("status", "same", "-n", "team")
    assert shown.end()[0] == 0
    assert next(line.split()[1] for line in shown.text.splitlines() if line.startswith("prod ")) == got == "Checking"


def test_check_knows_a_promoter_view(world: World) -> None:
    """It says so, and has nothing to do."""
    command = [str(Path(sys.executable).with_name("promoter-view")), "check"]
    done = subprocess.run(command, env=world.environ, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout
    assert "this is a promoter-view server, and it is ready" in done.stdout
