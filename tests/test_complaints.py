"""What is wrong for a while, and how often that is said."""

from __future__ import annotations

from twisted.logger import Logger, LogLevel, capturedLogs, formatEvent

from promoter_view.complaints import Complaint

Said = list[tuple[str, str]]


def lines(*steps: str, **options: object) -> Said:
    """What is said when a complaint is made for each of ``steps``, "" for when it is over."""
    complaint = Complaint(Logger(), "{name}: {message}", over="{name} is well", name="a{b", **options)  # type: ignore[arg-type]
    with capturedLogs() as events:
        for step in steps:
            if step:
                complaint.set(step, reason=step[0])
            else:
                complaint.clear()
    return [(event["log_level"].name, formatEvent(event)) for event in events]


def test_said_once() -> None:
    """A reason that lasts is said once, another one anew."""
    assert lines("x", "x again", "y") == [("warn", "a{b: x"), ("warn", "a{b: y")]


def test_over_is_said_once() -> None:
    """What was there is over once; then it may begin again."""
    assert lines("", "x", "", "", "x") == [("warn", "a{b: x"), ("info", "a{b is well"), ("warn", "a{b: x")]


def test_levels() -> None:
    """How loud it is, and how loud while it lasts."""
    options = {"level": LogLevel.error, "again": LogLevel.debug}
    assert lines("x", "x again", **options) == [("error", "a{b: x"), ("debug", "a{b: x again")]


def test_message_for_people() -> None:
    """The newest message is at hand while it lasts, whether or not it was said."""
    complaint = Complaint(Logger(), "{message}")
    assert complaint.message == ""
    complaint.set("one")
    complaint.set("two")
    assert complaint.message == "two"
    complaint.clear()
    assert complaint.message == ""
