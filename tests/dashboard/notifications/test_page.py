"""What the page about notifications shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from promoter_view.dashboard.notifications.page import notifications_shown
from promoter_view.dashboard.program import ProgramHealth

CHAT = {
    "name": "chat",
    "format": "slack",
    "receiver": "https://hooks.example.com",
    "events": ["failed", "promoted"],
    "state": "Up to date",
    "lagSeconds": 0,
    "lastAnswer": "HTTP 200",
    "lastAnswerTime": "2026-11-30T12:00:00Z",
    "sent": 7,
    "refused": 1,
    "attempts": 0,
    "refusedMessages": [{"id": "7-0", "event": "failed", "time": "2026-11-30T11:00:00Z", "answer": "HTTP 400"}],
}


def document(*found: dict[str, Any], sends: bool = True, problem: str = "") -> dict[str, Any]:
    return {"sends": sends, "problem": problem, "notifications": list(found)}


def test_without_a_file_there_is_nothing_to_show() -> None:
    """The page says how they are declared."""
    assert not notifications_shown(None).declared


def test_a_line_for_each() -> None:
    """With what its receiver refused."""
    shown = notifications_shown(document(CHAT))
    (line,) = shown.lines
    assert (shown.well, shown.verdict) == (True, "Some messages were refused, and are not delivered: chat")
    assert (line.name, line.events, line.lag, line.sent, line.health) == (
        "chat",
        "failed, promoted",
        None,
        7,
        ProgramHealth.WELL,
    )
    assert line.answered == datetime(2026, 11, 30, 12, tzinfo=UTC)
    assert [(each.name, each.answer) for each in line.messages] == [("7-0", "HTTP 400")]


def test_what_fails_is_said_first() -> None:
    """By name, and for how long it is behind."""
    failing = {**CHAT, "name": "pager", "events": [], "failingSince": "2026-11-30T11:58:00Z", "lagSeconds": 120}
    shown = notifications_shown(document(CHAT, failing))
    assert (shown.well, shown.verdict) == (False, "Not delivered, retrying: pager")
    assert shown.lines[1].health is ProgramHealth.UNWELL
    assert (shown.lines[1].lag, shown.lines[1].events) == (timedelta(seconds=120), "all")


def test_verdicts() -> None:
    """A bad file, another replica that sends, a file that declares none, and nothing that was refused."""
    assert notifications_shown(document({**CHAT, "refused": 0})).verdict == "Every notification is delivered"
    told = document(CHAT, problem="line 3: no") | {"meanwhile": "nothing is sent until it is valid"}
    wanted = "The file of notifications is invalid, nothing is sent until it is valid: line 3: no"
    assert notifications_shown(told).verdict == wanted
    assert not notifications_shown(document(problem="line 3: no")).well
    assert "replica" in notifications_shown(document(CHAT, sends=False)).verdict
    assert notifications_shown(document()).verdict == "The file declares no notification"
