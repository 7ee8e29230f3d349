"""hack/wait-for-commit.sh, with kubectl on the program: what docs/scripts.md says of its exit status."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from promoter_view.program.demo.cluster import write_kubeconfig
from tests.controlplane.installation.installed import ROOT
from tests.support.program.program import Program
from tests.support.program.simulated import Simulated, program, simulated
from tests.support.program.truth import wait

pytestmark = pytest.mark.controlplane

BRANCH = "environment/prod"
OLD, WANTED, NEWER = "a" * 40, "0123456789abcdef" + "0" * 24, "b" * 40


class World(NamedTuple):
    """A cluster, the program on it, and the script with its kubectl."""

    cluster: Simulated
    running: Program
    environ: dict[str, str]

    def set(self, name: str, **status: Any) -> None:
        """The state of a strategy's only environment."""
        self.cluster.put_strategy(name, BRANCH, status)

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """The script, begun."""
        command = ["sh", str(ROOT / "hack" / "wait-for-commit.sh"), *arguments]
        return subprocess.Popen(command, env=self.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def world(control_plane_binaries: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The program, ready."""
    folder = tmp_path_factory.mktemp("world")
    with simulated(folder / "cluster") as cluster, program(folder / "program", cluster, folder / "log") as running:
        cluster.written.add_namespaces("team")
        running.wait_ready()
        kubeconfig = folder / "kubeconfig"
        certificate = folder / "program" / "apiserver.local.config" / "certificates" / "apiserver.crt"
        write_kubeconfig(kubeconfig, f"https://127.0.0.1:{running.endpoint.port}", certificate.read_bytes())
        kubectl = f"{control_plane_binaries / 'kubectl'} --kubeconfig {kubeconfig}"
        yield World(cluster, running, {**os.environ, "KUBECTL": kubectl})


def commit(sha: str) -> dict[str, Any]:
    return {"dry": {"sha": sha}}


def proposed(sha: str, phase: str) -> dict[str, Any]:
    return {**commit(sha), "commitStatuses": [{"key": "smoke", "phase": phase}]}


HISTORY = [{"active": commit(NEWER)}, {"active": commit(WANTED)}]
#: What the environment is in when the script begins, and becomes; the exit status, and what its line says.
CASES = {
    "live": ({"active": commit(WANTED)}, None, 0, f"{WANTED} is live in {BRANCH}"),
    "overtaken": (
        {"active": commit(NEWER), "history": HISTORY},
        None,
        0,
        f"{WANTED} was live in {BRANCH}; now {NEWER}",
    ),
    "goes live": (
        {"active": commit(OLD), "proposed": proposed(WANTED, "pending")},
        {"active": commit(WANTED), "proposed": proposed(WANTED, "success")},
        0,
        "is live",
    ),
    "goes live and is overtaken between two looks": (
        {"active": commit(OLD), "proposed": proposed(WANTED, "pending")},
        {"active": commit(NEWER), "proposed": proposed(NEWER, "success"), "history": HISTORY},
        0,
        "was live",
    ),
    "a check fails": (
        {"active": commit(OLD), "proposed": proposed(WANTED, "pending")},
        {"active": commit(OLD), "proposed": proposed(WANTED, "failure")},
        1,
        "checks failed: smoke",
    ),
    "another takes its place": (
        {"active": commit(OLD), "proposed": proposed(WANTED, "pending")},
        {"active": commit(OLD), "proposed": proposed(NEWER, "failure")},
        3,
        f"was never live in {BRANCH}: {NEWER} is proposed",
    ),
    "nothing happens": ({"active": commit(OLD)}, None, 2, f"runs {OLD}, not {WANTED[:8]}"),
    "no status yet": ({}, None, 2, "it has no environment of that branch, or nothing is live there"),
}


@pytest.mark.parametrize("case", CASES)
def test_how_a_wait_ends(world: World, case: str) -> None:
    """By eight characters of the commit, in capitals; also where it was live for a moment only."""
    before, after, status, words = CASES[case]
    name = case.replace(" ", "-")
    world.set(name, **before)
    seconds = "4" if status == 2 else "60"
    process = world.begin(f"team/{name}", BRANCH, WANTED[:8].upper(), seconds)
    if after is not None:
        wait(lambda: world.running.metric("apiserver_longrunning_requests") >= 1, 30, "kubectl watches")
        world.set(name, **after)
    _, said = process.communicate(timeout=90)
    assert (process.returncode, words in said) == (status, True), said
    wait(lambda: world.running.metric("apiserver_longrunning_requests") == 0, 30, "kubectl is gone")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "usage: wait-for-commit.sh"),
        (["ledger", BRANCH, WANTED], "'ledger' is wrong; expected: NAMESPACE/STRATEGY"),
        (["team/x", BRANCH, "abc"], "SHA: 'abc' is wrong"),
        (["team/x", BRANCH, "main-branch"], "SHA: 'main-branch' is wrong"),
        (["team/x", 'a"b', WANTED], "BRANCH: 'a\"b' is wrong"),
        (["team/x", BRANCH, WANTED, "soon"], "SECONDS: 'soon' is wrong"),
    ],
)
def test_wrong_arguments(world: World, arguments: list[str], words: str) -> None:
    """One line and status 64, before anything is asked."""
    process = world.begin(*arguments)
    _, said = process.communicate(timeout=30)
    assert (process.returncode, said.count("\n")) == (64, 1)
    assert words in said
