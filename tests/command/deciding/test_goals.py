"""What has become of a commit in an environment: the table of promoter_view/command/deciding/goals.py, case by case."""

from __future__ import annotations

from typing import Any

import pytest

from promoter_view.command.deciding.goals import Became, Judgement, Known, judge
from promoter_view.command.reading.status import read_strategy
from promoter_view.command.reading.trail import read_trails
from tests.support.command.strategies import BRANCHES, details, environment, policy, sha, waits

DEV, STAGING, PROD = BRANCHES


def known(document: dict[str, Any]) -> Known:
    return Known(read_strategy(document), read_trails(document))


def of_prod(
    state: str, live: str, proposed: str = "", past: str = "", *, check: str = "success", newest: str = "", **more: Any
) -> dict[str, Any]:
    """A strategy with one environment."""
    return details(
        [environment(PROD, state, live, proposed, "the words", **more)],
        [policy(PROD, live, proposed, past, check=check)],
        newest=newest,
    )


#: The document, the commit that is waited for, whether it was proposed before; what has become of it, and why.
CASES: dict[str, tuple[dict[str, Any], str, bool, Judgement]] = {
    "live": (of_prod("UpToDate", "c"), "c", False, Judgement(Became.LIVE)),
    "live, and its checks run": (of_prod("Verifying", "c", check="pending"), "c", False, Judgement(Became.LIVE)),
    "live, and a later one is failing": (of_prod("Failed", "c", "d"), "c", False, Judgement(Became.LIVE)),
    "live, and a check of it failed": (
        of_prod("Failed", "c", check="failure"),
        "c",
        False,
        Judgement(Became.FAILED, "the words"),
    ),
    "the newest, and changes nothing": (of_prod("UpToDate", "b", newest="c"), "c", False, Judgement(Became.LIVE)),
    "held": (of_prod("Held", "b", "c"), "c", False, Judgement(Became.HELD, "the words")),
    "was live": (
        of_prod("UpToDate", "d", past="dc"),
        "c",
        False,
        Judgement(Became.DELIVERED, "ddddddd is live now"),
    ),
    "was live, and nothing is": (
        of_prod("Unknown", "", past="dc"),
        "c",
        False,
        Judgement(Became.DELIVERED, "another commit is live now"),
    ),
    "proposed": (of_prod("Checking", "b", "c"), "c", False, Judgement(Became.COMING, "the words")),
    "proposed, and a check failed": (
        of_prod("Failed", "b", "c"),
        "c",
        False,
        Judgement(Became.FAILED, "the words"),
    ),
    "proposed, and a person has to agree": (
        of_prod("NeedsApproval", "b", "c"),
        "c",
        False,
        Judgement(Became.COMING, "the words"),
    ),
    "a later one is proposed": (
        details(
            [environment(STAGING, "Verifying", "c"), environment(PROD, "Checking", "b", "d")],
            [policy(STAGING, "c"), policy(PROD, "b", "d")],
        ),
        "c",
        False,
        Judgement(Became.SUPERSEDED, "ddddddd is proposed there"),
    ),
    "a later one is live": (
        details(
            [environment(STAGING, "Verifying", "c"), environment(PROD, "UpToDate", "d")],
            [policy(STAGING, "c"), policy(PROD, "d")],
        ),
        "c",
        False,
        Judgement(Became.SUPERSEDED, "ddddddd is live there"),
    ),
    "another one has taken its place": (
        of_prod("Checking", "b", "a"),
        "c",
        True,
        Judgement(Became.SUPERSEDED, "aaaaaaa is proposed there"),
    ),
    "it was withdrawn": (of_prod("Behind", "b"), "c", True, Judgement(Became.UNKNOWN)),
    "not proposed yet": (
        details(
            [environment(STAGING, "Checking", "b", "c"), environment(PROD, "Behind", "b")],
            [policy(STAGING, "b", "c"), policy(PROD, "b")],
        ),
        "c",
        False,
        Judgement(Became.COMING, "not proposed to production yet"),
    ),
    "the newest, and not proposed yet": (
        of_prod("Behind", "b", newest="c"),
        "c",
        False,
        Judgement(Became.COMING, "not proposed to production yet"),
    ),
    "known elsewhere, and of this environment nothing is told": (
        details([environment(PROD, "Unknown", "")], [policy(STAGING, "c")]),
        "c",
        False,
        Judgement(Became.COMING, "not proposed to production yet"),
    ),
    "held, for another one": (of_prod("Held", "b"), "c", False, Judgement(Became.UNKNOWN)),
    "unknown": (of_prod("UpToDate", "b"), "c", False, Judgement(Became.UNKNOWN)),
}


@pytest.mark.parametrize("case", CASES)
def test_the_table(case: str) -> None:
    """Of the last environment."""
    document, wanted, was_next, judged = CASES[case]
    found = known(document)
    assert judge(found, found.status.environments[-1], sha(wanted)[:8], was_next=was_next) == judged


@pytest.mark.parametrize("wanted", ["cfcfcfcf", "c0c0c0c0", sha("c")])
def test_any_sha_of_a_commit(wanted: str) -> None:
    """The hydrated commit and a source mean the dry commit."""
    found = known(of_prod("UpToDate", "c"))
    assert judge(found, found.status.environments[0], wanted).progress is Became.LIVE
    found = known(of_prod("UpToDate", "d", past="dc"))
    assert judge(found, found.status.environments[0], wanted).progress is Became.DELIVERED


@pytest.mark.parametrize(
    ("state", "progress"),
    [
        ("Failed", Became.FAILED),
        ("Held", Became.HELD),
        ("NeedsApproval", Became.COMING),
        ("Checking", Became.COMING),
    ],
)
def test_who_waits_for_one_that_is_stuck_is_stuck(state: str, progress: Became) -> None:
    """Production waits for staging, staging for development: what development is counts."""
    document = details(
        [
            environment(DEV, state, "b", "c", "its words"),
            environment(STAGING, "Queued", "b", "c", waitingFor=[waits("order", kind="order", on=DEV)]),
            environment(PROD, "Queued", "b", "c", waitingFor=[waits("order", kind="order", on=STAGING)]),
        ]
    )
    found = known(document)
    judged = judge(found, found.status.environments[2], sha("c"))
    assert judged.progress is progress
    assert judged.words == ("development: its words" if progress is not Became.COMING else "")
