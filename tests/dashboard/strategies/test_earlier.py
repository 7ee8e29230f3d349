"""A strategy's past beyond what its objects keep: each commit once, where it comes from is said. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from promoter_view.dashboard.journal.earlier import Earlier
from promoter_view.dashboard.strategies.earlier import EarlierTable, earlier_table, wanted_past
from promoter_view.dashboard.strategies.environments import read_strategy
from promoter_view.dashboard.strategies.past import read_past
from promoter_view.journal.entries import EntryIdentity, EventRequest, EventType, JournalEntry
from tests.support.journal.journals import KEY, entry
from tests.support.views.strategies import Decoded, bundle, policy

DEV, PROD = "environment/dev", "environment/prod"


def table(*entries: JournalEntry, edge: EntryIdentity | None = None, **members: Any) -> EarlierTable:
    """Of a strategy whose environments have the commits a and b (``OLD`` and ``NEW``), told the newest first."""
    found = read_strategy(Decoded(bundle(policy(DEV), policy(PROD), **members)), read_past)
    told = sorted(entries, key=lambda each: each.identity, reverse=True)
    return earlier_table(Earlier(tuple(told), edge), found.stations)


def told(found: EarlierTable) -> dict[str, list[str]]:
    """What each cell says, by the commit's letter."""
    return {
        line.commit.sha[0]: [
            "above" if cell.above else "" if cell.event is None else cell.event.value for cell in line.cells
        ]
        for line in found.lines
    }


def test_what_the_history_has_is_not_told_again() -> None:
    """By its dry or its hydrated sha; a commit that one environment still has says so there."""
    older = entry(3, environment=DEV, letter="c")
    assert older.happening.commit is not None
    rehydrated = replace(
        entry(2, environment=DEV, letter="e"),
        happening=replace(
            entry(2).happening,
            environment=DEV,
            commit=replace(older.happening.commit, sha="e" * 40, hydrated_sha="a" * 40),
        ),
    )
    found = table(entry(5, environment=DEV, letter="a"), older, rehydrated, entry(1, environment=PROD, letter="d"))
    assert found.columns[:2] == (("dev", DEV), ("prod", PROD))
    assert "a" not in told(found)
    assert told(found)["c"] == ["promoted", ""]
    assert told(found)["d"] == ["", "promoted"]


def test_an_environment_that_is_gone() -> None:
    """What it had stands last; where the history has the commit, the line says so."""
    found = table(entry(1, environment="environment/old", letter="a"))
    assert found.columns[-1][1] == "environment/old"
    assert told(found)["a"] == ["above", "above", "promoted"]


def test_the_most_telling_of_a_commit_counts() -> None:
    """That it went live says more than that its pull request was merged, which gives the request's number."""
    request = EventRequest("7", "https://git/x/7", "merged")
    merged = entry(2, event=EventType.MERGED, environment=DEV, letter="c")
    merged = replace(merged, happening=replace(merged.happening, request=request))
    found = table(entry(3, environment=DEV, letter="c"), merged)
    (cell, _) = found.lines[0].cells
    assert (cell.event, cell.request_url) == (EventType.PROMOTED, "https://git/x/7")
    later = replace(merged, identity=EntryIdentity(4, 0))
    assert table(later, entry(3, environment=DEV, letter="c")).lines[0].cells[0].event is EventType.PROMOTED
    assert told(table(merged))["c"] == ["merged", ""]
    restored = entry(9, event=EventType.RESTORED, environment=DEV, letter="c")
    assert told(table(restored, entry(3, environment=DEV, letter="c")))["c"] == ["restored", ""]
    assert found.lines[0].cells[1].request_url == ""


def test_environments_that_are_gone_stand_last() -> None:
    """Their commits are told all the same; an entry of no commit is none of a matrix."""
    plain = entry(1, environment="environment/old", letter="c")
    found = table(plain, replace(entry(2), happening=replace(plain.happening, commit=None)))
    assert found.columns[-1] == ("environment/old", "environment/old")
    assert told(found) == {"c": ["", "", "promoted"]}


def test_it_is_bounded() -> None:
    """The newest commits, how many are left out, and behind which entry the journal goes on."""
    many = [
        replace(
            each,
            happening=replace(
                each.happening,
                environment=DEV,
                commit=replace(each.happening.commit, sha=f"{number:040x}"),  # type: ignore[type-var]
            ),
        )
        for number in range(1, 61)
        for each in [entry(number)]
    ]
    many = [
        replace(each, happening=replace(each.happening, commit=replace(each.happening.commit, hydrated_sha="")))  # type: ignore[type-var]
        for each in many
    ]
    found = table(*many, edge=EntryIdentity(1, 0))
    assert (len(found.lines), found.left_out, found.behind) == (50, 10, "1-0")
    assert found.lines[0].commit.sha == f"{60:040x}"
    assert table().behind == ""


def test_what_is_asked_for() -> None:
    """Of one object, what went live and what was merged."""
    asked, most = wanted_past(KEY)
    assert asked is not None
    assert asked.admits(entry(1))
    assert not asked.admits(entry(1, event=EventType.FAILED))
    assert not asked.admits(entry(1, key=KEY._replace(name="basket")))
    assert most > 100
