"""The number of a time in which a process leads: that of its own mark, and so greater than every one before."""

from __future__ import annotations

from pathlib import Path

import pytest

from promoter_view.journal.shared.terms import LeadingTerms
from promoter_view.metrics import Metrics
from promoter_view.views.known import DEFINITIONS
from promoter_view.views.projector import Projector
from promoter_view.views.versions import split
from tests.support.log.benches import EtcdBench
from tests.support.log.fakes import MIRROR, Bench


def views() -> Projector:
    return Projector(DEFINITIONS, generation=0, history_bytes=1 << 20, metrics=Metrics(), warn=lambda line: None)


def numbered(found: Projector, terms: LeadingTerms, head: int) -> int:
    """The term, which is that of the mark: the newest record when it began."""
    assert terms.term == found.head
    assert split(terms.term).offset == head
    return terms.term


def test_a_start_that_writes_nothing_has_a_term_of_its_own(tmp_path: Path) -> None:
    """In a folder: the mark is applied before anything leads, also where no list path has a position yet."""
    bench, known = Bench(tmp_path / "log"), [0]
    for _ in range(4):
        log, found = bench.make(), views()
        terms = LeadingTerms(found)
        bench.wait(log.start(found, MIRROR))
        log.lead(terms)
        known.append(numbered(found, terms, log.status().head))
        assert known[-1] > known[-2]
        bench.stop(log)
        terms.end()
        assert terms.term == 0


@pytest.mark.parametrize("back", [0.0, 600.0])
def test_a_replica_that_takes_over_has_a_greater_term(back: float) -> None:
    """In an etcd: also where nothing was written in between, and where its clock is behind."""
    bench, known = EtcdBench(remembers=True), [0]
    for _ in range(3):
        log, found = bench.make(), views()
        terms = LeadingTerms(found)
        log.start(found, MIRROR)
        log.lead(terms)
        bench.settle(1.0)
        known.append(numbered(found, terms, log.status().head))
        assert known[-1] > known[-2]
        log.stop()
        bench.settle(1.0)
        assert terms.term == 0
        bench.wall.step(-back)
