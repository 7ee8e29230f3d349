"""What a receiver's answer means for a message."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from promoter_view.notifications.delivery.answers import MessageFate, no_answer, read_answer

NOW = datetime(2026, 11, 30, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "fate"),
    [
        (200, MessageFate.TAKEN),
        (204, MessageFate.TAKEN),
        (301, MessageFate.FAILED),
        (400, MessageFate.REFUSED),
        (404, MessageFate.REFUSED),
        (408, MessageFate.FAILED),
        (410, MessageFate.REFUSED),
        (429, MessageFate.FAILED),
        (500, MessageFate.FAILED),
        (503, MessageFate.FAILED),
        (101, MessageFate.FAILED),
    ],
)
def test_a_status_says_what_becomes_of_a_message(status: int, fate: MessageFate) -> None:
    """Only 4xx is about the message, but for those that ask for patience."""
    assert read_answer(status, None, NOW).fate is fate


def test_a_redirect_is_said_and_not_followed() -> None:
    """Whoever set the address up has to change it."""
    assert read_answer(302, None, NOW).said == "HTTP 302: redirects are not followed"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("7", 7.0),
        (" 7 ", 7.0),
        ("999999999999999999", 86400.0),
        ("Mon, 30 Nov 2026 12:01:30 GMT", 90.0),
        ("Mon, 30 Nov 2026 11:00:00 GMT", 0.0),
        ("Mon, 30 Nov 2026 12:00:05 -0000", 5.0),
        ("soon", None),
        ("Wed, 21 Oct 99999999999999999999 07:28:00 GMT", None),
        ("-5", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(header: str | None, seconds: float | None) -> None:
    """Beyond a day nobody is believed, and what cannot be read counts as not there."""
    assert read_answer(503, header, NOW).retry_after == seconds


def test_no_answer_is_a_failure() -> None:
    """It is tried again."""
    assert no_answer("no answer within 15 seconds").fate is MessageFate.FAILED
