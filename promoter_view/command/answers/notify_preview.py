"""``promoter-view notify preview``."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from promoter_view.command.answers.notify_check import place_of, read_subscriptions
from promoter_view.command.asking.loop import run_in_loop
from promoter_view.command.exits import CommandError, Exit
from promoter_view.command.telling.output import Output
from promoter_view.command.telling.tables import plain
from promoter_view.journal.entries import JournalEntry, read_entry
from promoter_view.notifications.addresses import NoAddressError, address_of
from promoter_view.notifications.declaring import Subscription
from promoter_view.notifications.formats.choosing import MessageFormats
from promoter_view.notifications.links import Links
from promoter_view.notifications.messages import FormatError
from promoter_view.notifications.sample import SAMPLE

_STANDARD_INPUT = "-"


def run(file: str, name: str, events: str | None, dashboard_url: str) -> None:
    """Prints the messages, each with where it would go."""
    subscription = _subscription(file, name)
    if events is None:
        groups: Sequence[Sequence[JournalEntry]] = [[SAMPLE]]
    else:
        told = [each for each in _entries(events) if subscription.filter.admits(each, None)]
        groups = [told] if subscription.digest and told else [[each] for each in told]
    run_in_loop(lambda _: _preview(subscription, groups, Links(dashboard_url)))


async def _preview(subscription: Subscription, groups: Sequence[Sequence[JournalEntry]], links: Links) -> None:
    formats = MessageFormats()
    try:
        for each in groups:
            try:
                Output().lines(await _lines(formats, subscription, each, links))
            except (FormatError, NoAddressError) as error:
                raise CommandError(Exit.FAILED, f"{each[-1].identity.name}: {error}") from error
    finally:
        await formats.close()


async def _lines(
    formats: MessageFormats, subscription: Subscription, entries: Sequence[JournalEntry], links: Links
) -> list[str]:
    message = await formats.of(subscription).write(entries, links)
    if subscription.receiver.url:
        address_of(subscription.receiver.url, entries)
    head = [f"POST {message.path or place_of(subscription.receiver)}", f"Content-Type: {message.content_type}"]
    head += [f"{name}: {value}" for name, value in message.headers]
    return [*map(plain, head), "", *map(plain, message.body.decode("utf-8", "replace").splitlines()), ""]


def _subscription(file: str, name: str) -> Subscription:
    found = {each.name: each for each in read_subscriptions(file)}
    if name not in found:
        raise CommandError(Exit.UNKNOWN, f"{file} has no notification {name}: it has {', '.join(found) or 'none'}")
    return found[name]


def _entries(events: str) -> Iterator[JournalEntry]:
    """Those of an export of a journal, a line each. Errors: CommandError."""
    try:
        lines = sys.stdin.buffer if events == _STANDARD_INPUT else Path(events).read_bytes().splitlines()
        for number, line in enumerate(lines, 1):
            yield _entry(line, number)
    except OSError as error:
        raise CommandError(Exit.FAILED, f"{events} cannot be read: {error.strerror}") from error


def _entry(line: bytes, number: int) -> JournalEntry:
    try:
        return read_entry(b'{"entry":%b}' % line)
    except ValueError as error:
        raise CommandError(Exit.FAILED, f"line {number} is no entry of a journal: {error}") from error
