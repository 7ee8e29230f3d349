"""What an environment lacks of what its neighbours have."""

from __future__ import annotations

from typing import Any

from promoter_view.dashboard.strategies.comparing import Comparison
from promoter_view.dashboard.strategies.detail import read_detail
from promoter_view.dashboard.strategies.environments import read_strategy
from promoter_view.dashboard.strategies.history import Matrices
from promoter_view.dashboard.strategies.past import read_past
from tests.dashboard.strategies.test_past import entry
from tests.support.views.strategies import NEW, OLD, Decoded, bundle, commit, policy

MIDDLE = "c" * 40


def live(branch: str, sha: str, *past: dict[str, Any]) -> dict[str, Any]:
    """An environment where a commit is live that is kept at a forge."""
    found = policy(branch, active=sha, proposed=sha, history=list(past))
    found["status"]["active"]["dry"] = {**commit(sha), "repoURL": "https://git.example.com/app.git"}
    return found


def comparisons(*policies: dict[str, Any], **members: Any) -> list[tuple[Comparison, ...]]:
    contents = Decoded(bundle(*policies, **members))
    strategy = read_strategy(contents, read_past)
    detail = read_detail(contents, strategy, Matrices().of(strategy.stations))
    return [column.comparisons for column in detail.columns]


def middle() -> dict[str, Any]:
    found = entry(MIDDLE, "2026-11-19T20:00:00Z")
    found["active"]["dry"]["commitTime"] = "2026-11-19T20:00:00Z"
    return found


def test_an_environment_is_compared_with_those_that_it_depends_on() -> None:
    """How many known commits lie between them is told, and where the forge compares them."""
    first, last = comparisons(live("environment/dev", NEW, middle()), live("environment/prod", OLD))
    assert first == ()
    assert last == (Comparison("dev", f"https://git.example.com/app/compare/{OLD}...{NEW}", 2),)


def test_each_provider_has_its_own_address() -> None:
    provider = {"kind": "ScmProvider", "spec": {"gitlab": {"domain": "git.example.com"}}}
    _, (found,) = comparisons(live("environment/dev", NEW), live("environment/prod", OLD), scmProvider=provider)
    assert found.url == f"https://git.example.com/app/-/compare/{OLD}...{NEW}"
    _, (found,) = comparisons(live("environment/dev", NEW), live("environment/prod", OLD), clusterScmProvider=provider)
    assert found.url == f"https://git.example.com/app/-/compare/{OLD}...{NEW}"


def test_where_nothing_differs_or_is_known_there_is_no_comparison() -> None:
    """An older commit in the one before is no number of commits ahead; without a repository there is no link."""
    assert comparisons(live("environment/dev", NEW), live("environment/prod", NEW)) == [(), ()]
    assert comparisons(policy("environment/dev", active=""), live("environment/prod", NEW)) == [(), ()]
    _, (behind,) = comparisons(live("environment/dev", OLD), live("environment/prod", NEW))
    assert behind.commits is None
    _, (unlinked,) = comparisons(policy("environment/dev", active=NEW), policy("environment/prod", active=OLD))
    assert (unlinked.url, unlinked.commits) == ("", 1)
