"""What a kubelet puts into a pod: its volumes, as folders of this machine."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

from tests.support.plane.client import Client, RefusedError

_NOT_FOUND = 404
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


def mounted_files(client: Client, namespace: str, volume: Mapping[str, Any]) -> tuple[dict[str, bytes], int]:
    """The files of a volume that is a Secret or a ConfigMap, none where it need not be there, and their mode.

    Errors: RefusedError, where it has to be there and is not.
    """
    named: Mapping[str, Any] = volume["secret"] if "secret" in volume else volume["configMap"]
    plural, name = ("secrets", named["secretName"]) if "secret" in volume else ("configmaps", named["name"])
    try:
        data = client.get(f"/api/v1/namespaces/{namespace}/{plural}/{name}").get("data", {})
    except RefusedError as refused:
        if refused.status != _NOT_FOUND or not named.get("optional"):
            raise
        data = {}
    decode = base64.b64decode if "secret" in volume else str.encode
    return {file: decode(value) for file, value in data.items()}, named.get("defaultMode", 0o644)
