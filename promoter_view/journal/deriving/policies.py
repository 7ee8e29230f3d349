"""What one ChangeTransferPolicy tells of an environment, as far as happenings are made of it. Pure, and total."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from promoter_view.decoded import mapping, mappings, moment, text
from promoter_view.journal.entries import EventCheck, EventCommit
from promoter_view.urls import web_url
from promoter_view.views.commits import commit_url, person
from promoter_view.views.promotion_strategy.state.standing import MergeRequest, read_merge_request
from promoter_view.views.status.messages import clipped

_MOST_CHARACTERS = 300
_MOST_SOURCES = 20
SUCCESS, FAILURE, PENDING = "success", "failure", "pending"


@dataclass(frozen=True, slots=True)
class PolicySide:
    """A commit with its checks, by key."""

    commit: EventCommit
    checks: Mapping[str, EventCheck]

    @property
    def is_verified(self) -> bool:
        """There is a commit, and no check is pending or failed."""
        return bool(self.commit.sha) and all(check.phase == SUCCESS for check in self.checks.values())


@dataclass(frozen=True, slots=True, eq=False)
class PolicyStory:
    """What a policy tells. The same object as long as nothing of it changes.

    ``is_open``: another dry commit than the live one is proposed, and it changes something.
    """

    branch: str
    live: PolicySide
    proposed: PolicySide
    request: MergeRequest
    is_open: bool


def read_policy(policy: Mapping[str, Any]) -> PolicyStory:
    """Of a ChangeTransferPolicy."""
    status = mapping(policy, "status")
    live, proposed = _side(mapping(status, "active")), _side(mapping(status, "proposed"))
    note = text(status, "proposed", "note", "drySha")
    is_open = bool(proposed.commit.sha) and proposed.commit.sha != live.commit.sha
    is_no_op = bool(note) and note != proposed.commit.sha
    request = read_merge_request(mapping(status, "pullRequest"))
    return PolicyStory(text(policy, "spec", "activeBranch"), live, proposed, request, is_open and not is_no_op)


def read_commit(side: Mapping[str, Any]) -> EventCommit:
    """The commit of one side: a dry one, and what was hydrated from it."""
    dry = mapping(side, "dry")
    sha = text(dry, "sha")
    sources = (text(each, "commit", "sha") for each in mappings(dry, "references"))
    return EventCommit(
        sha,
        text(side, "hydrated", "sha"),
        tuple(dict.fromkeys(filter(None, sources)))[:_MOST_SOURCES],
        clipped(text(dry, "subject"), _MOST_CHARACTERS),
        clipped(person(text(dry, "author")), _MOST_CHARACTERS),
        commit_url(text(dry, "repoURL"), sha),
        moment(dry, "commitTime"),
    )


def _side(side: Mapping[str, Any]) -> PolicySide:
    return PolicySide(read_commit(side), {check.key: check for check in _checks(side)})


def _checks(side: Mapping[str, Any]) -> Iterator[EventCheck]:
    for each in mappings(side, "commitStatuses"):
        phase = text(each, "phase")
        message = clipped(" ".join(text(each, "description").split()), _MOST_CHARACTERS)
        known = phase if phase in (SUCCESS, FAILURE) else PENDING
        yield EventCheck(clipped(text(each, "key"), _MOST_CHARACTERS), known, message, web_url(text(each, "url")))
