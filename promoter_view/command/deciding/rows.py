"""What ``status`` shows: a row a strategy or Stage, as on the Fleet page, or a row an environment. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from promoter_view.command.reading.stage import ToldStage
from promoter_view.command.reading.status import StrategyStatus, ToldCommit, ToldEnvironment
from promoter_view.command.telling.tables import NONE, ago, until
from promoter_view.views.promotion_strategy.state.reading import ReadReason
from promoter_view.views.stage.availability import FreightState
from promoter_view.views.stage.reading import ComingFreight


class Rows(NamedTuple):
    """A table: headings, and a cell for each in each row."""

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


def of_strategies(
    found: Sequence[StrategyStatus],
    now: datetime,
    *,
    namespaces: bool,
    wide: bool,
) -> Rows:
    """``namespaces``: they may be of several."""
    headings = ["NAMESPACE"] * namespaces + ["STRATEGY", "STATE", "FOR", "PROMOTED"]
    headings += ["COMMIT", "AUTHOR"] * wide + ["MESSAGE", "ENVIRONMENTS"]
    rows = []
    for each in found:
        newest = each.newest
        row = [each.namespace] * namespaces + [each.name, each.state, ago(each.since, now)]
        row.append(f"{each.promoted}/{each.total}")
        row += [named(newest), newest.author if newest is not None else NONE] * wide
        # Last, for the longest is what a narrow terminal cuts.
        rows.append([*row, _message(each, now), _environments(each.environments)])
    return Rows(headings, rows)


def _message(found: StrategyStatus, now: datetime) -> str:
    """Its message, and which of its environments are stalled: that depends on the clock, so no object says it."""
    stalled = [each.name for each in found.environments if each.is_stalled(now)]
    return "; ".join(filter(None, (f"{', '.join(stalled)} stalled" if stalled else "", found.message)))


def of_stages(found: Sequence[ToldStage], now: datetime, *, namespaces: bool, wide: bool) -> Rows:
    """A Stage's namespace is its project."""
    headings = ["NAMESPACE"] * namespaces + ["STAGE", "STATE", "FOR", "FREIGHT", "NEXT"]
    headings += ["LAST PROMOTION", "PHASE", "WHY NEXT"] * wide + ["MESSAGE"]
    rows = []
    for each in found:
        words = "; ".join(filter(None, ("promoting" if each.promoting else "", each.message)))
        freight = ",".join(piece.called for piece in each.freight)
        row = [each.name, each.state, ago(each.since, now), freight, ",".join(_next(it, now) for it in each.next)]
        if wide:
            last = each.current or each.last
            row += [last.name, last.phase] if last is not None else [NONE, NONE]
            row.append("; ".join(_why(it, now) for it in each.next))
        rows.append([*[each.namespace] * namespaces, *row, words])
    return Rows(headings, rows)


def of_freight(found: ToldStage, now: datetime) -> Rows:
    """The Freight that is newer than what a Stage has, the newest first."""
    rows = [[it.called, it.warehouse, _state(it, now), ago(it.found, now), _why(it, now)] for it in found.coming]
    return Rows(["FREIGHT", "WAREHOUSE", "STATE", "AGE", "WHY"], rows)


def _next(coming: ComingFreight, now: datetime) -> str:
    """``wise-owl``, or ``wise-owl (Waiting)`` of one that may not come yet."""
    return coming.called if coming.is_available(now) else f"{coming.called} ({coming.state})"


def _state(coming: ComingFreight, now: datetime) -> str:
    return FreightState.AVAILABLE if coming.is_available(now) else coming.state


def _why(coming: ComingFreight, now: datetime) -> str:
    soaks = coming.soaks_until
    words = coming.message + (f" ({until(soaks, now)})" if soaks is not None and soaks > now else "")
    auto = {"Enabled": "a policy promotes it", "Held": "auto-promotion is held"}.get(coming.auto, "")
    return "; ".join(filter(None, (words, auto)))


def of_environments(found: StrategyStatus, now: datetime, *, wide: bool) -> Rows:
    """The environments of one strategy, in promotion order."""
    headings = ["ENVIRONMENT", "STATE", "FOR", "LIVE", "NEXT", "CHECKS"]
    headings += ["BRANCH", "COMMIT", "AUTHOR", "PULL REQUEST"] * wide + ["WAITS FOR"]
    return Rows(headings, [_environment(each, now, wide=wide) for each in found.environments])


def _environment(each: ToldEnvironment, now: datetime, *, wide: bool) -> Sequence[str]:
    shown = each.next or each.live
    passed, pending, failed = each.checks
    checks = f"{passed}/{passed + pending + failed}" if any(each.checks) else NONE
    row = [each.name, each.state, ago(each.since, now), _short(each.live), _short(each.next), checks]
    if wide:
        row += [
            each.branch,
            *((shown.subject, shown.author, shown.request_url or shown.request) if shown else (NONE,) * 3),
        ]
    return [*row, waits_for(each, now)]


def waits_for(environment: ToldEnvironment, now: datetime) -> str:
    """Its message, that it is stalled, and when clocks let it go on."""
    moments = [reason.until for reason in environment.reasons if reason.until is not None]
    words = "; ".join(filter(None, ("stalled" if environment.is_stalled(now) else "", environment.message)))
    return words + (f" ({until(max(moments), now)})" if moments else "")


def of_reason(reason: ReadReason, now: datetime) -> str:
    """One thing that is waited for, in a line."""
    words = reason.message or " ".join(filter(None, (reason.kind, reason.key)))
    return words + (f" ({until(reason.until, now)})" if reason.until is not None else "")


def named(commit: ToldCommit | None) -> str:
    """``1a2b3c4 Fix the cart``."""
    return NONE if commit is None else f"{commit.short} {commit.subject}".strip()


def _environments(found: Sequence[ToldEnvironment]) -> str:
    """``development=1a2b3c4,staging=1a2b3c4``: what is live where."""
    return ",".join(f"{each.name}={_short(each.live)}" for each in found)


def _short(commit: ToldCommit | None) -> str:
    return commit.short if commit is not None else NONE
