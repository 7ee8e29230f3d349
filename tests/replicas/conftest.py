"""An etcd for each test of replicas."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.log.etcds import Etcds


@pytest.fixture
def etcds(control_plane_binaries: Path, tmp_path: Path) -> Iterator[Etcds]:
    """Three members that answer; they end with the test."""
    found = Etcds(control_plane_binaries, tmp_path / "etcd")
    try:
        found.start()
        yield found
    finally:
        found.stop()


@pytest.fixture
def etcd(control_plane_binaries: Path, tmp_path: Path) -> Iterator[Etcds]:
    """One member that answers; it ends with the test."""
    found = Etcds(control_plane_binaries, tmp_path / "etcd", members=1)
    try:
        found.start()
        yield found
    finally:
        found.stop()
