"""The fleet's rows, and which of them a query asks for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from promoter_view.dashboard.rows_page import RowsPage, fill_rows
from promoter_view.dashboard.strategies.environments import read_strategy
from promoter_view.dashboard.strategies.fleet import (
    ORDERS,
    ROWS_A_STEP,
    FleetQuery,
    Row,
    in_order,
    nameless_row,
    read_query,
    read_row,
)
from promoter_view.dashboard.strategies.past import read_last
from promoter_view.dashboard.strategies.subject import Strategies
from promoter_view.dashboard.subject import Shown
from promoter_view.slices import outcome
from promoter_view.views.promotion_strategy.state.words import StateWord
from tests.support.views.strategies import NEW, Decoded, bundle, check, policy


def ordered(rows: list[Row], sort: str) -> list[Row]:
    return outcome(in_order(rows, ORDERS[sort][1]))


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
    assert found.upstream == ()


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
        ({"state": "failed,queued"}, False),
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
        ({"state": "failled,uptodate", "sort": "names"}, ["did you mean 'failed'?", "did you mean 'name'?"]),
        ({"density": "compcat", "rows": ""}, ["unknown density 'compcat'; did you mean 'compact'?"]),
        ({"stat": "failed", "at": "-2h"}, ["unknown query parameter 'stat'; did you mean 'state'?"]),
        ({"state": "FAILED,", "sort": "name"}, []),
    ],
)
def test_what_is_not_known_is_said(query: dict[str, str], words: list[str]) -> None:
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
    assert ordered([kept, row("a")], "name")[1] is kept


def test_a_strategy_that_cannot_be_shown_has_its_place() -> None:
    """It is found by its name, and stands among those of which nothing is known."""
    unseen = nameless_row("Team", "Broken")
    assert read_query({"text": "team/broken", "state": "unknown"}).admits(unseen)
    failed, promoted = row("b", active_checks=[check("h", "failure")]), row("a", active=NEW)
    assert ordered([promoted, unseen, failed], "state") == [failed, unseen, promoted]


def test_rows_are_sorted_as_asked() -> None:
    """By state with the worst first, by name, by namespace, by the latest change; an unknown order is the first."""
    failed = row("b", "x", active_checks=[check("h", "failure")])
    promoted = row("a", "y", active=NEW)
    assert ordered([promoted, failed], "state") == [failed, promoted]
    assert ordered([failed, promoted], "name") == [promoted, failed]
    assert ordered([promoted, failed], "namespace") == [failed, promoted]
    assert ordered([failed, promoted], "changed") == [failed, promoted]
    assert read_query({"sort": "nonsense"}).sort == "state"


@pytest.mark.parametrize("sort", ORDERS)
def test_very_many_rows_are_placed_in_steps(sort: str) -> None:
    """Of a fleet of thousands a step sorts or filters some hundreds, and all are where one sort puts them."""
    kept = row()
    rows = [
        replace(kept, name=f"{number * 7919 % 2003}", namespace=f"{number % 40}", state=list(StateWord)[number % 3])
        for number in range(2_003)
    ]
    query = Counting(read_query({"sort": sort, "namespace": "7", "rows": "outline"}))
    page = RowsPage(query, Strategies.wording)  # type: ignore[arg-type]
    largest = 0
    for _ in fill_rows(page, [Shown(each, "") for each in rows]):
        largest, query.admitted = max(largest, query.admitted), 0
    assert largest == ROWS_A_STEP
    wanted = sorted((each for each in rows if each.namespace == "7"), key=ORDERS[sort][1])
    assert list(page.rows) == [f'<li id="7/{each.name}"></li>' for each in wanted]
    assert (page.total, page.shown) == (2_003, len(wanted))
    assert sum(page.counts.values()) == 2_003
    assert len(page.namespaces) == 40


class Counting:
    """A query that counts of how many rows it is asked whether it admits them."""

    def __init__(self, query: FleetQuery) -> None:
        self._query = query
        self.sort, self.outline, self.group = query.sort, query.outline, query.group
        self.admitted = 0

    def admits(self, row: Row) -> bool:
        self.admitted += 1
        return self._query.admits(row)
