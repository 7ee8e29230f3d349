"""One edit of a ClusterScmProvider that 300 strategies use: 300 changes for every watch, on a real kube-apiserver."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import pairwise

import pytest

from tests.controlplane.mirrored import Mirrored, mirrored, reading
from tests.support.plane.plane import ControlPlane
from tests.support.program.recording import MODIFIED, Change
from tests.support.program.watcher import Behaviour, Watcher

pytestmark = pytest.mark.controlplane

NAMESPACE, STRATEGIES, WATCHES = "shared-provider", 300, 4
API_VERSION = "promoter.argoproj.io/v1alpha1"
EDITS = 3


def document(kind: str, name: str, spec: dict) -> dict:
    metadata = {"name": name} | ({} if kind == "ClusterScmProvider" else {"namespace": NAMESPACE})
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}


@pytest.fixture(scope="module")
def served(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mirrored]:
    """The program on the shared cluster, with 300 strategies of one provider."""
    with mirrored(control_plane, tmp_path_factory.mktemp("shared-provider")) as found:
        found.cluster.add_namespaces(NAMESPACE)
        reference = {"kind": "ClusterScmProvider", "name": NAMESPACE}
        spec = {"gitRepositoryRef": {"name": "app"}, "environments": [{"branch": "dev"}]}
        strategies = [document("PromotionStrategy", f"app-{number:03}", spec) for number in range(STRATEGIES)]
        repository = document(
            "GitRepository", "app", {"fake": {"owner": "o", "name": "n"}, "scmProviderRef": reference}
        )
        control_plane.client().create_all([repository, *strategies])
        edit(found, "first")
        found.settle()
        yield found


def edit(served: Mirrored, domain: str) -> None:
    served.cluster.apply(document("ClusterScmProvider", NAMESPACE, {"fake": {"domain": domain}}))


def test_every_open_watch_gets_all_of_them_and_stays_open(served: Mirrored) -> None:
    """Each watch, a slow one too, gets 300 MODIFIED with resourceVersions of their own for each edit, and goes on."""
    position = served.list().resource_version
    slow = Behaviour(pause_seconds=0.002, receive_buffer=4096)
    lives = Watcher("slow", lambda: served.running.endpoint, slow, source=random.Random(1), life_seconds=90)
    lives.start()
    with ExitStack() as stack:
        readers = [stack.enter_context(reading(served.client, position)) for _ in range(WATCHES)]
        for turn in range(EDITS):
            edit(served, f"turn-{turn}")
        expected = readers[0].take(EDITS * STRATEGIES)
        for reader in readers[1:]:
            assert reader.take(EDITS * STRATEGIES) == expected
        end = served.list().resource_version
        # They are open still: a bookmark comes, and nothing else did.
        assert [reader.until(end) for reader in readers] == [[]] * WATCHES
    check(expected)
    wait_for(lives, end)
    streams = lives.recording().life[1:]
    assert len(streams) == 1
    assert [entry for entry in streams[0].entries if isinstance(entry, Change)] == expected


def check(changes: list[Change]) -> None:
    """They are all MODIFIED, in order, each bundle once an edit."""
    assert {change.type for change in changes} == {MODIFIED}
    assert all(one.resource_version < two.resource_version for one, two in pairwise(changes))
    for turn in range(EDITS):
        names = {change.seen.key for change in changes[turn * STRATEGIES : (turn + 1) * STRATEGIES]}
        assert len(names) == STRATEGIES


def wait_for(watcher: Watcher, position: int) -> None:
    """Reads on until the watcher is at that position; then it ends."""
    over = threading.Event()
    for _ in range(600):
        if (watcher.position or 0) >= position:
            break
        over.wait(0.1)
    watcher.stop()
    watcher.join(20)
    assert (watcher.position or 0) >= position


def test_cut_off_after_any_number_of_them(served: Mirrored) -> None:
    """A watcher cut off after n of the 300 resumes there, and gets the other 300 - n and nothing else."""
    position = served.list().resource_version
    edit(served, "cut")
    with reading(served.client, position) as reader:
        changes = reader.take(STRATEGIES)
    end = served.list().resource_version
    for count in (0, 1, 2, 63, 150, 298, 299, 300):
        after = changes[count - 1].resource_version if count else position
        with reading(served.client, after) as reader:
            assert reader.until(end) == changes[count:], f"cut off after {count}"


def test_killed_in_the_middle_of_them(served: Mirrored) -> None:
    """The same over a ``kill -9`` of the program between the cut and the resume."""
    position = served.list().resource_version
    edit(served, "killed")
    with reading(served.client, position) as reader:
        changes = reader.take(STRATEGIES)
    served.running.kill()
    served.running.start()
    served.running.wait_ready()
    end = served.list().resource_version
    for count in (0, 1, 170, 299, 300):
        after = changes[count - 1].resource_version if count else position
        with reading(served.client, after) as reader:
            assert reader.until(end) == changes[count:], f"cut off after {count}"
