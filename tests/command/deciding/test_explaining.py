"""``why``: the chain from what an environment waits for to the first cause."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from promoter_view.command.deciding.explaining import explain, foremost
from promoter_view.command.reading.status import read_strategy
from tests.support.command.strategies import BRANCHES, details, environment, waits

DEV, STAGING, PROD = BRANCHES
NOW = datetime(2026, 11, 30, 12, 10, tzinfo=UTC)
QUEUED = details(
    [
        environment(DEV, "UpToDate", "c"),
        environment(
            STAGING,
            "Waiting",
            "b",
            "c",
            "timer soak",
            waitingFor=[waits("soak", kind="timer", message="soaks for an hour", until="2026-11-30T12:22:00Z")],
        ),
        environment(
            PROD,
            "Queued",
            "b",
            "c",
            "production waits for staging",
            waitingFor=[
                waits("order", kind="order", on=STAGING),
                {"kind": "check", "key": "e2e", "url": "https://x.y"},
            ],
        ),
    ],
    state="Waiting",
    newest="c",
)


def test_the_chain() -> None:
    """The further in, the nearer to the cause; what the message does not say has a line of its own."""
    status = read_strategy(QUEUED)
    assert explain(status, status.environments[2]).lines(NOW) == [
        "production is Queued for 10m: production waits for staging",
        "  - check e2e <https://x.y>",
        "  - pull request <https://git.example.com/app/pull/8>",
        "  staging is Waiting for 10m: timer soak",
        "    - soaks for an hour (in 12m)",
        "    - pull request <https://git.example.com/app/pull/8>",
    ]


def test_without_an_environment() -> None:
    """It is the one that the strategy's own state speaks of."""
    found = explain(read_strategy(QUEUED), None).document()
    assert [each["name"] for each in found["chain"]] == ["staging"]
    assert found["chain"][0]["waitingFor"][0]["key"] == "soak"
    assert found["state"] == "Waiting"


def test_a_cycle_ends() -> None:
    """Environments that wait for each other are named once."""
    document = details(
        [
            environment(DEV, "Queued", "b", waitingFor=[waits("order", on=STAGING)]),
            environment(STAGING, "Queued", "b", waitingFor=[waits("order", on=DEV)]),
        ]
    )
    status = read_strategy(document)
    assert [each.name for each in explain(status, status.environments[0]).steps] == ["development", "staging"]


def test_nothing_is_waited_for() -> None:
    """It is said what is live, and where."""
    done = read_strategy(details([environment(DEV, "UpToDate", "c")], state="UpToDate", newest="c"))
    assert explain(done, None).lines(NOW) == ["team/shop waits for nothing: ccccccc is live in 1 of 1 environments"]
    empty = read_strategy(details([]))
    assert explain(empty, None).lines(NOW) == ["team/shop waits for nothing: nothing is live in 0 of 0 environments"]


def test_the_same_words_are_not_said_twice() -> None:
    """A reason that is the message already has no line; without a moment nothing is said of how long."""
    document = details([environment(DEV, "Checking", "b", message="check e2e", since="", waitingFor=[waits("e2e")])])
    assert explain(read_strategy(document), None).lines(NOW) == ["development is Checking: check e2e"]
    request = "https://git.example.com/app/pull/8"
    merge = {"kind": "merge", "message": "waits to be merged", "url": request}
    document = details(
        [environment(DEV, "NeedsApproval", "b", "c", "waits to be merged", since="", waitingFor=[merge])]
    )
    assert explain(read_strategy(document), None).lines(NOW)[1:] == [f"  - <{request}>"]


@pytest.mark.parametrize(
    ("states", "name"),
    [
        (("UpToDate", "Failed", "Queued"), "staging"),
        (("UpToDate", "UpToDate", "Behind"), "production"),
        (("UpToDate", "UpToDate", "UpToDate"), None),
    ],
)
def test_the_foremost(states: tuple[str, ...], name: str | None) -> None:
    """Where no environment is in the strategy's state: what is stuck, else what is not settled."""
    found: list[Any] = [environment(branch, state, "b") for branch, state in zip(BRANCHES, states, strict=True)]
    chosen = foremost(read_strategy(details(found, state="Other")))
    assert (chosen.name if chosen is not None else None) == name
