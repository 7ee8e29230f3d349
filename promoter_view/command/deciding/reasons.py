"""Why an environment is where it is: from what it waits for to the first cause. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from promoter_view.command.reading.status import StrategyStatus, ToldEnvironment
from promoter_view.views.promotion_strategy.state.reading import ReadReason


def first_cause(status: StrategyStatus, environment: ToldEnvironment) -> ToldEnvironment:
    """The environment that it waits for in the end; itself where it waits for none. A cycle ends where it closes."""
    *_, last = chain_of(status, environment)
    return last


def chain_of(status: StrategyStatus, environment: ToldEnvironment) -> Iterator[ToldEnvironment]:
    """The environment, the first one that it waits for, the first that this waits for, and so on."""
    seen: set[str] = set()
    found: ToldEnvironment | None = environment
    while found is not None and found.branch not in seen:
        seen.add(found.branch)
        yield found
        found = next(filter(None, map(status.environment, found.awaits)), None)


def own_reasons(environment: ToldEnvironment) -> list[ReadReason]:
    """What it waits for itself, beside other environments."""
    return [each for each in environment.reasons if not each.environment]
