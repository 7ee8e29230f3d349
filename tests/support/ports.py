"""Ports for servers that tests start, kill and start again: each is one test process' own until that ends.

A port that the system picks may go to anybody's outgoing connection while its server is down, and one that was only
looked at may be picked by another worker before its server listens.
"""

from __future__ import annotations

import errno
import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path
from typing import IO

#: Below those that Linux and macOS pick for outgoing connections.
_PORTS = range(20_000, 32_000)
#: Locks that the kernel lets go with the process.
_held: list[IO[str]] = []


def free_port() -> int:
    """A port that nobody listens on, and that no other test process gets."""
    folder = Path(tempfile.gettempdir()) / f"promoter-view-test-ports-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    for port in random.SystemRandom().sample(_PORTS, 500):
        lock = (folder / str(port)).open("w")
        if _locked(lock) and _unused(port):
            _held.append(lock)
            return port
        lock.close()
    raise OSError("no free port found")


def _locked(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _unused(port: int) -> bool:
    """Of either family: a server may listen on one, and be asked for on the other."""
    families = [(socket.AF_INET, "0.0.0.0"), *([(socket.AF_INET6, "::1")] if socket.has_ipv6 else [])]
    return all(_binds(family, host, port) for family, host in families)


def _binds(family: int, host: str, port: int) -> bool:
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.errno == errno.EADDRNOTAVAIL  # no such family here: nobody listens
        return True
