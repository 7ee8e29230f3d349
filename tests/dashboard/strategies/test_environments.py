"""Environments as pages show them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, TypeVar

import orjson
import pytest

from promoter_view.dashboard.strategies.environments import Station, read_strategy
from promoter_view.dashboard.strategies.past import read_past
from promoter_view.views.contents import Read
from promoter_view.views.promotion_strategy.state.words import StateWord
from tests.support.views.strategies import NEW, OLD, Decoded, bundle, check, policy

BRANCHES = [f"environment/{name}" for name in ("dev", "staging", "prod")]
Value = TypeVar("Value")


class Kept(Decoded):
    """What is read of a member is kept by its JSON, as contents do."""

    known: dict[tuple[Hashable, bytes], Any]

    def each(self, field: str, read: Read[Value]) -> list[Value]:
        return super().each(field, lambda member: self._kept(member, read))

    def environments(self, read: Read[Value]) -> list[Value]:
        return super().environments(lambda member: self._kept(member, read))

    def _kept(self, member: Mapping[str, Any], read: Read[Value]) -> Value:
        key = read, orjson.dumps(member)
        if key not in self.known:
            self.known[key] = read(member)
        found: Value = self.known[key]
        return found


def stations(*policies: dict[str, Any], **members: Any) -> tuple[Station, ...]:
    return read_strategy(Decoded(bundle(*policies, **members)), read_past).stations


def test_what_is_proposed_comes_next() -> None:
    """Another commit than the live one is on its way, with its open pull request."""
    (found,) = stations(policy(pull_request="open", proposed_checks=[check("lint", "pending")]))
    assert found.active.dry is not None
    assert found.active.dry.sha == OLD
    assert found.upcoming is not None
    assert found.upcoming.sha == NEW
    assert found.open_request is not None
    assert (found.state, found.newest) == (StateWord.CHECKING, False)


def test_nothing_comes_next_where_all_is_live() -> None:
    """The live commit is not proposed to itself; what was merged is told beside what is live."""
    (found,) = stations(policy(active=NEW, pull_request="merged"))
    assert found.upcoming is None
    assert found.newest
    assert found.open_request is None
    assert found.last_request is not None


@pytest.mark.parametrize(
    ("state", "brought", "perhaps"),
    [
        ("merged", True, True),
        ("merged-or-closed", True, True),
        ("closed", False, True),
        ("unknown", False, False),
        ("queued", False, False),
    ],
)
def test_only_what_was_merged_brought_what_is_live(state: str, brought: bool, perhaps: bool) -> None:
    """A request that was closed did not, and of a word that nobody knows it is not said.

    Before 0.37 one that others merged may be called closed.
    """
    own = policy(active=NEW, pull_request=state)
    (found,) = stations(own)
    assert (found.last_request is not None) is brought
    own["status"]["pullRequest"]["externallyMergedOrClosed"] = True
    (found,) = stations(own)
    assert (found.last_request is not None) is perhaps


def test_a_no_op_is_live_already() -> None:
    """Where the newest commit changes nothing, that environment has it."""
    (found,) = stations(policy(active=OLD, proposed=OLD, note=NEW), branches=["environment/dev"])
    assert (found.no_op_sha, found.upcoming, found.state) == (NEW, None, StateWord.UP_TO_DATE)


def test_an_environment_without_a_policy_is_unknown() -> None:
    """Each environment of the strategy is there, before its policy is."""
    (found,) = stations(branches=["environment/dev"])
    assert (found.name, found.state, found.active.dry, found.history) == ("dev", StateWord.UNKNOWN, None, ())


def test_names_are_short_where_they_can_be() -> None:
    """Two branches that would be said alike are said in full."""
    assert [each.name for each in stations(branches=["environment/dev", "environment/prod"])] == ["dev", "prod"]
    assert [each.name for each in stations(branches=["eu/prod", "us/prod"])] == ["eu/prod", "us/prod"]


def test_it_went_live_when_it_was_merged() -> None:
    """The merge of the last promotion counts, where that brought what is live."""
    past = {
        "active": {"dry": {"sha": OLD}, "hydrated": {"sha": "f" * 40, "commitTime": "2026-11-19T10:00:00Z"}},
        "pullRequest": {"id": "3", "state": "merged", "prMergeTime": "2026-11-19T11:00:00Z"},
    }
    (found,) = stations(policy(history=[past]))
    assert found.live_since is not None
    assert found.live_since.hour == 11
    assert found.last_request is not None
    assert found.last_request.number == "3"


def test_an_environment_that_lags_behind_the_hydrator_says_so() -> None:
    """While another environment is hydrated for a newer commit, what is proposed here is about to be replaced."""
    newer = policy("environment/dev", active=OLD, proposed=NEW)
    newer["status"]["proposed"]["hydrated"] = {"sha": "1" * 40, "commitTime": "2026-11-20T12:00:00Z"}
    older = policy("environment/prod", active=OLD, proposed="c" * 40)
    older["status"]["proposed"]["hydrated"] = {"sha": "2" * 40, "commitTime": "2026-11-20T11:00:00Z"}
    assert [each.preparing for each in stations(newer, older)] == [False, True]


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        ({0: policy(BRANCHES[0], active=NEW, proposed=NEW)}, {"environment/staging", "environment/prod"}),
        ({1: policy(BRANCHES[1], proposed_checks=[check("lint", "failure")])}, {"environment/dev", "environment/prod"}),
        ({2: policy(BRANCHES[2], pull_request="open")}, {"environment/dev", "environment/staging"}),
        ({2: policy(BRANCHES[2], active=NEW, proposed="c" * 40)}, {"environment/dev", "environment/staging"}),
        ({}, set(BRANCHES)),
    ],
)
def test_what_has_not_changed_is_what_was_read_before(changed: dict[int, dict[str, Any]], same: set[str]) -> None:
    """Of the next bundle the same is said with and without what was read of the last, whose stations are used again."""
    known: dict[tuple[Hashable, bytes], Any] = {}
    was = [policy(branch) for branch in BRANCHES]
    contents = [Kept(bundle(*found)) for found in (was, [changed.get(at, each) for at, each in enumerate(was)])]
    for each in contents:
        each.known = known
    before = read_strategy(contents[0], read_past)
    after = read_strategy(contents[1], read_past, before)
    assert after == read_strategy(contents[1], read_past)
    used = {station.branch for station in after.stations if any(station is other for other in before.stations)}
    assert used == same
