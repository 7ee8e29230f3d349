"""The gate that lets changes through at some times of the hour only. Pure."""

from __future__ import annotations

from promoter_view.decoded import rfc3339
from promoter_view.durations import format_duration
from promoter_view.simulator.company.manifests import Document
from promoter_view.simulator.company.model import WINDOW, CheckPhase, Environment, ReleaseWindow, Strategy


def window_parts(strategy: Strategy, now: float) -> tuple[Document, Document]:
    """Spec and status of its ScheduledCommitStatus, at a time in seconds since 1970."""
    found = [(each, each.window) for each in strategy.environments if each.window is not None]
    spec = {"timezone": "UTC", "environments": [_wanted(environment, window) for environment, window in found]}
    return spec, {"environments": [_reported(environment, window, now) for environment, window in found]}


def _wanted(environment: Environment, window: ReleaseWindow) -> Document:
    duration = format_duration(window.open_minutes * 60.0)
    allow = {"description": "Hours in which people watch", "cron": window.cron, "duration": duration}
    return {"branch": environment.branch, "allow": [allow]}


def _reported(environment: Environment, window: ReleaseWindow, now: float) -> Document:
    check = environment.proposed_checks.get(WINDOW)
    found: Document = {
        "branch": environment.branch,
        "sha": environment.proposed.hydrated_sha,
        "phase": (check.phase if check else CheckPhase.SUCCESS).value,
        "next": {"allow": window.cron, "transition": rfc3339(window.opens(now))},
    }
    if window.is_open(now):
        found["active"] = {"allow": window.cron, "transition": rfc3339(window.closes(now))}
    return found
