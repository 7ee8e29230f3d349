"""How a subscription stands: how far it has been told, what is tried again and when. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from promoter_view.journal.entries import EntryIdentity, EventType
from promoter_view.notifications.delivery.answers import MessageFate, ReceiverAnswer

#: So many messages come again at most after a cut: that many were sent since the cursor was last durable.
MOST_UNSAVED = 20
FIRST_RETRY_SECONDS = 0.2
LAST_RETRY_SECONDS = 600.0
#: Refused messages that are remembered.
_MOST_REFUSED = 100
#: Doublings after which the last wait is reached.
_MOST_DOUBLINGS = 12


@dataclass(frozen=True, slots=True)
class RefusedMessage:
    """A message that its receiver refused for good. ``identity`` and ``event`` are those of its last entry."""

    identity: EntryIdentity
    event: EventType
    at: datetime
    said: str


@dataclass(frozen=True, slots=True)
class DeliveryStanding:
    """One subscription. All up to ``cursor`` was sent, passed, or left out by the filter; ``saved`` is what is durable.

    ``unsaved``: messages sent since. ``attempts`` and ``refusals`` are of the message that is under way; it is tried
    again ``wait`` seconds after its last attempt. ``said`` is the last answer. ``sent`` and ``refused`` are counts, of
    the time since this process began to send.
    """

    cursor: EntryIdentity
    saved: EntryIdentity | None = None
    unsaved: int = 0
    attempts: int = 0
    refusals: int = 0
    wait: float = 0.0
    failing_since: datetime | None = None
    said: str = ""
    said_at: datetime | None = None
    sent: int = 0
    refused: int = 0
    refused_messages: tuple[RefusedMessage, ...] = ()

    @property
    def may_send(self) -> bool:
        """Whether another message may be sent before the cursor is durable."""
        return self.saved is not None and self.unsaved < MOST_UNSAVED

    @property
    def is_saved(self) -> bool:
        """Nothing of it would be lost."""
        return self.saved == self.cursor

    def answered(
        self, answer: ReceiverAnswer, last: EntryIdentity, event: EventType, now: datetime, *, random: float, limit: int
    ) -> DeliveryStanding:
        """An attempt is over; ``last`` and ``event`` are of the message's last entry, ``random`` is from [0, 1).

        A message that was refused ``limit`` times is passed.
        """
        told = replace(self, said=answer.said, said_at=now)
        if answer.fate is MessageFate.TAKEN:
            return replace(_behind(told, last), sent=self.sent + 1, unsaved=self.unsaved + 1)
        refusals = self.refusals + (answer.fate is MessageFate.REFUSED)
        if answer.fate is MessageFate.REFUSED and refusals >= limit:
            refused = RefusedMessage(last, event, now, answer.said)
            kept = (*self.refused_messages, refused)[-_MOST_REFUSED:]
            return replace(_behind(told, last), refused=self.refused + 1, refused_messages=kept)
        return replace(
            told,
            attempts=self.attempts + 1,
            refusals=refusals,
            wait=_wait(self.attempts, answer.retry_after, random),
            failing_since=self.failing_since or now,
        )

    def passed(self, identity: EntryIdentity) -> DeliveryStanding:
        """That entry is not for it."""
        return replace(self.anew(), cursor=max(self.cursor, identity))

    def anew(self) -> DeliveryStanding:
        """What was tried before says nothing of the next attempt."""
        return replace(self, attempts=0, refusals=0, wait=0.0, failing_since=None)

    def moved(self, cursor: EntryIdentity) -> DeliveryStanding:
        """It goes on there, wherever it stood; nothing is sent before that is durable."""
        return replace(self.anew(), cursor=cursor, saved=None)

    def kept(self, saved: EntryIdentity, sent: int) -> DeliveryStanding:
        """That cursor is durable, of which ``sent`` messages had been sent since the last that was."""
        return replace(self, saved=saved, unsaved=max(0, self.unsaved - sent))


def _behind(standing: DeliveryStanding, last: EntryIdentity) -> DeliveryStanding:
    cursor = max(standing.cursor, last)
    return replace(standing.anew(), cursor=cursor)


def _wait(attempts: int, retry_after: float | None, random: float) -> float:
    """Seconds: doubling, a half more or less; what the receiver asks for counts instead. 0 asks for nothing."""
    if retry_after:
        return max(retry_after, FIRST_RETRY_SECONDS / 2)
    bound = min(FIRST_RETRY_SECONDS * 2.0 ** min(attempts, _MOST_DOUBLINGS), LAST_RETRY_SECONDS)
    return min(bound * (0.5 + random), LAST_RETRY_SECONDS)
