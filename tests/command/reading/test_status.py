"""Statuses of any shape are read, and nothing raises."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.command.reading.stage import read_stage
from promoter_view.command.reading.status import ToldCommit, read_strategy
from promoter_view.command.reading.trail import find, read_trails
from tests.support.command.strategies import BRANCHES, details, environment, policy, sha

_KEYS = st.sampled_from(
    ["status", "environments", "live", "next", "sha", "waitingFor", "checks", "newest", "metadata", "freight", "health"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(_KEYS, JSON, max_size=4))
def test_any_document(document: dict[str, Any]) -> None:
    """What is of the wrong shape counts as absent."""
    read_strategy(document)
    read_stage(document)
    read_trails(document)


def test_a_strategy() -> None:
    """Its environments by name and by branch."""
    found = read_strategy(details([environment(BRANCHES[2], "Checking", "b", "c")], newest="c"))
    assert (found.title, found.is_told, found.total) == ("team/shop", True, 1)
    assert found.environment("production") is found.environment(BRANCHES[2]) is found.environments[0]
    assert found.environment("qa") is None
    assert found.environments[0].next == ToldCommit(
        sha("c"), request="#8", request_url="https://git.example.com/app/pull/8"
    )
    assert not read_strategy({}).is_told


@pytest.mark.parametrize(("wanted", "matches"), [("ccccccc", True), ("cfcfcfc", True), ("c0c0c0c", True), ("d", False)])
def test_a_commit_by_any_of_its_shas(wanted: str, matches: bool) -> None:
    """Dry, hydrated or source."""
    live = read_strategy(details([environment(BRANCHES[0], "UpToDate", "c")])).environments[0].live
    assert live is not None
    assert live.matches(wanted) is matches


def test_trails() -> None:
    """What is live, what is proposed and what was; of two policies of a branch the first counts."""
    found = read_trails(details([], [policy("one", "c", "d", "cba"), policy("one", "x"), policy("", "y")]))
    assert list(found) == ["one"]
    trail = found["one"]
    assert (trail.active.dry and trail.active.dry.short, trail.is_told) == ("ccccccc", True)
    had = trail.had("bbbbbbb")
    assert had is not None
    assert had.subject == "Change b"
    assert find(found.values(), "ddddddd") is trail.proposed.dry
    assert find(found.values(), "fffffff") is None
    assert find(read_trails(details([], [policy("one", "")])).values(), "fffffff") is None
