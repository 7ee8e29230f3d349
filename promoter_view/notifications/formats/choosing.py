"""Which format writes what a subscription is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from twisted.internet.defer import Deferred, maybeDeferred

from promoter_view.journal.entries import JournalEntry
from promoter_view.notifications.declaring import FormatName, Subscription
from promoter_view.notifications.formats.cloudevents import write_cloud_event, write_cloud_events
from promoter_view.notifications.links import Links
from promoter_view.notifications.messages import FormatError, OutgoingMessage


class MessageFormat(Protocol):
    """Writes entries as one message."""

    def write(self, entries: Sequence[JournalEntry], links: Links) -> Deferred[OutgoingMessage]:
        """Of one entry, or of all of a digest, in order; never of none. Errors: FormatError."""


@dataclass(frozen=True, slots=True)
class _AtOnce:
    """A format that needs nobody else."""

    make: Callable[[Sequence[JournalEntry], Links], OutgoingMessage]

    def write(self, entries: Sequence[JournalEntry], links: Links) -> Deferred[OutgoingMessage]:
        """See MessageFormat."""
        return maybeDeferred(self.make, entries, links)


class MessageFormats:
    """Those of all subscriptions. What they have in common ends with ``close``."""

    def of(self, subscription: Subscription) -> MessageFormat:
        """What writes the messages of that subscription."""
        match subscription.format:
            case FormatName.CLOUDEVENTS:
                return _AtOnce(write_cloud_event if subscription.digest is None else write_cloud_events)
            case _:
                return _AtOnce(_not_yet)

    def close(self) -> Deferred[None]:
        """Fires once nothing runs for them any more."""
        return maybeDeferred(lambda: None)


def _not_yet(entries: Sequence[JournalEntry], links: Links) -> OutgoingMessage:  # noqa: ARG001
    raise FormatError("this format cannot be written yet")


if TYPE_CHECKING:
    _format: type[MessageFormat] = _AtOnce
