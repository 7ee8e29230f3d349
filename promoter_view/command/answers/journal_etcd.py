"""``promoter-view journal export`` and ``journal verify`` of a journal in an etcd."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from twisted.internet.defer import Deferred

from promoter_view.command.asking.etcds import etcd_files, gateway
from promoter_view.command.asking.loop import run_in_loop
from promoter_view.journal.entries import JournalEntry
from promoter_view.journal.etcd.resting import RestingEtcdJournal
from promoter_view.journal.sqlite.verifying import JournalCheck
from promoter_view.journal.store import JournalQuery
from promoter_view.log.etcd.client.places import Place

_T = TypeVar("_T")
_Work = Callable[[RestingEtcdJournal], Coroutine[Deferred[Any], Any, _T]]


def export(
    place: Place, etcd: Mapping[str, str | None], query: JournalQuery, say: Callable[[Sequence[JournalEntry]], None]
) -> None:
    """Tells ``say`` the entries, the oldest first. Errors: JournalError."""

    async def work(journal: RestingEtcdJournal) -> None:
        async for page in journal.entries(query):
            say(page)

    _run(place, etcd, work)


def verify(place: Place, etcd: Mapping[str, str | None]) -> Sequence[JournalCheck]:
    """What was checked of it. Errors: JournalError."""
    return _run(place, etcd, RestingEtcdJournal.verify)


def _run(place: Place, etcd: Mapping[str, str | None], work: _Work[_T]) -> _T:
    return run_in_loop(partial(_with_journal, place, etcd, work))


async def _with_journal(place: Place, etcd: Mapping[str, str | None], work: _Work[_T], reactor: Any) -> _T:
    journal = RestingEtcdJournal(gateway(place, etcd_files(etcd), reactor), place.prefix)
    try:
        return await work(journal)
    finally:
        await journal.close()
