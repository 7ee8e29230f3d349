"""Server-Sent Events of the whole program, killed and started again: the six guarantees hold for pages too."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.test_random_faults import Cluster, changes, restless, settle
from tests.support.program.pages import finish, pages
from tests.support.program.program import Program
from tests.support.program.session import Session
from tests.support.program.validator import validate
from tests.support.program.watcher import Behaviour

#: Somebody has to have seen each change since the earliest list, from the API.
WITNESSES = {"informer": Behaviour(), "of one namespace": Behaviour(namespace="team-a", cut_after=(5, 60))}


@contextmanager
def program(folder: Path, cluster: Cluster, *options: str) -> Iterator[Program]:
    """With a dashboard, ready."""
    always = ["--kubeconfig", str(cluster.kubeconfig), "--insecure-no-auth", "--bookmark-interval", "500ms"]
    with Program(folder, [*always, *options], dashboard=True) as running:
        running.start()
        running.wait_ready()
        yield running


def test_killed_under_open_pages(tmp_path: Path) -> None:
    """``kill -9`` at any moment, a restart on the same log: every page resumes, misses nothing, and none is reset."""
    with (
        restless(tmp_path / "cluster", seed=5, seconds=8, troubles=False) as cluster,
        program(tmp_path / "program", cluster, "--event-log", f"file:{tmp_path / 'log'}") as running,
        Session(lambda: running.endpoint, seed=5, life_seconds=240, behaviours=WITNESSES) as session,
        pages(lambda: running.dashboard, 5, 240) as opened,
    ):
        cluster.begin()
        for turn in range(4):
            time.sleep(0.5 + turn * 0.37)
            running.kill()
            running.start()
            running.wait_ready()
        settle(running, cluster, 90)
        recordings = finish(session, opened)
    assert validate(recordings, expirations=False) == []
    assert [page.resets for page in opened] == [0] * len(opened)
    assert changes(recordings) > 100


def test_a_short_history_under_open_pages(tmp_path: Path) -> None:
    """Pages whose position is gone are told so, get all there is, and miss nothing from there on."""
    with (
        restless(tmp_path / "cluster", seed=6, seconds=6, troubles=True) as cluster,
        program(tmp_path / "program", cluster, "--event-log", "memory:", "--history-bytes", "200Ki") as running,
        Session(lambda: running.endpoint, seed=6, life_seconds=240, behaviours=WITNESSES) as session,
        pages(lambda: running.dashboard, 6, 240) as opened,
    ):
        cluster.begin()
        settle(running, cluster, 90)
        recordings = finish(session, opened)
    assert validate(recordings) == []


def test_a_goodbye(tmp_path: Path) -> None:
    """TERM: pages are told their position and take leave; the next program on the same log goes on from there."""
    with (
        restless(tmp_path / "cluster", seed=7, seconds=4, troubles=False) as cluster,
        program(tmp_path / "program", cluster, "--event-log", f"file:{tmp_path / 'log'}") as running,
        Session(lambda: running.endpoint, seed=7, life_seconds=240, behaviours=WITNESSES) as session,
        pages(lambda: running.dashboard, 7, 240) as opened,
    ):
        cluster.begin()
        time.sleep(1)
        assert running.terminate() == 0
        running.start()
        running.wait_ready()
        settle(running, cluster, 90)
        recordings = finish(session, opened)
    assert validate(recordings, expirations=False) == []
    assert [page.resets for page in opened] == [0] * len(opened)
