"""Commits as the members of a bundle tell of them: what each side of an environment has, and had. Pure, and total.

Nobody vouches for what a status says: what is of the wrong shape counts as absent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Any, NamedTuple

from promoter_view.decoded import mapping, mappings, text
from promoter_view.reading.commits.question import CommitQuestion

#: What is taken for a commit; the index goes by the same.
_SHA = re.compile(r"[0-9a-fA-F]{7,64}")
_MOST_SUBJECT = 300
_MOST_AUTHOR = 200
_MOST_REFERENCES = 20
#: Entries of a history that are read, should a release keep more.
_MOST_PAST = 100


class CommitRole(StrEnum):
    """What a commit is to a promotion."""

    DRY = "dry"
    HYDRATED = "hydrated"
    SOURCE = "source"
    FREIGHT = "freight"


#: Those whose time says how far back an object tells.
_DATED = frozenset((CommitRole.DRY, CommitRole.HYDRATED))


@dataclass(frozen=True, slots=True)
class NamedCommit:
    """A commit. Texts are "" where there is none; ``time`` is RFC 3339, ``repository`` an address that nobody has
    looked at.
    """

    sha: str
    role: CommitRole
    subject: str = ""
    author: str = ""
    time: str = ""
    repository: str = ""


class Carried(NamedTuple):
    """A dry commit with what was rendered from it and what it came of; ``also``: dry shas that change nothing to it."""

    dry: NamedCommit | None = None
    others: tuple[NamedCommit, ...] = ()
    also: tuple[str, ...] = ()

    @property
    def sha(self) -> str:
        """The dry commit's sha, "" for none."""
        return self.dry.sha if self.dry is not None else ""

    @property
    def time(self) -> str:
        """When the dry commit was made."""
        return self.dry.time if self.dry is not None else ""

    @property
    def commits(self) -> Iterator[NamedCommit]:
        """All of them."""
        return chain(() if self.dry is None else (self.dry,), self.others)

    @property
    def shas(self) -> Iterator[str]:
        """Those of all of them."""
        return chain((commit.sha for commit in self.commits), self.also)

    def meant(self, question: CommitQuestion) -> Iterator[NamedCommit]:
        """The commits that are asked for."""
        return (commit for commit in self.commits if question.names(commit.sha))


NO_COMMIT = Carried()


@dataclass(frozen=True, slots=True, eq=False)
class BranchCommits:
    """What one object tells of an environment. ``past``: what was live, the newest first, with when it went live.

    ``shas`` are all that it names, ``oldest`` is the earliest time of a dry or hydrated commit, "" for none.
    """

    branch: str = ""
    live: Carried = NO_COMMIT
    proposed: Carried = NO_COMMIT
    past: tuple[tuple[Carried, str], ...] = ()
    shas: frozenset[str] = frozenset()
    oldest: str = ""

    @property
    def carried(self) -> Iterator[Carried]:
        """All of it, the present first."""
        return chain((self.live, self.proposed), (carried for carried, _ in self.past))

    def is_meant(self, question: CommitQuestion) -> bool:
        """Whether it names what is asked for."""
        return any(map(question.names, self.shas))


def read_branch(member: Mapping[str, Any]) -> BranchCommits:
    """A ChangeTransferPolicy, or a ChangeTransferPolicyHistory, of which there is the past alone."""
    status = mapping(member, "status")
    live, proposed = (_carried(mapping(status, side)) for side in ("active", "proposed"))
    entries = list(mappings(status, "history"))[:_MOST_PAST]
    past = tuple((_past(entry), _since(entry)) for entry in entries)
    every = (live, proposed, *(carried for carried, _ in past))
    dated = (commit.time for carried in every for commit in carried.commits if commit.role in _DATED)
    return BranchCommits(
        text(member, "spec", "activeBranch"),
        live,
        proposed,
        past,
        frozenset(sha for carried in every for sha in carried.shas),
        min(filter(None, dated), default=""),
    )


def _carried(side: Mapping[str, Any]) -> Carried:
    dry, hydrated = mapping(side, "dry"), mapping(side, "hydrated")
    found = [_commit(hydrated, CommitRole.HYDRATED, text(hydrated, "commitTime"))]
    for reference in list(chain(mappings(dry, "references"), mappings(hydrated, "references")))[:_MOST_REFERENCES]:
        source = mapping(reference, "commit")
        found.append(_commit(source, CommitRole.SOURCE, text(source, "date")))
    note, sha = text(side, "note", "drySha"), text(dry, "sha")
    return Carried(
        _commit(dry, CommitRole.DRY, text(dry, "commitTime")),
        tuple(each for each in found if each is not None),
        (note,) if _SHA.fullmatch(note) and note != sha else (),
    )


def _past(entry: Mapping[str, Any]) -> Carried:
    """What was live, and the hydrated commit by which it had been proposed."""
    active, proposed = (_carried(mapping(entry, side)) for side in ("active", "proposed"))
    return active._replace(others=(*active.others, *proposed.commits))


def _since(entry: Mapping[str, Any]) -> str:
    """When it went live: the merge, else the commit on the branch. Of what was restored the latter."""
    merged = "" if text(entry, "restoredFrom") else text(entry, "pullRequest", "prMergeTime")
    return merged or text(entry, "active", "hydrated", "commitTime")


def _commit(found: Mapping[str, Any], role: CommitRole, time: str) -> NamedCommit | None:
    sha = text(found, "sha")
    if not _SHA.fullmatch(sha):
        return None
    subject, author = text(found, "subject")[:_MOST_SUBJECT], text(found, "author")[:_MOST_AUTHOR]
    return NamedCommit(sha, role, subject, author, time, text(found, "repoURL"))
