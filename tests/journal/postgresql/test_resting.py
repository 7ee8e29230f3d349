"""A journal in PostgreSQL as commands read it: whose the errors are. The rest is in tests/command."""

from __future__ import annotations

from unittest.mock import MagicMock

import psycopg
import pytest

from promoter_view.journal.postgresql import resting
from promoter_view.journal.postgresql.address import parse_address
from promoter_view.journal.store import JournalError


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (BrokenPipeError(32, "Broken pipe"), BrokenPipeError),
        (psycopg.OperationalError("the connection is lost"), JournalError),
    ],
)
def test_an_error_while_it_is_told(raised: Exception, told: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    """That of whom it is told to is not the journal's."""
    connection = MagicMock()
    connection.transaction.return_value.__exit__.return_value = False
    monkeypatch.setattr(resting, "connect", lambda *_: connection)
    monkeypatch.setattr(resting, "version", lambda *_: resting.VERSION)
    with pytest.raises(told), resting.opened(parse_address("postgresql://ann@db/j")):
        raise raised
