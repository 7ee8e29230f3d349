"""Commands on the pages run as they stand there: beside a demo, and on a machine with a kubeconfig of a cluster."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.commands import WORLDS, commands, run_in, shown
from tests.docs.pages import DOCS, ROOT
from tests.support.plane.plane import NotBuiltError, binaries

#: What a newcomer follows: each of their blocks says whether it runs here.
MARKED = (
    ROOT / "README.md",
    *(DOCS / name for name in ("quickstart.md", "scripts.md", "sse.md", "troubleshooting.md")),
)
#: In place of commands that never end: those that watch end after a while, servers run in the background.
_SHIMS = {
    "kubectl": """case "$*" in
*watch*) timeout 6 "$KUBECTL" "$@"; status=$?; [ $status -eq 124 ] && exit 0; exit $status ;;
*) exec "$KUBECTL" "$@" ;;
esac""",
    "curl": """case "$1" in
-sN) timeout 6 "$CURL" "$@"; status=$?; [ $status -eq 124 ] && exit 0; exit $status ;;
*) exec "$CURL" "$@" ;;
esac""",
    "make": """[ "$1" = demo ] || exit 1
exec "$BIN/twistd" -n --pidfile= promoter-view --demo""",
    "promoter-view": """[ "$1" = serve ] || exec "$BIN/promoter-view" "$@"
"$BIN/promoter-view" "$@" >served 2>&1 &
until "$CURL" -skf https://127.0.0.1:6443/readyz >/dev/null; do sleep 0.5; done""",
}
_BEGINNINGS = {
    "demo": """make demo >said 2>&1 &
until "$CURL" -skf https://127.0.0.1:6443/readyz >/dev/null; do sleep 0.5; done""",
    "laptop": """"$PYTHON" -m promoter_view.simulator --demo --port 7443 >simulated &
until grep -q http simulated; do sleep 0.5; done
mkdir -p ~/.kube
cat >~/.kube/config <<END
apiVersion: v1
kind: Config
clusters: [{name: it, cluster: {server: "$(cat simulated)"}}]
users: [{name: me, user: {token: anything}}]
contexts: [{name: it, context: {cluster: it, user: me}}]
current-context: it
END""",
}
#: What is to be seen of them.
_SEEN = {"demo": ("PROMOTED", "FREIGHT", '"kind":"PromotionStrategyDetails"'), "laptop": ("ok",)}


def test_marks_are_known() -> None:
    """A mark is a world, or says why the block does not run; what a newcomer follows is all marked."""
    found = list(commands())
    assert [each for each in found if each.mark and each.mark not in WORLDS and not each.mark.startswith("no, ")] == []
    assert [f"{shown(each.page)}: {each.text}" for each in found if each.page in MARKED and not each.mark] == []


@pytest.mark.parametrize("world", WORLDS)
def test_the_commands_run(world: str, tmp_path: Path) -> None:
    """All blocks of that world, one after the other, in a network of their own; none fails."""
    if os.geteuid() != 0 or shutil.which("unshare") is None or shutil.which("ip") is None:
        pytest.skip("it needs root, unshare and ip for a network of its own")
    try:
        kubectl = binaries() / "kubectl"
    except NotBuiltError as error:
        pytest.skip(f"no kubectl: {error}")
    shims = tmp_path / "bin"
    shims.mkdir()
    for name, text in _SHIMS.items():
        (shims / name).write_text(f"#!/bin/sh\n{text}\n")
        (shims / name).chmod(0o755)
    (tmp_path / "script").write_text(
        f"set -euo pipefail\nip link set lo up\n{_BEGINNINGS[world]}\n{run_in(world)}\necho '## all ran'\n"
    )
    bin_folder = Path(sys.executable).parent
    environ = {
        "PATH": f"{shims}:{bin_folder}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "BIN": str(bin_folder),
        "PYTHON": sys.executable,
        "PYTHONPATH": str(ROOT),
        "KUBECTL": str(kubectl),
        "CURL": str(shutil.which("curl")),
    }
    unshared = ["unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "bash", "script"]
    ran = subprocess.run(unshared, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=400, check=False)
    (tmp_path / "out").write_text(ran.stdout + ran.stderr)
    assert (ran.returncode, "## all ran" in ran.stdout) == (0, True), f"{ran.stdout[-3000:]}\n{ran.stderr[-3000:]}"
    assert [words for words in _SEEN[world] if words not in ran.stdout] == []
