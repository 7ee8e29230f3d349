"""What single fields of the file may hold. Each raises a ValueError that says what is expected. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from promoter_view.durations import parse_duration
from promoter_view.journal.entries import EventType
from promoter_view.moments import EXPECTED as EXPECTED_TIME
from promoter_view.moments import parse_moment
from promoter_view.notifications.file.fields import nearest, quoted

_MOST_CHARACTERS = 1024
_MOST_PATTERNS = 200
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-zA-Z0-9.+-]{1,100}(; ?[a-z]+=[a-zA-Z0-9-]{1,30})?")
_UNSAFE = re.compile(r"[^\t\x20-\x7e\x80-\xff]")
_WILD = frozenset("*?[")
_LABEL_NAME = re.compile(r"(?:[a-z0-9](?:[-.a-z0-9]{0,251}[a-z0-9])?/)?[A-Za-z0-9](?:[-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?")
#: How long ago something was is not asked here: only whether it is written as it should be.
_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)
_LONGEST_DIGEST = 7 * 86400.0
_SHORTEST_DIGEST = 60.0


def a_text(found: Any) -> str:
    """One line of text."""
    if not isinstance(found, str) or not found or len(found) > _MOST_CHARACTERS or not found.isprintable():
        raise ValueError(f"expected a text on one line, of 1 to {_MOST_CHARACTERS} characters")
    return found


def a_name(found: Any) -> str:
    """A subscription's."""
    if not isinstance(found, str) or not _NAME.fullmatch(found):
        raise ValueError("expected a name of at most 63 small letters, digits and dashes, such as payments-slack")
    return found


def a_path(found: Any) -> str:
    """A file's."""
    if not isinstance(found, str) or not found.startswith("/") or not found.isprintable():
        raise ValueError("expected the absolute path of a file, such as /etc/promoter-view/slack/url")
    return found


def one_of(known: Collection[str]) -> Callable[[Any], str]:
    """One of those words."""

    def parse(found: Any) -> str:
        if not isinstance(found, str) or found not in known:
            raise ValueError(f"expected one of {', '.join(known)}{_meant(found, known)}")
        return found

    return parse


def patterns(found: Any) -> tuple[str, ...]:
    """A list of names, in which ``*``, ``?`` and ``[...]`` stand for others."""
    if not isinstance(found, list) or not found or len(found) > _MOST_PATTERNS:
        raise ValueError(f"expected a list of 1 to {_MOST_PATTERNS} names, such as [storefront, payments-*]")
    return tuple(map(a_text, found))


def states(known: Collection[str]) -> Callable[[Any], tuple[str, ...]]:
    """A list of states, or of patterns of such."""

    def parse(found: Any) -> tuple[str, ...]:
        words = patterns(found)
        for word in words:
            if word not in known and not _WILD & set(word):
                raise ValueError(f"{quoted(word)} is no state{nearest(word, known)}")
        return words

    return parse


def events(found: Any) -> frozenset[EventType]:
    """A list of events."""
    known = [each.value for each in EventType]
    words = patterns(found)
    for word in words:
        if word not in known:
            raise ValueError(f"{quoted(word)} is no event{nearest(word, known)}")
    return frozenset(map(EventType, words))


def labels(found: Any) -> tuple[tuple[str, str], ...]:
    """Patterns of labels' values, by labels."""
    if not isinstance(found, dict) or not found or not all(isinstance(each, str) for each in found.values()):
        raise ValueError("expected labels with their values, such as {team: payments}")
    for name in found:
        if not _LABEL_NAME.fullmatch(name):
            raise ValueError(f"{quoted(name)} is no name of a label: expected one such as example.com/team")
    return tuple(found.items())


def header_name(name: str) -> str:
    """A name of a header."""
    if not _HEADER.fullmatch(name):
        raise ValueError(f"{quoted(name)} is no name of a header: expected one such as X-Team")
    return name


def header_value(found: Any) -> str:
    """A value of a header: no line ends, no NUL, nothing beyond Latin-1."""
    if not isinstance(found, str) or len(found) > _MOST_CHARACTERS or _UNSAFE.search(found):
        raise ValueError("expected a text without line ends and control characters")
    return found


def content_type(found: Any) -> str:
    """A media type, perhaps with parameters."""
    if not isinstance(found, str) or not _MEDIA_TYPE.fullmatch(found):
        raise ValueError("expected a media type such as application/json")
    return found


def identifier(name: str) -> str:
    """A name that a template can use behind a dot."""
    if not name.isascii() or not name.isidentifier() or name.startswith("_") or len(name) > 60:
        raise ValueError(f"{quoted(name)} is no name for a template: expected one such as routingKey")
    return name


def since(found: Any) -> str:
    """Where a new subscription begins."""
    word = a_text(found)
    try:
        parse_moment(word, _SOME_DAY)
    except ValueError as error:
        raise ValueError(EXPECTED_TIME) from error
    return word


def times(found: Any) -> tuple[time, ...]:
    """Times of the day: one, or a list."""
    words = found if isinstance(found, list) else [found]
    if not words or len(words) > 24:
        raise ValueError('expected a time such as "09:00", or a list of at most 24')
    return tuple(sorted(set(map(a_time, words))))


def a_time(found: Any) -> time:
    """A time of the day, to the minute."""
    match = _TIME.fullmatch(found) if isinstance(found, str) else None
    if match is None:
        raise ValueError('expected a time from 00:00 to 23:59, such as "09:00"')
    return time(int(match[1]), int(match[2]))


def every(found: Any) -> int:
    """The seconds of a digest's interval."""
    seconds = parse_duration(found, days=True) if isinstance(found, str) else None
    if seconds is None or not _SHORTEST_DIGEST <= seconds <= _LONGEST_DIGEST:
        raise ValueError("expected a duration from 1m to 7d, such as 15m or 1h30m")
    return int(seconds)


def time_zone(found: Any) -> str:
    """The name of a time zone that this system knows."""
    try:
        ZoneInfo(a_text(found))
    except (ValueError, OSError, LookupError) as error:
        raise ValueError("expected a time zone such as Europe/Berlin or UTC") from error
    return str(found)


def count(found: Any) -> int:
    """How often."""
    if not isinstance(found, str) or not re.fullmatch("[0-9]{1,4}", found) or not 1 <= int(found) <= 1000:
        raise ValueError("expected a number from 1 to 1000")
    return int(found)


def _meant(found: Any, known: Collection[str]) -> str:
    hint = nearest(found, known) if isinstance(found, str) else ""
    return hint if "did you mean" in hint else ""
