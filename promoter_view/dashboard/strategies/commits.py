"""A commit as pages show it, read from a status that nobody vouches for. Pure; raises nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from promoter_view.decoded import mapping, mappings, parse_time, text
from promoter_view.views.commits import commit_url, person

SHORT = 7
_MAX_SUBJECT = 300
_MAX_BODY = 20_000
_MAX_REFERENCES = 20
_TRAILER = re.compile(r"[A-Za-z][A-Za-z0-9-]*: \S.*")


@dataclass(frozen=True, slots=True)
class ShownCommit:
    """A dry, hydrated or referenced commit. Texts are "" where there is none; ``url`` is a link of the web or ""."""

    sha: str
    subject: str = ""
    body: str = ""
    author: str = ""
    time: datetime | None = None
    url: str = ""
    references: tuple[ShownCommit, ...] = ()

    @property
    def short(self) -> str:
        """The sha as people say it."""
        return self.sha[:SHORT]


def read_commit(found: Mapping[str, Any]) -> ShownCommit | None:
    """A commit of a ChangeTransferPolicy's status, with what it refers to; None where it has no sha."""
    commit = _commit(found, text(found, "commitTime"))
    if commit is None:
        return None
    references = [_reference(each) for each in mappings(found, "references")][:_MAX_REFERENCES]
    return replace(commit, references=tuple(each for each in references if each is not None))


def _reference(found: Mapping[str, Any]) -> ShownCommit | None:
    commit = mapping(found, "commit")
    return _commit(commit, text(commit, "date"))


def _commit(found: Mapping[str, Any], time: str) -> ShownCommit | None:
    sha = text(found, "sha")
    if not sha:
        return None
    return ShownCommit(
        sha[:64],
        text(found, "subject")[:_MAX_SUBJECT],
        without_trailers(text(found, "body")[:_MAX_BODY]),
        person(text(found, "author")),
        parse_time(time),
        commit_url(text(found, "repoURL"), sha),
    )


def without_trailers(body: str) -> str:
    """A commit's body without its last paragraph where that holds trailers only (``Signed-off-by: ...``)."""
    head, _, last = body.strip().rpartition("\n\n")
    lines = last.splitlines()
    return head.strip() if lines and all(_TRAILER.fullmatch(line) for line in lines) else body.strip()
