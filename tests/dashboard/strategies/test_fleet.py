"""The fleet's rows, and which of them a query asks for."""

from __future__ import annotations

from typing import Any

import pytest

from promoter_view.dashboard.strategies.environments import read_strategy
from promoter_view.dashboard.strategies.fleet import Row, in_order, nameless_row, read_query, read_row
from promoter_view.dashboard.strategies.past import read_last
from promoter_view.views.promotion_strategy.standing import StateWord
from tests.support.views.strategies import NEW, Decoded, bundle, check, policy


def row(name: str = "payments", namespace: str = "team", labels: dict[str, str] | None = None, **changed: Any) -> Row:
    found = bundle(policy(**changed))
    found["metadata"] |= {"name": name, "namespace": namespace, "labels": labels or {}}
    found["changeTransferPolicies"][0]["status"]["active"]["dry"] |= {"author": "Mei <m@x>", "subject": "Count ONCE"}
    return read_row(Decoded(found), read_strategy(Decoded(found), read_last))


def test_a_row_says_its_state_where_and_why() -> None:
    """The worst environment and its first reason stand in the row."""
    found = row(proposed_checks=[check("lint", "failure", "broken"), check("unit", "failure")])
    assert (found.state, found.where, found.reason, found.more_reasons) == (
        StateWord.FAILED,
        "dev",
        "proposed check lint failing: broken",
        1,
    )
    assert (found.promoted, found.newest) == (0, NEW)


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({}, True),
        ({"text": "count once"}, True),
        ({"text": "MEI pay"}, True),
        ({"text": NEW[:7]}, True),
        ({"text": "nobody"}, False),
        ({"namespace": "team"}, True),
        ({"namespace": "other,team"}, True),
        ({"namespace": "other"}, False),
        ({"state": "promoting"}, True),
        ({"state": "failed,blocked"}, False),
        ({"state": "nonsense"}, True),
        ({"label": "tier=gold"}, True),
        ({"label": "tier!=gold"}, False),
        ({"label": "tier in (gold,silver),!canary"}, True),
        ({"label": "((("}, True),
        ({"text": "mei", "namespace": "team", "state": "promoting", "label": "tier"}, True),
    ],
)
def test_queries_choose_rows(query: dict[str, str], wanted: bool) -> None:
    """Text, namespaces, states and labels all have to fit."""
    assert read_query(query).admits(row(labels={"tier": "gold"})) is wanted


def test_a_selector_that_cannot_be_read_is_said() -> None:
    """It is left out, and the page says what is wrong with it."""
    assert read_query({"label": "((("}).problem
    assert not read_query({"label": "a=b"}).problem


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"state": "green"}, ["unknown state 'green'. Known: "]),
        ({"state": "failled,promoted", "sort": "names"}, ["did you mean 'failed'?", "did you mean 'name'?"]),
        ({"state": "FAILED,", "sort": "name"}, []),
    ],
)
def test_an_unknown_state_or_order_is_said(query: dict[str, str], words: list[str]) -> None:
    """It is left out, and the page names those that there are."""
    found = read_query(query).unknown
    assert len(found) == len(words)
    assert all(word in said for word, said in zip(words, found, strict=True))


def test_a_row_without_its_stations_is_chosen_as_before() -> None:
    """What is kept for choosing and sorting is all but the stations, of which a row may have hundreds."""
    whole = row(labels={"tier": "gold"})
    kept = whole.without_stations()
    assert (kept.stations, len(whole.stations)) == ((), 1)
    assert read_query({"text": "mei", "state": "promoting", "label": "tier=gold"}).admits(kept)
    assert in_order([kept, row("a")], "name")[1] is kept


def test_a_strategy_that_cannot_be_shown_has_its_place() -> None:
    """It is found by its name, and stands among those of which nothing is known."""
    unseen = nameless_row("Team", "Broken")
    assert read_query({"text": "team/broken", "state": "unknown"}).admits(unseen)
    failed, promoted = row("b", active_checks=[check("h", "failure")]), row("a", active=NEW)
    assert in_order([promoted, unseen, failed], "state") == [failed, unseen, promoted]


def test_rows_are_sorted_as_asked() -> None:
    """By state with the worst first, by name, by namespace, by the latest change; an unknown order is the first."""
    failed = row("b", "x", active_checks=[check("h", "failure")])
    promoted = row("a", "y", active=NEW)
    assert in_order([promoted, failed], "state") == [failed, promoted]
    assert in_order([failed, promoted], "name") == [promoted, failed]
    assert in_order([promoted, failed], "namespace") == [failed, promoted]
    assert in_order([failed, promoted], "changed") == [failed, promoted]
    assert read_query({"sort": "nonsense"}).sort == "state"
