"""The health of the program, in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from promoter_view.dashboard.program import ProgramFacts, read_program
from promoter_view.kubernetes.reflecting.reflector import ReflectorStatus
from promoter_view.records import ListPath, LogStatus
from tests.support.dashboard.company import Company

LOG = LogStatus(head=17952516000000, first=17952480000000, size=4096, pending_events=0, pending_bytes=0)
PATH = ListPath("PullRequest", "promoter.argoproj.io", "v1alpha1", "pullrequests")
WELL = ReflectorStatus(PATH, "watching", "9", 100.0, 140.0, "")
ILL = ReflectorStatus(PATH, "backing-off", "9", 130.0, 120.0, "503 <b>Service</b> Unavailable")

NOW = datetime(2027, 1, 1, tzinfo=UTC)


def facts(*reflectors: ReflectorStatus, **changed: object) -> ProgramFacts:
    made = ProgramFacts("1.2.3", True, "", LOG, "memory:", 5, 4, 10, 100, 3, 1, 2, 150.0, reflectors, "everybody")
    return replace(made, **changed)


def test_what_is_well_is_said_to_be() -> None:
    """All reflectors watch and the log takes what they say."""
    page = read_program(facts(WELL), NOW)
    assert page.well
    assert page.verdict == "Healthy: watching 1 resource type; event log writable"


def test_moments_of_offsets_that_run_ahead() -> None:
    """Offsets run ahead of a clock that was set back: no moment on the page is in the future."""
    early = datetime(2026, 1, 1, tzinfo=UTC)
    page = read_program(facts(WELL, log=LOG, horizon=LOG.head << 18), early)
    assert (page.first, page.horizon) == (early, early)


def test_what_is_not_well_is_said_first() -> None:
    """Not ready, held up, not watching: one line each, and the reflector in trouble stands first."""
    assert read_program(facts(ready=False, reason="replaying"), NOW).verdict == "Not ready yet: replaying"
    held = read_program(facts(log=replace(LOG, fault="disk full")), NOW)
    assert (held.well, held.verdict) == (False, "The event log cannot be written, the last state is served: disk full")
    page = read_program(facts(WELL, ILL), NOW)
    assert not page.well
    assert page.verdict.startswith("1 of 2 resource types are not being watched")
    assert [line.health for line in page.reflectors] == ["unwell", "well"]
    assert page.reflectors[0].silent.total_seconds() == 30


def test_what_is_not_there_is_no_trouble() -> None:
    """A kind that is not installed, or not permitted and not needed, is grey, comes last, and counts for nothing."""
    path = replace(PATH, kind="Application")
    others = [replace(WELL, path=path, state=state, read_at=0.0) for state in ("not installed", "not permitted")]
    page = read_program(facts(*others, WELL), NOW)
    assert (page.well, page.verdict.partition(":")[2]) == (
        True,
        " watching 1 resource type; event log writable",
    )
    assert [line.health for line in page.reflectors] == ["well", "spared", "spared"]
    html = Company().page("program", program=facts(*others, WELL))
    assert html.count('class="is-spared"') == 2
    assert "is-unwell" not in html


def test_a_path_that_is_heard_and_not_read_is_trouble() -> None:
    """It watches, and for five minutes nothing of it could be read, not even a bookmark."""
    assert read_program(facts(WELL, seconds=441.0), NOW).reflectors[0].health == "unwell"


def test_objects_that_could_not_be_read_are_said() -> None:
    """By kind and number; whose names they are is for the log."""
    page = read_program(facts(WELL, unreadable={"Stage": 2, "Application": 1}), NOW)
    assert not page.well
    assert page.verdict.startswith("The newest state of 1 Application, 2 Stage could not be read")


def test_the_page_says_how_a_shard_stands() -> None:
    """Whoever runs Promotions, or why nobody here does, is said; where no shard is given nothing is."""
    stands = "east: kargo_alive: Kargo's own controller runs shard east"
    assert "Kargo&#39;s own controller runs shard east" in Company().page("program", program=facts(shard=stands))
    assert "Running Promotions" not in Company().page("program", program=facts())


def test_the_page_shows_it_escaped() -> None:
    """Errors of the cluster are shown as text."""
    html = Company().page("program", program=facts(WELL, ILL))
    assert "503 &lt;b&gt;Service&lt;/b&gt; Unavailable" in html
    assert "4.0 KiB" in html
