"""The way of an event as options join it: what writes to a cluster is there only where it is asked for."""

from __future__ import annotations

import pytest
from twisted.internet.testing import MemoryReactorClock

from promoter_view.program.command_line.parsing import settings
from promoter_view.program.pipeline import Pipeline
from promoter_view.program.role import role_of
from promoter_view.views.known import definitions
from tests.support.runtimes import a_runtime

NOW = 1_795_000_000


def joined(**options: str) -> Pipeline:
    """By those options, in memory."""
    chosen = settings({"event-log": "memory:", **{name.replace("_", "-"): text for name, text in options.items()}}, {})
    views = definitions(chosen.argocd.namespace[0])
    reactor = MemoryReactorClock()
    reactor.advance(NOW)
    return Pipeline(chosen, role_of(chosen, views), views, runtime=a_runtime(reactor), on_fatal=pytest.fail)


def test_a_shard_is_there_where_one_is_named() -> None:
    """Without ``--argocd-shard`` there is nothing that could write to a cluster, and nothing of it to be ended."""
    plain, sharded = joined(), joined(argocd_shard="east")
    assert plain.shard is None
    assert plain.endings() == [plain.journal.close, plain.pasts.close]
    assert sharded.shard is not None
    assert sharded.endings() == [sharded.shard.close, sharded.journal.close, sharded.pasts.close]


def test_the_log_begins_with_what_is_mirrored() -> None:
    """Started, the log has its mark, and waits for whoever leads before anything is reflected."""
    pipeline = joined()
    results: list[None] = []
    pipeline.replay("the cluster").addCallback(results.append)
    assert results == [None]
    assert pipeline.event_log.status().head
    assert not pipeline.projector.ready
    assert pipeline.reflection.statuses() == ()
