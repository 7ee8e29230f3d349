"""``diff``: the commits between what is live in two environments, as far as any environment has had them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from promoter_view.command.deciding.goals import Known
from promoter_view.command.reading.status import ToldEnvironment
from promoter_view.dashboard.strategies.commits import ShownCommit


@dataclass(frozen=True, slots=True)
class Difference:
    """``ahead`` has the later commit, ``behind`` the earlier one; ``commits`` are those between, the newest first."""

    ahead: ToldEnvironment
    behind: ToldEnvironment
    newest: ShownCommit
    oldest: ShownCommit
    commits: tuple[ShownCommit, ...]

    @property
    def is_none(self) -> bool:
        """They have the same."""
        return self.newest.sha == self.oldest.sha

    @property
    def summary(self) -> str:
        """In a sentence."""
        if self.is_none:
            return f"{self.ahead.name} and {self.behind.name} have the same commit: {self.newest.short}"
        count = len(self.commits)
        noun = "commit" if count == 1 else "commits"
        return (
            f"{self.ahead.name} ({self.newest.short}) is {count} known {noun} ahead of {self.behind.name} "
            f"({self.oldest.short})"
        )

    @property
    def compare_url(self) -> str:
        """Where the forge shows what lies between; "" where that is not known."""
        base, mark, sha = self.newest.url.rpartition("/commit/")
        return f"{base}/compare/{self.oldest.sha}...{sha}" if mark and not self.is_none else ""

    def document(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "ahead": {"environment": self.ahead.name, "sha": self.newest.sha},
            "behind": {"environment": self.behind.name, "sha": self.oldest.sha},
            "commits": [
                {
                    "sha": each.sha,
                    "subject": each.subject,
                    "author": each.author,
                    "url": each.url,
                    "source": [reference.sha for reference in each.references],
                }
                for each in self.commits
            ],
            "url": self.compare_url,
        }


def difference(known: Known, first: ToldEnvironment, second: ToldEnvironment) -> Difference | None:
    """None where it is not known of one of them what is live there."""
    live = [known.trails[each.branch].active.dry if each.branch in known.trails else None for each in (first, second)]
    one, other = live
    if one is None or other is None:
        return None
    if _time(other) > _time(one):
        return Difference(second, first, other, one, _between(known, one, other))
    return Difference(first, second, one, other, _between(known, other, one))


def _between(known: Known, oldest: ShownCommit, newest: ShownCommit) -> tuple[ShownCommit, ...]:
    """Later than the one, and not later than the other."""
    if oldest.sha == newest.sha:
        return ()
    found: dict[str, ShownCommit] = {newest.sha: newest}
    for trail in known.trails.values():
        for side in trail.sides:
            if side.dry is not None and _time(oldest) < _time(side.dry) <= _time(newest):
                found.setdefault(side.dry.sha, side.dry)
    found.pop(oldest.sha, None)
    return tuple(sorted(found.values(), key=_time, reverse=True))


def _time(commit: ShownCommit) -> float:
    return 0.0 if commit.time is None else _seconds(commit.time)


def _seconds(moment: datetime) -> float:
    return moment.timestamp()
