"""What the page about notifications shows. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from promoter_view.dashboard.program import ProgramHealth
from promoter_view.decoded import mappings, moment, number, text, texts


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A message that its receiver refused for good."""

    name: str
    event: str
    time: datetime | None
    answer: str


@dataclass(frozen=True, slots=True)
class NotificationLine:
    """One notification. ``lag`` is None where nothing is late."""

    name: str
    format: str
    receiver: str
    events: str
    state: str
    health: ProgramHealth
    lag: timedelta | None
    answer: str
    answered: datetime | None
    failing: datetime | None
    attempts: int
    sent: int
    refused: int
    messages: Sequence[RefusedLine]


@dataclass(frozen=True, slots=True)
class NotificationsShown:
    """``verdict`` is one line for people; ``declared``: there is a file at all."""

    declared: bool
    well: bool
    verdict: str
    lines: Sequence[NotificationLine]


def notifications_shown(document: Mapping[str, Any] | None) -> NotificationsShown:
    """Of the document of ``boundaries.NotificationsDesk``; None: no file is given."""
    if document is None:
        return NotificationsShown(False, True, "", ())
    lines = [_line(each) for each in mappings(document, "notifications")]
    problem = text(document, "problem")
    failing = [line.name for line in lines if line.failing]
    refused = [line.name for line in lines if line.refused]
    if problem:
        verdict = f"The file of notifications is invalid, {text(document, 'meanwhile')}: {problem}"
    elif failing:
        verdict = f"Not delivered, retrying: {', '.join(failing)}"
    elif document.get("sends") is not True:
        verdict = "The leader sends them; see the page of that replica"
    elif refused:
        verdict = f"Some messages were refused, and are not delivered: {', '.join(refused)}"
    else:
        verdict = "Every notification is delivered" if lines else "The file declares no notification"
    return NotificationsShown(True, not problem and not failing, verdict, lines)


def _line(found: Mapping[str, Any]) -> NotificationLine:
    lag = number(found, "lagSeconds")
    failing = moment(found, "failingSince")
    return NotificationLine(
        name=text(found, "name"),
        format=text(found, "format"),
        receiver=text(found, "receiver"),
        events=", ".join(texts(found, "events")) or "all",
        state=text(found, "state"),
        health=ProgramHealth.UNWELL if failing else ProgramHealth.WELL,
        lag=timedelta(seconds=lag) if lag else None,
        answer=text(found, "lastAnswer"),
        answered=moment(found, "lastAnswerTime"),
        failing=failing,
        attempts=number(found, "attempts"),
        sent=number(found, "sent"),
        refused=number(found, "refused"),
        messages=[_refused(each) for each in mappings(found, "refusedMessages")],
    )


def _refused(found: Mapping[str, Any]) -> RefusedLine:
    return RefusedLine(text(found, "id"), text(found, "event"), moment(found, "time"), text(found, "answer"))
