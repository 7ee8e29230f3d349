"""``--views`` on one log: what is taken out goes, what is put back comes, and the other view goes on undisturbed."""

from __future__ import annotations

import random
from pathlib import Path

import orjson
import pytest

from tests.support.program.client import GROUP_PATH, Client, RefusedError
from tests.support.program.fleet import Fleet
from tests.support.program.program import Program
from tests.support.program.recording import Bookmark
from tests.support.program.simulated import Simulated, simulated
from tests.support.program.truth import wait

STAGES = f"{GROUP_PATH}/stagedetails"
FIRST = "promotionstrategydetails"


def program(folder: Path, cluster: Simulated, views: str) -> Program:
    """The program on that cluster, always with the same log."""
    options = ["--kubeconfig", str(cluster.kubeconfig), "--insecure-no-auth", "--bookmark-interval", "200ms"]
    return Program(folder / "program", [*options, "--event-log", f"file:{folder / 'log'}", "--views", views])


def names(running: Program) -> list[str]:
    """Of the Stages that are served."""
    items = orjson.loads(Client(running.endpoint).get(STAGES))["items"]
    return [item["metadata"]["name"] for item in items]


def test_a_view_that_goes_and_comes(tmp_path: Path) -> None:
    """A watch of the first view resumes across both changes, and sees just its own events; Stages go and come back."""
    with simulated(tmp_path / "cluster", "--strategies", "3", "--stages", "2") as cluster:
        fleet = Fleet(cluster.written, random.Random(5))
        with program(tmp_path, cluster, f"{FIRST},stagedetails") as running:
            running.start()
            running.wait_ready()
            assert names(running) == ["stage-0", "stage-1"]
            position = Client(running.endpoint).list().resource_version
        for views in (FIRST, f"{FIRST},stagedetails"):
            with program(tmp_path, cluster, views) as running:
                running.start()
                running.wait_ready()
                fleet.write()
                wait(lambda: Client(running.endpoint).list().resource_version > position, 30, "the write came")  # noqa: B023
                end = Client(running.endpoint).list().resource_version
                query = {"resourceVersion": str(position), "allowWatchBookmarks": "true"}
                with Client(running.endpoint).watch("", query) as exchange:
                    for entry in exchange.entries():
                        if isinstance(entry, Bookmark) and entry.resource_version >= end:
                            break
                        assert isinstance(entry, Bookmark) or entry.type in ("ADDED", "MODIFIED", "DELETED")
                position = end
                if views == FIRST:
                    with pytest.raises(RefusedError, match="404"):
                        names(running)


def test_a_view_that_comes_later(tmp_path: Path) -> None:
    """A log that never held Stages takes them in; nothing of the first view is listed anew."""
    with simulated(tmp_path / "cluster", "--strategies", "3", "--stages", "2") as cluster:
        with program(tmp_path, cluster, FIRST) as running:
            running.start()
            running.wait_ready()
        with program(tmp_path, cluster, f"{FIRST},stagedetails") as running:
            running.start()
            running.wait_ready()
            assert names(running) == ["stage-0", "stage-1"]
            metrics = Client(running.endpoint).get("/metrics").decode().splitlines()
            lines = [line for line in metrics if line.startswith("promoter_view_reflector_relists_total{")]
            assert not [line for line in lines if 'kind="PullRequest"' in line]
            assert [line for line in lines if 'kind="Stage"' in line]
