"""The history as it is asked for: filters with counts, and one cell in detail."""

from __future__ import annotations

import pytest

from promoter_view.dashboard.strategies.environments import Station, read_strategy
from promoter_view.dashboard.strategies.history import HistoryLine, Matrices
from promoter_view.dashboard.strategies.history_query import (
    HistoryQuery,
    Show,
    read_drawer,
    read_history_query,
    read_table,
)
from promoter_view.dashboard.strategies.past import read_past
from tests.dashboard.strategies.test_history import HISTORY, OLDER
from tests.support.views.strategies import NEW, OLD, Decoded, bundle, check, policy


def past_and_present() -> tuple[list[Station], tuple[HistoryLine, ...]]:
    """Two environments: in dev the newest commit is proposed, in prod the older one fails."""
    first = policy("environment/dev", history=HISTORY)
    second = policy("environment/prod", active=OLDER, proposed=OLDER, active_checks=[check("health", "failure")])
    stations = list(read_strategy(Decoded(bundle(first, second)), read_past).stations)
    return stations, Matrices().of(stations).lines


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, HistoryQuery()),
        ({"show": "failed", "order": "oldest"}, HistoryQuery(Show.FAILED, oldest_first=True)),
        ({"show": "nonsense", "order": "nonsense"}, HistoryQuery()),
        ({"columns": "dev,,prod"}, HistoryQuery(columns=frozenset({"dev", "prod"}))),
        ({"commit": "ABCDEF1", "env": "dev"}, HistoryQuery(commit="abcdef1", environment="dev")),
    ],
)
def test_addresses(given: dict[str, str], expected: HistoryQuery) -> None:
    """What cannot be read counts as not given."""
    assert read_history_query(given) == expected


def test_counts_and_filters() -> None:
    """Each filter says how many commits it has, in the environments that are shown; lines stay, hidden or not."""
    stations, lines = past_and_present()
    table = read_table(lines, stations, HistoryQuery(Show.IN_FLIGHT))
    assert table.counts[Show.ALL] == len(lines) == len(table.lines)
    assert (table.counts[Show.LIVE], table.counts[Show.IN_FLIGHT], table.counts[Show.FAILED]) == (1, 1, 1)
    assert table.shown == {NEW}
    only = read_table(lines, stations, HistoryQuery(Show.FAILED, frozenset({"dev"})))
    assert (only.columns, only.shown, only.counts[Show.FAILED]) == (("dev",), frozenset(), 0)


def test_columns_that_are_not_there() -> None:
    """An environment that was renamed leaves nothing hidden."""
    stations, lines = past_and_present()
    assert read_table(lines, stations, HistoryQuery(columns=frozenset({"gone"}))).columns == ("dev", "prod")


def test_order() -> None:
    """Newest first, or the other way round."""
    stations, lines = past_and_present()
    table = read_table(lines, stations, HistoryQuery(oldest_first=True))
    assert list(table.lines) == list(reversed(lines))


@pytest.mark.parametrize("environment", ["environment/prod", "prod"])
@pytest.mark.parametrize("commit", [OLDER, OLDER[:7]])
def test_a_cell(commit: str, environment: str) -> None:
    """A cell is named by a sha or its beginning, and by a branch or its short name; it says where else it is."""
    stations, lines = past_and_present()
    found = read_drawer(lines, stations, HistoryQuery(commit=commit, environment=environment))
    assert found is not None
    assert (found.commit.sha, found.name, found.cell.kind) == (OLDER, "prod", "failed")
    assert [(name, cell.kind.value) for name, cell in found.presence] == [("dev", "replaced"), ("prod", "failed")]


@pytest.mark.parametrize(("commit", "environment"), [("", "prod"), (OLD[:3], "prod"), ("f" * 40, "prod"), (OLD, "qa")])
def test_no_cell(commit: str, environment: str) -> None:
    """What names no cell shows none."""
    stations, lines = past_and_present()
    assert read_drawer(lines, stations, HistoryQuery(commit=commit, environment=environment)) is None
