"""What objects tell of their past, for a journal that was not there: entries marked as backfilled. Pure, and total."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

from promoter_view.decoded import mapping, mappings, moment, text
from promoter_view.journal.deriving.policies import read_commit
from promoter_view.journal.deriving.stages import ENDS
from promoter_view.journal.entries import EventCause, EventCommit, EventRequest, EventType, Happening
from promoter_view.records import Bundle
from promoter_view.views.contents import BundleContents, Readings
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from promoter_view.views.promotion_strategy.estimates.deliveries import choose_pasts, tells
from promoter_view.views.promotion_strategy.order_gate import HISTORIES, POLICIES
from promoter_view.views.promotion_strategy.state.reading import EnvironmentStatus, read_environment
from promoter_view.views.promotion_strategy.state.standing import MergeRequest, read_merge_request
from promoter_view.views.stage.details import STAGE_DETAILS
from promoter_view.views.status.messages import clipped

_PROMOTIONS = "promotions"
_BY_POLICY = frozenset(("ChangeTransferPolicy", "ChangeTransferPolicyHistory"))
_MOST_CHARACTERS = 300

#: A happening, and when an object says that it was.
Past = tuple[datetime, Happening]


class _Delivery(NamedTuple):
    commit: EventCommit
    live: datetime
    request: MergeRequest
    is_restored: bool


@dataclass(frozen=True, slots=True, eq=False)
class PastStory:
    """What one object tells of an environment's past; see deliveries.Told."""

    branch: str = ""
    count: int = 0
    is_told: bool = True
    deliveries: tuple[_Delivery, ...] = ()


def past_steps(bundle: Bundle, readings: Readings) -> Iterator[None]:
    """Reads what ``past`` wants, a member a step."""
    contents = BundleContents(bundle, readings)
    if bundle.key.view == PROMOTION_STRATEGY_DETAILS.plural:
        yield from contents.steps(POLICIES, _read_past)
        yield from contents.steps(HISTORIES, _read_past)
        yield from contents.environment_steps(read_environment)
    else:
        yield from contents.steps(_PROMOTIONS, _read_promotion)


def past(bundle: Bundle, readings: Readings) -> list[Past]:
    """What is told of a bundle's past, in (environment, time)."""
    contents = BundleContents(bundle, readings)
    if bundle.key.view == PROMOTION_STRATEGY_DETAILS.plural:
        return list(_of_strategy(contents))
    told = (each for each in contents.each(_PROMOTIONS, _read_promotion) if each is not None)
    return sorted(told, key=itemgetter(0))


def _of_strategy(contents: BundleContents) -> Iterator[Past]:
    told = choose_pasts(contents.each(POLICIES, _read_past), contents.each(HISTORIES, _read_past))
    for status in contents.environments(read_environment):
        story = told.get(status.branch)
        deliveries = () if story is None else sorted(story.deliveries, key=lambda each: each.live)
        before = ""
        for each in deliveries:
            yield each.live, _delivered(status, each, before)
            before = each.commit.sha


def _delivered(status: EnvironmentStatus, delivery: _Delivery, before: str) -> Happening:
    number, request = delivery.request.number, delivery.request
    return Happening(
        EventType.RESTORED if delivery.is_restored else EventType.PROMOTED,
        status.branch,
        before,
        delivery.commit.sha,
        delivery.commit,
        EventRequest(number, request.url, request.state or "merged") if number else None,
        told_by=_BY_POLICY,
        awaited=() if delivery.is_restored else status.depends_on,
    )


def _read_past(member: Mapping[str, Any]) -> PastStory:
    entries = list(mappings(member, "status", "history"))
    deliveries = tuple(filter(None, map(_read_delivery, entries)))
    return PastStory(text(member, "spec", "activeBranch"), len(entries), tells(member), deliveries)


def _read_delivery(entry: Mapping[str, Any]) -> _Delivery | None:
    commit = read_commit(mapping(entry, "active"))
    is_restored = bool(text(entry, "restoredFrom"))
    made = moment(entry, "active", "hydrated", "commitTime")
    live = made if is_restored else moment(entry, "pullRequest", "prMergeTime") or made
    if not commit.sha or live is None:
        return None
    return _Delivery(commit, live, read_merge_request(mapping(entry, "pullRequest")), is_restored)


def _read_promotion(promotion: Mapping[str, Any]) -> Past | None:
    status = mapping(promotion, "status")
    event, ended = ENDS.get(text(status, "phase")), moment(status, "finishedAt")
    if event is None or ended is None:
        return None
    cause = EventCause("Promotion", text(promotion, "metadata", "name"))
    message = clipped(text(status, "message"), _MOST_CHARACTERS)
    freight = text(promotion, "spec", "freight")
    return ended, Happening(event, after=freight, cause=cause, message=message, told_by=frozenset(("Promotion",)))


#: The views of which there is a past to tell.
TOLD_VIEWS = (PROMOTION_STRATEGY_DETAILS.plural, STAGE_DETAILS)
