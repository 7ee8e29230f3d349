"""A status read back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from promoter_view.views.promotion_strategy.state.reading import read_status
from promoter_view.views.promotion_strategy.state.words import StateWord
from tests.support.views.state_cases import CASES, Case
from tests.support.views.strategies import JSON, Decoded, bundle, summarize


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_said_is_what_is_read(case: Case) -> None:
    """Of each case the same words, messages and counts come back, and the environment that they come from."""
    wanted, found = summarize(Decoded(case.tree)), read_status(Decoded(case.tree))
    assert (found.state, found.whole.message) == (wanted.state, wanted.message)
    assert (found.whole.promoted, found.whole.total) == (wanted.promoted_count, len(wanted.environments))
    assert found.whole.newest_sha == wanted.newest.sha
    for read, said in zip(found.environments, wanted.environments, strict=True):
        assert (read.branch, read.state, read.message, read.messages) == (
            said.branch,
            said.state,
            said.message,
            said.messages,
        )
        assert (read.awaits, read.held_by) == (said.awaits, said.held_by)
        assert [each.kind for each in read.reasons] == [each.kind for each in said.reasons]
    foremost = found.foremost
    assert (foremost and foremost.branch) == (wanted.foremost and wanted.foremost.branch)


@given(JSON)
def test_any_shape_is_read(odd: Any) -> None:
    """Where it is no status, or one of a future, nothing is raised and the state is Unknown."""
    for status in (odd, {"state": odd, "environments": odd, "total": odd}, {"environments": [odd, {"state": odd}]}):
        found = read_status(Decoded(bundle() | {"status": status}))
        assert found.state is StateWord.UNKNOWN
        assert all(each.state is StateWord.UNKNOWN for each in found.environments)
