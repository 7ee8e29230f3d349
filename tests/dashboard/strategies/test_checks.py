"""Checks and pull requests as pages show them."""

from __future__ import annotations

from promoter_view.dashboard.strategies.checks import Phase, read_checks, read_request
from tests.support.views.strategies import check


def test_the_worst_comes_first() -> None:
    """Failures stand before what is pending, that before what passed, each by key."""
    found = read_checks(
        {"commitStatuses": [check("b", "success"), check("a", "success"), check("d", "failure"), check("c", "pending")]}
    )
    assert [each.key for each in found.items] == ["d", "c", "a", "b"]
    assert found.worst is Phase.FAILURE
    assert found.words == "1 of 4 checks failed"


def test_none_is_left_out() -> None:
    """The one that fails is first, and counted, wherever the cluster has it among hundreds."""
    passed = [check(f"c{number:03d}", "success") for number in range(250)]
    found = read_checks({"commitStatuses": [*passed, check("last", "failure")]})
    assert found.items[0].key == "last"
    assert found.words == "1 of 251 checks failed"


def test_progress_is_said_in_words() -> None:
    """How many passed, of how many."""
    assert (
        read_checks({"commitStatuses": [check("a", "success"), check("b", "pending")]}).words == "1 of 2 checks passed"
    )
    assert read_checks({"commitStatuses": [check("a", "success")]}).words == "1 of 1 check passed"
    assert read_checks({}).words == ""
    assert read_checks({}).worst is Phase.UNKNOWN


def test_a_check_says_its_name_and_links_to_the_web_only() -> None:
    """The promoter's own key is said in words; a link that is none of the web is left out; words are on one line."""
    (found,) = read_checks(
        {
            "commitStatuses": [
                check("promoter-previous-environment", "odd", " waits\n for it ") | {"url": "javascript:x"}
            ]
        }
    ).items
    assert (found.label, found.phase, found.description, found.url) == (
        "previous environment",
        Phase.UNKNOWN,
        "waits for it",
        "",
    )


def test_pull_requests_are_read_with_their_times() -> None:
    """Number, state, link and times; none where a status has none."""
    assert read_request({}) is None
    found = read_request(
        {
            "id": "12",
            "state": "merged",
            "url": "https://x/12",
            "prMergeTime": "2026-11-21T08:00:00Z",
            "externallyMergedOrClosed": True,
        }
    )
    assert found is not None
    assert (found.number, found.state, found.url, found.by_others) == ("12", "merged", "https://x/12", True)
    assert found.merged is not None
    assert found.opened is None
