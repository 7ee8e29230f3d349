"""Makes a journal in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable

from promoter_view.journal.postgresql.address import parse_address
from promoter_view.journal.postgresql.store import DatabasePlace, PostgresJournal
from promoter_view.journal.shared.copy import JournalCopy
from promoter_view.runtime import Runtime


def postgres_journal(
    text: str, writer: str, *, term: Callable[[], int], cluster: Callable[[], str], runtime: Runtime
) -> PostgresJournal:
    """One that is not open yet, where ``--journal`` says. ``writer``, ``term``, ``cluster``: see DatabasePlace."""
    address = parse_address(text)
    place = DatabasePlace(address, writer, term, cluster)
    return PostgresJournal(place, JournalCopy(address.copy, reactor=runtime.reactor), runtime=runtime)
