"""The image, built by the Dockerfile's own steps and run as the pod runs it: only the engine and the base differ."""

from __future__ import annotations

import hashlib
import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from tests.image import engine
from tests.image.engine import Image
from tests.support.pins import pinned
from tests.support.plane.process import Process

ROOT = Path(__file__).resolve().parents[2]
DEMO = ("--demo", "--secure-port=0", "--dashboard-port=0", "--port-file=port")
_PATIENCE_SECONDS = 300.0
#: Where the base image's own ldconfig has written already; enter.sh does it when something runs.
_OF_THE_ENGINE = {"etc/ld.so.cache", "var/cache/ldconfig/aux-cache"}


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """The image, built once for this module."""
    reason = engine.why_not()
    if reason is not None:
        pytest.skip(f"the image cannot be built here: {reason}")
    return engine.build(ROOT, tmp_path_factory.mktemp("image"))


def _until(holds: Callable[[], object], process: Process) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, process.tail()
        time.sleep(0.05)


def _started(image: Image, folder: Path, *arguments: str) -> Process:
    """The program, once it serves."""
    volume = folder / "volume"
    volume.mkdir(exist_ok=True)
    (volume / "port").unlink(missing_ok=True)
    process = engine.run(image, arguments, volume=volume, log=folder / "log")
    _until(lambda: (volume / "port").exists() or not process.running, process)
    assert process.running, process.tail()
    return process


def _state(pid: int) -> dict[str, list[str]]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: rest.split() for name, _, rest in (line.partition(":") for line in lines)}


def _ended(process: Process) -> int | None:
    _until(lambda: not process.running, process)
    status = process.status
    process.stop()
    return status


def _killed(process: Process) -> None:
    """Process 1 and with it the namespace: setpriv's new user made it forget that it should end with ``unshare``."""
    os.kill(engine.process_one(process), signal.SIGKILL)
    assert _ended(process) != 0


def test_it_runs_as_process_1_of_a_numeric_user_without_capabilities_and_ends_by_term(
    image: Image, tmp_path: Path
) -> None:
    """On a read-only root, without a shell, the program serves; TERM ends it with status 0, and nothing was written."""
    process = _started(image, tmp_path, *DEMO)
    one = engine.process_one(process)
    state = _state(one)
    assert state["NSpid"][1] == "1"
    assert set(state["Uid"]) == set(state["Gid"]) == {"65532"}
    assert state["Groups"] == []
    assert {state[name][0].strip("0") for name in ("CapPrm", "CapEff", "CapBnd")} == {""}
    os.kill(one, signal.SIGTERM)
    assert _ended(process) == 0
    log = (tmp_path / "log").read_text()
    assert "serving at" in log
    assert not any(word in log for word in ("Read-only", "Traceback", "plugin cache"))


def test_it_starts_again_after_being_killed(image: Image, tmp_path: Path) -> None:
    """No pid file of a killed container stops the next one, which has the same process number 1."""
    _killed(_started(image, tmp_path, *DEMO))
    _killed(_started(image, tmp_path, *DEMO))


def test_the_manifests_command_is_in_it(image: Image, tmp_path: Path) -> None:
    """What the Deployment runs starts the same program, and the folder of its volume is where the image writes."""
    deployment = yaml.safe_load((ROOT / "deploy/apiserver/base/deployment.yaml").read_text())
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    process = _started(replace(image, entrypoint=tuple(container["command"])), tmp_path, *DEMO)
    _killed(process)
    user = deployment["spec"]["template"]["spec"]["securityContext"]
    assert image.user == f"{user['runAsUser']}:{user['runAsGroup']}"
    assert image.directory in {mount["mountPath"] for mount in container["volumeMounts"]}


def test_a_wrong_option_ends_it_with_one_line(image: Image, tmp_path: Path) -> None:
    """Exit status 2, and a line that names the option, are what the pod's state shows."""
    (tmp_path / "volume").mkdir()
    process = engine.run(image, ["--secure-port=high"], volume=tmp_path / "volume", log=tmp_path / "log")
    assert _ended(process) == 2
    lines = (tmp_path / "log").read_text().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("promoter-view: invalid value 'high' for --secure-port: expected a port")


def test_nothing_but_the_program_is_in_it(image: Image) -> None:
    """The layer holds the environment alone: no pip, no setuptools, nothing that its user may write."""
    paths = [path for path in image.layer.rglob("*") if path.is_symlink() or path.is_file()]
    places = {str(path.relative_to(image.layer)) for path in paths} - _OF_THE_ENGINE
    assert {"/".join(place.split("/")[:2]) for place in places} == {"opt/promoter-view"}
    installed = {path.name.lower() for path in image.layer.glob("opt/promoter-view/lib/python3*/site-packages/*")}
    assert not {"pip", "setuptools", "wheel"} & installed
    writable = [path for path in paths if not path.is_symlink() and path.stat().st_mode & 0o022]
    assert writable == []
    owners = {path.lstat().st_uid for path in paths}
    assert owners == {0}


def test_what_is_installed_is_what_is_pinned(image: Image) -> None:
    """Beside the program the image holds the packages of requirements.txt in their versions, and no other."""
    metadata = image.layer.glob("opt/promoter-view/lib/python3*/site-packages/*.dist-info/METADATA")
    installed = {_name_and_version(path.read_text()) for path in metadata}
    wanted = {tuple(each.split("==")) for each in pinned(ROOT / "requirements.txt")}
    assert {name for name, _ in installed - wanted} == {"promoter-view"}
    assert wanted <= installed


def _name_and_version(metadata: str) -> tuple[str, ...]:
    head = metadata.partition("\n\n")[0]
    fields = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
    return fields["Name"].lower().replace("_", "-").replace(".", "-"), fields["Version"]


def test_two_builds_give_the_same_bytes(image: Image, tmp_path: Path) -> None:
    """A second build of the same commit differs from the first in nothing: names, modes, times, bytes."""
    again = engine.build(ROOT, tmp_path / "again")
    first, second = (_tree(one.layer / "opt/promoter-view") for one in (image, again))
    assert {path for path in first.keys() | second.keys() if first.get(path) != second.get(path)} == set()


def _tree(folder: Path) -> dict[str, tuple[int, int, str]]:
    return {str(path.relative_to(folder)): _fingerprint(path) for path in folder.rglob("*")}


def _fingerprint(path: Path) -> tuple[int, int, str]:
    status = path.lstat()
    content = str(path.readlink()) if path.is_symlink() else ""
    if not content and path.is_file():
        content = hashlib.sha256(path.read_bytes()).hexdigest()
    return status.st_mode, status.st_mtime_ns, content
