"""The scripts of docs/scripts.md, as they stand there, on the program: they see what happens, also across a restart."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from promoter_view.program.demo.cluster import write_kubeconfig
from tests.support.program.program import Program
from tests.support.program.simulated import Simulated, simulated
from tests.support.program.truth import wait

PAGE = Path(__file__).resolve().parents[2] / "docs" / "scripts.md"
BRANCH = "environment/prod"
OLD, NEW = "a" * 40, "b" * 40


def script(language: str) -> str:
    """The page's only block in that language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return str(found)


class World(NamedTuple):
    """A cluster, and the program on it with its dashboard."""

    cluster: Simulated
    running: Program
    folder: Path

    @property
    def url(self) -> str:
        """Of the dashboard, without a slash at its end."""
        return f"http://127.0.0.1:{self.running.dashboard.port}"

    def set(self, name: str, **status: Any) -> None:
        """The state of a strategy's only environment."""
        self.cluster.put_strategy(name, BRANCH, status)


def checked(phase: str) -> dict[str, Any]:
    """A status in which a check of what is proposed is in that phase."""
    check = {"key": "smoke", "phase": phase}
    return {"active": {"dry": {"sha": OLD}}, "proposed": {"dry": {"sha": NEW}, "commitStatuses": [check]}}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The program, ready."""
    with simulated(tmp_path / "cluster") as cluster:
        options = ["--kubeconfig", str(cluster.kubeconfig), "--insecure-no-auth", "--event-log", f"file:{tmp_path}/log"]
        with Program(tmp_path / "program", options, dashboard=True) as running:
            running.start()
            cluster.written.add_namespaces("team")
            running.wait_ready()
            yield World(cluster, running, tmp_path)


class Said:
    """What a script has said, line by line, while it runs."""

    def __init__(self, command: list[str]) -> None:
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        self._lines: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()

    def __contains__(self, words: object) -> bool:
        return any(str(words) in line for line in list(self._lines))

    def count(self, words: str) -> int:
        """How many lines have them."""
        return sum(words in line for line in list(self._lines))

    def end(self) -> None:
        """The script and all that it has started."""
        subprocess.run(["pkill", "-KILL", "-s", str(self._process.pid)], check=False)
        self._process.wait()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.append(line.rstrip())


def command(language: str, folder: Path, url: str) -> list[str]:
    """Runs the page's script in that language."""
    if language == "bash":
        (folder / "failures.sh").write_text(script("bash"))
        return ["bash", str(folder / "failures.sh"), url]
    (folder / "follow.go").write_text(script("go"))
    subprocess.run(["go", "build", "-o", str(folder / "follow"), str(folder / "follow.go")], check=True, cwd=folder)
    return [str(folder / "follow"), url]


@pytest.mark.parametrize("language", ["bash", "go"])
def test_a_script_follows_across_a_restart(language: str, world: World) -> None:
    """Each failure is said once: one while it runs, and one that happened while the program was killed."""
    tools = {"bash": ("bash", "curl", "jq"), "go": ("go",)}[language]
    if missing := [name for name in tools if shutil.which(name) is None]:
        pytest.skip(f"{', '.join(missing)} is not installed")
    said = Said(command(language, world.folder, world.url))
    try:
        wait(lambda: _probed(world, said), 30, "it follows")
        world.set("first", **checked("failure"))
        wait(lambda: "team/first" in said, 30, "it says the first failure")
        world.running.kill()
        world.set("second", **checked("failure"))
        world.running.start()
        world.running.wait_ready()
        wait(lambda: "team/second" in said, 60, "it says the second failure")
        if language == "bash":
            assert (said.count("team/first"), said.count("team/second")) == (1, 1)
    finally:
        said.end()


def _probed(world: World, said: Said) -> bool:
    """A failure is said; it begins with now, and nothing tells when that is: each look makes one more."""
    world.set(f"probe-{time.monotonic_ns()}", **checked("failure"))
    time.sleep(0.5)
    return "team/probe" in said


def test_the_python_script_waits(world: World) -> None:
    """It ends with 0 once the newest commit is everywhere, and with 1 when a check has failed."""
    pytest.importorskip("kubernetes", reason="the Python client is not here: make clients")
    target = world.folder / "wait.py"
    target.write_text(script("python"))
    kubeconfig = world.folder / "kubeconfig"
    certificate = world.folder / "program" / "apiserver.local.config" / "certificates" / "apiserver.crt"
    write_kubeconfig(kubeconfig, f"https://127.0.0.1:{world.running.endpoint.port}", certificate.read_bytes())
    for name, after, status in (("good", {"active": {"dry": {"sha": NEW}}}, 0), ("bad", checked("failure"), 1)):
        world.set(name, **checked("pending"))
        process = subprocess.Popen(
            [sys.executable, str(target), "team", name], env={"KUBECONFIG": str(kubeconfig)}, stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        assert process.stdout.readline().split()[0] in (b"Checking", b"Promoting", b"Waiting")
        world.set(name, **after)
        assert process.wait(60) == status
        process.stdout.close()


def test_the_steps_for_ci_are_yaml() -> None:
    """Both are read as YAML, and wait by the command."""
    found = re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert len(found) == 2
    for text in found:
        assert "kubectl promotion wait" in yaml.dump(yaml.safe_load(text))
