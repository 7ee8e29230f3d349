"""A real PostgreSQL on loopback, as Debian has it: it can be killed and started again. It ends with the tests."""

from __future__ import annotations

import atexit
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from unittest import SkipTest

import psycopg
from twisted.internet import reactor

from promoter_view.clocks import wall
from promoter_view.journal.postgresql.address import parse_address
from promoter_view.journal.postgresql.store import DatabasePlace, PostgresJournal
from promoter_view.journal.shared.copy import JournalCopy
from promoter_view.metrics import Metrics
from promoter_view.runtime import Runtime
from tests.support.plane.process import Process
from tests.support.ports import free_port

_POLL_SECONDS, _START_SECONDS = 0.1, 60.0
#: Whom it runs as where the tests are root's, whom PostgreSQL refuses.
_USER = "postgres"
_DATABASE = "journal"
_SETTINGS = {
    "fsync": "off",  # the machine is never lost, the process is
    "full_page_writes": "off",
    "max_connections": "50",
    "shared_buffers": "16MB",
    "listen_addresses": "127.0.0.1",
    "log_min_messages": "warning",
}


def binaries() -> Path:
    """The newest server's. Errors: SkipTest."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda each: int(each.parts[-3]))
    if not found:
        raise SkipTest("PostgreSQL is not here (Debian: apt-get install postgresql)")
    return found[-1].parent


class Postgres:
    """``stop`` it always. It keeps its port, so that its clients find it where it was."""

    def __init__(self, primary: Postgres | None = None) -> None:
        """A new one, or a standby of ``primary``, which runs."""
        self._bin = binaries()
        self.folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        self.port = free_port()
        self._process: Process | None = None
        self._data = self.folder / "data"
        if os.getuid() == 0:
            shutil.chown(self.folder, _USER)
        if primary is None:
            self._call("initdb", "-D", str(self._data), "-U", _USER, "--auth=trust", "--no-sync", "-E", "UTF8")
        else:
            source = primary.url(database="replication")
            self._call("pg_basebackup", "-D", str(self._data), "-R", "-c", "fast", "--no-sync", "-d", source)

    def url(self, parameters: str = "", database: str = _DATABASE, user: str = _USER) -> str:
        """For ``--journal``."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}" + (f"?{parameters}" if parameters else "")

    def start(self, **settings: str) -> None:
        """Starts it, and waits until it answers; the first time it makes the database."""
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if time.monotonic() > deadline:
                raise AssertionError((self.folder / "log").read_text()[-2000:])
            if self._process is None or not self._process.running:  # what was killed leaves its children a moment
                self._process = Process(self._command(settings), self.folder / "log")
            time.sleep(_POLL_SECONDS)
        with suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.ReadOnlySqlTransaction):
            self.execute(f"CREATE DATABASE {_DATABASE}", database="postgres")

    def send(self, number: signal.Signals) -> None:
        """A signal to its first process."""
        assert self._process is not None
        self._process.send(number)

    def kill(self) -> None:
        """As a crash of the server."""
        process, self._process = self._process, None
        assert process is not None
        process.kill()

    def shut_down(self) -> None:
        """As an administrator does, who waits for nobody."""
        process, self._process = self._process, None
        if process is not None:
            process.send(signal.SIGCONT)
            process.send(signal.SIGINT)
            process.stop()

    def stop(self) -> None:
        """Ends it for good."""
        self.shut_down()
        shutil.rmtree(self.folder, ignore_errors=True)

    def execute(self, text: str, *, database: str = _DATABASE) -> Sequence[tuple[Any, ...]]:
        """As the superuser; the rows where there are some."""
        with psycopg.connect(self.url(database=database), autocommit=True, connect_timeout=5) as connection:
            cursor = connection.execute(text)
            return cursor.fetchall() if cursor.description is not None else []

    def put(self, name: str, content: bytes) -> Path:
        """A file that only the server reads."""
        path = self.folder / name
        path.write_bytes(content)
        path.chmod(0o600)
        if os.getuid() == 0:
            shutil.chown(path, _USER)
        return path

    def ask_for_password(self, user: str) -> None:
        """From now on that user's new connections need one; those that are there end."""
        known = self._data / "pg_hba.conf"
        known.write_text(f"host all {user} 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n")
        self.execute("SELECT pg_reload_conf()")
        self.end_connections(user)

    def end_connections(self, user: str = _USER) -> None:
        """As an administrator does, or what is between: those of promoter-view."""
        self.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            f"WHERE usename = '{user}' AND application_name LIKE 'promoter-view%'"
        )

    def dump(self, schema: str) -> bytes:
        """pg_dump of that schema."""
        return self._call("pg_dump", "--schema", schema, "--clean", self.url())

    def restore(self, dumped: bytes) -> None:
        """What psql makes of a dump."""
        self._call("psql", "-q", "-v", "ON_ERROR_STOP=1", self.url(), given=dumped)

    def _answers(self) -> bool:
        if self._process is None or not self._process.running:
            return False
        try:
            self.execute("SELECT 1", database="postgres")
        except psycopg.OperationalError:
            return False
        return True

    def _command(self, settings: dict[str, str]) -> list[str]:
        chosen = {**_SETTINGS, "port": str(self.port), "unix_socket_directories": str(self.folder), **settings}
        options = [word for name, value in chosen.items() for word in ("-c", f"{name}={value}")]
        return [*_as_user(), str(self._bin / "postgres"), "-D", str(self._data), *options]

    def _call(self, name: str, *words: str, given: bytes = b"") -> bytes:
        command = [*_as_user(), str(self._bin / name), *words]
        done = subprocess.run(command, check=False, capture_output=True, input=given, cwd="/", timeout=_START_SECONDS)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout


def _as_user() -> Sequence[str]:
    return ("setpriv", f"--reuid={_USER}", f"--regid={_USER}", "--clear-groups", "--") if os.getuid() == 0 else ()


@cache
def running_postgres() -> Postgres:
    """One for all tests of this process that leave it as it is. Errors: SkipTest."""
    found = Postgres()
    atexit.register(found.stop)
    found.start()
    return found


class PostgresTown:
    """A schema of its own. Every journal of it is told that this term is its own, unless ``term``."""

    _numbers = count(1)

    def __init__(self, server: Postgres) -> None:
        self.server = server
        self.schema = f"journal_{next(self._numbers)}"
        self.term = 1

    def elect(self) -> int:
        """Another process leads: its term."""
        self.term += 1
        return self.term

    def journal(
        self,
        file: Path | None = None,
        *,
        term: int | None = None,
        cluster: str = "a cluster",
        parameters: str = "",
        url: str = "",
    ) -> PostgresJournal:
        """That of one more process, or of the same again, which leads in ``term``, by default in each."""
        copy = f"&copy={file}" if file is not None else ""
        address = parse_address(url or self.server.url(f"schema={self.schema}{copy}{parameters}"))
        place = DatabasePlace(address, "a test", lambda: self.term if term is None else term, lambda: cluster)
        runtime = Runtime(reactor, wall, Metrics(), random.Random(1), {})
        return PostgresJournal(place, JournalCopy(address.copy, reactor=reactor), runtime=runtime)
