"""What an object tells of the commits that went live in an environment. Pure; raises nothing.

A ChangeTransferPolicy tells of the one that is live now, and up to GitOps Promoter 0.40 of those before; from 0.41 on a
ChangeTransferPolicyHistory does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, NamedTuple

from promoter_view.decoded import mapping, mappings, moment, text

#: Characters of a sha by which commits are told apart: of a million two are alike once in millions of years.
IDENTITY = 16
#: Entries of a history that are read, should a release keep more.
_MOST_READ = 100
_MARK_BYTES = 8


class LiveCommit(NamedTuple):
    """A commit that went live. ``sha`` is the hydrated one, ``dry`` what it was made of; both cut short.

    ``live`` is when, ``committed`` when the dry commit was made: in seconds since 1970, 0 where nothing says so.
    ``failed``: a check of it failed after that. ``restored``: it was not promoted, but made live again.
    """

    sha: str
    dry: str
    live: int
    committed: int
    failed: bool
    restored: bool = False


@dataclass(frozen=True, slots=True)
class LiveCommits:
    """What one object tells of an environment. ``created``: when the object was made, in seconds since 1970.

    ``current`` is what is live now, None where nothing is or another object tells; ``past`` the newest first.
    ``failed_proposal`` is the dry sha that is proposed and of which a check failed, "" for none. ``mark`` is the same
    where all of this is.
    """

    branch: str
    created: int
    current: LiveCommit | None
    past: tuple[LiveCommit, ...]
    failed_proposal: str
    mark: str


def read_live_commits(member: Mapping[str, Any]) -> LiveCommits:
    """What a ChangeTransferPolicy, or a ChangeTransferPolicyHistory, tells."""
    status = mapping(member, "status")
    entries = (_past(each) for each in list(mappings(status, "history"))[:_MOST_READ])
    branch, created = text(member, "spec", "activeBranch"), _seconds(member, "metadata", "creationTimestamp")
    current = _live_commit(status)
    past, failed = tuple(each for each in entries if each is not None), _failed_proposal(status)
    told = repr((branch, created, current, past, failed)).encode()
    mark = blake2b(told, digest_size=_MARK_BYTES).hexdigest()
    return LiveCommits(branch, created, current, past, failed, mark)


def _live_commit(told: Mapping[str, Any]) -> LiveCommit | None:
    """What is ``active``, as it is or was."""
    sha, dry = text(told, "active", "hydrated", "sha"), text(told, "active", "dry", "sha")
    if not sha or not dry:
        return None
    live, committed = _seconds(told, "active", "hydrated", "commitTime"), _seconds(told, "active", "dry", "commitTime")
    return LiveCommit(sha[:IDENTITY], dry[:IDENTITY], live, committed, _has_failure(told, "active"))


def _past(entry: Mapping[str, Any]) -> LiveCommit | None:
    found = _live_commit(entry)
    if found is None:
        return None
    if text(entry, "restoredFrom"):
        # Its pull request and its checks are copies of the first time's.
        return found._replace(failed=False, restored=True)
    return found._replace(live=_seconds(entry, "pullRequest", "prMergeTime") or found.live)


def _failed_proposal(status: Mapping[str, Any]) -> str:
    """Checks of what is proposed count as long as it is not live."""
    dry, hydrated = text(status, "proposed", "dry", "sha"), text(status, "proposed", "note", "drySha")
    is_open = dry and dry != text(status, "active", "dry", "sha") and hydrated in ("", dry)
    return dry[:IDENTITY] if is_open and _has_failure(status, "proposed") else ""


def _has_failure(told: Mapping[str, Any], side: str) -> bool:
    return any(check.get("phase") == "failure" for check in mappings(told, side, "commitStatuses"))


def _seconds(value: Mapping[str, Any], *path: str) -> int:
    found = moment(value, *path)
    return 0 if found is None else max(int(found.timestamp()), 0)


def by_branch(found: Sequence[LiveCommits]) -> dict[str, LiveCommits]:
    """The first of each branch."""
    chosen = {each.branch: each for each in reversed(found)}
    chosen.pop("", None)
    return chosen
