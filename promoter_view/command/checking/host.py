"""What ``serve`` needs of this host: the folder of its log, its journal, its ports. Reads only, and changes nothing."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from promoter_view.command.checking.findings import Finding, noted, to_do, well
from promoter_view.command.checking.places import Folder, WantedPort, folder, ports
from promoter_view.journal.places import journal_file
from promoter_view.journal.postgresql.address import is_database, parse_address
from promoter_view.journal.sqlite import work
from promoter_view.journal.sqlite.resting import opened
from promoter_view.journal.store import JournalError
from promoter_view.program.command_line.settings import Settings
from promoter_view.program.command_line.values import Port
from promoter_view.program.listening import advice

_FILE, _MEMORY = "file:", "memory:"


def host(settings: Settings) -> Iterator[Finding]:
    """A line for the folder of the event log, one for the journal, one for each port."""
    url = settings.event_log.url
    looked_at = _look_at(Path(url.removeprefix(_FILE))) if url.startswith(_FILE) else None
    wanted = [*_wanted_ports(settings)]
    running = looked_at is not None and looked_at.locked and any(port.taken for port in wanted)
    if looked_at is not None:
        yield folder("event log", "--event-log", looked_at, settings.event_log.retention_bytes, running=running)
    elif url == _MEMORY:
        yield noted("event log", "is kept in memory: each start begins with an empty history")
    yield _journal(settings)
    yield from ports(wanted, running=running)


def _journal(settings: Settings) -> Finding:
    place = settings.journal.place
    if place is not None and is_database(place):
        return noted("journal", f"is kept in {parse_address(place).shown}")
    file = journal_file(place, settings.event_log.url)
    if file is None:
        return noted("journal", "is kept in memory, or in the event log's etcd")
    if not file.exists():
        return folder("journal", "--journal", _look_at(file.parent), 0, running=True)
    try:
        with opened(file) as connection:
            newest = work.state(connection.cursor()).newest
    except JournalError as error:
        return to_do("journal", str(error), "name another place by --journal, or restore the file from a backup")
    return well("journal", f"{file} can be read, up to resourceVersion {newest.resource_version}")


def _look_at(path: Path) -> Folder:
    """The folder as it is now, or, where there is none yet, the one in which it would be made."""
    place = path.absolute()
    nearest = next(each for each in (place, *place.parents) if each.exists())
    if not nearest.is_dir():
        return Folder(path, exists=False, problem=f"{nearest} is not a folder")
    problem = "" if os.access(nearest, os.W_OK | os.X_OK) else f"{nearest} cannot be written by this user"
    return Folder(path, nearest == place, problem, shutil.disk_usage(nearest).free, _is_locked(place / "lock"))


def _is_locked(path: Path) -> bool:
    """Whether another process holds that lock. Nobody is kept waiting: it is let go at once."""
    with suppress(OSError), path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _wanted_ports(settings: Settings) -> Iterator[WantedPort]:
    yield _try(settings.api.secure_port, settings.api.bind_address, "--secure-port", "--bind-address")
    if settings.has_dashboard:
        chosen = settings.dashboard
        yield _try(chosen.port, chosen.bind_address, "--dashboard-port", "--dashboard-bind-address")


def _try(port: Port, address: str, port_option: str, address_option: str) -> WantedPort:
    """Binds it for a moment, and listens to nobody."""
    name = f"{address} port {port.number}"
    if not port.number or port.or_next:
        return WantedPort(port_option, name, chosen=True)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((address, port.number))
        except OSError as error:
            words = advice(error.errno, str(error), port=port_option, address=address_option)
            return WantedPort(port_option, name, taken=error.errno == errno.EADDRINUSE, problem=words)
    return WantedPort(port_option, name)
