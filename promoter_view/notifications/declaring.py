"""What a notifications file declares: subscriptions, as values. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import time

from promoter_view.notifications.filters import EntryFilter

#: How often a message is offered that its receiver refuses, unless the file says otherwise.
DEFAULT_REFUSE_AFTER = 5


class FormatName(enum.StrEnum):
    """What ``format`` may be."""

    CLOUDEVENTS = "cloudevents"
    SLACK = "slack"
    TEAMS = "teams"
    TEMPLATE = "template"
    KUBERNETES_EVENT = "kubernetes-event"


@dataclass(frozen=True, slots=True)
class ReceiverHeader:
    """A header of every request. One of ``value`` and ``value_file`` is ""; the file is read for each request."""

    name: str
    value: str = field(default="", repr=False)
    value_file: str = ""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where messages go. One of ``url`` and ``url_file`` is ""; both are for ``kubernetes-event``: to the cluster.

    A URL is a secret. It may have placeholders: ``promoter_view.notifications.addresses``. ``ca_file`` "": the
    platform's. ``secret_file`` "": nothing is signed; it holds one secret on a line, two while they change.
    """

    url: str = field(default="", repr=False)
    url_file: str = ""
    ca_file: str = ""
    secret_file: str = ""
    headers: tuple[ReceiverHeader, ...] = ()

    @property
    def is_cluster(self) -> bool:
        """Messages are objects that are created in the cluster."""
        return not (self.url or self.url_file)


@dataclass(frozen=True, slots=True)
class Template:
    """The sources of Jinja2 templates: of the body, and of headers by their names.

    ``files``: texts that templates may use as ``files.NAME``, by NAME, each a path.
    """

    body: str
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class DigestSchedule:
    """Many entries in one message: every so many seconds, or at these times of the day there. One of both is empty."""

    every_seconds: int = 0
    at: tuple[time, ...] = ()
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """When nothing is sent: from ``begin`` until ``end``, past midnight where ``end`` is the earlier one."""

    begin: time
    end: time
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who is told what, and how. ``name`` is for ever: another name is another subscription.

    ``since``: where a new one begins, as ``promoter_view.moments`` reads it; "" behind the newest entry.
    ``refuse_after``: a message that was refused so often is passed. ``template`` is there for that format alone.
    """

    name: str
    receiver: Receiver
    filter: EntryFilter = field(default_factory=EntryFilter)
    format: FormatName = FormatName.CLOUDEVENTS
    template: Template | None = None
    since: str = ""
    digest: DigestSchedule | None = None
    quiet_hours: QuietHours | None = None
    refuse_after: int = DEFAULT_REFUSE_AFTER
