"""``log`` and ``history``: what happened, as far as the kept history tells. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from promoter_view.command.deciding.goals import Known
from promoter_view.command.reading.status import SHORT, ToldEnvironment
from promoter_view.command.reading.trail import Trail
from promoter_view.command.telling.tables import plain
from promoter_view.dashboard.strategies.checks import PullRequest
from promoter_view.dashboard.strategies.commits import ShownCommit


@dataclass(frozen=True, slots=True)
class PastEvent:
    """Something that happened to an environment at a moment. ``commit`` None: its state has changed."""

    moment: datetime
    title: str
    environment: str
    words: str
    commit: ShownCommit | None = None
    request: PullRequest | None = None

    @property
    def line(self) -> str:
        """For people, sorted by time as lines of a log are."""
        return plain(f"{stamp(self.moment)} {self.title} {self.environment}: {self.words}")

    def document(self) -> dict[str, Any]:
        """For scripts."""
        told = {
            "time": stamp(self.moment),
            "strategy": self.title,
            "environment": self.environment,
            "message": self.words,
        }
        if self.commit is not None:
            told |= {"sha": self.commit.sha, "subject": self.commit.subject, "author": self.commit.author}
        if self.request is not None:
            told |= {"pullRequest": self.request.url or self.request.number}
        return told


def stamp(moment: datetime) -> str:
    """RFC 3339, in UTC."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def past_events(known: Known, since: datetime | None) -> list[PastEvent]:
    """What has gone live, and since when each state lasts; the oldest first. ``since`` None: all that is kept."""
    found = [*_arrivals(known), *_states(known)]
    return sorted((each for each in found if since is None or each.moment >= since), key=lambda each: each.moment)


def arrivals(known: Known) -> list[PastEvent]:
    """What has gone live, the newest first."""
    return sorted(_arrivals(known), key=lambda each: each.moment, reverse=True)


def news(before: Sequence[PastEvent], after: Sequence[PastEvent]) -> list[PastEvent]:
    """What has happened to a strategy between two looks."""
    earlier = {_identity(each) for each in before}
    return [each for each in after if _identity(each) not in earlier]


def _identity(event: PastEvent) -> tuple[str, str, str]:
    """Of a state its word and its reason count, not since when."""
    return (event.environment, event.words, event.commit.sha if event.commit is not None else "")


def _arrivals(known: Known) -> Iterator[PastEvent]:
    for environment in known.status.environments:
        trail = known.trails.get(environment.branch)
        if trail is not None:
            yield from _of_trail(known, environment, trail)


def _of_trail(known: Known, environment: ToldEnvironment, trail: Trail) -> Iterator[PastEvent]:
    for each in trail.past:
        if each.active.dry is not None and each.live_since is not None:
            said = f"restored {each.active.dry.short}" if each.restored_from else f"{each.active.dry.short} is live"
            words = f"{said}{_named(each.active.dry)}{_by(each.request)}"
            yield PastEvent(each.live_since, known.status.title, environment.name, words, each.active.dry, each.request)
    live, newest = environment.live, trail.past[0].active.dry if trail.past else None
    if live is not None and live.since is not None and (newest is None or newest.sha != live.sha):
        dry = trail.active.dry or ShownCommit(live.sha, live.subject, author=live.author)
        words = f"{live.sha[:SHORT]} is live{_named(dry)}"
        yield PastEvent(live.since, known.status.title, environment.name, words, dry)


def _states(known: Known) -> Iterator[PastEvent]:
    for each in known.status.environments:
        if each.since is not None:
            words = f"{each.state}: {each.message}" if each.message else each.state
            yield PastEvent(each.since, known.status.title, each.name, words)


def _named(commit: ShownCommit) -> str:
    parts = filter(None, (commit.subject, f"by {commit.author}" if commit.author else ""))
    words = ", ".join(parts)
    return f": {words}" if words else ""


def _by(request: PullRequest | None) -> str:
    return f" (#{request.number})" if request is not None and request.number else ""
