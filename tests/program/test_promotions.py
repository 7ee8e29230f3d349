"""The shard that a process runs: when it begins, and under which name."""

from __future__ import annotations

from pathlib import Path

from promoter_view.program.promotions import identity_of


def test_a_log_on_disk_names_the_process(tmp_path: Path) -> None:
    """On the same log the name is the same after a restart; on another, or none, it is another."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    first, again, other = (identity_of(f"file:{tmp_path / name}", "host") for name in ("a", "a", "b"))
    assert first == again != other
    assert first.startswith("host_")
    assert identity_of("memory:", "host") != identity_of("memory:", "host")
