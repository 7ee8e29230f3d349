"""What ``kubectl get promotionstrategydetails`` shows: columns, and a bundle's cells. Pure.

The cells are made for a terminal: one line each, a bounded width, ``<none>`` for what is not there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from itertools import chain
from typing import Any

from promoter_view.decoded import mappings, parse_time, text
from promoter_view.views.ages import Since, age
from promoter_view.views.contents import BundleContents, Contents
from promoter_view.views.definition import Cell, Column
from promoter_view.views.promotion_strategy.order_gate import HISTORIES, POLICIES
from promoter_view.views.promotion_strategy.state.reading import (
    EnvironmentStatus,
    StatedStrategy,
    read_status,
    status_steps,
)
from promoter_view.views.promotion_strategy.state.words import StateWord
from promoter_view.views.status.messages import clipped

NONE = "<none>"

#: The providers of a GitRepository, with the two fields that name a repository there.
_PROVIDERS = {
    "github": ("owner", "name"),
    "gitlab": ("namespace", "name"),
    "forgejo": ("owner", "name"),
    "gitea": ("owner", "name"),
    "bitbucketCloud": ("owner", "name"),
    "azureDevOps": ("project", "name"),
    "fake": ("owner", "name"),
}
_SHORT_SHA = 7
_MOST_ENVIRONMENTS = 8
_MOST_WAITING = 4
_MOST_CHARACTERS = 120

_POLICY = "ChangeTransferPolicy"
_REQUESTS = "pullRequests"
_STATES = ", ".join(StateWord)
_STATUS = (
    f"If an environment is Failed, Held or NeedsApproval, this state; otherwise the state of the next environment in "
    f"order. One of {_STATES}."
)
_LAST = "Time since the last merge of a promotion, as far as it is known."

COLUMNS: tuple[Column, ...] = (
    Column("Name", "string", "name", "The name of the PromotionStrategy and of its details."),
    Column("Promoted", "string", "", "Environments that have the newest dry commit, and all environments."),
    Column("Status", "string", "", _STATUS),
    Column(
        "Environments",
        "string",
        "",
        "The environments in promotion order, each with its active dry commit.",
        0,
        _POLICY,
    ),
    Column("Age", "date", "", "Time since the PromotionStrategy was created."),
    Column("Waiting For", "string", "", "The environment that causes the status, and what it waits for.", 1),
    Column("Queued", "string", "", "The environments that wait for others, and for which.", 1, _POLICY),
    Column("Open PRs", "integer", "int32", "Open pull requests.", 1, "PullRequest"),
    Column("Last Promotion", "date", "", _LAST, 1, _POLICY),
    Column("Repository", "string", "", "The repository that is promoted.", 1),
)


def cells(contents: Contents) -> Sequence[Cell]:
    """What makes the cells of a bundle, in the order of ``COLUMNS``."""
    row = _Row(contents)
    return (
        lambda: contents.name,
        lambda: f"{row.status.whole.promoted}/{row.status.whole.total}",
        lambda: row.status.state.value,
        lambda: _environments(row.status.environments),
        lambda: age(contents.created),
        lambda: _waiting_for(row.status),
        lambda: _queued(row.status),
        lambda: sum(contents.each(_REQUESTS, _is_open)),
        lambda: _last_promotion(row.merges),
        lambda: repository(contents),
    )


def cell_steps(contents: BundleContents) -> Iterator[None]:
    """Reads what the cells want, a member a step."""
    yield from contents.steps(POLICIES, _last_merge)
    yield from contents.steps(HISTORIES, _last_merge)
    yield from contents.steps(_REQUESTS, _is_open)
    yield from status_steps(contents)


class _Row:
    """What several cells of a bundle are made of."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents

    @cached_property
    def status(self) -> StatedStrategy:
        return read_status(self._contents)

    @property
    def merges(self) -> Iterator[datetime | None]:
        return chain.from_iterable(self._contents.each(field, _last_merge) for field in (POLICIES, HISTORIES))


def repository(contents: Contents) -> str:
    """The repository that is promoted, as its provider names it (``owner/name``); ``<none>`` where none is named."""
    return contents.one("gitRepository", _named_by_provider) or _clipped(contents.root(_reference)) or NONE


def _named_by_provider(found: Mapping[str, Any]) -> str:
    for provider, fields in _PROVIDERS.items():
        parts = [text(found, "spec", provider, field) for field in fields]
        if all(parts):
            return _clipped("/".join(parts))
    return ""


def _reference(root: Mapping[str, Any]) -> str:
    return text(root, "spec", "gitRepositoryRef", "name")


def _environments(environments: Sequence[EnvironmentStatus]) -> str:
    """``development=1a2b3c4,staging=1a2b3c4 + 3 more...``, as kubectl shortens a list of endpoints."""
    foremost = environments[:_MOST_ENVIRONMENTS]
    shown = [f"{_clipped(each.name)}={each.live_sha[:_SHORT_SHA] or '-'}" for each in foremost]
    return _joined(shown, len(environments))


def _waiting_for(status: StatedStrategy) -> str:
    if not status.whole.message:
        return NONE
    foremost = status.foremost
    return _joined([_clipped(status.whole.message)], len(foremost.messages) if foremost is not None else 1)


def _queued(status: StatedStrategy) -> str:
    """``prod for e2e+perf,eu for prod + 2 more...``"""
    names = {each.branch: each.name for each in status.environments}
    waiting = [each for each in status.environments if each.awaits]
    shown = [
        f"{each.name} for {'+'.join(names.get(branch, branch) for branch in each.awaits)}"
        for each in waiting[:_MOST_WAITING]
    ]
    return _joined([_clipped(each) for each in shown], len(waiting)) or NONE


def _is_open(request: Mapping[str, Any]) -> bool:
    return (text(request, "status", "state") or text(request, "spec", "state")) == "open"


def _last_promotion(merges: Iterable[datetime | None]) -> Since | str:
    last = max((merged for merged in merges if merged is not None), default=None)
    return Since(last) if last is not None else NONE


def _last_merge(member: Mapping[str, Any]) -> datetime | None:
    """Of a policy, or of its history."""
    return max(filter(None, map(parse_time, _merge_times(member))), default=None)


def _merge_times(member: Mapping[str, Any]) -> Iterator[str]:
    """What is restored has the merge of its first promotion, which is no later one."""
    yield text(member, "status", "pullRequest", "prMergeTime")
    for past in mappings(member, "status", "history"):
        yield text(past, "pullRequest", "prMergeTime")


def _joined(shown: Sequence[str], count: int) -> str:
    """What is shown of ``count`` things, and how many are not."""
    words = ",".join(shown)
    return f"{words} + {count - len(shown)} more..." if count > len(shown) else words


def _clipped(words: str) -> str:
    return clipped(words, _MOST_CHARACTERS)
