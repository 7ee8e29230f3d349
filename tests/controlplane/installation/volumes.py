"""What a kubelet puts into a pod: its volumes, as folders of this machine."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

_DATA = "..data"
_versions = count()


def write_files(folder: Path, files: Mapping[str, bytes], *, group: int, mode: int) -> None:
    """Writes files as the kubelet does: a new folder, then all of them at once by one link (its AtomicWriter)."""
    version = folder / f"..{next(_versions)}"
    version.mkdir(parents=True)
    for name, content in files.items():
        path = version / name
        path.write_bytes(content)
        os.chown(path, 0, group)
        path.chmod(mode)
    version.chmod(0o755)
    folder.chmod(0o755)
    temporary = folder / "..data_tmp"
    temporary.symlink_to(version.name)
    temporary.rename(folder / _DATA)
    for name in files:
        link = folder / name
        if not link.is_symlink():
            link.symlink_to(Path(_DATA) / name)


def make_writable(folder: Path, *, group: int) -> None:
    """An empty volume that belongs to the pod's group (fsGroup)."""
    folder.mkdir(parents=True)
    os.chown(folder, 0, group)
    folder.chmod(0o2775)


def secret_files(secret: Mapping[str, Any]) -> dict[str, bytes]:
    """A Secret's files by name."""
    return {name: base64.b64decode(value) for name, value in secret["data"].items()}
