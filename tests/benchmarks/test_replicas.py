"""The benchmark of replicas runs to its end. No figure is judged here: machines differ."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.replicas import LOADS, Load, measure

pytestmark = pytest.mark.controlplane


def test_it_measures_one_and_three(control_plane_binaries: Path, tmp_path: Path) -> None:
    """Each load has a speed of three replicas, one of one, and what both sides took of the processors."""
    few = [Load(it.name, it.unit, it.path, it.gzip, 2, 4) for it in LOADS]
    rows = list(measure(control_plane_binaries / "etcd", 6, tmp_path, few))
    assert len(rows) == 4 * len(LOADS)
    assert all(row.ours > 0 for row in rows if row.unit != "")
