"""What replicas promise each other: one writer, one history, the same bytes; and what clients hear when it is lost."""

from __future__ import annotations

import random
import signal
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

import promoter_view
from promoter_view.log.etcd.layout import Head, KeyLayout, decode_head
from tests.replicas.company import Company, company, leads, metric, replica
from tests.replicas.loading import Load
from tests.support.log.etcds import Etcds
from tests.support.plane.plane import ControlPlane
from tests.support.program.client import Client, entry, path_of
from tests.support.program.fleet import Fleet
from tests.support.program.program import Program
from tests.support.program.recording import Bookmark, Change, Refusal
from tests.support.program.simulated import Simulated, simulated
from tests.support.program.truth import RELISTS, wait

pytestmark = pytest.mark.controlplane

_PATIENCE_SECONDS = 90.0
_OUTCOMES = "promoter_view_replica_outcomes_total"


@contextmanager
def running(folder: Path, etcds: Etcds, *options: str, count: int = 3) -> Iterator[tuple[Simulated, Fleet, Company]]:
    """A cluster with a fleet, and replicas that serve it."""
    with simulated(folder / "cluster") as cluster:
        fleet = Fleet(cluster.written, random.Random(3))
        with company(folder, cluster, etcds.log_url(), *options, count=count) as replicas:
            replicas.settle(cluster.truth())
            yield cluster, fleet, replicas


def heads(etcds: Etcds, first: int) -> list[Head]:
    """Each head that was put, from that revision of etcd on."""
    key = KeyLayout("promoter-view").head
    found: list[Head] = []
    for revision in range(first, etcds.revision() + 1):
        answer = etcds.call(0, "kv/range", {"key": b64encode(key).decode(), "revision": revision})
        head = decode_head(key, b64decode(answer["kvs"][0]["value"]))
        if not found or found[-1].offset != head.offset:
            found.append(head)
    return found


def raw_watch(running: Program, after: int, until: int) -> bytes:
    """The bytes of a watch between two positions: all frames, and no bookmarks."""
    frames = b""
    query = {"resourceVersion": str(after), "allowWatchBookmarks": "true"}
    with Client(running.endpoint).watch("", query) as exchange:
        for line in exchange.lines():
            found = entry(line)
            assert isinstance(found, Change | Bookmark), found
            if isinstance(found, Change):
                frames += line
            elif found.resource_version >= until:
                break
    return frames


class Gone(NamedTuple):
    """An ERROR event."""

    code: int
    reason: str


def told(running: Program, position: int) -> Gone | None:
    """The error that a watch from there is answered with, None where it goes on."""
    query = {"resourceVersion": str(position), "timeoutSeconds": "1"}
    with Client(running.endpoint).watch("", query) as exchange:
        for found in exchange.entries():
            if isinstance(found, Refusal):
                return Gone(found.code, found.reason)
    return None


def test_a_leader_that_wakes_up_writes_nothing(etcds: Etcds, tmp_path: Path) -> None:
    """A leader stopped in mid-work, deposed and woken writes nothing more: terms never go back in the log."""
    with running(tmp_path, etcds) as (cluster, _, replicas):
        first = etcds.revision()
        with Load(cluster) as load:
            leader, others = replicas.leader(), replicas.followers()
            leader.send(signal.SIGSTOP)
            try:
                wait(lambda: any(map(leads, others)), _PATIENCE_SECONDS, "another replica leads")
            finally:
                leader.send(signal.SIGCONT)
            wait(lambda: not leads(leader), _PATIENCE_SECONDS, "the woken leader has stepped down")
            load.rest()
        replicas.settle(cluster.truth())
        written = heads(etcds, first)
        terms = [head.term for head in written]
        assert terms == sorted(terms)
        assert len(set(terms)) > 1
        assert all(after.previous == before.offset for before, after in pairwise(written))
        assert len(replicas.digests()) == 1


def connections(pid: int, port: int) -> int:
    """How many connections of a process to that port of loopback are open (Linux)."""
    sockets = {str(found.readlink()) for found in Path(f"/proc/{pid}/fd").iterdir() if found.is_symlink()}
    lines = [line.split() for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]]
    return sum(fields[2].endswith(f":{port:04X}") and f"socket:[{fields[9]}]" in sockets for fields in lines)


@pytest.mark.skipif(not Path("/proc/self/net/tcp").exists(), reason="only Linux shows a process's connections so")
def test_only_the_leader_reads_the_cluster(etcds: Etcds, tmp_path: Path) -> None:
    """Followers have no connection to the cluster; who leads after a kill goes on where it stood, and lists nothing."""
    with running(tmp_path, etcds) as (cluster, fleet, replicas):
        for _ in range(2):
            leader, others = replicas.leader(), replicas.followers()
            assert connections(leader.pid, cluster.port) > 0
            for it in others:
                wait(lambda it=it: connections(it.pid, cluster.port) == 0, _PATIENCE_SECONDS, "a follower is apart")
                assert metric(it, "promoter_view_reflector_events_total") == 0
            leader.kill()
            replicas.replicas.remove(leader)
            fleet.write()
            replicas.settle(cluster.truth())
            assert metric(replicas.leader(), RELISTS) == 0


