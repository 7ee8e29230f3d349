"""What several commands ask for: one strategy, whole, and an environment of it by its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from promoter_view.command.asking.connection import ApiConnection
from promoter_view.command.deciding.goals import Known
from promoter_view.command.declaring import did_you_mean
from promoter_view.command.exits import CommandError, Exit
from promoter_view.command.reading.status import StrategyStatus, ToldEnvironment, read_strategy
from promoter_view.command.reading.trail import read_trails


def read_told(found: Mapping[str, Any]) -> StrategyStatus:
    """A strategy's status. Errors: CommandError, where the server is too old to have one."""
    status = read_strategy(found)
    if not status.is_told:
        raise CommandError(
            Exit.UNREACHABLE, "the server is older than this command: its PromotionStrategyDetails have no status"
        )
    return status


def read_known(found: Mapping[str, Any]) -> Known:
    """With what its environments have had. Errors: CommandError."""
    return Known(read_told(found), read_trails(found))


async def known_strategy(connection: ApiConnection, name: str) -> Known:
    """The one of that name. Errors: CommandError."""
    return read_known(await connection.strategy(name))


def environment_of(status: StrategyStatus, wanted: str) -> ToldEnvironment:
    """By short name or branch. Errors: CommandError, with the nearest name."""
    found = status.environment(wanted)
    if found is not None:
        return found
    names = [each.name for each in status.environments]
    known = ", ".join(names) or "none"
    raise CommandError(
        Exit.UNKNOWN, f"{status.title} has no environment {wanted!r}, known are {known}{did_you_mean(wanted, names)}"
    )
