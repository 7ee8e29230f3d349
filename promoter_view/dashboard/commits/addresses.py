"""The addresses of commits: pages, JSON and badges. Pure."""

from __future__ import annotations

import enum
from typing import NamedTuple
from urllib.parse import unquote

from promoter_view.web.accept import parse_clauses

_SECTION = "commits"


class CommitForm(enum.Enum):
    """In which form it is told; the values are endings of addresses."""

    PAGE = ""
    JSON = ".json"
    BADGE = ".svg"


class CommitAddress(NamedTuple):
    """``sha``: what is asked for, "" where the query says it."""

    sha: str
    form: CommitForm


_ENDINGS = (CommitForm.JSON, CommitForm.BADGE)


def read_commit_address(path: str, accept: str | None) -> CommitAddress | None:
    """``commits``, ``commits/SHA``, each with its ending; None for any other path below the root.

    Without an ending the header Accept says whether a page is wanted.
    """
    form = next((each for each in _ENDINGS if path.endswith(each.value)), CommitForm.PAGE)
    section, slash, sha = path.removesuffix(form.value).partition("/")
    if section != _SECTION or "/" in sha or (slash and not sha) or (form is CommitForm.BADGE and not sha):
        return None
    if form is CommitForm.PAGE and _prefers_json(accept):
        form = CommitForm.JSON
    return CommitAddress(unquote(sha), form)


def _prefers_json(accept: str | None) -> bool:
    weights = {clause.value: clause.quality for clause in parse_clauses(accept or "")}
    return weights.get("application/json", 0.0) > weights.get("text/html", 0.0)
