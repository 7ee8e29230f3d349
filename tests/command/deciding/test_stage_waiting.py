"""What becomes of Freight in a Stage, and how a wait for it ends."""

from __future__ import annotations

from typing import Any

import pytest

from promoter_view.command.deciding.goals import Became
from promoter_view.command.deciding.stage_waiting import FreightWaitMachine, WaitForFreight, judge_freight
from promoter_view.command.exits import Exit
from promoter_view.command.reading.stage import read_stage
from tests.support.command.stages import NEW, OLD, OLDER, coming, stage_details

QUEUED = coming(NEW, "Queued", "not verified in test yet")
Stage = dict[str, Any]

CASES: list[tuple[str, Stage, Became, str]] = [
    ("being promoted", stage_details(current=NEW), Became.COMING, "Promotion p9 is Running"),
    ("promoted again", stage_details(has=NEW, current=NEW), Became.COMING, "Promotion p9 is Running"),
    ("in use, and ill", stage_details(state="Unhealthy", has=NEW, message="web is down"), Became.FAILED, "web is down"),
    ("in use, and well", stage_details(has=NEW), Became.LIVE, ""),
    ("in use", stage_details(state="Progressing", has=NEW, message="web syncs"), Became.COMING, "web syncs"),
    ("was there", stage_details(has=OLD, had=(NEW,)), Became.DELIVERED, "wise-elk is there now"),
    ("failed", stage_details(last=(NEW, "Failed")), Became.FAILED, "Promotion p8 Failed: step 1 failed"),
    ("aborted", stage_details(last=(NEW, "Aborted")), Became.FAILED, "Promotion p8 Aborted"),
    ("may come", stage_details(newer=[coming(NEW)]), Became.COMING, "verified in test"),
    ("waits", stage_details(newer=[QUEUED]), Became.COMING, "not verified in test yet"),
    ("unknown", stage_details(has=OLD), Became.UNKNOWN, ""),
    ("other Freight", stage_details(has="", current=OLD), Became.UNKNOWN, ""),
]


@pytest.mark.parametrize("wanted", ["keen-owl", NEW[:7], NEW])
@pytest.mark.parametrize(("_", "stage", "became", "words"), CASES)
def test_what_has_become_of_it(_: str, stage: Stage, became: Became, words: str, wanted: str) -> None:
    """By its alias, its name, or the beginning of that. By alias only where the Stage has it or could have it."""
    if wanted == "keen-owl" and not (stage["freight"] and stage["freight"][0]["alias"] == wanted):
        stage = {**stage, "availability": {"freight": [*stage["availability"]["freight"], coming(NEW)][:1]}}
        became, words = (Became.COMING, "verified in test") if became is Became.UNKNOWN else (became, words)
    judged = judge_freight(read_stage(stage), wanted)
    assert (judged.progress, judged.words) == (became, words)


def test_what_was_to_come_and_is_not_any_more_was_superseded() -> None:
    """Other Freight took its place."""
    judged = judge_freight(read_stage(stage_details(has="")), NEW, was_coming=True)
    assert (judged.progress, judged.words) == (Became.SUPERSEDED, "other Freight is there")


def look(machine: FreightWaitMachine, *stages: Stage) -> tuple[Exit | None, str]:
    """What follows from those Stages."""
    read = [read_stage(each) for each in stages]
    verdict = machine.look({each.title: each for each in read})
    return verdict.ending, verdict.line


def test_a_wait_for_what_comes_next() -> None:
    """It is what was next at first: what comes later is not waited for."""
    machine = FreightWaitMachine(WaitForFreight("prod", place="in namespace team"))
    assert look(machine, stage_details(newer=[coming(NEW)])) == (None, "keen-owl: prod verified in test")
    assert look(machine, stage_details(has=NEW, newer=[coming(OLDER)])) == (
        Exit.WELL,
        "keen-owl is in use in team/prod, which is Healthy",
    )


def test_a_wait_for_what_is_there() -> None:
    """Where nothing is to come, it is what the Stage has."""
    machine = FreightWaitMachine(WaitForFreight("prod"))
    assert look(machine, stage_details(state="Progressing", message="web syncs")) == (None, "wise-elk: prod web syncs")
    assert look(machine, stage_details())[0] is Exit.WELL
    nothing = FreightWaitMachine(WaitForFreight("prod"))
    assert look(nothing, stage_details(has="")) == (None, "prod has no Freight, and none is known to come")


ENDINGS: list[tuple[str, Stage, Exit, str]] = [
    ("had", stage_details(has=OLD, had=(NEW,)), Exit.WELL, "ccccccc was in use in team/prod; wise-elk is there now"),
    (
        "failed",
        stage_details(last=(NEW, "Failed"), newer=[coming(NEW)]),
        Exit.FAILED,
        "keen-owl failed in team/prod: Promotion p8 Failed: step 1 failed",
    ),
    ("superseded", stage_details(has=OLD), Exit.SUPERSEDED, f"{NEW} was superseded in team/prod: wise-elk is there"),
]


@pytest.mark.parametrize(("_", "after", "ending", "line"), ENDINGS)
def test_how_it_ends(_: str, after: Stage, ending: Exit, line: str) -> None:
    """With the exit status of a wait for a commit."""
    machine = FreightWaitMachine(WaitForFreight("prod", NEW))
    assert look(machine, stage_details(newer=[coming(NEW)]))[0] is None
    found = look(machine, after)
    assert found[0] is ending
    assert found[1].replace(NEW, "keen-owl") == line.replace(NEW, "keen-owl")


def test_unknown_things() -> None:
    """A Stage that is not there, or no more; Freight that nobody knows; and the time that is over."""
    machine = FreightWaitMachine(WaitForFreight("prod", NEW, place="in namespace team"))
    assert look(machine) == (Exit.UNKNOWN, "there is no Stage 'prod' in namespace team")
    assert look(machine, stage_details()) == (None, f"Freight {NEW} is not known to Stage prod")
    assert machine.give_up().ending is Exit.UNKNOWN
    assert machine.time_out(60).line == f"timed out after 1m: Freight {NEW} is not known to Stage prod"
    assert look(machine) == (Exit.UNKNOWN, "there is no Stage 'prod' in namespace team: it was deleted")


def test_freight_in_every_stage_that_knows_it() -> None:
    """Counted; one that fails ends it once no other is coming, or at once with --fail-fast."""
    stages = [stage_details(f"s{place}", newer=[QUEUED]) for place in range(5)]
    machine = FreightWaitMachine(WaitForFreight(freight="keen-owl", place="in any namespace"))
    assert look(machine, stage_details("test", has=OLD)) == (
        None,
        "Freight keen-owl is not known to any Stage in any namespace",
    )
    test = stage_details("test", has=NEW)
    said = "not verified in test yet"
    assert look(machine, test, *stages) == (
        None,
        f"keen-owl: 1 of 6 Stages, s0 {said}; s1 {said}; s2 {said}; 2 more",
    )
    ill = stage_details("ill", state="Unhealthy", has=NEW)
    assert look(machine, test, ill, *stages)[0] is None
    assert look(machine, test, ill) == (Exit.FAILED, "keen-owl failed in team/ill")
    assert look(machine, test, stage_details("prod", has=NEW)) == (Exit.WELL, "keen-owl is in use in all 2 Stages")
    fast = FreightWaitMachine(WaitForFreight(freight="keen-owl", fail_fast=True))
    assert look(fast, test, ill, *stages)[0] is Exit.FAILED
