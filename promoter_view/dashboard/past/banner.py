"""What pages of the past say of themselves, and how their links stay in the same moment. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from urllib.parse import quote, urlencode

from promoter_view.reading.past.moments import AskedPast
from promoter_view.reading.past.seen import SeenMoment

#: Of pages that have no past: what is followed from there is of now.
_OF_NOW = ("static/", "sign-in", "sign-out", "program", "journal", "healthz")
_LINK = re.compile(r'(<a\b[^>]*? href=")([^"]*)(")')
_FORM = re.compile(r'(<form\b[^>]*? method="get"[^>]*>)')
#: Parameters that name moments, in the order in which they are read.
_MOMENTS = ("at", "from", "to")
_BACK = "data-back"
_SLASHES = "/\\"


@dataclass(frozen=True, slots=True)
class PastBanner:
    """``asked`` and ``recorded`` are moments in full, ``at`` in addresses; ages are told as of ``now``.

    ``live`` leads back to now, ``before`` and ``after`` to the changes beside it. Each is "" where there is none, or
    where the visitor sees nothing of it.
    """

    asked: str
    recorded: str
    live: str
    before: str
    after: str
    at: str
    now: datetime


def banner_of(past: AskedPast, seen: SeenMoment, path: str, query: Mapping[str, str]) -> PastBanner:
    """The banner of the page of that path, below the root, and query; ``seen``: what is told of the moment."""
    rest = {name: value for name, value in query.items() if name != "at"}
    moment, now = past.moment, past.now
    return PastBanner(
        asked=exactly(now) if moment.time_ms else f"resourceVersion {moment.resource_version}",
        recorded=exactly(seen.recorded) if seen.recorded else "",
        live=_address(path, rest),
        before=_address(path, {**rest, "at": str(seen.before)}) if seen.before else "",
        after=_address(path, {**rest, "at": str(seen.after)}) if seen.after else "",
        at=now.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z" if moment.time_ms else str(moment.resource_version),
        now=now,
    )


def earliest_address(path: str, query: Mapping[str, str], *, gone: str, earliest: str) -> str:
    """Of that page at the earliest moment instead of one that the log no longer has; "" where it names none.

    ``gone`` is how it was asked for, of which AskedMoment keeps the beginning.
    """
    instead = {name: earliest for name in _MOMENTS if query.get(name, "").startswith(gone) and query[name] != earliest}
    return _address(path, {**query, **instead}) if instead else ""


def exactly(moment: datetime) -> str:
    """A moment to the second: ``30 Nov 2026, 11:05:09 UTC``."""
    there = moment.astimezone(UTC)
    return f"{there.day} {there:%b} {there.year}, {there:%H:%M:%S} UTC"


def staying(pieces: Iterable[bytes], root: str, at: str) -> Iterator[bytes]:
    """A page whose links and filters lead to pages of the same moment; a tag is never cut by the end of a piece."""
    held = ""
    for piece in pieces:
        text = held + piece.decode()
        end = text.rfind("<")
        cut = end if end >= 0 and ">" not in text[end:] else len(text)
        held = text[cut:]
        yield _stays(text[:cut], root, at).encode()
    yield _stays(held, root, at).encode()


def _stays(html: str, root: str, at: str) -> str:
    hidden = f'<input type="hidden" name="at" value="{escape(at)}">'
    linked = _LINK.sub(lambda found: found[1] + _link(found, root, at) + found[3], html)
    return _FORM.sub(lambda found: found[1] + hidden, linked)


def _link(found: re.Match[str], root: str, at: str) -> str:
    href = found[2]
    below = href.removeprefix(root)
    if not href.startswith(root) or href.startswith("//") or below.startswith(_OF_NOW) or _BACK in found[1]:
        return href
    address, hash_sign, part = href.partition("#")
    joint = "&amp;" if "?" in address else "?"
    return f"{address}{joint}at={quote(at)}{hash_sign}{part}"


def _address(path: str, query: Mapping[str, str]) -> str:
    """Never another host's, as a path with two slashes would be."""
    path = f"/{path.lstrip(_SLASHES)}" if path.startswith(("//", "/\\")) else path
    return f"{path}?{urlencode(query)}" if query else path
