"""``promoter-view notify check``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from promoter_view.command.exits import CommandError, Exit
from promoter_view.command.telling.output import Output
from promoter_view.command.telling.tables import plain
from promoter_view.network.targets import parse_target
from promoter_view.notifications.addresses import origin_of
from promoter_view.notifications.declaring import Receiver, Subscription
from promoter_view.notifications.file.parsing import NotificationsFileError, parse_notifications
from promoter_view.notifications.file.yaml_values import MAX_BYTES


def run(file: str) -> None:
    """Prints a line for each subscription."""
    Output().lines([plain(f"{each.name}: {', '.join(_parts(each))}") for each in read_subscriptions(file)])


def read_subscriptions(file: str) -> tuple[Subscription, ...]:
    """Those of a notifications file. Errors: CommandError; each thing that is wrong is said before."""
    try:
        with Path(file).open("rb") as opened:
            return parse_notifications(opened.read(MAX_BYTES + 1))
    except OSError as error:
        raise CommandError(Exit.FAILED, f"{file} cannot be read: {error.strerror}") from error
    except NotificationsFileError as error:
        for each in error.complaints:
            Output().note(plain(each))
        raise CommandError(Exit.FAILED, f"{file} cannot be used") from error


def check_url(option: str, url: str) -> None:
    """Errors: CommandError, where it is no URL of a server."""
    try:
        parse_target(url)
    except ValueError as error:
        raise CommandError(Exit.USAGE, f"{option} {error}") from error


def place_of(receiver: Receiver) -> str:
    """Where messages go, without what is secret in it."""
    return "the cluster" if receiver.is_cluster else receiver.url_file or origin_of(receiver.url)


def _parts(subscription: Subscription) -> Iterator[str]:
    chosen = subscription.filter
    yield f"{subscription.format} to {place_of(subscription.receiver)}"
    yield f"events {' '.join(sorted(chosen.events))}" if chosen.events else "every event"
    lists = {"namespaces": chosen.namespaces, "names": chosen.names, "environments": chosen.environments}
    labels = tuple(f"{name}={value}" for name, value in chosen.labels)
    more = {"states": chosen.states, "authors": chosen.authors, "labels": labels}
    yield from (f"{name} {' '.join(told)}" for name, told in {**lists, **more}.items() if told)
    said = {"signed": subscription.receiver.secret_file, "in digests": subscription.digest}
    yield from (words for words, told in said.items() if told)
