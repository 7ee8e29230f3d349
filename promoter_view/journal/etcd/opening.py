"""Makes a journal in the keys of the event log's etcd."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from promoter_view.journal.etcd.store import EtcdJournal, JournalPlace
from promoter_view.journal.shared.copy import JournalCopy
from promoter_view.log.etcd.client.connections import EtcdConnections
from promoter_view.log.etcd.client.gateway import Gateway
from promoter_view.log.etcd.client.places import Place
from promoter_view.log.settings import EtcdFiles
from promoter_view.runtime import Runtime


def etcd_journal(
    place: Place, files: EtcdFiles, copy: Path | None, *, term: Callable[[], int], runtime: Runtime
) -> EtcdJournal:
    """One that is not open yet. ``copy`` is its file, None: in memory. ``term``: see JournalPlace."""
    connections = EtcdConnections(files, reactor=runtime.reactor, environ=runtime.environ)
    gateway = Gateway(place.endpoints, reactor=runtime.reactor, metrics=runtime.metrics, connections=connections)
    found = JournalPlace(gateway, place.prefix, term)
    return EtcdJournal(found, JournalCopy(copy, reactor=runtime.reactor), runtime=runtime)
