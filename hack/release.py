"""Finishes a release in one folder: packs the chart, checks everything in it, and writes SHA256SUMS.

``make release`` runs it, after the sdist, the wheel, the bill of materials and the bundles are there. It needs no
network. What does not fit ends it with one line and status 2, and no SHA256SUMS is written.
"""

from __future__ import annotations

import argparse
import base64
import csv
import gzip
import hashlib
import io
import json
import re
import sys
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from configparser import ConfigParser
from email.parser import Parser
from pathlib import Path
from typing import Any

import yaml

_ROOT = Path(__file__).resolve().parents[1]
_SUMS = "SHA256SUMS"
_IN_SDIST = ("LICENSE", "README.md", "pyproject.toml", "setup.cfg", "twisted/plugins/promoter_view_plugin.py")
_COMMANDS = {"promoter-view", "promoter-view-log", "kubectl-promotion", "kubectl_complete-promotion"}


class ReleaseError(Exception):
    """What does not fit, and where."""


def main() -> int:
    """The exit status: 0, or 2 with one line on standard error."""
    parser = argparse.ArgumentParser(prog="release", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--version", required=True, help="the tag, such as v0.2.0")
    given = parser.parse_args()
    try:
        for line in _finish(given.folder, given.version):
            sys.stdout.write(f"{line}\n")
    except (ReleaseError, OSError) as error:
        sys.stderr.write(f"release: {error}\n")
        return 2
    return 0


def _finish(folder: Path, tag: str) -> Iterator[str]:
    version = checked_version(_ROOT, tag)
    wheel, sdist = f"promoter_view-{version}-py3-none-any.whl", f"promoter_view-{version}.tar.gz"
    chart = folder / f"promoter-view-{version}.tgz"
    chart.write_bytes(packed_chart(_ROOT / "deploy/chart"))
    yield f"{wheel}: {check_wheel(folder / wheel, version)} files"
    yield f"{sdist}: {check_sdist(folder / sdist)} files"
    yield f"{chart.name}: {check_chart(chart.read_bytes(), version)} files"
    yield f"promoter-view.cdx.json: {check_bill(folder / 'promoter-view.cdx.json', version)} components"
    bundles = sorted(folder.glob("install-*.yaml"))
    for bundle in bundles:
        yield f"{bundle.name}: {check_bundle(bundle, tag)} objects"
    if not bundles:
        yield "no install-*.yaml: give CONTROLLER_MANIFEST to have them"
    yield from changelog_notes((_ROOT / "CHANGELOG.md").read_text(), version)
    made = {wheel, sdist, chart.name, "promoter-view.cdx.json", *(bundle.name for bundle in bundles)}
    strangers = sorted(path.name for path in folder.iterdir() if path.name not in made)
    if strangers:
        raise ReleaseError(f"{folder} holds {strangers[0]}, which is no part of a release: empty the folder first")
    sums = "".join(f"{_digest((folder / name).read_bytes())}  {name}\n" for name in sorted(made))
    (folder / _SUMS).write_text(sums)
    yield f"{_SUMS}: {len(made)} files"


def checked_version(root: Path, tag: str) -> str:
    """The version of that tag, which package, setup.cfg and chart have as well. Errors: ReleaseError."""
    if not re.fullmatch(r"v\d+\.\d+\.\d+((a|b|rc)\d+)?", tag):
        raise ReleaseError(f"invalid value {tag!r} for VERSION: expected a tag such as v0.2.0")
    version, config = tag.removeprefix("v"), ConfigParser()
    config.read(root / "setup.cfg")
    chart = yaml.safe_load((root / "deploy/chart/Chart.yaml").read_text())
    package = re.search(r'__version__ = "(.+)"', (root / "promoter_view/__init__.py").read_text())
    found = {
        "promoter_view/__init__.py": package[1] if package else "",
        "setup.cfg": config["metadata"]["version"],
        "version in deploy/chart/Chart.yaml": str(chart["version"]),
        "appVersion in deploy/chart/Chart.yaml": str(chart["appVersion"]),
    }
    for place, there in found.items():
        if there != version:
            raise ReleaseError(f"{place} says {there}, and VERSION is {tag}: set both to the same version")
    return version


def changelog_notes(changelog: str, version: str) -> Iterator[str]:
    """What is still to be done in the changelog for that version: a line, or none."""
    heading = re.search(rf"^## {re.escape(version)}(?: \((.+)\))?$", changelog, re.MULTILINE)
    if heading is None:
        yield f"note: CHANGELOG.md has no section for {version}: run towncrier build --version {version}"
    elif not re.fullmatch(r"\d{4}-\d{2}-\d{2}", heading[1] or ""):
        yield f"note: CHANGELOG.md has no date for {version}: write ## {version} (YYYY-MM-DD)"


def packed_chart(folder: Path) -> bytes:
    """What ``helm package`` makes of a chart: the same files give the same bytes."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != ".helmignore")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in files:
            entry = tarfile.TarInfo(f"promoter-view/{path.relative_to(folder)}")
            entry.size, entry.mode = path.stat().st_size, 0o644
            archive.addfile(entry, io.BytesIO(path.read_bytes()))
    return gzip.compress(packed.getvalue(), mtime=0)


def check_wheel(path: Path, version: str) -> int:
    """Version, commands, and every file of the package, each as its RECORD says. Errors: ReleaseError."""
    with zipfile.ZipFile(_existing(path)) as wheel:
        files = {name: wheel.read(name) for name in wheel.namelist()}
    about = f"promoter_view-{version}.dist-info"
    metadata = Parser().parsestr(files[f"{about}/METADATA"].decode())
    _require(metadata["Version"] == version, path, f"is of version {metadata['Version']}")
    commands = ConfigParser()
    commands.read_string(files[f"{about}/entry_points.txt"].decode())
    _require(set(commands["console_scripts"]) == _COMMANDS, path, "has other commands than setup.cfg")
    for name, digest, _ in csv.reader(io.StringIO(files[f"{about}/RECORD"].decode())):
        _require(not digest or digest == _recorded(files[name]), path, f"{name} is not what RECORD says")
    wanted = {*_package_files(_ROOT), "twisted/plugins/promoter_view_plugin.py"}
    there = {name for name in files if not name.startswith(about)}
    _require(there == wanted, path, f"has {sorted(there ^ wanted)[:3]} too many or too few")
    return len(files)


def check_sdist(path: Path) -> int:
    """All that a wheel is built from. Errors: ReleaseError."""
    with tarfile.open(_existing(path)) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    missing = sorted({*_IN_SDIST, *_package_files(_ROOT)} - names)
    _require(not missing, path, f"lacks {missing[:3]}")
    return len(names)


def check_chart(packed: bytes, version: str) -> int:
    """Its name, its version, its schema. Errors: ReleaseError."""
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        names = archive.getnames()
        chart = yaml.safe_load(archive.extractfile("promoter-view/Chart.yaml").read())  # type: ignore[union-attr]
        json.load(archive.extractfile("promoter-view/values.schema.json"))  # type: ignore[arg-type]
    _require(chart["version"] == version, Path("the chart"), f"is of version {chart['version']}")
    return len(names)


def check_bill(path: Path, version: str) -> int:
    """The program in that version, and every pin of requirements.txt. Errors: ReleaseError."""
    bill: Mapping[str, Any] = json.loads(_existing(path).read_text())
    program = bill["metadata"]["component"]
    _require(program["version"] == version, path, f"is of version {program['version']}: run make .venv/installed")
    there = {f"{each['name']}=={each['version']}" for each in bill["components"]}
    pins = re.findall(r"^([\w.-]+==[^\s;]+)( ;)?", (_ROOT / "requirements.txt").read_text(), re.MULTILINE)
    # Of a pin with a marker it depends on the platform whether it counts.
    missing = sorted(pin for pin, marker in pins if not marker and pin not in there)
    _require(not missing, path, f"lacks {missing[:3]}")
    strangers = sorted(there - {pin for pin, _ in pins})
    _require(not strangers, path, f"has {strangers[:3]}, which requirements.txt does not pin")
    return len(there)


def check_bundle(path: Path, tag: str) -> int:
    """YAML whose image of this program is of that release, or by its digest. Errors: ReleaseError."""
    documents = [each for each in yaml.load_all(path.read_bytes(), yaml.CBaseLoader) if each]
    images = set(re.findall(r"image: (\S*promoter-view[:@]\S+)", path.read_text()))
    right = all(image.endswith(f":{tag}") or "@sha256:" in image for image in images)
    _require(bool(images) and right, path, f"names the images {sorted(images)}, and VERSION is {tag}")
    return len(documents)


def _package_files(root: Path) -> Iterator[str]:
    """What belongs into a distribution: all of the package but what Python makes at run time."""
    for path in (root / "promoter_view").rglob("*"):
        if path.is_file() and path.suffix != ".pyc":
            yield str(path.relative_to(root))


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise ReleaseError(f"{path} is missing: run make release")
    return path


def _require(holds: bool, path: Path, problem: str) -> None:
    if not holds:
        raise ReleaseError(f"{path.name} {problem}")


def _recorded(content: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
