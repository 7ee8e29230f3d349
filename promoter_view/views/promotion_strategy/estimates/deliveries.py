"""Which commits went live in an environment and when, as its strategy's objects tell. Pure; raises nothing.

Up to GitOps Promoter 0.40 a ChangeTransferPolicy's own status tells, from 0.41 on a ChangeTransferPolicyHistory. While
an installation goes from one to the other both may be there: then the latter counts, for it has the same and more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from promoter_view.decoded import mapping, mappings, moment, text
from promoter_view.views.promotion_strategy.state.standing import by_branch

_HISTORY = "ChangeTransferPolicyHistory"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One promotion to one environment. ``proposed`` is when its pull request was opened, else when it was hydrated."""

    sha: str
    committed: datetime | None
    live: datetime
    failed: bool
    proposed: datetime | None = None


class Told(Protocol):
    """What one object tells of an environment's past.

    It has ``count`` entries. Not ``is_told``: something has gone live here, and nothing says when and how.
    """

    @property
    def branch(self) -> str:
        """The active branch, "" where none is named."""

    @property
    def count(self) -> int:
        """How many entries it has."""

    @property
    def is_told(self) -> bool:
        """Whether it tells of the past."""


_Told = TypeVar("_Told", bound=Told)


@dataclass(frozen=True, slots=True, eq=False)
class Delivered:
    """What one object tells of the promotions of an environment. Two are equal when they are one."""

    branch: str = ""
    count: int = 0
    is_told: bool = True
    deliveries: tuple[Delivery, ...] = ()


#: Of an environment of which nobody tells anything.
NOTHING_DELIVERED = Delivered()


def read_delivered(member: Mapping[str, Any]) -> Delivered:
    """What a ChangeTransferPolicy, or a ChangeTransferPolicyHistory, tells of promotions."""
    entries = tuple(mappings(member, "status", "history"))
    return Delivered(text(member, "spec", "activeBranch"), len(entries), tells(member), read_deliveries(entries))


def read_deliveries(history: Iterable[Mapping[str, Any]]) -> tuple[Delivery, ...]:
    """What the entries of a history tell, which come the newest first. What was restored was not promoted."""
    return tuple(_deliveries(history))


def choose_pasts(policies: Iterable[_Told], histories: Iterable[_Told]) -> Mapping[str, _Told]:
    """By branch what is to be believed, of what the policies and what the histories tell."""
    # Of one branch there may be two where policies were made anew: the old one's is not gone yet, or empty.
    own, apart = by_branch(policies), by_branch(sorted(histories, key=lambda past: not past.count))
    return {branch: _chosen(past, apart.get(branch)) for branch, past in own.items()}


def tells(member: Mapping[str, Any]) -> bool:
    """Of a policy: it speaks of its past, or has never had anything live. Of a history: its controller has looked."""
    status = mapping(member, "status")
    if isinstance(status.get("history"), list):
        return True
    if is_history(member):
        return isinstance(status.get("observedGeneration"), int) or isinstance(status.get("conditions"), list)
    return not text(status, "active", "dry", "sha")


def is_history(member: Mapping[str, Any]) -> bool:
    """It is a ChangeTransferPolicyHistory, not a policy."""
    return text(member, "kind") == _HISTORY


def _chosen(own: _Told, apart: _Told | None) -> _Told:
    if apart is None or (own.count and not apart.count):
        return own
    return apart if apart.is_told else own


def _deliveries(history: Iterable[Mapping[str, Any]]) -> Iterator[Delivery]:
    for past in history:
        sha = text(past, "active", "dry", "sha")
        live = moment(past, "pullRequest", "prMergeTime") or moment(past, "active", "hydrated", "commitTime")
        if not sha or live is None or text(past, "restoredFrom"):
            continue
        failed = any(check.get("phase") == "failure" for check in mappings(past, "active", "commitStatuses"))
        proposed = moment(past, "pullRequest", "prCreationTime") or moment(past, "proposed", "hydrated", "commitTime")
        yield Delivery(sha, moment(past, "active", "dry", "commitTime"), live, failed, proposed)
