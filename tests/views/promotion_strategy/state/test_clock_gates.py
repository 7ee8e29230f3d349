"""When timers and windows let environments go."""

from __future__ import annotations

from typing import Any

import pytest

from promoter_view.views.promotion_strategy.state.clock_gates import clock_untils, read_timer, read_window
from promoter_view.views.promotion_strategy.state.kinds import ReasonKind
from tests.support.views.strategies import Decoded, bundle, gate

HOUR = 1_795_165_200  # 2026-11-20T09:00:00Z


def timer(**more: Any) -> list[int]:
    told = {"branch": "dev", "phase": "pending", "commitTime": "2026-11-20T08:00:00Z", "requiredDuration": "1h", **more}
    return [each.until for each in read_timer(gate("t", "TimedCommitStatus", environments=[told]))]


@pytest.mark.parametrize(
    ("more", "until"),
    [
        ({}, [HOUR]),
        ({"phase": "success"}, []),
        ({"requiredDuration": "soon"}, []),
        ({"requiredDuration": "2562047h"}, [HOUR + 3600 * 2_562_046]),
        ({"commitTime": "9999-12-31T23:59:59Z"}, []),
        ({"commitTime": 7}, []),
    ],
)
def test_timers(more: dict[str, Any], until: list[int]) -> None:
    """When a commit is old enough; nothing where that is past, or cannot be told."""
    assert timer(**more) == until


@pytest.mark.parametrize(
    ("told", "until"),
    [
        ({"next": {"allow": "x", "transition": "2026-11-20T09:00:00Z"}}, [HOUR]),
        ({"active": {"exclude": "x", "transition": "2026-11-20T09:00:00Z"}, "next": {"transition": "x"}}, [HOUR]),
        ({"active": {"allow": "x", "transition": "2026-11-20T09:00:00Z"}}, []),
        ({}, []),
        ({"phase": "success", "next": {"transition": "2026-11-20T09:00:00Z"}}, []),
    ],
)
def test_windows(told: dict[str, Any], until: list[int]) -> None:
    """The end of what keeps it closed, else the beginning of the next one; nothing where one is open."""
    found = gate("w", "ScheduledCommitStatus", environments=[{"branch": "dev", "phase": "pending", **told}])
    assert [each.until for each in read_window(found)] == until


def test_by_branch_and_key() -> None:
    """Of two gates with one key the first counts."""
    told = [{"branch": "dev", "phase": "pending", "commitTime": "2026-11-20T08:00:00Z", "requiredDuration": "1h"}]
    later = [{**told[0], "requiredDuration": "2h"}]
    gates = [gate("a", "TimedCommitStatus", key="soak", environments=each) for each in (told, later)]
    assert clock_untils(Decoded(bundle(timedCommitStatuses=gates))) == {"dev": {(ReasonKind.TIMER, "soak"): HOUR}}


def test_a_window_under_the_key_of_a_timer() -> None:
    """Each is told of by its own kind: who may see but one of them is not told of the other."""
    window = {"branch": "dev", "phase": "pending", "next": {"transition": "2026-11-20T09:00:00Z"}}
    gates = {
        "timedCommitStatuses": [gate("a", "TimedCommitStatus", key="soak", environments=[])],
        "scheduledCommitStatuses": [gate("b", "ScheduledCommitStatus", key="soak", environments=[window])],
    }
    assert clock_untils(Decoded(bundle(**gates))) == {"dev": {(ReasonKind.WINDOW, "soak"): HOUR}}
