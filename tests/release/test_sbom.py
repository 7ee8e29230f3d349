"""The bill of materials, made from the pins as a release does."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.support.pins import pinned

ROOT = Path(__file__).resolve().parents[2]


def _made(requirements: Path, output: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "hack/sbom.py"), str(requirements), str(output)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def test_it_names_what_is_pinned_with_licenses_and_dependencies(tmp_path: Path) -> None:
    """Each pin is a component with a package URL and a license, and each dependency one of the components."""
    done = _made(ROOT / "requirements.txt", tmp_path / "bill.json")
    assert done.returncode == 0, done.stderr
    bill = json.loads((tmp_path / "bill.json").read_text())
    components = {f"{one['name']}=={one['version']}": one for one in bill["components"]}
    assert components.keys() == pinned(ROOT / "requirements.txt")
    assert all(one["licenses"] and one["purl"].startswith("pkg:pypi/") for one in components.values())
    references = {one["bom-ref"] for one in (*bill["components"], bill["metadata"]["component"])}
    assert {one["ref"] for one in bill["dependencies"]} == references
    assert {other for one in bill["dependencies"] for other in one["dependsOn"]} <= references


def test_the_same_pins_give_the_same_bytes(tmp_path: Path) -> None:
    """Neither a time nor a serial number makes one bill differ from the next."""
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    for output in (first, second):
        _made(ROOT / "requirements.txt", output)
    assert first.read_bytes() == second.read_bytes()


def test_a_pin_for_elsewhere_is_not_in_it(tmp_path: Path) -> None:
    """What is pinned for another system is not in the image, nor in its bill."""
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("nothing==1.0 ; sys_platform == 'win32' \\\n    --hash=sha256:00\n")
    _made(requirements, tmp_path / "bill.json")
    assert json.loads((tmp_path / "bill.json").read_text())["components"] == []


def test_what_is_pinned_but_not_installed_is_an_error(tmp_path: Path) -> None:
    """A bill of something else than what is installed is not written."""
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("attrs==0.1 \\\n    --hash=sha256:00\n")
    done = _made(requirements, tmp_path / "bill.json")
    assert done.returncode == 1
    assert "attrs==0.1 is pinned" in done.stderr
    assert not (tmp_path / "bill.json").exists()
