"""Writes a software bill of materials, CycloneDX 1.6 in JSON: what ``requirements.txt`` pins and the image installs.

``sbom.py REQUIREMENTS OUTPUT``, run in an environment where those packages are installed: licenses and dependencies are
what they say of themselves. The same pins give the same bytes: there is no time and no serial number in it.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.markers import Marker
from packaging.requirements import Requirement

_PROGRAM = "promoter-view"
#: Where the image runs; a pin for elsewhere is not in it.
_LINUX = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "extra": ""}
_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>\S+)(?: ; (?P<marker>[^\\]+?))?(?: \\)?$")


def main(requirements: Path, output: Path) -> int:
    """The exit status: 0, or 1 with one line on standard error."""
    try:
        document = bill(requirements.read_text())
    except metadata.PackageNotFoundError as error:
        sys.stderr.write(
            f"sbom: {error.name} is pinned in {requirements} but not installed: run make .venv/installed\n"
        )
        return 1
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n")
    sys.stdout.write(f"{output}: {len(document['components'])} components\n")
    return 0


def bill(requirements: str) -> dict[str, Any]:
    """The whole document for the text of a requirements file. Errors: PackageNotFoundError."""
    pins = dict(_pins(requirements))
    names = [_PROGRAM, *pins]
    program = _component(_PROGRAM, metadata.version(_PROGRAM)) | {"type": "application"}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": program},
        "components": [_component(name, version) for name, version in pins.items()],
        "dependencies": [
            {"ref": _reference(name, pins), "dependsOn": [_reference(other, pins) for other in _needs(name, pins)]}
            for name in names
        ],
    }


def _pins(requirements: str) -> Iterator[tuple[str, str]]:
    """Name and version of each pin that counts on Linux."""
    for line in requirements.splitlines():
        match = _PIN.match(line)
        if match and (not match["marker"] or Marker(match["marker"]).evaluate(_LINUX)):
            yield _normal(match["name"]), match["version"]


def _component(name: str, version: str) -> dict[str, Any]:
    about = metadata.metadata(name)
    if metadata.version(name) != version:
        raise metadata.PackageNotFoundError(f"{name}=={version}")
    component: dict[str, Any] = {
        "type": "library",
        "name": name,
        "version": version,
        "purl": f"pkg:pypi/{name}@{version}",
        "bom-ref": f"{name}@{version}",
    }
    if about.get("Summary"):
        component["description"] = about["Summary"]
    licenses = _licenses(about)
    return component | ({"licenses": licenses} if licenses else {})


def _licenses(about: Any) -> list[dict[str, Any]]:
    """As the package says it: an SPDX expression, else its own words, else its classifiers."""
    expression = about.get("License-Expression")
    if expression:
        return [{"expression": expression}]
    words = (about.get("License") or "").strip()
    if words and "\n" not in words:
        return [{"license": {"name": words}}]
    classifiers = [
        text.rpartition(" :: ")[2] for text in about.get_all("Classifier") or () if text.startswith("License")
    ]
    return [{"license": {"name": text}} for text in classifiers]


def _needs(name: str, pins: dict[str, str]) -> list[str]:
    wanted = (Requirement(text) for text in metadata.requires(name) or ())
    counting = (one.name for one in wanted if one.marker is None or one.marker.evaluate(_LINUX))
    return sorted({_normal(other) for other in counting} & pins.keys())


def _reference(name: str, pins: dict[str, str]) -> str:
    return f"{name}@{pins.get(name) or metadata.version(name)}"


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
