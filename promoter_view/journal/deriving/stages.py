"""What a change of a Stage means: Promotions that begin and end, Freight, health. Pure, and total."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from promoter_view.decoded import mapping, text
from promoter_view.journal.entries import EventCause, EventCommit, EventType, Happening
from promoter_view.reading.commits.freight import Piece
from promoter_view.reading.commits.freight import read_stage as read_freight
from promoter_view.stages.health import Health
from promoter_view.views.commits import person
from promoter_view.views.contents import BundleContents, Contents
from promoter_view.views.status.messages import clipped

_MOST_CHARACTERS = 300
#: By the phase of a Promotion that has ended.
ENDS = {
    "Succeeded": EventType.PROMOTION_SUCCEEDED,
    "Failed": EventType.PROMOTION_FAILED,
    "Errored": EventType.PROMOTION_ERRORED,
    "Aborted": EventType.PROMOTION_ABORTED,
}
_BY_PROMOTION = frozenset(("Promotion",))
_BY_APPLICATION = frozenset(("Application",))
_HEALTHS = frozenset(Health)


class StagePromotion(NamedTuple):
    """A Promotion as its Stage tells of it."""

    name: str = ""
    phase: str = ""
    message: str = ""
    freight: str = ""


@dataclass(frozen=True, slots=True)
class StageStory:
    """What a Stage's bundle tells. ``freight``: the names of what is in it; ``commit``: that of its foremost piece."""

    current: StagePromotion
    last: StagePromotion
    freight: tuple[str, ...]
    commit: EventCommit | None
    coming: EventCommit | None
    state: str
    message: str


def read_stage_story(contents: Contents) -> StageStory:
    """What a Stage's bundle tells."""
    current, last, freight, commit, coming = contents.root(_read_stage)
    state, message = contents.status(_read_status)
    return StageStory(current, last, freight, commit, coming, state, message)


def stage_steps(contents: BundleContents) -> Iterator[None]:
    """Reads what ``read_stage_story`` wants: a step."""
    read_stage_story(contents)
    yield


def stage_happened(before: StageStory, after: StageStory) -> Iterator[Happening]:
    """What happened between the two."""
    current, last = after.current, after.last
    if current.name and current.name != before.current.name:
        cause = EventCause("Promotion", current.name)
        yield Happening(
            EventType.PROMOTION_STARTED,
            after=current.freight,
            commit=after.coming,
            cause=cause,
            told_by=_BY_PROMOTION,
        )
    event = ENDS.get(last.phase)
    if event is not None and (last.name, last.phase) != (before.last.name, before.last.phase):
        yield Happening(
            event,
            before=", ".join(before.freight),
            after=last.freight or ", ".join(after.freight),
            commit=after.commit if event is EventType.PROMOTION_SUCCEEDED else before.coming,
            cause=EventCause("Promotion", last.name),
            message=last.message,
            told_by=_BY_PROMOTION,
        )
    if after.freight and after.freight != before.freight:
        yield Happening(
            EventType.PROMOTED, before=", ".join(before.freight), after=", ".join(after.freight), commit=after.commit
        )
    if before.state != after.state:
        event = EventType.HEALTH if {before.state, after.state} <= _HEALTHS else EventType.STATE
        yield Happening(event, before=before.state, after=after.state, message=after.message, told_by=_BY_APPLICATION)


def _read_stage(
    stage: Mapping[str, Any],
) -> tuple[StagePromotion, StagePromotion, tuple[str, ...], EventCommit | None, EventCommit | None]:
    status, freight = mapping(stage, "status"), read_freight(stage)
    entry = freight.entries[0] if freight.entries else ()
    names = tuple(piece.alias or piece.name for piece in entry)
    return (
        _promotion(mapping(status, "currentPromotion")),
        _promotion(mapping(status, "lastPromotion")),
        names,
        _commit(entry),
        _commit(freight.current),
    )


def _promotion(found: Mapping[str, Any]) -> StagePromotion:
    return StagePromotion(
        text(found, "name"),
        text(found, "status", "phase"),
        clipped(text(found, "status", "message"), _MOST_CHARACTERS),
        text(found, "freight", "name"),
    )


def _commit(pieces: tuple[Piece, ...]) -> EventCommit | None:
    """The first commit that there is; all others are looked up by as its sources."""
    commits = [commit for piece in pieces for commit in piece.commits]
    if not commits:
        return None
    first, *others = commits
    return EventCommit(
        first.sha,
        sources=tuple(each.sha for each in others),
        subject=first.subject,
        author=clipped(person(first.author), _MOST_CHARACTERS),
    )


def _read_status(status: Mapping[str, Any]) -> tuple[str, str]:
    return text(status, "state"), text(status, "message")
