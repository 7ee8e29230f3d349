"""What ``check`` says of folders and ports."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from promoter_view.command.checking.places import Folder, WantedPort, folder, ports

GIB = 1024**3
HERE = Folder(Path("log"), exists=True, free_bytes=2 * GIB)
PORT = WantedPort("--secure-port", ":: port 6443")
TAKEN = replace(PORT, taken=True, problem="stop it")


@pytest.mark.parametrize(
    ("found", "running", "line"),
    [
        (HERE, False, "ok    event log     log can be written, 2048 MiB are free"),
        (replace(HERE, exists=False), False, "ok    event log     log can be made, 2048 MiB are free"),
        (replace(HERE, free_bytes=GIB // 2), False, "note  event log     log: 512 MiB are free, and "),
        (replace(HERE, problem="/ is not a folder"), False, "todo  event log     / is not a folder: give --event-log "),
        (replace(HERE, locked=True), False, "todo  event log     log is locked by another process: stop it, or give "),
        (replace(HERE, locked=True), True, "note  event log     log is locked: promoter-view seems to run here"),
    ],
)
def test_a_folder(found: Folder, running: bool, line: str) -> None:
    """Whether it can be a log's, and what is in the way; a program that runs here already is no fault."""
    assert folder("event log", "--event-log", found, GIB, running=running).line.startswith(line)


@pytest.mark.parametrize(
    ("port", "running", "line"),
    [
        (PORT, False, "ok    port          --secure-port: :: port 6443 is free"),
        (replace(PORT, chosen=True), False, "ok    port          --secure-port: the first free one"),
        (TAKEN, False, "todo  port          --secure-port: :: port 6443 cannot be used: stop it"),
        (TAKEN, True, "note  port          --secure-port: :: port 6443 is in use: promoter-view seems to run here"),
        (replace(TAKEN, taken=False), True, "todo  port          --secure-port: :: port 6443 cannot be used: stop it"),
    ],
)
def test_a_port(port: WantedPort, running: bool, line: str) -> None:
    """Whether it can be listened on, and what to do."""
    (found,) = ports([port], running=running)
    assert found.line.startswith(line)
