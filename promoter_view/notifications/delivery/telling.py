"""How notifications stand, as a document: for the page, for its JSON, for the command. Pure."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from promoter_view.notifications.addresses import origin_of
from promoter_view.notifications.declaring import Receiver, Subscription
from promoter_view.notifications.delivery.standing import DeliveryStanding, RefusedMessage
from promoter_view.views.versions import moment


class DeliveryState(enum.StrEnum):
    """How one notification is."""

    WAITING = "Waiting for the journal"
    FAILING = "Failing"
    SENDING = "Sending"
    IDLE = "Up to date"


@dataclass(frozen=True, slots=True)
class NotificationTold:
    """One notification. ``standing`` is None until the journal is there; ``late_since`` as in SubscriptionLoop."""

    subscription: Subscription
    standing: DeliveryStanding | None
    late_since: datetime | None

    def lag(self, now: datetime) -> float:
        """Seconds since the oldest event that should have been sent by now; 0 where there is none."""
        return 0.0 if self.late_since is None else max(0.0, (now - self.late_since).total_seconds())

    @property
    def state(self) -> DeliveryState:
        """In one word."""
        if self.standing is None:
            return DeliveryState.WAITING
        if self.standing.failing_since is not None:
            return DeliveryState.FAILING
        return DeliveryState.IDLE if self.late_since is None else DeliveryState.SENDING

    def document(self, now: datetime) -> dict[str, Any]:
        """As JSON. Of addresses it has scheme and host, of answers their status."""
        chosen, standing = self.subscription, self.standing
        found: dict[str, Any] = {
            "name": chosen.name,
            "format": chosen.format.value,
            "receiver": place_of(chosen.receiver),
            "events": sorted(chosen.filter.events),
            "state": self.state.value,
            "lagSeconds": round(self.lag(now)),
        }
        if standing is not None:
            found |= _standing(standing)
        return found


def place_of(receiver: Receiver) -> str:
    """Where messages go, without what is secret in it."""
    return "the cluster" if receiver.is_cluster else origin_of(receiver.url) or "an address in a file"


def _standing(standing: DeliveryStanding) -> Mapping[str, Any]:
    told = {
        "cursor": f"{standing.cursor.resource_version}-{standing.cursor.item}",
        "cursorTime": _stamp(moment(max(standing.cursor.resource_version, 0))),
        "sent": standing.sent,
        "refused": standing.refused,
        "attempts": standing.attempts,
        "lastAnswer": standing.said,
        "lastAnswerTime": _stamp(standing.said_at),
        "failingSince": _stamp(standing.failing_since),
        "refusedMessages": [_refused(each) for each in reversed(standing.refused_messages)],
    }
    return {name: value for name, value in told.items() if value not in ("", [])}


def _refused(message: RefusedMessage) -> Mapping[str, Any]:
    told = {"id": message.identity.name, "event": message.event.value}
    return {**told, "time": _stamp(message.at), "answer": message.said}


def _stamp(time: datetime | None) -> str:
    return "" if time is None else time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
