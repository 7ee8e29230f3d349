"""psycopg: how a connection is made, and what its errors mean. Runs in threads; nothing else imports it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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
#: Classes of SQLSTATE that somebody has to put right at the database before the journal can be used: no data, or
#: objects, of the kind that is expected; rights that are missing.
_LASTING = ("42", "3F", "22", "23", "0A")
_GRANTS = ": docs/journal.md says what this user has to be granted"
_NO_PERMISSION = "42501"


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
    defaults = {name: value for name, value in _DEFAULTS.items() if name not in address.given}
    found: Connection[Any] = psycopg.connect(
        address.url,
        autocommit=True,
        # Poolers of transactions hand the next one to another server.
        prepare_threshold=None,
        client_encoding="utf8",
        fallback_application_name=f"promoter-view journal {purpose}",
        **defaults,
    )
    return found


@contextmanager
def transaction(connection: Connection[Any]) -> Iterator[None]:
    """One that holds nobody up for long. Errors: psycopg's."""
    with connection.transaction():
        connection.execute(_LIMITS)
        yield


def named(error: Exception, address: DatabaseAddress) -> JournalError:
    """What is said of it: without a password, in one line."""
    if isinstance(error, JournalError):
        return error
    if not isinstance(error, driver().Error):
        return JournalError(f"the journal in {address.shown} cannot be used: {type(error).__name__}: {error}")
    state = getattr(error, "sqlstate", None) or ""
    message = " ".join(str(error).split()) or type(error).__name__
    advice = _GRANTS if state == _NO_PERMISSION else ""
    kind = JournalError if state.startswith(_LASTING) else JournalBusyError
    return kind(f"the journal in {address.shown} cannot be used: {message}{advice}")
