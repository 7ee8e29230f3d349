"""The ``status`` of PromotionStrategyDetails read back: the one reader for columns, pages, streams and metrics. Pure.

What was read of an environment is kept by the bytes of its piece. What is of another shape counts as absent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from promoter_view.decoded import mapping, mappings, moment, number, text, texts
from promoter_view.views.contents import BundleContents, Contents
from promoter_view.views.promotion_strategy.state.kinds import STEMS, ReasonKind
from promoter_view.views.promotion_strategy.state.words import StateWord
from promoter_view.views.status.messages import MOST_OF_A_NAME, clipped

_WORDS = {word.value: word for word in StateWord}


@dataclass(frozen=True, slots=True)
class ReadReason:
    """One thing that an environment waits for; ``environment`` is the branch of another one. Texts may be ""."""

    kind: str
    message: str
    key: str = ""
    environment: str = ""
    until: datetime | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class EnvironmentStatus:
    """An environment. ``live_sha``: its dry commit."""

    branch: str
    name: str
    state: StateWord
    level: int = 0
    depends_on: tuple[str, ...] = ()
    since: datetime | None = None
    message: str = ""
    live_sha: str = ""
    reasons: tuple[ReadReason, ...] = ()

    @property
    def awaits(self) -> tuple[str, ...]:
        """The branches for which the order gate holds it back."""
        return tuple(each.environment for each in self.reasons if each.environment)

    @property
    def messages(self) -> tuple[str, ...]:
        """All that it waits for, a sentence each, the foremost first; all that it is queued behind in one."""
        others = tuple(each.message for each in self.reasons if each.kind != ReasonKind.ORDER)
        return (self.message, *others) if len(others) < len(self.reasons) else others

    @property
    def held_by(self) -> str:
        """The RestoreActiveCommit that keeps other commits out, "" for none."""
        return next((each.key for each in self.reasons if each.kind == ReasonKind.RESTORE), "")

    @property
    def headline(self) -> str:
        """What it waits for in one sentence that names it; "" for nothing."""
        return headline(self.name, self.message, queued=bool(self.awaits))


@dataclass(frozen=True, slots=True)
class WholeStatus:
    """A strategy without its environments."""

    state: StateWord = StateWord.UNKNOWN
    since: datetime | None = None
    message: str = ""
    newest_sha: str = ""
    promoted: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class StatedStrategy:
    """A strategy, its environments in promotion order."""

    whole: WholeStatus
    environments: tuple[EnvironmentStatus, ...] = ()

    @property
    def state(self) -> StateWord:
        """In one word."""
        return self.whole.state

    @property
    def foremost(self) -> EnvironmentStatus | None:
        """The environment that the state comes from; None where there is none to look at."""
        alike = [each for each in self.environments if each.state is self.state]
        told = (each for each in alike if each.headline == self.whole.message)
        return next(told, next(iter(alike), None)) if self.state is not StateWord.UP_TO_DATE else None

    @property
    def stems(self) -> frozenset[str]:
        """The kinds of members, beside ChangeTransferPolicies, that the message of the whole may stem from."""
        foremost = self.foremost
        return frozenset() if foremost is None else stems_within(foremost, self.environments)


def stems_within(one: EnvironmentStatus, environments: Iterable[EnvironmentStatus]) -> frozenset[str]:
    """The kinds of members, beside ChangeTransferPolicies, that the message of one of those may stem from.

    Of one that is queued it tells why others are held, and a status does not say which of them: then those of all.
    """
    told = [reason for each in environments for reason in each.reasons] if one.awaits else one.reasons[:1]
    return frozenset(STEMS[reason.kind] for reason in told if one.message and reason.kind in STEMS)


def headline(name: str, message: str, *, queued: bool) -> str:
    """A message behind the name of its environment; "" where there is none."""
    return clipped(f"{clipped(name, MOST_OF_A_NAME)}{' ' if queued else ': '}{message}") if message else ""


def read_status(contents: Contents) -> StatedStrategy:
    """How a strategy stands."""
    return StatedStrategy(contents.status(read_whole), tuple(contents.environments(read_environment)))


def status_steps(contents: BundleContents) -> Iterator[None]:
    """Reads what ``read_status`` will want, an environment a step."""
    contents.status(read_whole)
    yield
    yield from contents.environment_steps(read_environment)


def read_whole(status: Mapping[str, Any]) -> WholeStatus:
    """What a status says of the whole."""
    return WholeStatus(
        _word(status),
        moment(status, "since"),
        text(status, "message"),
        text(status, "newest", "sha"),
        _count(status, "promoted"),
        _count(status, "total"),
    )


def read_environment(found: Mapping[str, Any]) -> EnvironmentStatus:
    """What a status says of an environment."""
    branch = text(found, "branch")
    return EnvironmentStatus(
        branch,
        text(found, "name") or branch,
        _word(found),
        _count(found, "level"),
        tuple(texts(found, "dependsOn")),
        moment(found, "since"),
        text(found, "message"),
        text(mapping(found, "live"), "sha"),
        tuple(map(_reason, mappings(found, "waitingFor"))),
    )


def _reason(found: Mapping[str, Any]) -> ReadReason:
    return ReadReason(
        text(found, "kind"),
        text(found, "message"),
        text(found, "key"),
        text(found, "environment"),
        moment(found, "until"),
        text(found, "url"),
    )


def _word(found: Mapping[str, Any]) -> StateWord:
    return _WORDS.get(text(found, "state"), StateWord.UNKNOWN)


def _count(found: Mapping[str, Any], name: str) -> int:
    return max(number(found, name), 0)
