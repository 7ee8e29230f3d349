"""How a wait goes on and ends."""

from __future__ import annotations

from typing import Any

import pytest

from promoter_view.command.deciding.goals import Known
from promoter_view.command.deciding.waiting import WaitFor, WaitMachine
from promoter_view.command.exits import Exit
from promoter_view.command.reading.status import read_strategy
from promoter_view.command.reading.trail import read_trails
from tests.support.command.strategies import BRANCHES, details, environment, policy, sha

DEV, STAGING, PROD = BRANCHES
C = sha("c")


def found(*documents: dict[str, Any]) -> dict[str, Known]:
    found = [Known(read_strategy(each), read_trails(each)) for each in documents]
    return {each.title: each for each in found}


def chain(*states: tuple[str, str, str], name: str = "shop", newest: str = "") -> dict[str, Any]:
    """Environments by state, what is live and what is proposed."""
    return details(
        [environment(branch, *each, "words") for branch, each in zip(BRANCHES, states, strict=False)],
        [policy(branch, live, proposed) for branch, (_, live, proposed) in zip(BRANCHES, states, strict=False)],
        name=name,
        newest=newest,
    )


LIVE, COMING, FAILED, HELD = ("UpToDate", "c", ""), ("Checking", "b", "c"), ("Failed", "b", "c"), ("Held", "b", "c")
LATER = ("Checking", "b", "d")

#: What is asked for, what is there, the exit status or None, and the line.
LOOKS: dict[str, tuple[WaitFor, list[dict[str, Any]], Exit | None, str]] = {
    "live in one": (
        WaitFor("shop", C, "production"),
        [chain(LIVE, LIVE, LIVE)],
        Exit.WELL,
        f"{C} is live in production of team/shop",
    ),
    "live by its branch": (
        WaitFor("shop", "c" * 7, PROD),
        [chain(LIVE, LIVE, LIVE)],
        Exit.WELL,
        "is live in production",
    ),
    "live in all": (
        WaitFor("shop", "c" * 7),
        [chain(LIVE, LIVE, LIVE)],
        Exit.WELL,
        "ccccccc is live in all 3 environments of team/shop",
    ),
    "live in all of several": (
        WaitFor("", "c" * 7),
        [chain(LIVE), chain(LIVE, name="pay"), chain(("UpToDate", "b", ""), name="other")],
        Exit.WELL,
        "ccccccc is live in all 2 environments of 2 strategies",
    ),
    "one is coming": (
        WaitFor("shop", "c" * 7),
        [chain(LIVE, COMING, FAILED)],
        None,
        "ccccccc: 1 of 3 live, staging Checking (words); production failed",
    ),
    "one is coming, and another failed fast": (
        WaitFor("shop", "c" * 7, fail_fast=True),
        [chain(LIVE, COMING, FAILED)],
        Exit.FAILED,
        "ccccccc failed in production of team/shop: words",
    ),
    "all others are settled": (
        WaitFor("shop", "c" * 7),
        [chain(LIVE, LIVE, FAILED)],
        Exit.FAILED,
        "ccccccc failed in production of team/shop: words",
    ),
    "held": (
        WaitFor("shop", "c" * 7, "production"),
        [chain(LIVE, LIVE, HELD)],
        Exit.FAILED,
        "ccccccc is held back from production of team/shop: words",
    ),
    "superseded": (
        WaitFor("shop", "c" * 7, "production"),
        [chain(LIVE, LIVE, LATER)],
        Exit.SUPERSEDED,
        "ccccccc was superseded in production of team/shop: ddddddd is proposed there",
    ),
    "in several": (
        WaitFor("", "c" * 7),
        [chain(COMING), chain(LATER, LIVE, name="pay")],
        None,
        "ccccccc: 1 of 3 live, team/shop development Checking (words); team/pay development superseded",
    ),
    "many are coming": (
        WaitFor("", "c" * 7),
        [chain(COMING, COMING, COMING), chain(COMING, name="pay")],
        None,
        "; 1 more",
    ),
    "no such strategy": (
        WaitFor("shop", "c" * 7, place="in namespace team"),
        [],
        Exit.UNKNOWN,
        "there is no promotion strategy 'shop' in namespace team",
    ),
    "no such environment": (
        WaitFor("shop", "c" * 7, "productoin"),
        [chain(LIVE, LIVE, LIVE)],
        Exit.UNKNOWN,
        "team/shop has no environment 'productoin', known are development, production, staging; did you mean "
        "'production'?",
    ),
    "no strategy has it": (
        WaitFor("", "c" * 7, "qa"),
        [chain(LIVE)],
        Exit.UNKNOWN,
        "no strategy there has an environment 'qa', known are development",
    ),
    "no environments yet": (
        WaitFor("shop", "c" * 7, "qa"),
        [details([])],
        None,
        "commit ccccccc is not known to shop",
    ),
    "no such commit": (
        WaitFor("", "c" * 7, place="in namespace team"),
        [chain(("UpToDate", "b", ""))],
        None,
        "commit ccccccc is not known to any strategy in namespace team",
    ),
    "nothing to wait for yet": (WaitFor("shop"), [details([])], None, "shop has no commit yet"),
    "the newest": (
        WaitFor("shop"),
        [chain(LIVE, COMING, newest="c")],
        None,
        "ccccccc: 1 of 2 live, staging Checking (words)",
    ),
}


