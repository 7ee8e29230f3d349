"""How notifications stand, as a document."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from promoter_view.journal.entries import EntryIdentity, EventType
from promoter_view.notifications.declaring import Receiver, Subscription
from promoter_view.notifications.delivery.gaps import gap_between
from promoter_view.notifications.delivery.standing import DeliveryStanding, RefusedMessage
from promoter_view.notifications.delivery.telling import NotificationTold, place_of

NOW = datetime(2026, 11, 30, 12, 0, 0, tzinfo=UTC)
SECRET = Receiver(url="https://hooks.example.com/services/T0/SECRET")
CHAT = Subscription("chat", SECRET)
CURSOR = EntryIdentity(4708223252123090944, 1)


def test_before_the_journal_is_there_little_is_known() -> None:
    """No cursor, no answer."""
    assert NotificationTold(CHAT, None, None).document(NOW) == {
        "name": "chat",
        "format": "cloudevents",
        "receiver": "https://hooks.example.com",
        "events": [],
        "state": "Waiting for the journal",
        "lagSeconds": 0,
    }


def test_what_fails_is_said_without_the_address() -> None:
    """Of the address there are scheme and host, of answers their status."""
    refused = RefusedMessage(EntryIdentity(7, 0), EventType.MERGED, NOW, "HTTP 400")
    standing = DeliveryStanding(
        CURSOR,
        CURSOR,
        attempts=3,
        failing_since=NOW - timedelta(minutes=2),
        said="HTTP 503",
        said_at=NOW,
        sent=5,
        refused=1,
        refused_messages=(refused,),
    )
    found = NotificationTold(CHAT, standing, NOW - timedelta(seconds=150)).document(NOW)
    assert "SECRET" not in str(found)
    assert (found["state"], found["lagSeconds"], found["attempts"]) == ("Failing", 150, 3)
    assert found["cursor"] == "4708223252123090944-1"
    assert found["cursorTime"] == "2026-11-30T13:17:16Z"
    assert found["failingSince"] == "2026-11-30T11:58:00Z"
    assert found["refusedMessages"] == [
        {"id": "7-0", "event": "merged", "time": "2026-11-30T12:00:00Z", "answer": "HTTP 400"}
    ]


def test_states() -> None:
    """Nothing to do, or something that is under way."""
    standing = DeliveryStanding(CURSOR, CURSOR)
    assert NotificationTold(CHAT, standing, None).state == "Up to date"
    assert NotificationTold(CHAT, standing, NOW).state == "Sending"


def test_places() -> None:
    """The cluster, a host, or a file whose content is not told."""
    assert place_of(Receiver()) == "the cluster"
    assert place_of(Receiver(url_file="/etc/slack/url")) == "an address in a file"
    assert place_of(SECRET) == "https://hooks.example.com"


def test_a_gap_says_from_when_to_when() -> None:
    """It is of everything, and its identity is where the journal begins."""
    reach = EntryIdentity(4708223252123090944 + 262_144 * 600_000, 3)
    gap = gap_between(CURSOR, reach)
    assert (gap.identity, gap.happening.event) == (reach, EventType.GAP)
    assert (gap.happening.before, gap.happening.after) == ("2026-11-30T13:17:16+00:00", "2026-11-30T13:18:16+00:00")
    assert gap_between(EntryIdentity(-1, 0), reach).happening.before.startswith("1970")
