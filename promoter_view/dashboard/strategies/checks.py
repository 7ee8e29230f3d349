"""Commit statuses and pull requests as pages show them. Pure; raises nothing."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from promoter_view.decoded import mapping, mappings, parse_time, text
from promoter_view.urls import web_url
from promoter_view.views.promotion_strategy.order_gate import PREVIOUS_ENVIRONMENT, OrderCheck


class Phase(enum.StrEnum):
    """What a check says; the worst first. ``UNKNOWN`` stands for any other word."""

    FAILURE = "failure"
    PENDING = "pending"
    UNKNOWN = "unknown"
    SUCCESS = "success"


@dataclass(frozen=True, slots=True)
class ShownCheck:
    """A commit status: its key, as people say it too (``label``), what it says, and where to read more.

    ``of_order``: it is the order gate's.
    """

    key: str
    label: str
    phase: Phase
    description: str = ""
    url: str = ""
    of_order: bool = False


@dataclass(frozen=True, slots=True)
class Checks:
    """The checks of one side of an environment, the worst first, then by key."""

    items: tuple[ShownCheck, ...] = ()

    @property
    def passed(self) -> int:
        """How many succeed."""
        return sum(check.phase is Phase.SUCCESS for check in self.items)

    @property
    def worst(self) -> Phase:
        """The worst phase; UNKNOWN where there is no check."""
        return self.items[0].phase if self.items else Phase.UNKNOWN

    @property
    def words(self) -> str:
        """``2 of 3 checks passed``, ``1 of 3 checks failed``; "" where there is none."""
        count = len(self.items)
        failed = sum(check.phase is Phase.FAILURE for check in self.items)
        noun = "check" if count == 1 else "checks"
        if failed:
            return f"{failed} of {count} {noun} failed"
        return f"{self.passed} of {count} {noun} passed" if count else ""


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request. ``number`` is the forge's id; ``target_sha`` the commit as which it was merged, "" for none.

    ``state``: open, merged, closed, ``merged-or-closed`` (gone, and git does not tell how), ``unknown``, or "".
    """

    number: str
    state: str
    url: str = ""
    opened: datetime | None = None
    merged: datetime | None = None
    by_others: bool = False
    target_sha: str = ""

    @property
    def has_come_in(self) -> bool:
        """It is merged, or others ended it, which may have been a merge. Other words say nothing of that."""
        return self.state in ("merged", "merged-or-closed") or (self.by_others and self.state == "closed")


def read_checks(side: Mapping[str, Any], order: OrderCheck = PREVIOUS_ENVIRONMENT) -> Checks:
    """The commitStatuses of the active or the proposed side of a status; ``order``: which of them are the gate's."""
    return Checks(ordered(_check(each, order) for each in mappings(side, "commitStatuses")))


def ordered(checks: Iterable[ShownCheck]) -> tuple[ShownCheck, ...]:
    """The worst first, then by key."""
    order = list(Phase)
    return tuple(sorted(checks, key=lambda check: (order.index(check.phase), check.key)))


def phase_of(word: str) -> Phase:
    """The phase that a word names."""
    return Phase(word) if word in ("failure", "pending", "success") else Phase.UNKNOWN


def read_request(found: Mapping[str, Any]) -> PullRequest | None:
    """A status' pullRequest; None where there is none."""
    number, state = text(found, "id"), text(found, "state")
    if not number and not state:
        return None
    target = text(found, "mergedTargetSha")[:64]
    return PullRequest(
        number[:20],
        "merged" if target and state == "merged-or-closed" else state[:20],
        web_url(text(found, "url")),
        parse_time(text(found, "prCreationTime")),
        parse_time(text(found, "prMergeTime")),
        mapping(found).get("externallyMergedOrClosed") is True,
        target,
    )


def _check(found: Mapping[str, Any], order: OrderCheck) -> ShownCheck:
    key = text(found, "key")[:200] or "without a key"
    of_order = key == order.key
    description = " ".join(text(found, "description").split())[:1000]
    return ShownCheck(
        key,
        order.words if of_order else key,
        phase_of(text(found, "phase")),
        description,
        web_url(text(found, "url")),
        of_order,
    )
