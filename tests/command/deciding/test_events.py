"""``log`` and ``history``: what happened, by the kept history and by what a watch tells."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from promoter_view.command.deciding.events import arrivals, news, past_events
from promoter_view.command.deciding.goals import Known
from promoter_view.command.reading.status import read_strategy
from promoter_view.command.reading.trail import read_trails
from tests.support.command.strategies import BRANCHES, details, environment, policy, sha

DEV, STAGING, _ = BRANCHES


def known(document: dict[str, Any]) -> Known:
    return Known(read_strategy(document), read_trails(document))


BEFORE = known(
    details(
        [environment(DEV, "UpToDate", "c"), environment(STAGING, "Checking", "b", "c", "check e2e")],
        [policy(DEV, "c", past="cb"), policy(STAGING, "b", "c")],
    )
)


def test_what_happened() -> None:
    """The oldest first: what went live, with its pull request, and since when each state lasts."""
    assert [each.line for each in past_events(BEFORE, None)] == [
        "2026-11-30T02:00:00Z team/shop development: bbbbbbb is live: Change b, by B (#7)",
        "2026-11-30T02:00:00Z team/shop staging: bbbbbbb is live: Change b, by B",
        "2026-11-30T03:00:00Z team/shop development: ccccccc is live: Change c, by C (#7)",
        "2026-11-30T12:00:00Z team/shop development: UpToDate",
        "2026-11-30T12:00:00Z team/shop staging: Checking: check e2e",
    ]
    since = datetime(2026, 11, 30, 3, tzinfo=UTC)
    assert [each.moment.hour for each in past_events(BEFORE, since)] == [3, 12, 12]


def test_what_went_live() -> None:
    """The newest first; states are no arrivals."""
    found = arrivals(BEFORE)
    assert [(each.environment, each.commit.short if each.commit else "") for each in found] == [
        ("development", "ccccccc"),
        ("development", "bbbbbbb"),
        ("staging", "bbbbbbb"),
    ]
    assert found[0].document() == {
        "time": "2026-11-30T03:00:00Z",
        "strategy": "team/shop",
        "environment": "development",
        "message": "ccccccc is live: Change c, by C (#7)",
        "sha": sha("c"),
        "subject": "Change c",
        "author": "C",
        "pullRequest": "7",
    }
    assert "pullRequest" not in found[2].document()


def test_a_restore() -> None:
    """What was made live again was not promoted."""
    one = policy(DEV, "b", past="b")
    one["status"]["history"][0]["restoredFrom"] = sha("b")
    one["status"]["history"][0]["active"]["hydrated"]["commitTime"] = "2026-11-30T05:00:00Z"
    found = arrivals(known(details([environment(DEV, "Held", "b")], [one])))
    assert [each.words for each in found] == ["restored bbbbbbb: Change b, by B (#7)"]


def test_what_is_new() -> None:
    """Between two looks: an arrival and a state; what has not changed is not told again."""
    after = known(
        details(
            [environment(DEV, "UpToDate", "c"), environment(STAGING, "Verifying", "c", since="2026-11-30T13:00:00Z")],
            [policy(DEV, "c", past="cb"), policy(STAGING, "c", past="c")],
        )
    )
    before, now = (past_events(each, None) for each in (BEFORE, after))
    assert [each.words for each in news(before, now)] == ["ccccccc is live: Change c, by C (#7)", "Verifying"]
    assert news(now, now) == []
    assert len(news((), now)) == 5


def test_of_what_nothing_is_told() -> None:
    """An environment without a policy, without a commit and without a moment."""
    document = details([environment(DEV, "Unknown", "", since="")])
    assert past_events(known(document), None) == []
    one = policy(DEV, "b")
    one["status"]["active"]["dry"] |= {"subject": "", "author": ""}
    found = arrivals(known(details([environment(DEV, "UpToDate", "b")], [one])))
    assert [each.words for each in found] == ["bbbbbbb is live"]
