"""The unit of deploy/systemd, as systemd reads it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from promoter_view.command.exits import Exit
from promoter_view.program.command_line.declaring import PREFIX
from promoter_view.program.command_line.settings import OPTIONS

UNIT = Path(__file__).parents[2] / "deploy/systemd/promoter-view.service"
PROGRAM = "/opt/promoter-view/bin/promoter-view"
#: Of 10, which is everything; systemd calls it OK up to 5.
MOST_EXPOSED = 2.0

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, check=False, timeout=60)


@needs_systemd
def test_systemd_has_no_complaint(tmp_path: Path) -> None:
    """verify, with a program that is there."""
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace(PROGRAM, str(Path(sys.executable).with_name("promoter-view"))))
    done = analyze("verify", "--recursive-errors=no", str(unit))
    assert (done.returncode, done.stderr) == (0, "")


@needs_systemd
def test_it_is_hardened() -> None:
    """security, by what the unit says alone."""
    done = analyze("security", "--offline=true", "--no-pager", f"--threshold={MOST_EXPOSED * 10:.0f}", str(UNIT))
    found = re.search(r"Overall exposure level for promoter-view.service: ([\d.]+)", done.stdout)
    assert found is not None
    assert float(found[1]) <= MOST_EXPOSED
    assert done.returncode == 0


def test_what_it_sets_are_options() -> None:
    """And a start with wrong options, which ends with the status for that, is not tried again."""
    text = UNIT.read_text()
    known = {option.environment for option in OPTIONS}
    given = set(re.findall(rf"^Environment=({PREFIX}\w+)=", text, re.MULTILINE))
    assert len(given) >= 4
    assert given <= known
    assert f"RestartPreventExitStatus={int(Exit.USAGE)}\n" in text