@pytest.mark.parametrize("case", LOOKS)
def test_a_look(case: str) -> None:
    """What follows from what is there."""
    asked, documents, ending, line = LOOKS[case]
    verdict = WaitMachine(asked).look(found(*documents))
    assert verdict.ending == ending
    assert line in verdict.line


def test_a_newer_commit_is_not_waited_for() -> None:
    """What was the newest at the beginning is the goal; it is delivered although another one follows."""
    machine = WaitMachine(WaitFor("shop"))
    assert machine.look(found(chain(COMING, newest="c"))).ending is None
    later = details([environment(DEV, "UpToDate", "d")], [policy(DEV, "d", past="dc")], newest="d")
    verdict = machine.look(found(later))
    assert verdict.ending is Exit.WELL
    assert verdict.line == "ccccccc was live in development of team/shop; ddddddd is live now"


def test_delivered_among_several() -> None:
    """It is said in how many a later one is live now."""
    document = details(
        [environment(DEV, "UpToDate", "d"), environment(STAGING, "UpToDate", "c")],
        [policy(DEV, "d", past="dc"), policy(STAGING, "c")],
    )
    verdict = WaitMachine(WaitFor("shop", "c" * 7)).look(found(document))
    assert verdict.line.endswith("all 2 environments of team/shop; in 1 of them a later commit is now")


def test_one_that_was_proposed_is_superseded_by_any_other() -> None:
    """Also where nothing tells which of the two is later."""
    machine = WaitMachine(WaitFor("shop", "c" * 7, "development"))
    assert machine.look(found(chain(COMING))).ending is None
    assert machine.look(found(chain(("Checking", "b", "a")))).ending is Exit.SUPERSEDED


def test_the_strategy_is_deleted() -> None:
    """It is said that it was there."""
    machine = WaitMachine(WaitFor("shop", "c" * 7, place="here"))
    machine.look(found(chain(COMING)))
    verdict = machine.look({})
    assert (verdict.ending, verdict.line) == (
        Exit.UNKNOWN,
        "there is no promotion strategy 'shop' here: it was deleted",
    )


def test_the_time_is_over() -> None:
    """The last line says what was waited for; of what nobody knows that."""
    machine = WaitMachine(WaitFor("shop", "c" * 7, "staging"))
    machine.look(found(chain(LIVE, COMING)))
    verdict = machine.time_out(5400)
    assert (verdict.ending, verdict.line) == (
        Exit.TIMED_OUT,
        "timed out after 1h30m: ccccccc: staging Checking (words)",
    )
    machine = WaitMachine(WaitFor("shop", "e" * 7))
    assert machine.look(found(chain(LIVE))).is_unknown
    verdict = machine.give_up()
    assert (verdict.ending, verdict.line) == (Exit.UNKNOWN, "commit eeeeeee is not known to shop")
