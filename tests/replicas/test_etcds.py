"""The etcd of these tests: three members, of which any can go, and time can go back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.log.etcds import Etcds

pytestmark = pytest.mark.controlplane
KEY, OLD, NEW = "a2V5", "b2xk", "bmV3"


def test_members_come_and_go(control_plane_binaries: Path, tmp_path: Path) -> None:
    """Whichever member is killed, the others answer; put back in time, all have forgotten what came since."""
    etcds = Etcds(control_plane_binaries, tmp_path / "etcd")
    try:
        etcds.start()
        etcds.call(0, "kv/put", {"key": KEY, "value": OLD})
        etcds.back_up("early")
        leader = etcds.leader()
        etcds.kill(leader)
        other = etcds.leader()
        assert other != leader
        etcds.call(other, "kv/put", {"key": KEY, "value": NEW})
        after = etcds.revision()
        etcds.start()
        assert etcds.call(leader, "kv/range", {"key": KEY})["kvs"][0]["value"] == NEW
        etcds.restore("early")
        assert etcds.call(0, "kv/range", {"key": KEY})["kvs"][0]["value"] == OLD
        assert etcds.revision() < after
    finally:
        etcds.stop()