def test_all_publish_the_same_schemas(control_plane: ControlPlane, etcds: Etcds, tmp_path: Path) -> None:
    """Discovery and OpenAPI, with the members' schemas as the cluster has them, are the same on every replica."""
    with company(tmp_path, control_plane, etcds.log_url(), count=2) as replicas:

        def documents() -> set[bytes]:
            paths = ("/openapi/v3/apis/view.promoter.argoproj.io/v1alpha1", "/openapi/v2", "/apis")
            return {b"".join(Client(it.endpoint).get(path) for path in paths) for it in replicas.replicas}

        def complete() -> bool:
            known = b"known schemas: promoter.argoproj.io/v1alpha1"
            return all(known in Client(it.endpoint).get("/readyz?verbose") for it in replicas.replicas)

        wait(complete, _PATIENCE_SECONDS, "all know the schemas")
        wait(lambda: len(documents()) == 1, _PATIENCE_SECONDS, "all publish the same")
        (document,) = documents()
        unknown = b"A PullRequest of promoter.argoproj.io/v1alpha1. The cluster does not publish its fields."
        assert unknown not in document


def test_an_etcd_that_was_restored(etcds: Etcds, tmp_path: Path) -> None:
    """Every replica notices an etcd put back in time; what it forgot is 410 to clients, and no position comes twice."""
    with running(tmp_path, etcds) as (cluster, fleet, replicas):
        etcds.back_up("early")
        for _ in range(30):
            fleet.write()
        replicas.settle(cluster.truth())
        lost = Client(replicas.anyone()).list().resource_version
        etcds.restore("early")
        for _ in range(30):
            fleet.write()
        replicas.settle(cluster.truth())
        assert all(metric(it, _OUTCOMES) > 0 for it in replicas.replicas)
        assert len(replicas.digests()) == 1
        for it in replicas.replicas:
            assert Client(it.endpoint).list().resource_version > lost
            assert told(it, lost) == Gone(410, "Expired")


def test_a_late_replica_has_the_same_history(etcds: Etcds, tmp_path: Path) -> None:
    """A replica that starts anew serves the same bytes as the oldest, to who resumes at a position before it too."""
    with running(tmp_path, etcds, count=2) as (cluster, fleet, replicas):
        position = Client(replicas.anyone()).list().resource_version
        for _ in range(40):
            fleet.write()
        replicas.settle(cluster.truth())
        with replica(tmp_path / "late", cluster, etcds.log_url()) as late:
            late.start()
            late.wait_ready(timeout_seconds=_PATIENCE_SECONDS)
            replicas.replicas.append(late)
            replicas.settle(cluster.truth())
            assert len(replicas.digests()) == 1
            head = Client(late.endpoint).list().resource_version
            frames = {raw_watch(it, position, head) for it in replicas.replicas}
            assert len(frames) == 1
            assert frames.pop().count(b"\n") > 40
            lists = {Client(it.endpoint).get(path_of("") + "?resourceVersion=0") for it in replicas.replicas}
            assert len(lists) == 1


def test_an_upgrade_to_another_generation(etcds: Etcds, tmp_path: Path) -> None:
    """Replicas are replaced one by one by another generation of the views: clients are told 410, and miss nothing."""
    (tmp_path / "next").mkdir()
    patch = "import promoter_view.views.definition as it\nit.GENERATION = (it.GENERATION + 1) % 4\n"
    (tmp_path / "next/sitecustomize.py").write_text(patch)
    path = f"{Path(promoter_view.__file__).parents[1]}:{tmp_path / 'next'}"
    with running(tmp_path, etcds, count=2) as (cluster, fleet, replicas), ExitStack() as stack:
        old = Client(replicas.anyone()).list().resource_version
        for number in range(2):
            fleet.write()
            assert replicas.replicas[number].terminate() == 0
            new = replica(tmp_path / f"new-{number}", cluster, etcds.log_url(), environment={"PYTHONPATH": path})
            replicas.replicas[number] = stack.enter_context(new)
            new.start()
            new.wait_ready(timeout_seconds=_PATIENCE_SECONDS)
            assert told(new, old) == Gone(410, "Expired")
            fleet.write()
        replicas.settle(cluster.truth())
        assert len(replicas.digests()) == 1
        for it in replicas.replicas:
            listed = Client(it.endpoint).list()
            assert listed.resource_version > old
            assert told(it, listed.resource_version) is None
