"""psycopg: how a connection is made, and whether it is still there. Runs in threads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from select import POLLIN, poll
from typing import TYPE_CHECKING, Any

from promoter_view.journal.postgresql.address import DatabaseAddress
from promoter_view.journal.store import JournalBusyError, JournalError

if TYPE_CHECKING:
    from types import ModuleType

    from psycopg import Connection

#: A server that is away is known to be within so many seconds. What a URL says counts instead.
_DEFAULTS = {
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",
}
#: How long the server works on one statement, waits for a lock, and lets a transaction stand idle.
_LIMITS = (
    "SET LOCAL statement_timeout = '15s'; SET LOCAL lock_timeout = '5s'; "
    "SET LOCAL idle_in_transaction_session_timeout = '20s'"
)


def driver() -> ModuleType:
    """psycopg. Errors: JournalError, where it is not installed."""
    try:
        import psycopg  # noqa: PLC0415 - for who needs it
    except ImportError as error:
        raise JournalError(
            f"a journal in PostgreSQL needs psycopg, which cannot be imported ({' '.join(str(error).split())}): "
            "pip install 'promoter-view[postgresql]'"
        ) from None
    return psycopg


def connect(address: DatabaseAddress, purpose: str) -> Connection[Any]:
    """One that commits by itself, but for transactions. Errors: JournalError, psycopg's."""
    psycopg = driver()
    chosen = {name: value for name, value in _DEFAULTS.items() if name not in address.given}
    if address.password_file is not None:
        chosen["password"] = _password(address.password_file)
    found: Connection[Any] = psycopg.connect(
        address.url,
        autocommit=True,
        # Poolers of transactions hand the next one to another server.
        prepare_threshold=None,
        client_encoding="utf8",
        fallback_application_name=f"promoter-view journal {purpose}",
        **chosen,
    )
    return found


def is_gone(connection: Connection[Any]) -> bool:
    """Whether the server, or who is between, has ended it while nothing was asked of it. What it has told is kept."""
    looked = poll()
    looked.register(connection.fileno(), POLLIN)
    try:
        while looked.poll(0):
            connection.pgconn.consume_input()
    except driver().Error:
        return True
    return False


@contextmanager
def transaction(connection: Connection[Any]) -> Iterator[None]:
    """One that holds nobody up for long. Errors: psycopg's."""
    with connection.transaction():
        connection.execute(_LIMITS)
        yield


def _password(file: Path) -> str:
    """As it is now: it may be another one at the next connection. Errors: JournalBusyError."""
    try:
        found = file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise JournalBusyError(f"the password of the journal cannot be read from {file}: {why}") from None
    if not found or not found.isprintable():
        raise JournalBusyError(f"the password of the journal cannot be read from {file}: expected one line")
    return found
