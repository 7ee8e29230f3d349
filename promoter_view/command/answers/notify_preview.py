"""``promoter-view notify preview``."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from promoter_view.clocks import wall
from promoter_view.command.answers.notify_check import check_url, place_of, read_subscriptions
from promoter_view.command.asking.loop import run_in_loop
from promoter_view.command.exits import CommandError, Exit
from promoter_view.command.telling.output import Output
from promoter_view.command.telling.tables import plain
from promoter_view.decoded import rfc3339
from promoter_view.journal.entries import JournalEntry, read_entry
from promoter_view.notifications.addresses import NoAddressError, address_of
from promoter_view.notifications.declaring import Subscription
from promoter_view.notifications.digests import first_message, sending_time
from promoter_view.notifications.formats.choosing import MessageFormats
from promoter_view.notifications.links import Links
from promoter_view.notifications.messages import FormatError, NotYetError
from promoter_view.notifications.sample import SAMPLE
from promoter_view.notifications.signatures import SecretError, read_secrets, webhook_headers

_STANDARD_INPUT = "-"


def run(file: str, name: str, events: str | None, dashboard_url: str) -> None:
    """Prints the messages, each with where it would go."""
    if dashboard_url:
        check_url("--dashboard-url", dashboard_url)
    subscription = _subscription(file, name)
    known = replace(subscription.filter, labels=())
    told = [SAMPLE] if events is None else [each for each in _entries(events) if known.admits(each, None)]
    groups = list(_groups(subscription, told))
    links = Links(dashboard_url.rstrip("/"))
    run_in_loop(lambda reactor: _preview(subscription, groups, links, MessageFormats(reactor)))


def _groups(
    subscription: Subscription, told: Sequence[JournalEntry]
) -> Iterator[tuple[datetime, Sequence[JournalEntry]]]:
    """What is sent together, and when: as if each had come at its own time."""
    while told:
        due = sending_time(subscription, told[0].time, told[0].time)
        group = first_message(subscription, told[: sum(each.time <= due for each in told)])
        yield due, group
        told = told[len(group) :]


async def _preview(
    subscription: Subscription,
    groups: Sequence[tuple[datetime, Sequence[JournalEntry]]],
    links: Links,
    formats: MessageFormats,
) -> None:
    try:
        for due, each in groups:
            try:
                Output().lines([f"# {rfc3339(due.timestamp())}"])
                Output().lines(await _lines(formats, subscription, each, links))
            except (FormatError, NotYetError, NoAddressError, SecretError) as error:
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
    head += [f"{name}: {value}" for name, value in (*_signed(subscription, entries, message.body), *message.headers)]
    head += [f"{each.name}: ..." for each in subscription.receiver.headers]
    return [*map(plain, head), "", *map(plain, message.body.decode("utf-8", "replace").splitlines()), ""]


def _signed(subscription: Subscription, entries: Sequence[JournalEntry], body: bytes) -> Sequence[tuple[str, str]]:
    """What says who sends it, and what it is: not of an object in the cluster. Errors: NotYetError, SecretError."""
    path = subscription.receiver.secret_file
    if subscription.receiver.is_cluster:
        return ()
    try:
        secrets = read_secrets(Path(path).read_bytes()) if path else ()
    except OSError as error:
        raise NotYetError(f"secretFile cannot be read: {error.strerror}") from error
    return webhook_headers(entries[-1].identity.name, int(wall()), body, secrets)


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
