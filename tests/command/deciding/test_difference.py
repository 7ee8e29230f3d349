"""``diff``: what lies between two environments."""

from __future__ import annotations

from typing import Any

from promoter_view.command.deciding.difference import difference
from promoter_view.command.deciding.goals import Known
from promoter_view.command.reading.status import read_strategy
from promoter_view.command.reading.trail import read_trails
from tests.support.command.strategies import BRANCHES, details, environment, policy, sha

DEV, STAGING, PROD = BRANCHES


def known(*policies: dict[str, Any]) -> Known:
    document = details([environment(branch, "UpToDate", "b") for branch in BRANCHES], policies)
    return Known(read_strategy(document), read_trails(document))


STRATEGY = known(policy(DEV, "e", past="edcb"), policy(STAGING, "b"), policy(PROD, "b", "c"))


def test_the_commits_between() -> None:
    """Whichever is named first: those that any environment had, the newest first, with a link to all."""
    dev, staging, _ = STRATEGY.status.environments
    for first, second in ((dev, staging), (staging, dev)):
        found = difference(STRATEGY, first, second)
        assert found is not None
        assert [each.short[0] for each in found.commits] == ["e", "d", "c"]
        assert found.summary == "development (eeeeeee) is 3 known commits ahead of staging (bbbbbbb)"
        assert found.compare_url == f"https://git.example.com/app/compare/{sha('b')}...{sha('e')}"
        assert found.document()["ahead"] == {"environment": "development", "sha": sha("e")}
        assert found.document()["commits"][0]["source"] == ["e0" * 20]


def test_the_same() -> None:
    """Nothing lies between."""
    _, staging, production = STRATEGY.status.environments
    found = difference(STRATEGY, staging, production)
    assert found is not None
    assert (found.summary, found.commits, found.compare_url) == (
        "staging and production have the same commit: bbbbbbb",
        (),
        "",
    )


def test_one_without_a_date() -> None:
    """It counts as the earlier one."""
    one = policy(DEV, "c")
    del one["status"]["active"]["dry"]["commitTime"]
    found_in = known(one, policy(STAGING, "b"))
    found = difference(found_in, *found_in.status.environments[:2])
    assert found is not None
    assert found.summary == "staging (bbbbbbb) is 1 known commit ahead of development (ccccccc)"


def test_it_is_not_known_what_is_live() -> None:
    """None: somebody may not see the policies."""
    found_in = known(policy(DEV, "b"), policy(STAGING, ""))
    dev, staging, production = found_in.status.environments
    assert difference(found_in, dev, production) is None
    assert difference(found_in, dev, staging) is None
