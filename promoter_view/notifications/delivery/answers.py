"""What a receiver's answer means for a message. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

#: No receiver holds its messages up for longer at once.
MOST_RETRY_AFTER_SECONDS = 86400.0
#: 4xx that say nothing against the message itself.
_LATER = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)


class MessageFate(enum.StrEnum):
    """What became of an attempt: taken; refused, so that it is passed at last; failed, so that it is tried again."""

    TAKEN = "taken"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ReceiverAnswer:
    """``said``: in a few words what was answered, or why nothing was. ``retry_after`` in seconds, where it was given.

    It holds nothing of the answer's body and nothing of the address.
    """

    fate: MessageFate
    said: str
    retry_after: float | None = None


def read_answer(status: int, retry_after: str | None, now: datetime) -> ReceiverAnswer:
    """2xx is taken. 4xx is a refusal, but for 408 and 429. All else fails, redirects too: they are not followed."""
    said = f"HTTP {status}"
    if 200 <= status < 300:
        return ReceiverAnswer(MessageFate.TAKEN, said)
    if 400 <= status < 500 and status not in _LATER:
        return ReceiverAnswer(MessageFate.REFUSED, said)
    if 300 <= status < 400:
        said = f"{said}: redirects are not followed"
    return ReceiverAnswer(MessageFate.FAILED, said, _seconds(retry_after, now))


def no_answer(why: str) -> ReceiverAnswer:
    """There was none."""
    return ReceiverAnswer(MessageFate.FAILED, why)


def _seconds(retry_after: str | None, now: datetime) -> float | None:
    """Of the header's value: a number of seconds, or a date (RFC 9110, 10.2.3); None where it is neither."""
    if retry_after is None:
        return None
    word = retry_after.strip()
    if word.isascii() and word.isdecimal():
        return min(float(word[:12]), MOST_RETRY_AFTER_SECONDS)
    try:
        moment = parsedate_to_datetime(word)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), MOST_RETRY_AFTER_SECONDS)
