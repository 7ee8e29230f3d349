"""What the page of a commit shows. Pure; its template has the words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from promoter_view.dashboard.strategies.commits import SHORT
from promoter_view.decoded import parse_time, text
from promoter_view.reading.commits.carried import NamedCommit
from promoter_view.reading.commits.found import Findings, FoundEnvironment, FoundStage, FoundStrategy
from promoter_view.reading.commits.relations import CommitRelation, Related
from promoter_view.urls import web_url
from promoter_view.views.commits import commit_url, person
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from promoter_view.views.stage.details import STAGE_DETAILS

_MOST_WAITING = 8
#: Freight without an alias is called by its name, which is such a sha.
_SHA_DIGITS = 40
_ROLES = {"dry": "dry commit", "hydrated": "hydrated commit", "source": "source commit", "freight": "commit of Freight"}
_RELATIONS = {
    CommitRelation.LIVE: "Live",
    CommitRelation.NEXT: "Next",
    CommitRelation.DELIVERED: "Delivered",
    CommitRelation.OVERTAKEN: "Overtaken",
    CommitRelation.NONE: "Not yet",
}


@dataclass(frozen=True, slots=True)
class LinkedCommit:
    """A commit with its address at the forge, "" where there is none; ``role`` in words."""

    sha: str
    role: str
    subject: str
    author: str
    time: datetime | None
    url: str

    @property
    def short(self) -> str:
        """The sha as people say it."""
        return self.sha[:SHORT]


@dataclass(frozen=True, slots=True)
class WaitLine:
    """One thing that is waited for."""

    message: str
    url: str


@dataclass(frozen=True, slots=True)
class CommitPlace:
    """What the commit is to an environment, or to a Stage (``name`` "" then).

    ``css`` is the class of the relation, ``by`` the later commit in short, ``known`` how far back is told of here.
    """

    name: str
    branch: str
    state: str
    relation: str
    css: str
    since: datetime | None
    by: str
    waiting: tuple[WaitLine, ...]
    known: datetime | None


@dataclass(frozen=True, slots=True)
class CommitHolder:
    """A strategy or a Stage that names the commit. ``summary``: in how many environments it is, or was."""

    view: str
    namespace: str
    name: str
    state: str
    summary: str
    freight: tuple[str, ...]
    places: tuple[CommitPlace, ...]


@dataclass(frozen=True, slots=True)
class CommitPage:
    """All that the page shows. ``sha`` is that of its own address where one commit is meant, "" else."""

    asked: str
    sha: str
    commits: tuple[LinkedCommit, ...]
    holders: tuple[CommitHolder, ...]
    known: datetime | None
    blind: bool
    left_out: int
    more_commits: int


def commit_page(found: Findings) -> CommitPage:
    """The page of what was found."""
    only = found.commits[0].sha if len(found.commits) == 1 else ""
    return CommitPage(
        found.asked,
        only,
        tuple(map(_commit, found.commits)),
        (*map(_strategy, found.strategies), *map(_stage, found.stages)),
        parse_time(found.known_since),
        found.blind,
        found.left_out,
        found.more_commits,
    )


def _commit(commit: NamedCommit) -> LinkedCommit:
    return LinkedCommit(
        commit.sha,
        _ROLES[commit.role.value],
        commit.subject,
        person(commit.author),
        parse_time(commit.time),
        commit_url(commit.repository, commit.sha),
    )


def _strategy(found: FoundStrategy) -> CommitHolder:
    count = len(found.environments)
    summary = f"{found.reached} of {count} environment{'' if count == 1 else 's'}"
    places = tuple(_place(each.related, each) for each in found.environments)
    view = PROMOTION_STRATEGY_DETAILS.plural
    return CommitHolder(view, found.key.namespace, found.key.name, found.whole.state, summary, (), places)


def _stage(found: FoundStage) -> CommitHolder:
    place = CommitPlace("", "", found.whole.state, *_told(found.related), (), None)
    names = tuple(name[:SHORT] if len(name) == _SHA_DIGITS else name for name in found.freight)
    key = found.key
    return CommitHolder(STAGE_DETAILS, key.namespace, key.name, found.whole.state, "", names, (place,))


def _place(related: Related, found: FoundEnvironment) -> CommitPlace:
    state = found.state
    waiting = tuple(map(_waiting, found.waiting_for[:_MOST_WAITING]))
    return CommitPlace(state.name, state.branch, state.state, *_told(related), waiting, parse_time(found.known_since))


def _told(related: Related) -> tuple[str, str, datetime | None, str]:
    """In the order of a CommitPlace's fields."""
    relation = related.relation
    return _RELATIONS[relation], relation.value, parse_time(related.since), related.by[:SHORT]


def _waiting(found: Mapping[str, Any]) -> WaitLine:
    return WaitLine(" ".join(text(found, "message").split()), web_url(text(found, "url")))
