"""An environment of a strategy as pages show it: what is live, what comes next, and what is in its way. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from promoter_view.dashboard.checks import Checks, PullRequest, read_checks, read_request
from promoter_view.dashboard.commits import Commit, read_commit
from promoter_view.decoded import mapping, mappings, text
from promoter_view.views.summary import Environment, State, Summary, policies_by_branch, short_names, summarize


@dataclass(frozen=True, slots=True)
class Side:
    """The active or the proposed branch: its dry and its hydrated commit, and the checks on it."""

    dry: Commit | None
    hydrated: Commit | None
    checks: Checks


@dataclass(frozen=True, slots=True)
class Past:
    """One promotion that was: what went live when, by which pull request, with which checks."""

    active: Side
    proposed: Side
    request: PullRequest | None

    @property
    def live_since(self) -> datetime | None:
        """When it went live: the merge, else the commit on the active branch."""
        if self.request is not None and self.request.merged is not None:
            return self.request.merged
        return self.active.hydrated.time if self.active.hydrated is not None else None


@dataclass(frozen=True, slots=True)
class Station:
    """One environment. ``name`` is short, ``branch`` the whole; ``state`` and ``reasons`` are the summary's.

    ``newest``: the newest dry commit of the strategy is live here, or changes nothing here. ``no_op_sha`` is the dry
    commit that the hydrator found to change nothing here, "" for none. ``upcoming``: another commit than the active
    one is proposed. ``preparing``: the hydrator is at work on a newer one than is proposed.
    """

    branch: str
    name: str
    state: State
    reasons: tuple[str, ...]
    newest: bool
    no_op_sha: str
    auto_merge: bool
    active: Side
    proposed: Side
    request: PullRequest | None
    history: tuple[Past, ...]
    preparing: bool

    @property
    def upcoming(self) -> Commit | None:
        """The dry commit that is proposed, where that is another one than the active."""
        dry = self.proposed.dry
        live = self.active.dry.sha if self.active.dry is not None else ""
        return dry if dry is not None and dry.sha != live and self.state is not State.PROMOTED else None

    @property
    def live_since(self) -> datetime | None:
        """When the active commit went live, as far as statuses tell."""
        for past in self.history[:1]:
            dry = past.active.dry
            if dry is not None and self.active.dry is not None and dry.sha == self.active.dry.sha:
                return past.live_since
        return self.active.hydrated.time if self.active.hydrated is not None else None

    @property
    def last_request(self) -> PullRequest | None:
        """The pull request that brought what is live."""
        if self.history:
            return self.history[0].request
        request = self.request
        return request if request is not None and request.state != "open" else None

    @property
    def open_request(self) -> PullRequest | None:
        """The pull request by which the next change comes in."""
        request = self.request
        return request if request is not None and request.state == "open" else None


def read_stations(bundle: Mapping[str, Any], *, most_past: int = 5) -> tuple[Summary, tuple[Station, ...]]:
    """The summary of a decoded bundle, and its environments in the strategy's order, each with its last promotions."""
    summary = summarize(bundle)
    policies = policies_by_branch(bundle)
    specs = {text(each, "branch"): each for each in mappings(bundle, "promotionStrategy", "spec", "environments")}
    names = short_names([each.branch for each in summary.environments])
    latest = _latest(list(policies.values()))
    stations = (
        _station(
            each,
            names[each.branch],
            specs.get(each.branch, {}),
            policies.get(each.branch, {}),
            summary,
            latest,
            most_past,
        )
        for each in summary.environments
    )
    return summary, tuple(stations)


def _station(
    found: Environment,
    name: str,
    spec: Mapping[str, Any],
    policy: Mapping[str, Any],
    summary: Summary,
    latest: str,
    most_past: int,
) -> Station:
    status = mapping(policy, "status")
    return Station(
        branch=found.branch,
        name=name,
        state=found.state,
        reasons=found.reasons,
        newest=found.has(summary.newest_sha),
        no_op_sha=found.hydrated_sha if found.is_no_op else "",
        auto_merge=spec.get("autoMerge") is not False,
        active=_side(mapping(status, "active")),
        proposed=_side(mapping(status, "proposed")),
        request=read_request(mapping(status, "pullRequest")),
        history=tuple(map(_past, islice(mappings(status, "history"), most_past))),
        preparing=bool(latest) and found.state is not State.PROMOTED and found.hydrated_sha not in ("", latest),
    )


def _side(found: Mapping[str, Any]) -> Side:
    return Side(read_commit(mapping(found, "dry")), read_commit(mapping(found, "hydrated")), read_checks(found))


def _past(found: Mapping[str, Any]) -> Past:
    active, proposed = _side(mapping(found, "active")), _side(mapping(found, "proposed"))
    return Past(active, proposed, read_request(mapping(found, "pullRequest")))


def _latest(policies: Sequence[Mapping[str, Any]]) -> str:
    """The dry sha of the environment that was hydrated last: beside it, others may still be prepared."""
    newest, found = "", ""
    for policy in policies:
        proposed = mapping(policy, "status", "proposed")
        time = text(proposed, "hydrated", "commitTime")
        if time > newest:
            newest, found = time, text(proposed, "note", "drySha") or text(proposed, "dry", "sha")
    return found
