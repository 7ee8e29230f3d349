"""Which format writes what a subscription is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from twisted.internet.defer import Deferred, maybeDeferred

from promoter_view.journal.entries import JournalEntry
from promoter_view.notifications.declaring import FormatName, Subscription, Template
from promoter_view.notifications.formats.cloudevents import write_cloud_event, write_cloud_events
from promoter_view.notifications.formats.kubernetes_event import write_kubernetes_event
from promoter_view.notifications.formats.slack import write_slack
from promoter_view.notifications.formats.teams import write_teams
from promoter_view.notifications.links import Links
from promoter_view.notifications.messages import NotYetError, OutgoingMessage
from promoter_view.notifications.templating.process import TemplateProcess
from promoter_view.notifications.templating.values import template_values
from promoter_view.records import BundleKey

_MOST_BYTES = 64 * 1024


class MessageFormat(Protocol):
    """Writes entries as one message."""

    def write(self, entries: Sequence[JournalEntry], links: Links) -> Deferred[OutgoingMessage]:
        """Of one entry, or of all of a digest, in order; never of none. Errors: FormatError, NotYetError."""


@dataclass(frozen=True, slots=True)
class _AtOnce:
    """A format that needs nobody else."""

    make: Callable[[Sequence[JournalEntry], Links], OutgoingMessage]

    def write(self, entries: Sequence[JournalEntry], links: Links) -> Deferred[OutgoingMessage]:
        """See MessageFormat."""
        return maybeDeferred(self.make, entries, links)


@dataclass(frozen=True, slots=True)
class _Templated:
    """A format that a process of its own renders. Files are read for each message, for they change."""

    template: Template
    process: TemplateProcess

    def write(self, entries: Sequence[JournalEntry], links: Links) -> Deferred[OutgoingMessage]:
        """See MessageFormat."""
        return Deferred.fromCoroutine(self._write(entries, links))

    async def _write(self, entries: Sequence[JournalEntry], links: Links) -> OutgoingMessage:
        files = {name: _read(name, path) for name, path in self.template.files}
        request = {
            "body": self.template.body,
            "content_type": self.template.content_type,
            "headers": dict(self.template.headers),
            "values": template_values(entries, links, files),
        }
        found = await self.process.render(request)
        headers = tuple(found["headers"].items())
        return OutgoingMessage(found["body"].encode("utf-8", "replace"), self.template.content_type, headers)


def _read(name: str, path: str) -> str:
    """A file's text. Errors: NotYetError."""
    try:
        with Path(path).open("rb") as opened:
            return opened.read(_MOST_BYTES).decode("utf-8", "replace").strip()
    except OSError as error:
        raise NotYetError(f"the file {name} of its template cannot be read: {error.strerror}") from error


def _unknown(key: BundleKey) -> str:  # noqa: ARG001
    return ""


class MessageFormats:
    """Those of all subscriptions. ``uid_of``: the uid of the object that a bundle is of, "" where it is not known."""

    def __init__(self, reactor: Any, uid_of: Callable[[BundleKey], str] = _unknown) -> None:
        self._templates = TemplateProcess(reactor)
        self._uid_of = uid_of

    def of(self, subscription: Subscription) -> MessageFormat:
        """What writes the messages of that subscription."""
        if subscription.template is not None:
            return _Templated(subscription.template, self._templates)
        match subscription.format:
            case FormatName.SLACK:
                return _AtOnce(write_slack)
            case FormatName.TEAMS:
                return _AtOnce(write_teams)
            case FormatName.KUBERNETES_EVENT:
                return _AtOnce(partial(write_kubernetes_event, uid_of=self._uid_of))
            case _:
                return _AtOnce(write_cloud_event if subscription.digest is None else write_cloud_events)

    def close(self) -> Deferred[None]:
        """Fires once nothing runs for them any more."""
        return Deferred.fromCoroutine(self._templates.close())


if TYPE_CHECKING:
    _format: type[MessageFormat] = _AtOnce
