"""A release as ``make release`` finishes it: what is checked before SHA256SUMS is written."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from hack.release import changelog_notes
from promoter_view import __version__
from tests.support.chart.rendering import HelmNotBuiltError, helm_path

ROOT = Path(__file__).resolve().parents[2]
ABOUT = f"promoter_view-{__version__}.dist-info"
COMMANDS = ("promoter-view", "promoter-view-log", "kubectl-promotion", "kubectl_complete-promotion")
WHEEL, SDIST = f"promoter_view-{__version__}-py3-none-any.whl", f"promoter_view-{__version__}.tar.gz"
CHART = f"promoter-view-{__version__}.tgz"


def package() -> dict[str, bytes]:
    """Every file of the package, and the plugin."""
    paths = [path for path in (ROOT / "promoter_view").rglob("*") if path.is_file() and path.suffix != ".pyc"]
    paths.append(ROOT / "twisted/plugins/promoter_view_plugin.py")
    return {str(path.relative_to(ROOT)): path.read_bytes() for path in paths}


def wheel(files: dict[str, bytes], version: str = __version__) -> bytes:
    """As pip would take it."""
    commands = "[console_scripts]\n" + "".join(f"{name} = x:y\n" for name in COMMANDS)
    files = {
        **files,
        f"{ABOUT}/METADATA": f"Metadata-Version: 2.1\nName: promoter-view\nVersion: {version}\n".encode(),
        f"{ABOUT}/entry_points.txt": commands.encode(),
    }
    record = "".join(
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b'=').decode()},{len(body)}\n"
        for name, body in files.items()
    )
    files[f"{ABOUT}/RECORD"] = f"{record}{ABOUT}/RECORD,,\n".encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return packed.getvalue()


def sdist(files: dict[str, bytes]) -> bytes:
    """The same with what it is built by."""
    more = {name: (ROOT / name).read_bytes() for name in ("LICENSE", "README.md", "pyproject.toml", "setup.cfg")}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, body in {**files, **more}.items():
            entry = tarfile.TarInfo(f"promoter_view-{__version__}/{name}")
            entry.size = len(body)
            archive.addfile(entry, io.BytesIO(body))
    return packed.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A release before its last step: sdist, wheel and bill of materials."""
    folder, files = tmp_path / f"v{__version__}", package()
    folder.mkdir()
    (folder / WHEEL).write_bytes(wheel(files))
    (folder / SDIST).write_bytes(sdist(files))
    command = [sys.executable, str(ROOT / "hack/sbom.py"), str(ROOT / "requirements.txt")]
    subprocess.run([*command, str(folder / "promoter-view.cdx.json")], check=True, capture_output=True)
    return folder


def finish(folder: Path, version: str = f"v{__version__}") -> subprocess.CompletedProcess[str]:
    """As make does it."""
    command = [sys.executable, str(ROOT / "hack/release.py"), str(folder), "--version", version]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_whole_release(folder: Path) -> None:
    """Each file is named once in SHA256SUMS, which sha256sum accepts; a second run gives the same bytes."""
    done = finish(folder)
    assert (done.returncode, done.stderr) == (0, "")
    names = {line.split()[1] for line in (folder / "SHA256SUMS").read_text().splitlines()}
    assert names == {WHEEL, SDIST, CHART, "promoter-view.cdx.json"}
    subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=folder, check=True, capture_output=True)
    first = (folder / "SHA256SUMS").read_bytes()
    (folder / "SHA256SUMS").unlink()
    assert finish(folder).returncode == 0
    assert (folder / "SHA256SUMS").read_bytes() == first


def _without_a_template(folder: Path) -> None:
    files = package()
    del files["promoter_view/dashboard/templates/" + next(iter(_templates(files)))]
    (folder / WHEEL).write_bytes(wheel(files))


def _templates(files: dict[str, bytes]) -> list[str]:
    start = "promoter_view/dashboard/templates/"
    return [name.removeprefix(start) for name in files if name.startswith(start)]


def _changed_after_recording(folder: Path) -> None:
    files = package()
    name = "promoter_view/__init__.py"
    (folder / WHEEL).write_bytes(wheel(files).replace(files[name], files[name].replace(b"append", b"APPEND"), 1))


def _without_sources(folder: Path) -> None:
    (folder / SDIST).write_bytes(sdist({}))


