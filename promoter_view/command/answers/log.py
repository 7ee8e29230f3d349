"""``kubectl promotion log``: what happened, as far as the kept history and a watch tell."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from promoter_view.command.answers.reading import read_known
from promoter_view.command.asking.connection import STRATEGIES, ApiConnection, connected
from promoter_view.command.asking.following import FollowedViews
from promoter_view.command.asking.loop import run_in_loop
from promoter_view.command.deciding.events import PastEvent, news, past_events
from promoter_view.command.deciding.goals import Known
from promoter_view.command.reach import CommandReach
from promoter_view.command.telling.documents import DOCUMENTS, NAME, document
from promoter_view.command.telling.output import Output, now


def run(reach: CommandReach, name: str | None, since: float, follow: bool, output: str) -> None:
    """Prints the events of that long, in seconds; with ``follow`` goes on until it is interrupted."""
    run_in_loop(lambda reactor: _log(reach, name or "", since, follow, output, reactor))


async def _log(reach: CommandReach, name: str, since: float, follow: bool, output: str, reactor: Any) -> None:
    async with connected(reach, reactor) as connection:
        begins = now() - timedelta(seconds=since)
        if follow:
            await _follow(connection, name, begins, output)
            return
        documents = [await connection.strategy(name)] if name else await connection.objects(STRATEGIES)
    known = [read_known(each) for each in documents]
    _print((event for each in known for event in past_events(each, begins)), output)


async def _follow(connection: ApiConnection, name: str, begins: Any, output: str) -> None:
    async with FollowedViews(connection, (STRATEGIES,), read_known, name=name) as following:
        await following.complete()
        if name and not following.followed.found:
            raise await connection.unknown(name)
        seen: dict[Any, Known] = dict(following.followed.found)
        _print((event for each in seen.values() for event in past_events(each, begins)), output)
        while True:
            await following.followed.changed()
            current = dict(following.followed.found)
            changed = [(seen.get(key), known) for key, known in current.items() if seen.get(key) is not known]
            _print((event for before, after in changed for event in news(before, after)), output)
            seen = current


def _print(events: Iterable[PastEvent], output: str) -> None:
    ordered = sorted(events, key=lambda each: each.moment)
    out = Output()
    if output in DOCUMENTS:
        separator = ["---"] if output == "yaml" else []
        out.lines([line for each in ordered for line in (*separator, document(each.document(), output))])
    elif output == NAME:
        out.lines(list(dict.fromkeys(each.title for each in ordered)))
    else:
        out.lines([each.line for each in ordered])
