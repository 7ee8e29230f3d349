"""The system calls on which durability hangs, where a system or a file system has them and where not."""

from __future__ import annotations

import errno
import fcntl
import os

import pytest

from promoter_view.log.file import disk


@pytest.fixture
def calls(monkeypatch):
    """As on macOS, where F_FULLFSYNC works unless ``refusal`` says otherwise; and what was called."""
    made, refusal = [], []

    def full(descriptor, command):
        made.append(command)
        if refusal:
            raise OSError(refusal[0], os.strerror(refusal[0]))

    monkeypatch.setattr(disk, "_FULL_SYNC", "F_FULLFSYNC")
    monkeypatch.setattr(fcntl, "fcntl", full)
    monkeypatch.setattr(os, "fsync", lambda _: made.append("fsync"))
    monkeypatch.setattr(os, "fdatasync", lambda _: made.append("fsync"), raising=False)
    return made, refusal


def test_a_full_sync_where_there_is_one(calls):
    """macOS' own call is enough."""
    disk.Disk().sync(0)
    assert calls[0] == ["F_FULLFSYNC"]


@pytest.mark.parametrize("code", [errno.ENOTSUP, errno.EINVAL, errno.ENOTTY])
def test_file_systems_that_know_no_full_sync(calls, code):
    """Network and foreign file systems refuse it: there the ordinary sync is all that there is."""
    calls[1].append(code)
    disk.Disk().sync(0)
    assert calls[0] == ["F_FULLFSYNC", "fsync"]


def test_a_full_sync_that_fails(calls):
    """What is no refusal is a failed sync, and another kind of sync would prove nothing."""
    calls[1].append(errno.EIO)
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        disk.Disk().sync(0)
    assert calls[0] == ["F_FULLFSYNC"]