def _with_fewer_components(folder: Path) -> None:
    path = folder / "promoter-view.cdx.json"
    bill = json.loads(path.read_text())
    path.write_text(json.dumps(bill | {"components": bill["components"][1:]}))


def _with_another_image(folder: Path) -> None:
    (folder / "install-x.yaml").write_text("kind: Pod\nspec:\n  containers:\n  - image: promoter-view:v9.9.9\n")


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "a template is missing": (
        _without_a_template,
        r"templates/\S+.html'\] too many or too few",
    ),
    "another version": (lambda it: (it / WHEEL).write_bytes(wheel(package(), "9.9.9")), "is of version 9.9.9"),
    "no sources": (_without_sources, f"{SDIST} lacks"),
    "a pin is missing": (_with_fewer_components, r"promoter-view.cdx.json lacks \['"),
    "another image": (_with_another_image, r"names the images \['promoter-view:v9.9.9'\], and VERSION is"),
    "no wheel": (lambda it: (it / WHEEL).unlink(), "is missing: run make release"),
    "a stranger": (lambda it: (it / "notes.txt").write_text(""), "holds notes.txt, which is no part of a release"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_does_not_fit_is_refused(folder: Path, name: str) -> None:
    """Status 2, one line that names the file and the fault, and no SHA256SUMS."""
    break_it, said = BROKEN[name]
    break_it(folder)
    done = finish(folder)
    assert done.returncode == 2
    assert re.search(said, done.stderr), done.stderr
    assert done.stderr.count("\n") == 1
    assert not (folder / "SHA256SUMS").exists()


@pytest.mark.parametrize(
    ("version", "said"), [("0.2.0", "expected a tag such as v0.2.0"), ("v9.9.9", "set both to the same version")]
)
def test_a_wrong_version_is_refused(folder: Path, version: str, said: str) -> None:
    """The tag, the package, setup.cfg and the chart have one version."""
    done = finish(folder, version)
    assert (done.returncode, said in done.stderr) == (2, True)


def test_the_chart_is_what_helm_takes(folder: Path, tmp_path: Path) -> None:
    """helm renders the package as it renders the folder."""
    finish(folder)
    try:
        helm = str(helm_path())
    except HelmNotBuiltError as error:
        pytest.skip(str(error))
    rendered = [
        subprocess.run([helm, "template", "x", str(chart)], check=True, capture_output=True).stdout
        for chart in (folder / CHART, ROOT / "deploy/chart")
    ]
    assert rendered[0] == rendered[1] != b""


WORKFLOW = ROOT / ".github/workflows/release.yaml"


def test_the_workflow_makes_nothing_by_itself() -> None:
    """Every command but make release publishes what is there; by default its token can only read."""
    workflow = yaml.safe_load(WORKFLOW.read_text())
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    commands = [line.strip() for step in steps for line in step.get("run", "").splitlines() if line.strip()]
    assert [" ".join(line.split()[:2]) for line in commands] == ["make release", "helm push", "gh release"]
    assert workflow["permissions"] == {"contents": "read"}


def test_make_without_a_version_says_so() -> None:
    """Before anything is built."""
    if shutil.which("make") is None:
        pytest.skip("make is not here")
    command = ["make", "-o", ".venv/installed-dev", "release"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, "VERSION is missing" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("heading", "said"),
    [
        ("## 0.2.0 (2026-12-01)", []),
        ("## 0.2.0 (not released yet)", ["no date for 0.2.0"]),
        ("## 0.2.0", ["no date for 0.2.0"]),
        ("## 0.2.01 (2026-12-01)", ["no section for 0.2.0"]),
        ("### Features of 0.2.0", ["no section for 0.2.0"]),
    ],
)
def test_a_changelog_without_section_or_date_is_noted(heading: str, said: list[str]) -> None:
    """A release says what its changelog still needs, whether towncrier or a person wrote the section."""
    notes = list(changelog_notes(f"# Changelog\n\n{heading}\n\n- It.\n\n## 0.1.0 (2026-08-01)\n", "0.2.0"))
    assert len(notes) == len(said)
    assert all(words in note for words, note in zip(said, notes, strict=True))


def test_this_version_has_a_section() -> None:
    """CHANGELOG.md tells this version's changes: there is no note, or the one that asks for the date."""
    notes = list(changelog_notes((ROOT / "CHANGELOG.md").read_text(), __version__))
    assert [note for note in notes if "no section" in note] == []
