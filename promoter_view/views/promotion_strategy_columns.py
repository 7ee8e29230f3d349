"""What ``kubectl get promotionstrategydetails`` shows: columns, and a bundle's cells. Pure.

The cells are made for a terminal: one line each, a bounded width, ``<none>`` for what is not there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from promoter_view.decoded import mapping, mappings, parse_time, text
from promoter_view.views.ages import Since, age
from promoter_view.views.definition import Column
from promoter_view.views.summary import Environment, State, Summary, short_names, summarize

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
_HELD_UP = frozenset((State.FAILED, State.BLOCKED, State.AWAITING_MERGE))
_SHORT_SHA = 7
_MOST_ENVIRONMENTS = 8
_MOST_CHARACTERS = 120

_POLICY = "ChangeTransferPolicy"
_STATES = ", ".join(State)
_LAST = "Time since a promotion was last merged, as far back as statuses tell."

COLUMNS: tuple[Column, ...] = (
    Column("Name", "string", "name", "The PromotionStrategy's name, which is also that of its details."),
    Column("Promoted", "string", "", "Environments that have the newest dry commit, of all.", 0, _POLICY),
    Column("Status", "string", "", f"The worst of the environments' states, in this order: {_STATES}.", 0, _POLICY),
    Column("Environments", "string", "", "The environments in order, each with its active dry commit.", 0, _POLICY),
    Column("Age", "date", "", "Time since the PromotionStrategy was created."),
    Column("Blocked By", "string", "", "The first environment that is held up, and by what.", 1, _POLICY),
    Column("Open PRs", "integer", "int32", "Pull requests that are open.", 1, "PullRequest"),
    Column("Last Promotion", "date", "", _LAST, 1, _POLICY),
    Column("Repository", "string", "", "The repository that is promoted.", 1),
)


def cells(bundle: Mapping[str, Any]) -> list[Any]:
    """The cells of a decoded bundle, in the order of ``COLUMNS``."""
    summary = summarize(bundle)
    return [
        text(bundle, "metadata", "name"),
        f"{summary.promoted_count}/{len(summary.environments)}",
        summary.state.value,
        _environments(summary.environments),
        age(text(bundle, "metadata", "creationTimestamp")),
        _blocked_by(summary),
        _open_pull_requests(bundle),
        _last_promotion(bundle),
        repository(bundle),
    ]


def repository(bundle: Mapping[str, Any]) -> str:
    """The repository that is promoted, as its provider names it (``owner/name``); ``<none>`` where none is named."""
    spec = mapping(bundle, "gitRepository", "spec")
    for provider, fields in _PROVIDERS.items():
        parts = [text(spec, provider, field) for field in fields]
        if all(parts):
            return _clipped("/".join(parts))
    return _clipped(text(bundle, "promotionStrategy", "spec", "gitRepositoryRef", "name")) or NONE


def _environments(environments: Sequence[Environment]) -> str:
    """``development=1a2b3c4,staging=1a2b3c4 + 3 more...``, as kubectl shortens a list of endpoints."""
    names = short_names([each.branch for each in environments])
    shown = [
        f"{names[each.branch]}={each.active_sha[:_SHORT_SHA] or '-'}" for each in environments[:_MOST_ENVIRONMENTS]
    ]
    return _joined(shown, len(environments))


def _blocked_by(summary: Summary) -> str:
    foremost = summary.foremost
    if foremost is None or summary.state not in _HELD_UP:
        return NONE
    name = short_names([each.branch for each in summary.environments])[foremost.branch]
    return f"{name}: {_joined([_clipped(foremost.reasons[0])], len(foremost.reasons))}"


def _open_pull_requests(bundle: Mapping[str, Any]) -> int:
    requests = mappings(bundle, "pullRequests")
    return sum((text(each, "status", "state") or text(each, "spec", "state")) == "open" for each in requests)


def _last_promotion(bundle: Mapping[str, Any]) -> Since | str:
    merged = [moment for stamp in _merge_times(bundle) if (moment := parse_time(stamp))]
    return Since(max(merged)) if merged else NONE


def _merge_times(bundle: Mapping[str, Any]) -> Iterator[str]:
    for policy in mappings(bundle, "changeTransferPolicies"):
        yield text(policy, "status", "pullRequest", "prMergeTime")
        for past in mappings(policy, "status", "history"):
            yield text(past, "pullRequest", "prMergeTime")


def _joined(shown: Sequence[str], count: int) -> str:
    """What is shown of ``count`` things, and how many are not."""
    words = ",".join(shown)
    return f"{words} + {count - len(shown)} more..." if count > len(shown) else words


def _clipped(words: str) -> str:
    return words if len(words) <= _MOST_CHARACTERS else words[: _MOST_CHARACTERS - 3] + "..."
