"""``check`` on this host: real folders, locks and ports."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from promoter_view.command.checking.host import host
from promoter_view.log.file.folder_lock import FolderLock
from promoter_view.program.command_line.parsing import settings


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def lines(**given: str) -> dict[str, str]:
    """The first line of each subject."""
    options = {"bind-address": "127.0.0.1", "secure-port": "0", "dashboard-port": "0", "event-log": "memory:"}
    said = [
        each.line for each in host(settings(options | {key.replace("_", "-"): it for key, it in given.items()}, {}))
    ]
    return {line[6:19].strip(): line for line in reversed(said)}


def test_nothing_is_in_the_way(tmp_path: Path) -> None:
    """A folder that is not there yet, and any port: nothing is to do, and nothing was made."""
    said = lines(event_log=f"file:{tmp_path}/a/log")
    assert {line[:4] for line in said.values()} == {"ok  "}
    assert "can be made" in said["event log"]
    assert not list(tmp_path.iterdir())


def test_in_memory() -> None:
    """Said, for somebody may have expected to keep it."""
    said = lines()
    assert said["event log"].startswith("note  event log     is kept in memory")
    assert said["journal"].startswith("note  journal       is kept in memory")


def test_a_journal_in_a_database() -> None:
    """Where it is is said, without what is secret."""
    said = lines(journal="postgresql://ann:pa55word@db:5432/journal?schema=team_a&copy=copy.sqlite")
    assert said["journal"].endswith("is kept in postgresql://db:5432/journal, schema team_a")


def test_a_port_that_is_taken(taken: int) -> None:
    """The line names option, address and port."""
    said = lines(secure_port=str(taken))["port"]
    assert said.startswith(f"todo  port          --secure-port: 127.0.0.1 port {taken} cannot be used: another process")


def test_a_locked_log_and_a_taken_port_are_a_program_that_runs(tmp_path: Path, taken: int) -> None:
    """Together no fault; the lock by itself is one."""
    lock = FolderLock(tmp_path)
    lock.acquire()
    try:
        said = lines(event_log=f"file:{tmp_path}", dashboard_port=str(taken))
        assert {said[subject][:4] for subject in ("event log", "port")} <= {"note", "ok  "}
        assert lines(event_log=f"file:{tmp_path}")["event log"].startswith("todo")
    finally:
        lock.release()


def test_places_that_cannot_be_used(tmp_path: Path) -> None:
    """A file where a folder should be, and a journal that is none."""
    (tmp_path / "file").write_text("no database")
    said = lines(event_log=f"file:{tmp_path}/file/log", journal=f"sqlite:{tmp_path}/file")
    assert said["event log"].startswith(f"todo  event log     {tmp_path}/file is not a folder: give --event-log")
    assert said["journal"].startswith(f"todo  journal       the journal {tmp_path}/file cannot be read: ")
