"""``why``: from what an environment waits for to the first cause, a line each. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from promoter_view.command.deciding.reasons import chain_of, own_reasons
from promoter_view.command.deciding.rows import of_reason
from promoter_view.command.reading.status import SETTLED, STUCK, StrategyStatus, ToldEnvironment
from promoter_view.command.telling.tables import ago

_INDENT = "  "


@dataclass(frozen=True, slots=True)
class Explanation:
    """``steps``: the environments from the one that was asked for to the one that holds all up; none where all is
    well.
    """

    status: StrategyStatus
    steps: tuple[ToldEnvironment, ...]

    def lines(self, now: datetime) -> list[str]:
        """For people: the further in, the nearer to the cause."""
        if not self.steps:
            return [f"{self.status.title} waits for nothing: {_well(self.status)}"]
        found: list[str] = []
        for depth, each in enumerate(self.steps):
            held = f" for {ago(each.since, now)}" if each.since is not None else ""
            held += " and stalled" if each.is_stalled(now) else ""
            found.append(
                f"{_INDENT * depth}{each.name} is {each.state}{held}" + (f": {each.message}" if each.message else "")
            )
            found += [f"{_INDENT * (depth + 1)}- {line}" for line in self._details(each, now)]
        return found

    def document(self) -> dict[str, Any]:
        """For scripts: the chain in order, the first cause last."""
        return {
            "namespace": self.status.namespace,
            "name": self.status.name,
            "state": self.status.state,
            "chain": [
                {
                    "branch": each.branch,
                    "name": each.name,
                    "state": each.state,
                    "message": each.message,
                    "waitingFor": [
                        {"kind": reason.kind, "key": reason.key, "message": reason.message, "url": reason.url}
                        for reason in each.reasons
                    ],
                }
                for each in self.steps
            ],
        }

    def _details(self, each: ToldEnvironment, now: datetime) -> Sequence[str]:
        """What the message does not say already; a link is worth a line, once."""
        lines = []
        for reason in own_reasons(each):
            words = of_reason(reason, now)
            link = f"<{reason.url}>" if reason.url else ""
            lines.append(" ".join(filter(None, ("" if words == each.message else words, link))))
        request = each.next.request_url if each.next is not None else ""
        if request and not any(request in line for line in lines):
            lines.append(f"pull request <{request}>")
        return list(filter(None, lines))


def explain(status: StrategyStatus, environment: ToldEnvironment | None) -> Explanation:
    """``environment`` None: the one that the strategy's own state speaks of."""
    start = environment or foremost(status)
    if start is None or (start.state in SETTLED and not start.reasons):
        return Explanation(status, ())
    return Explanation(status, tuple(chain_of(status, start)))


def foremost(status: StrategyStatus) -> ToldEnvironment | None:
    """The first in the strategy's state, else the first that is stuck, else the last that is not settled."""
    alike = [each for each in status.environments if each.state == status.state]
    stuck = [each for each in status.environments if each.state in STUCK]
    open_ones = [each for each in status.environments if each.state not in SETTLED]
    return next(iter([*alike, *stuck, *open_ones]), None)


def _well(status: StrategyStatus) -> str:
    newest = f"{status.newest.short} " if status.newest is not None else "nothing "
    return f"{newest}is live in {status.promoted} of {status.total} environments"
