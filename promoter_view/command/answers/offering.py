"""What completes a word of ``kubectl promotion``: names of strategies and Stages, Freight by alias or name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.defer import TimeoutError as OutOfTime

from promoter_view.command.asking.connection import STAGE_PREFIX, STAGES, STRATEGIES, ApiConnection, connected
from promoter_view.command.asking.loop import run_in_loop
from promoter_view.command.exits import CommandError, Signalled
from promoter_view.command.reach import CommandReach
from promoter_view.command.reading.stage import read_stage
from promoter_view.decoded import text

#: Whoever presses Tab does not wait for a cluster that is far away.
_PATIENCE_SECONDS = 5
#: What a shell takes for a word and nothing else: whoever names things in a cluster does not write in others' shells.
_HARMLESS = re.compile(r"[\w./:@-]+", re.ASCII)
_PLURALS = {"strategy": STRATEGIES, "stage": STAGES}

#: Words, each with what is said beside it.
Offered = Mapping[str, str]


def run(reach: CommandReach, nouns: Sequence[str], stage: str, incomplete: str) -> Offered:
    """Those that begin with ``incomplete``.

    ``nouns``: strategy, stage, freight. ``stage``: Freight of that one alone, "" for all.
    Nothing where the cluster does not answer in time, or does not let the user look: the command itself says why.
    """

    async def ask(reactor: Any) -> Offered:
        async with connected(reach, reactor) as connection:
            asked = Deferred.fromCoroutine(_offered(connection, nouns, stage, incomplete))
            return await asked.addTimeout(_PATIENCE_SECONDS, reactor)

    try:
        return run_in_loop(ask)
    except (CommandError, Signalled, OutOfTime):
        return {}


async def _offered(connection: ApiConnection, nouns: Sequence[str], stage: str, incomplete: str) -> Offered:
    found: dict[str, str] = {}
    for noun in nouns:
        try:
            found |= await (
                _freight(connection, stage, incomplete) if noun == "freight" else _names(connection, noun, incomplete)
            )
        except CommandError:  # not served, or not permitted: what else there is is offered all the same
            continue
    return {word: found[word] for word in sorted(found) if word.startswith(incomplete) and _HARMLESS.fullmatch(word)}


async def _names(connection: ApiConnection, noun: str, incomplete: str) -> Offered:
    prefix = STAGE_PREFIX if noun == "stage" and incomplete.startswith(STAGE_PREFIX) else ""
    names = await connection.objects(_PLURALS[noun], lambda each: text(each, "metadata", "name"))
    return {prefix + name: "" for name in names}


async def _freight(connection: ApiConnection, stage: str, incomplete: str) -> Offered:
    """By alias; by its name where the word is the beginning of one."""
    found: dict[str, str] = {}
    for told in await connection.objects(STAGES, read_stage, stage):
        pieces = [(each.name, each.called) for each in (*told.past, *told.freight)]
        pieces += [(each.name, each.called) for each in told.coming]
        for name, called in pieces:
            if not _HARMLESS.fullmatch(name):
                continue
            found[called] = name
            if incomplete and name.startswith(incomplete):
                found[name] = ""
    return found
