"""What the program tells of itself."""

from __future__ import annotations

import pytest
from twisted.internet.testing import MemoryReactorClock

from promoter_view.api.openapi.documents import OpenApi
from promoter_view.program.command_line.parsing import settings
from promoter_view.program.housekeeping import Housekeeping
from promoter_view.program.pipeline import Pipeline
from promoter_view.program.report import ProgramReport
from promoter_view.program.role import role_of
from promoter_view.program.schemas import MemberSchemas
from promoter_view.views.known import definitions
from tests.support.runtimes import a_runtime


class Told:
    """A program of such options that is not started, and what it says."""

    def __init__(self, **options: str) -> None:
        given = {"event-log": "memory:", **{name.replace("_", "-"): text for name, text in options.items()}}
        chosen, self.ending = settings(given, {}), False
        self.reactor = MemoryReactorClock()
        runtime, views = a_runtime(self.reactor), definitions(chosen.argocd.namespace[0])
        role = role_of(chosen, views)
        pipeline = Pipeline(chosen, role, views, runtime=runtime, on_fatal=pytest.fail)
        self.housekeeping = Housekeeping(pipeline, runtime=runtime)
        self.report = ProgramReport(
            chosen,
            role,
            pipeline=pipeline,
            schemas=MemberSchemas(
                lambda: role.served,
                views=pipeline.projector,
                openapi=OpenApi(lambda: role.served, version="0"),
                runtime=runtime,
            ),
            clock=self.housekeeping.clock,
            is_ending=lambda: self.ending,
            runtime=runtime,
        )


def test_a_program_that_begins() -> None:
    """It lives, is not ready, and names the first state that it waits for; without a cluster to ask no word on that."""
    checks = Told().report.health(None)
    assert checks.report("livez").healthy
    ready = checks.report("readyz")
    assert not ready.healthy
    assert "[-]first-state failed" in ready.text
    assert "authentication" not in ready.text
    assert "argocd-shard" not in ready.text


def test_a_program_that_ends() -> None:
    """Not ready any more, from the moment that it is told."""
    told = Told()
    checks = told.report.health(None)
    assert "[+]shutdown ok" in checks.report("readyz").text
    told.ending = True
    assert "[-]shutdown failed: the program is ending" in checks.report("readyz").text


def test_a_shard_has_a_line() -> None:
    """Where a shard is run, health and the page about the program say how it stands."""
    told = Told(argocd_shard="east")
    assert "[i]argocd-shard: east: waiting for" in told.report.health(None).report("readyz").text
    assert told.report.facts(streams=1, watches=2).shard.startswith("east: ")


def test_the_facts_are_those_of_the_options() -> None:
    """Where the log is, how much history there may be, and how many read, as the ports count them."""
    facts = Told(history_bytes="1Mi").report.facts(streams=3, watches=2)
    assert (facts.log_url, facts.history_limit_bytes) == ("memory:", 1 << 20)
    assert (facts.streams, facts.watches, facts.ready) == (3, 2, False)


def test_housekeeping_leaves_nothing_behind() -> None:
    """Begun and ended, there is no call left that would come; ended once more, nothing happens."""
    told = Told()
    told.housekeeping.start()
    assert told.reactor.getDelayedCalls()
    told.housekeeping.stop()
    told.housekeeping.stop()
    assert not told.reactor.getDelayedCalls()
