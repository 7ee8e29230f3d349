"""Runs the commands of a world as they stand on the pages, in a copy of what a clone has and a network of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from tests.support.docs.commands import run_in
from tests.support.docs.pages import ROOT
from tests.support.docs.stand_ins import STAND_INS
from tests.support.docs.worlds import World

#: Of a clone, what pages name. Times are kept, by which make knows that nothing is to be installed again.
_CLONE = ("Makefile", "README.md", "deploy", "docs", "hack", "promoter_view", "requirements.txt", "setup.cfg")
_ALL_RAN = "## all ran"
_OF_ITS_OWN = (
    *("unshare", "--mount", "--propagation", "private", "--net"),
    *("--pid", "--fork", "--kill-child", "--mount-proc"),
)
_PATIENCE_SECONDS = 600


def why_not() -> str | None:
    """What this machine lacks for it; None where nothing does."""
    if os.geteuid() != 0 or shutil.which("unshare") is None or shutil.which("ip") is None:
        return "it needs root, unshare and ip for a network of its own"
    return None


def run(world: World, folder: Path, kubectl: Path, *, beginning: str = "", **environ: str) -> str:
    """What its commands have printed. ``beginning``: a script that makes what is there before.

    ``environ``: variables beside those of the stand-ins. Errors: AssertionError, with the end of what was printed.
    """
    clone = _clone(folder / "clone")
    for stand_in in STAND_INS.values():
        path = clone.parent / "bin" / stand_in.name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{stand_in.script}\n")
        path.chmod(0o755)
    script = f"set -euo pipefail\nip link set lo up\n{beginning}\n{run_in(world)}\necho '{_ALL_RAN}'\n"
    (folder / "script").write_text(script)
    output = folder / "out"
    status: int | None = None  # where it does not end in time
    with output.open("w") as out, suppress(subprocess.TimeoutExpired):
        given = _environ(folder, kubectl) | environ
        command = [*_OF_ITS_OWN, "bash", "../script"]
        status = subprocess.run(
            command, cwd=clone, env=given, stdout=out, stderr=out, timeout=_PATIENCE_SECONDS, check=False
        ).returncode
    said = output.read_text(errors="replace")
    assert (status, _ALL_RAN in said) == (0, True), said[-6000:]
    return said


def _environ(folder: Path, kubectl: Path) -> dict[str, str]:
    bin_folder = Path(sys.executable).parent
    tools = {name.upper(): str(shutil.which(name)) for name in ("curl", "nginx")}
    return {
        **tools,
        "PATH": f"{folder / 'bin'}:{bin_folder}:{os.environ['PATH']}",
        "HOME": str(folder),
        "BIN": str(bin_folder),
        "PYTHON": sys.executable,
        "PYTHONPATH": str(ROOT),
        "MAKE_ITSELF": str(shutil.which("make")),
        "KUBECTL": str(kubectl),
        "RELAY": str(Path(__file__).with_name("relay.py")),
    }


def _clone(clone: Path) -> Path:
    clone.mkdir(parents=True)
    for name in _CLONE:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, clone / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, clone / name)
    (clone / ".venv").symlink_to(Path(sys.prefix))
    return clone
