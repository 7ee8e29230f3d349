"""The promotions that an environment has had, as its pages show them, and how far back. Pure; raises nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from promoter_view.dashboard.search import past_words
from promoter_view.dashboard.strategies.checks import Checks, PullRequest, read_request
from promoter_view.dashboard.strategies.commits import SHORT
from promoter_view.dashboard.strategies.sides import Side, read_side
from promoter_view.decoded import mapping, mappings, text
from promoter_view.views.promotion_strategy.estimates.deliveries import Delivered, is_history, read_delivered
from promoter_view.views.promotion_strategy.order_gate import PREVIOUS_ENVIRONMENT, OrderCheck

#: How many promotions of an environment GitOps Promoter keeps: in its ChangeTransferPolicy, and in its history.
_KEPT_BY_POLICY, _KEPT_BY_HISTORY = 5, 20
#: Entries that are read, should a release keep more.
_MOST_READ = 100


@dataclass(frozen=True, slots=True)
class EnvironmentPast:
    """One promotion that was: what went live when, by which pull request, with which checks.

    ``restored_from``: a RestoreActiveCommit made an earlier commit live again, which was that one (a hydrated sha, in
    short); "" for a promotion. Its pull request is then the one that had brought the commit the first time.
    """

    active: Side
    proposed: Side
    request: PullRequest | None
    restored_from: str = ""

    @property
    def live_since(self) -> datetime | None:
        """When it went live: the merge, else the commit on the active branch. Of a restore the latter."""
        if self.request is not None and self.request.merged is not None and not self.restored_from:
            return self.request.merged
        return self.active.hydrated.time if self.active.hydrated is not None else None


@dataclass(frozen=True, slots=True, eq=False)
class PastPromotions(Delivered):
    """What one object tells of an environment's past. Two are equal when they are one: read of the same bytes.

    ``entries``: the newest first, as many as were asked for. ``kept``: how many its source keeps at most.
    """

    entries: tuple[EnvironmentPast, ...] = ()
    kept: int = _KEPT_BY_POLICY
    words: tuple[str, ...] = ()

    @property
    def is_cut_off(self) -> bool:
        """There may have been older ones."""
        return self.count >= self.kept


#: Of an environment in which nothing has ever been; of one that its reader may not see.
NO_PAST, UNSEEN_PAST = PastPromotions(), PastPromotions(is_told=False)


def read_past(member: Mapping[str, Any], order: OrderCheck = PREVIOUS_ENVIRONMENT) -> PastPromotions:
    """What a ChangeTransferPolicy, or a ChangeTransferPolicyHistory, tells of the past."""
    return _read(member, order, _MOST_READ)


def read_last(member: Mapping[str, Any], order: OrderCheck = PREVIOUS_ENVIRONMENT) -> PastPromotions:
    """The same, of which only the last promotion is read in full."""
    return _read(member, order, 1)


def _read(member: Mapping[str, Any], order: OrderCheck, most: int) -> PastPromotions:
    entries, told = tuple(mappings(member, "status", "history")), read_delivered(member)
    return PastPromotions(
        branch=told.branch,
        count=told.count,
        is_told=told.is_told,
        deliveries=told.deliveries,
        entries=tuple(_entry(each, order) for each in entries[:most]),
        kept=_KEPT_BY_HISTORY if is_history(member) else _KEPT_BY_POLICY,
        words=past_words(entries),
    )


def _entry(found: Mapping[str, Any], order: OrderCheck) -> EnvironmentPast:
    active, proposed = (read_side(found, side, order) for side in ("active", "proposed"))
    request, restored_from = read_request(mapping(found, "pullRequest")), text(found, "restoredFrom")[:SHORT]
    if restored_from:
        # Its checks are copies too: they were those of another time.
        active, proposed = (replace(side, checks=Checks()) for side in (active, proposed))
    return EnvironmentPast(active, proposed, request, restored_from)
