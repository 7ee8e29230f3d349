"""How a subscription stands: cursor, attempts, waits, refusals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from promoter_view.journal.entries import EntryIdentity, EventType
from promoter_view.notifications.delivery.answers import MessageFate, ReceiverAnswer, no_answer
from promoter_view.notifications.delivery.standing import MOST_UNSAVED, DeliveryStanding

NOW = datetime(2026, 11, 30, 12, 0, 0, tzinfo=UTC)
BEGIN = EntryIdentity(10, 0)
NEXT = EntryIdentity(10, 1)
TAKEN = ReceiverAnswer(MessageFate.TAKEN, "HTTP 204")
REFUSED = ReceiverAnswer(MessageFate.REFUSED, "HTTP 400")


def answered(
    standing: DeliveryStanding,
    answer: ReceiverAnswer,
    last: EntryIdentity = NEXT,
    *,
    now: datetime = NOW,
    random: float = 0.5,
    limit: int = 3,
) -> DeliveryStanding:
    return standing.answered(answer, last, EventType.PROMOTED, now, random=random, limit=limit)


def test_what_is_taken_moves_the_cursor() -> None:
    """Durable it is not yet."""
    standing = answered(DeliveryStanding(BEGIN, BEGIN), TAKEN)
    assert (standing.cursor, standing.saved, standing.sent, standing.unsaved) == (NEXT, BEGIN, 1, 1)
    assert (standing.said, standing.said_at) == ("HTTP 204", NOW)
    assert not standing.is_saved
    assert standing.kept(NEXT, 1).is_saved


def test_waits_double_up_to_ten_minutes() -> None:
    """The first is 0.2 s, a half more or less; a success begins anew."""
    standing = DeliveryStanding(BEGIN, BEGIN)
    waits = []
    for number in range(16):
        standing = answered(standing, no_answer("no answer"), now=NOW + timedelta(seconds=number))
        waits.append(standing.wait)
    assert waits[:4] == [0.2, 0.4, 0.8, 1.6]
    assert waits[-3:] == [600.0] * 3
    assert (standing.failing_since, standing.attempts, standing.cursor) == (NOW, 16, BEGIN)
    first = DeliveryStanding(BEGIN, BEGIN)
    bounds = [answered(first, no_answer("no answer"), random=random).wait for random in (0.0, 0.999)]
    assert 0.1 <= min(bounds) < 0.11
    assert 0.29 < max(bounds) <= 0.3
    assert max(answered(standing, no_answer(""), random=0.999).wait for _ in range(3)) == 600.0
    again = answered(standing, TAKEN)
    assert (again.failing_since, again.attempts, again.wait) == (None, 0, 0.0)


def test_what_the_receiver_asks_for_counts_instead() -> None:
    """Longer or shorter; never none at all."""
    asked = [ReceiverAnswer(MessageFate.FAILED, "HTTP 429", seconds) for seconds in (3600.0, 0.0)]
    assert [answered(DeliveryStanding(BEGIN, BEGIN), each).wait for each in asked] == [3600.0, 0.2]


def test_a_message_that_is_refused_is_passed_at_last() -> None:
    """It is counted and remembered; failures between do not count towards it."""
    standing = DeliveryStanding(BEGIN, BEGIN)
    for answer in (REFUSED, no_answer("no answer"), REFUSED):
        standing = answered(standing, answer)
        assert (standing.cursor, standing.refused) == (BEGIN, 0)
    standing = answered(standing, REFUSED)
    assert (standing.cursor, standing.refused, standing.unsaved, standing.refusals) == (NEXT, 1, 0, 0)
    (message,) = standing.refused_messages
    assert (message.identity, message.event, message.at, message.said) == (NEXT, EventType.PROMOTED, NOW, "HTTP 400")


def test_refused_messages_are_bounded() -> None:
    """The newest hundred are remembered."""
    standing = DeliveryStanding(BEGIN, BEGIN)
    for number in range(150):
        standing = answered(standing, REFUSED, EntryIdentity(11 + number, 0), limit=1)
    assert standing.refused == 150
    assert [message.identity.resource_version for message in standing.refused_messages] == [*range(61, 161)]


def test_no_more_than_a_few_are_sent_before_the_cursor_is_durable() -> None:
    """So that after a cut no more than those come again."""
    assert not DeliveryStanding(BEGIN).may_send
    standing = DeliveryStanding(BEGIN, BEGIN)
    for number in range(MOST_UNSAVED):
        assert standing.may_send
        standing = answered(standing, TAKEN, EntryIdentity(11 + number, 0))
    assert not standing.may_send
    assert standing.kept(EntryIdentity(15, 0), 5).unsaved == MOST_UNSAVED - 5


def test_what_is_left_out_is_passed() -> None:
    """The cursor never goes back by that."""
    assert DeliveryStanding(BEGIN, BEGIN).passed(NEXT).cursor == NEXT
    assert DeliveryStanding(NEXT, NEXT).passed(BEGIN).cursor == NEXT


def test_what_is_passed_has_no_faults_left() -> None:
    """Refusals of a message that is left out by now do not count against the next one."""
    standing = answered(answered(DeliveryStanding(BEGIN, BEGIN), REFUSED), no_answer("no answer")).passed(NEXT)
    assert (standing.attempts, standing.refusals, standing.wait, standing.failing_since) == (0, 0, 0.0, None)


def test_whoever_is_moved_waits_for_the_log() -> None:
    """Else a cut would undo it."""
    standing = answered(DeliveryStanding(NEXT, NEXT), no_answer("no answer")).moved(BEGIN)
    assert (standing.cursor, standing.attempts, standing.wait, standing.may_send) == (BEGIN, 0, 0.0, False)
