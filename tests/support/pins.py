"""What requirements.txt pins."""

from __future__ import annotations

from pathlib import Path

from packaging.requirements import Requirement

_LINUX = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}


def pinned(requirements: Path) -> set[str]:
    """Each ``NAME==VERSION`` that counts on Linux, where the image runs."""
    lines = (line.removesuffix("\\").strip() for line in requirements.read_text().splitlines() if "==" in line)
    found = (Requirement(line) for line in lines if not line.startswith(("--hash", "#")))
    return {f"{each.name}{each.specifier}" for each in found if each.marker is None or each.marker.evaluate({**_LINUX})}
