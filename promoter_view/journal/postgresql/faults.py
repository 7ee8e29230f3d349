"""What psycopg's errors mean, said in one line without a password."""

from __future__ import annotations

import re

from promoter_view.journal.postgresql.address import DatabaseAddress
from promoter_view.journal.postgresql.driver import driver
from promoter_view.journal.store import JournalBusyError, JournalError

#: Classes of SQLSTATE that somebody has to put right at the database before the journal can be used: no data, or
#: objects, of the kind that is expected; rights that are missing.
_LASTING = ("42", "3F", "22", "23", "0A")
#: What to do, by SQLSTATE.
_ADVICE = {
    "42501": ": docs/journal.md says what this user has to be granted",
    "25006": ": it is a standby, or read-only; in --journal give all hosts, and target_session_attrs=read-write",
}
_ALL_ATTEMPTS = "All failures were:"
_ATTEMPT = re.compile(r"^- host: .*?: connection failed: ", re.MULTILINE)
#: What libpq guesses beside what it knows.
_GUESSES = re.compile(
    r"Is the server running on that host and accepting TCP/IP connections\?"
    r"|This probably means the server terminated abnormally\s+before or while processing the request\."
)


def named(error: Exception, address: DatabaseAddress) -> JournalError:
    """What is said of it."""
    if isinstance(error, JournalError):
        return error
    if not isinstance(error, driver().Error):
        return _unusable(JournalError, address, f"{type(error).__name__}: {error}")
    state = getattr(error, "sqlstate", None) or ""
    kind = JournalError if state.startswith(_LASTING) else JournalBusyError
    return _unusable(kind, address, _line(error) + _ADVICE.get(state, ""))


def silent(seconds: float, address: DatabaseAddress) -> JournalError:
    """A server that did not answer for so long."""
    return _unusable(JournalBusyError, address, f"the server did not answer for {seconds:.0f} s")


def _unusable(kind: type[JournalError], address: DatabaseAddress, message: str) -> JournalError:
    return kind(f"the journal in {address.shown} cannot be used: {message}")


def _line(error: Exception) -> str:
    """Where several hosts were tried: why each failed, once."""
    text = _GUESSES.sub("", str(error))
    _, tried_all, attempts = text.partition(_ALL_ATTEMPTS)
    if tried_all:
        text = "; ".join(part.strip() for part in _ATTEMPT.split(attempts) if part.strip())
    return " ".join(text.split()) or type(error).__name__
