"""An etcd of three members for each test of replicas."""

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
