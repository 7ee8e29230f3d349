"""``kubectl promotion log``: what happened, as far as the kept history and a watch tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from promoter_view.command.answers.reading import read_known
from promoter_view.command.asking.connection import STRATEGIES, ApiConnection, connected
from promoter_view.command.asking.following import FollowedViews
from promoter_view.command.asking.loop import run_in_loop
from promoter_view.command.deciding.events import PastEvent, news, past_events
from promoter_view.command.reach import CommandReach
from promoter_view.command.telling.documents import DOCUMENTS, NAME, document
from promoter_view.command.telling.output import Output, now
from promoter_view.records import ObjectKey


def run(reach: CommandReach, name: str | None, since: float, follow: bool, output: str) -> None:
    """Prints the events of that long, in seconds; with ``follow`` goes on until it is interrupted."""
    run_in_loop(lambda reactor: _log(reach, name or "", since, follow, output, reactor))


async def _log(reach: CommandReach, name: str, since: float, follow: bool, output: str, reactor: Any) -> None:
    begins = now() - timedelta(seconds=since)

    def read(found: Mapping[str, Any]) -> Sequence[PastEvent]:
        return past_events(read_known(found), begins)

    async with connected(reach, reactor) as connection:
        if follow:
            await _follow(connection, name, read, output)
            return
        found = [read(await connection.strategy(name))] if name else await connection.objects(STRATEGIES, read)
    _print((event for events in found for event in events), output)


async def _follow(
    connection: ApiConnection, name: str, read: Callable[[Mapping[str, Any]], Sequence[PastEvent]], output: str
) -> None:
    """Of each strategy its events of that long are kept."""
    async with FollowedViews(connection, (STRATEGIES,), read, name=name) as following:
        await following.complete()
        if name and not following.followed.found:
            raise await connection.unknown(name, STRATEGIES)
        seen: dict[ObjectKey, Sequence[PastEvent]] = {}
        while True:
            current = dict(following.followed.found)
            changed = [(seen.get(key, ()), events) for key, events in current.items() if seen.get(key) is not events]
            _print((event for before, after in changed for event in news(before, after)), output)
            seen = current
            await following.followed.changed()


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
