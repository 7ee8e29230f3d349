"""The program stopped, its log, its options or its disk changed, and started again: what clients then see."""

from __future__ import annotations

import random
import resource
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.program.client import BROKEN, Client, RefusedError, path_of
from tests.support.program.fleet import Fleet
from tests.support.program.program import Program
from tests.support.program.recording import Bookmark, Change, Refusal
from tests.support.program.simulated import Simulated, program, settle, simulated
from tests.support.program.truth import wait

SECRET = "never-again-91bd"
_WEB = "webrequestcommitstatuses"


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Simulated]:
    """A simulated cluster."""
    with simulated(tmp_path / "cluster") as found:
        yield found


def write(fleet: Fleet, count: int) -> None:
    for _ in range(count):
        fleet.write()


def changes_until_caught_up(running: Program, after: int) -> list[Change]:
    """What a watch that resumes there gets until it has come to the head. Errors: AssertionError for a refusal."""
    client = Client(running.endpoint)
    end = client.list().resource_version
    changes: list[Change] = []
    with client.watch("", {"resourceVersion": str(after), "allowWatchBookmarks": "true"}) as exchange:
        for entry in exchange.entries():
            assert not isinstance(entry, Refusal), entry
            if isinstance(entry, Change):
                changes.append(entry)
            if isinstance(entry, Bookmark) and entry.resource_version >= end:
                return changes
    raise AssertionError("the watch has ended")


def refusal_of(running: Program, after: int) -> int:
    """The code that a watch from there is told first."""
    with Client(running.endpoint).watch("", {"resourceVersion": str(after)}) as exchange:
        first = next(exchange.entries())
    assert isinstance(first, Refusal), first
    return first.code


def test_log_put_back_from_yesterday(cluster: Simulated, tmp_path: Path) -> None:
    """Who has seen what the copy does not know is told 410; who has not goes on, and misses nothing."""
    log, fleet = tmp_path / "log", Fleet(cluster.written, random.Random(31))
    with program(tmp_path / "program", cluster, log) as running:
        settle(running, cluster.truth())
        old = Client(running.endpoint).list()
        write(fleet, 5)
        settle(running, cluster.truth())
        running.kill()
        shutil.copytree(log, tmp_path / "yesterday")
        running.start()
        settle(running, cluster.truth())
        kept = Client(running.endpoint).list()
        write(fleet, 20)
        settle(running, cluster.truth())
        late = {item.resource_version for item in Client(running.endpoint).list().items}
        late = {each for each in late if each > kept.resource_version} | {
            Client(running.endpoint).list().resource_version
        }
        running.kill()
        shutil.rmtree(log)
        shutil.copytree(tmp_path / "yesterday", log)
        running.start()
        settle(running, cluster.truth())
        assert len(late) > 2
        assert {refusal_of(running, each) for each in late} == {410}
        held = {item.key: item.digest for item in old.items}
        for change in changes_until_caught_up(running, old.resource_version):
            held[change.seen.key] = change.seen.digest
            if change.type == "DELETED":
                del held[change.seen.key]
        assert held == {item.key: item.digest for item in Client(running.endpoint).list().items}


def test_other_namespaces(cluster: Simulated, tmp_path: Path) -> None:
    """What a start no longer mirrors leaves as DELETED, what it mirrors again comes as ADDED; nobody starts over."""
    log = tmp_path / "log"
    Fleet(cluster.written, random.Random(32))
    positions, seen = [], []
    for turn, namespaces in enumerate(("team-a,team-b", "team-a", "team-a,team-b")):
        with program(tmp_path / str(turn), cluster, log, "--namespace", namespaces) as running:
            running.wait_ready()
            listing = Client(running.endpoint).list()
            assert {item.key[0] for item in listing.items} == set(namespaces.split(","))
            if positions:
                found = changes_until_caught_up(running, positions[-1])
                seen.append({(change.type, change.seen.key[0]) for change in found if change.type != "MODIFIED"})
            positions.append(listing.resource_version)
            running.terminate()
    assert seen == [{("DELETED", "team-b")}, {("ADDED", "team-b")}]


def web_request() -> dict:
    request = {"urlTemplate": "https://ci", "method": "POST", "bodyTemplate": SECRET, "headerTemplates": {"A": SECRET}}
    return {
        "apiVersion": "promoter.argoproj.io/v1alpha1",
        "kind": "WebRequestCommitStatus",
        "metadata": {"namespace": "team-a", "name": "web"},
        "spec": {"promotionStrategyRef": {"name": "app-0"}, "key": "web", "httpRequest": request},
    }


def test_bodies_no_longer_shown(cluster: Simulated, tmp_path: Path) -> None:
    """Once bodies are to be redacted no answer holds one: not before the relist is done, not by an old position."""
    log, fleet = tmp_path / "log", Fleet(cluster.written, random.Random(33))
    cluster.written.apply(web_request())
    with program(tmp_path / "open", cluster, log, "--show-web-request-bodies") as running:
        running.wait_ready()
        client = Client(running.endpoint)
        listing = client.list()
        # Headers are redacted even so: one is the body's.
        assert client.get(path_of("")).count(SECRET.encode()) == 1
        write(fleet, 3)
        running.terminate()
    cluster.command("request-fault", fault="Delay", seconds=2.0, path=_WEB, times=2)
    answers: list[bytes] = []
    with program(tmp_path / "closed", cluster, log) as running:
        wait(lambda: answered(running, answers), 30, "the relist is done")
        settle(running, cluster.truth())
        client = Client(running.endpoint)
        answers.append(client.get(path_of("")))
        for position in (listing.resource_version, listing.items[0].resource_version):
            assert refusal_of(running, position) == 410
            # A moment of the past is read from the log, as the rules of now leave it.
            answers.append(client.get(f"{path_of('')}?resourceVersion={position}&resourceVersionMatch=Exact"))
    assert answers.count(b"503") > 5
    assert not any(SECRET.encode() in answer for answer in answers)


def answered(running: Program, answers: list[bytes]) -> bool:
    """Asks once more; whether that was served."""
    try:
        answers.append(Client(running.endpoint).get(path_of("")))
    except RefusedError as refused:
        answers.append(b"%d" % refused.refusal.code)
        return False
    except BROKEN:
        return False
    return True


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux sets another process's limits")
def test_full_disk(cluster: Simulated, tmp_path: Path) -> None:
    """While the log cannot grow all is served, ready and said why; with room again all that waited is there."""
    log, fleet = tmp_path / "log", Fleet(cluster.written, random.Random(34))
    with program(tmp_path / "program", cluster, log) as running:
        settle(running, cluster.truth())
        before, listing = cluster.truth(), Client(running.endpoint).list()
        assert running._process is not None
        [segment] = log.glob("*.segment")
        _, hard = resource.prlimit(running._process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(running._process.pid, resource.RLIMIT_FSIZE, (segment.stat().st_size + 100, hard))
        write(fleet, 20)
        client = Client(running.endpoint)
        wait(lambda: b"the event log cannot be written" in client.get("/readyz?verbose"), 20, "it says why")
        assert client.get("/readyz").startswith(b"ok")
        settle(running, before)
        resource.prlimit(running._process.pid, resource.RLIMIT_FSIZE, (hard, hard))
        settle(running, cluster.truth())
        assert b"cannot be written" not in client.get("/readyz?verbose")
        assert running.metric("promoter_view_log_write_failures_total") > 0
        assert changes_until_caught_up(running, listing.resource_version)
        running.kill()
        running.start()
        settle(running, cluster.truth())
        assert running.metric("promoter_view_reflector_relists_total") == 0
