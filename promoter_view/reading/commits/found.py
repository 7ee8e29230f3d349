"""What is answered of a commit, as values and as a document (CommitDetails). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from promoter_view.reading.commits.carried import NamedCommit
from promoter_view.reading.commits.relations import CommitRelation, Related
from promoter_view.reading.commits.states import EnvironmentState, WholeState
from promoter_view.records import BundleKey
from promoter_view.views.definition import GROUP, VERSION
from promoter_view.views.promotion_strategy.state.words import StateWord
from promoter_view.web.errors import Cause, ObjectNotFound

KIND = "CommitDetails"
RESOURCE, SINGULAR = "commits", "commit"


@dataclass(frozen=True, slots=True)
class FoundEnvironment:
    """``known_since``: the earliest time that is told of it, "" for none."""

    state: EnvironmentState
    related: Related
    known_since: str = ""

    @property
    def waiting_for(self) -> Sequence[Mapping[str, Any]]:
        """What it waits for: unless that is another commit, or this one is not to come any more."""
        is_about = self.related.relation in _WAITS or self.related.alone or self.state.state in _OF_LIVE
        return self.state.waiting_for if is_about and self.related.relation not in _OVER else ()


@dataclass(frozen=True, slots=True)
class FoundStrategy:
    """A strategy that names what was asked for, its environments in promotion order."""

    key: BundleKey
    whole: WholeState
    commits: tuple[NamedCommit, ...]
    environments: tuple[FoundEnvironment, ...]

    @property
    def reached(self) -> int:
        """In how many environments it is live, or was."""
        return sum(each.related.relation in _REACHED for each in self.environments)


@dataclass(frozen=True, slots=True)
class FoundStage:
    """A Stage that has, is to have or had such Freight; ``freight`` by how people call it."""

    key: BundleKey
    whole: WholeState
    commits: tuple[NamedCommit, ...]
    freight: tuple[str, ...]
    related: Related


@dataclass(frozen=True, slots=True)
class Findings:
    """All of it, as of ``head``. ``left_out``: objects that may name it too, and were not looked at; ``more_commits``:
    commits that are meant too, and are not told of. ``blind``: nothing may be listed where it was looked for.
    """

    asked: str
    namespace: str
    head: int
    commits: tuple[NamedCommit, ...] = ()
    strategies: tuple[FoundStrategy, ...] = ()
    stages: tuple[FoundStage, ...] = ()
    known_since: str = ""
    left_out: int = 0
    more_commits: int = 0
    blind: bool = False

    @property
    def empty(self) -> bool:
        """Nothing that may be seen names it."""
        return not self.strategies and not self.stages


_REACHED = frozenset((CommitRelation.LIVE, CommitRelation.DELIVERED))
_WAITS = frozenset((CommitRelation.NEXT, CommitRelation.NONE))
_OVER = frozenset((CommitRelation.DELIVERED, CommitRelation.OVERTAKEN))
#: What is live is the matter then, whatever else is on its way.
_OF_LIVE = frozenset((StateWord.FAILED, StateWord.HELD))


def not_found(found: Findings) -> ObjectNotFound:
    """Nothing names it; and how far back that can be told."""
    known = found.known_since
    causes = (Cause("knownSince", "KnownSince", known),) if known else ()
    return ObjectNotFound(GROUP, RESOURCE, found.asked, because=_words(found), causes=causes)


def _words(found: Findings) -> str:
    where = f"in the namespace {found.namespace}" if found.namespace else "in any namespace"
    if found.blind:
        return f"you may list neither strategies nor Stages {where}, so nothing was searched"
    told = f"the oldest known commit is from {found.known_since}" if found.known_since else "no commit is kept"
    return f"nothing that you may list {where} has it, as far back as is known: {told}"


def document_of(found: Findings) -> dict[str, Any]:
    """A CommitDetails."""
    metadata = {"name": found.asked, **_said(namespace=found.namespace), "resourceVersion": str(found.head)}
    left_out = _said(objects=found.left_out, commits=found.more_commits)
    return {
        "kind": KIND,
        "apiVersion": f"{GROUP}/{VERSION}",
        "metadata": metadata,
        "commits": [_commit(each) for each in found.commits],
        "strategies": list(map(_strategy, found.strategies)),
        "stages": list(map(_stage, found.stages)),
        **_said(knownSince=found.known_since, leftOut=left_out),
    }


def _strategy(found: FoundStrategy) -> dict[str, Any]:
    return {
        **_whole(found.key, found.whole),
        "commits": [commit.sha for commit in found.commits],
        "environments": list(map(_environment, found.environments)),
    }


def _environment(found: FoundEnvironment) -> dict[str, Any]:
    state = found.state
    return {
        "branch": state.branch,
        "name": state.name,
        "state": state.state,
        **_said(since=state.since),
        **_related(found.related),
        "waitingFor": list(found.waiting_for),
        **_said(knownSince=found.known_since),
    }


def _stage(found: FoundStage) -> dict[str, Any]:
    return {
        **_whole(found.key, found.whole),
        "commits": [commit.sha for commit in found.commits],
        "freight": list(found.freight),
        **_related(found.related),
    }


def _whole(key: BundleKey, whole: WholeState) -> dict[str, Any]:
    return {
        "namespace": key.namespace,
        "name": key.name,
        "state": whole.state,
        **_said(since=whole.since, message=whole.message),
    }


def _related(related: Related) -> dict[str, Any]:
    return {"relation": related.relation.value, **_said(liveSince=related.since, supersededBy=related.by)}


def _commit(commit: NamedCommit) -> dict[str, Any]:
    return {
        "sha": commit.sha,
        "subject": commit.subject,
        "author": commit.author,
        "role": commit.role.value,
        **_said(time=commit.time),
    }


def _said(**fields: Any) -> Mapping[str, Any]:
    return {name: value for name, value in fields.items() if value}
