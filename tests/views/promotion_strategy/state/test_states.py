"""The states of an environment, case by case."""

from __future__ import annotations

import pytest

from promoter_view.views.promotion_strategy.state.kinds import CHECKS, ReasonKind
from promoter_view.views.promotion_strategy.state.table import TABLE
from promoter_view.views.promotion_strategy.state.words import StateWord
from tests.support.views.state_cases import CASES, Case
from tests.views.promotion_strategy.state.states_page import PAGE, page, stands


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_case(case: Case) -> None:
    """An environment is in the state of the first row that holds, and says in words what it waits for."""
    found = stands(case)
    kinds = tuple(reason.kind.value for reason in found.reasons)
    assert (found.state, found.messages, kinds) == (case.state, case.waits, case.kinds)


def test_everything_has_a_case() -> None:
    """No word and no kind of reason is without one."""
    assert {case.state for case in CASES} == {row.word for row in TABLE} == set(StateWord)
    assert {kind for case in CASES for kind in case.kinds} == set(ReasonKind) > CHECKS


def test_the_page_has_the_table() -> None:
    """docs/states.md prints these rows and cases; to write it anew see states_page.py."""
    assert PAGE.read_text() == page()
