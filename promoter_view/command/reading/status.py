"""The ``status`` of a strategy's details, as frozen values. Pure.

What is of the wrong shape counts as absent, so nothing here raises.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from promoter_view.decoded import mapping, mappings, moment, number, text, texts
from promoter_view.views.promotion_strategy.estimates.deliveries import choose_pasts, read_delivered
from promoter_view.views.promotion_strategy.estimates.hops import UNKNOWN_HOP, Hop, hops
from promoter_view.views.promotion_strategy.estimates.stalled import stalled_at
from promoter_view.views.promotion_strategy.order import read_order
from promoter_view.views.promotion_strategy.order_gate import HISTORIES, POLICIES
from promoter_view.views.promotion_strategy.state.reading import EnvironmentStatus, read_environment, read_whole
from promoter_view.views.promotion_strategy.state.words import StateWord

SHORT = 7
#: Somebody has to do something before it goes on.
STUCK = frozenset({StateWord.FAILED, StateWord.HELD})
#: The newest commit is live, or changes nothing.
SETTLED = frozenset({StateWord.UP_TO_DATE, StateWord.VERIFYING})


@dataclass(frozen=True, slots=True)
class ToldCommit:
    """A dry commit, as far as a status tells of it. ``sources``: the commits that it was made of."""

    sha: str
    hydrated: str = ""
    sources: tuple[str, ...] = ()
    subject: str = ""
    author: str = ""
    since: datetime | None = None
    url: str = ""
    request: str = ""
    request_url: str = ""

    @property
    def short(self) -> str:
        """As people say it."""
        return self.sha[:SHORT]

    def matches(self, wanted: str) -> bool:
        """Whether it is the commit that somebody asks for, by 7 characters or more of any of its shas."""
        return any(sha.startswith(wanted) for sha in (self.sha, self.hydrated, *self.sources))


@dataclass(frozen=True, slots=True)
class ToldEnvironment(EnvironmentStatus):
    """With its commits. ``checks``: passed, pending, failed. ``stalled_at``: when it counts as stalled, None: never."""

    live: ToldCommit | None = None
    next: ToldCommit | None = None
    checks: tuple[int, int, int] = (0, 0, 0)
    stalled_at: datetime | None = None

    def is_stalled(self, now: datetime) -> bool:
        """It should move by itself, and has not for much longer than is usual."""
        return self.stalled_at is not None and now >= self.stalled_at

    def is_called(self, wanted: str) -> bool:
        """By its short name or its branch."""
        return wanted in (self.name, self.branch)


@dataclass(frozen=True, slots=True)
class StrategyStatus:
    """Not ``is_told``: the server is older than its ``status``."""

    namespace: str
    name: str
    state: StateWord = StateWord.UNKNOWN
    since: datetime | None = None
    message: str = ""
    newest: ToldCommit | None = None
    promoted: int = 0
    total: int = 0
    environments: tuple[ToldEnvironment, ...] = ()
    is_told: bool = True

    @property
    def title(self) -> str:
        """Namespace and name."""
        return f"{self.namespace}/{self.name}"

    def environment(self, wanted: str) -> ToldEnvironment | None:
        """The one with that name or branch."""
        return next((each for each in self.environments if each.is_called(wanted)), None)


def read_strategy(document: Mapping[str, Any]) -> StrategyStatus:
    """Of PromotionStrategyDetails."""
    status, usual = mapping(document, "status"), _hops(document)
    whole = read_whole(status)
    return StrategyStatus(
        namespace=text(document, "metadata", "namespace"),
        name=text(document, "metadata", "name"),
        state=whole.state,
        since=whole.since,
        message=whole.message,
        newest=_commit(mapping(status, "newest")),
        promoted=whole.promoted,
        total=whole.total,
        environments=tuple(_environment(each, usual) for each in mappings(status, "environments")),
        is_told=bool(status),
    )


def _hops(document: Mapping[str, Any]) -> Mapping[str, Hop]:
    """How long promotions to each environment usually take, by branch."""
    policies, histories = mappings(document, POLICIES), mappings(document, HISTORIES)
    told = choose_pasts(map(read_delivered, policies), map(read_delivered, histories))
    return hops(read_order(mapping(document, "promotionStrategy")), told)


def _environment(found: Mapping[str, Any], usual: Mapping[str, Hop]) -> ToldEnvironment:
    read, checks = read_environment(found), mapping(found, "checks")
    return ToldEnvironment(
        **{each.name: getattr(read, each.name) for each in fields(read)},
        live=_commit(mapping(found, "live")),
        next=_commit(mapping(found, "next")),
        checks=(number(checks, "passed"), number(checks, "pending"), number(checks, "failed")),
        stalled_at=stalled_at(read.state, read.since, usual.get(read.branch, UNKNOWN_HOP)),
    )


def _commit(found: Mapping[str, Any]) -> ToldCommit | None:
    sha = text(found, "sha")
    if not sha:
        return None
    request = text(found, "pullRequest", "id")
    return ToldCommit(
        sha=sha,
        hydrated=text(found, "hydratedSha"),
        sources=tuple(texts(found, "source")),
        subject=text(found, "subject"),
        author=text(found, "author"),
        since=moment(found, "since"),
        url=text(found, "url"),
        request=f"#{request}" if request else "",
        request_url=text(found, "pullRequest", "url"),
    )
