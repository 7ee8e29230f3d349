"""Journals of several replicas that share an etcd in memory."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from twisted.internet import reactor

from promoter_view.clocks import wall
from promoter_view.journal.etcd.store import EtcdJournal, JournalPlace
from promoter_view.journal.shared.copy import JournalCopy
from promoter_view.log.etcd.client.values import Compare, DeleteKey, Keys, PutKey, Transaction
from promoter_view.log.etcd.layout import KeyLayout
from promoter_view.metrics import Metrics
from promoter_view.runtime import Runtime
from tests.support.log.fake_etcd import FakeEtcd

PREFIX = "view"
LEADER = KeyLayout(PREFIX).leader


class EtcdTown:
    """An etcd whose leader's key is there. Every journal of it is told that this term is its own, unless ``term``."""

    def __init__(self) -> None:
        self.etcd = FakeEtcd(reactor)
        self.elect()

    def elect(self) -> int:
        """Another replica leads: its term."""
        self.etcd._commit(Transaction((), (DeleteKey(Keys(LEADER)),)))
        self.etcd._commit(Transaction((Compare(LEADER, 0, created=True),), (PutKey(LEADER, b"somebody"),)))
        return self.term

    @property
    def term(self) -> int:
        """Of who leads now."""
        return self.etcd.state.items[LEADER].create_revision

    def journal(
        self, file: Path | None = None, *, term: int | None = None, term_now: Callable[[], int] | None = None
    ) -> EtcdJournal:
        """That of one more replica, or of the same again, which leads in ``term``, by default in each."""
        runtime = Runtime(reactor, wall, Metrics(), random.Random(1), {})
        place = JournalPlace(self.etcd, PREFIX, term_now or (lambda: self.term if term is None else term))
        return EtcdJournal(place, JournalCopy(file, reactor=reactor), runtime=runtime)
