"""Templates made into bytes: every value escaped, times as ``<time>`` elements that the page keeps up to date. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from promoter_view.dashboard.page_table import STRATEGY, page_path
from promoter_view.views.promotion_strategy.state.words import STATE_WORDS, said_state

#: With this the part ends that is the same for all that a page may hold: a browser can paint it meanwhile.
END_OF_HEAD = '<main id="main"'
#: Pieces of a page are at least that long, so that a page of many rows is not a write a row.
_PIECE = 32 * 1024
_TIME = re.compile(rb'<time datetime="([^"]+)"( data-say="[a-z]+")?>[^<]*</time>')
#: What is there from a moment on, or until then: as a template writes the classes and attributes of such an element.
_TIMED = re.compile(rb'(class="timed[^"]*" data-(from|until)="([^"]+)")( hidden)?')
#: Controls but for tabs and line ends, embeddings and overrides of direction, separators, tags.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

#: Stands where there is no figure.
_NOTHING = "\N{EN DASH}"


class Renderer:
    """The templates, compiled once. ``root_path`` and ``assets_path`` begin all addresses within the dashboard."""

    def __init__(self, *, root_path: str, assets_path: str, has_stages: bool = True) -> None:
        self.root_path = root_path
        environment = Environment(
            loader=PackageLoader("promoter_view.dashboard"),
            autoescape=True,
            auto_reload=False,  # templates are a part of the program: else each use asks the disk
            undefined=StrictUndefined,
            finalize=visible,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters.update(
            when=when,
            for_how_long=for_how_long,
            clock=clock,
            from_then=from_then,
            until_then=until_then,
            stamp=stamp,
            span=span,
            number=number,
            size=size,
            state_word=STATE_WORDS.__getitem__,
            said_state=said_state,
            bdi=isolated,
        )
        environment.globals.update(
            root=root_path,
            assets=assets_path,
            strategy_path=STRATEGY.at,
            page_path=page_path,
            address=address,
            has_stages=has_stages,
        )
        self._environment = environment

    def texts(self, template: str, values: Mapping[str, Any]) -> Iterator[str]:
        """A template's text, part by part: a step each."""
        return self._environment.get_template(template).generate(values)

    def whole(self, template: str, values: Mapping[str, Any]) -> str:
        """A template's text."""
        return self._environment.get_template(template).render(values)

    def macro(self, template: str, name: str) -> Callable[..., str]:
        """A macro of a template. What it returns is plain text: a Markup's methods would escape their arguments."""
        found: Callable[..., str] = getattr(self._environment.get_template(template).module, name)
        return lambda *values: str.__str__(found(*values))

    def pieces(self, template: str, values: Mapping[str, Any], now: datetime) -> Iterator[bytes]:
        """A page in pieces, its times said as of ``now``."""
        for piece in _joined(self._environment.get_template(template).generate(values)):
            yield as_of(piece, now)


def visible(value: Any) -> Any:
    """What is put out, with a text's controls and directions written so that they are seen: ``\\u202e``.

    Left as they are an override turns what stands behind it around, and an escape is carried into a terminal.
    """
    if not isinstance(value, str) or isinstance(value, Markup) or value.isprintable():
        return value
    return _UNSEEN.sub(lambda found: _escape(found[0]), value)


def isolated(text: str) -> Markup:
    """A text within a sentence, whose direction depends on the text alone."""
    return Markup("<bdi>{}</bdi>").format(visible(text))


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def when(moment: datetime | None) -> Markup | str:
    """A moment as a ``<time>``: absolute, until ``as_of`` or the page's clock says it as people do."""
    return "" if moment is None else Markup('<time datetime="{}">{}</time>').format(_written(moment), stamp(moment))


def for_how_long(moment: datetime) -> Markup:
    """The time since then, ``for 12m``, as ``when`` has it."""
    return _said_as(moment, "for")


def clock(moment: datetime) -> Markup:
    """A time of the day, ``21:35 UTC``, as ``when`` has it; a browser says it in its own time zone."""
    return _said_as(moment, "clock")


def from_then(moment: datetime, css: str = "") -> Markup:
    """The attributes of an element that is there from that moment on, ``css`` being more classes."""
    return Markup('class="timed{}" data-from="{}" hidden').format(f" {css}" if css else "", _written(moment))


def until_then(moment: datetime, css: str = "") -> Markup:
    """The same of one that is there until then."""
    return Markup('class="timed{}" data-until="{}"').format(f" {css}" if css else "", _written(moment))


def stamp(moment: datetime) -> str:
    """A moment in full: ``30 Nov 2026, 11:05 UTC``."""
    there = moment.astimezone(UTC)
    return f"{_day(there)}, {there:%H:%M} UTC"


def as_of(html: bytes, now: datetime) -> bytes:
    """The same with each ``<time>`` said relative to ``now``, and with what is there by then."""
    return _TIMED.sub(lambda found: _shown(found, now), _TIME.sub(lambda found: _said(found, now), html))


def relative(moment: datetime, now: datetime) -> str:
    """``just now``, ``45s ago``, ``18m ago``, ``in 5m``; a date beyond two weeks. clock.js says the same."""
    elapsed = now - moment
    ahead = elapsed < timedelta()
    elapsed = abs(elapsed)
    if elapsed < timedelta(seconds=5):
        return "now" if ahead else "just now"
    if elapsed > 14 * _DAY:
        return _day(moment)
    words = span(elapsed)
    return f"in {words}" if ahead else f"{words} ago"


def span(length: timedelta | None) -> str:
    """A length of time in its largest unit, from one to three hours in two: ``45s``, ``18m``, ``2h 5m``, ``4d``."""
    if length is None:
        return _NOTHING
    if length < _MINUTE:
        return f"{max(int(length.total_seconds()), 0)}s"
    if length < _HOUR:
        return f"{length // _MINUTE}m"
    if length < 3 * _HOUR:
        minutes = length % _HOUR // _MINUTE
        return f"{length // _HOUR}h {minutes}m" if minutes else f"{length // _HOUR}h"
    if length < 2 * _DAY:
        return f"{length // _HOUR}h"
    return f"{length // _DAY}d"


def number(value: float | None, digits: int = 1) -> str:
    """A figure; a dash where there is none."""
    return _NOTHING if value is None else f"{value:,.{digits}f}"


def size(count: int) -> str:
    """Bytes as people say them."""
    amount, units = float(count), iter(("B", "KiB", "MiB", "GiB", "TiB"))
    unit = next(units)
    for larger in units:
        if amount < 1024:
            break
        amount, unit = amount / 1024, larger
    return f"{amount:,.0f} {unit}" if amount >= 10 or unit == "B" else f"{amount:.1f} {unit}"


def address(path: str, **query: str) -> str:
    """A path with those parameters that say something."""
    said = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(said)}" if said else path


def _day(moment: datetime) -> str:
    """A date. Not by ``%Y``, which writes the years before 1000 as no reader of RFC 3339 takes them."""
    return f"{moment.day} {moment:%b} {moment.year}"


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _said_as(moment: datetime, say: str) -> Markup:
    return Markup('<time datetime="{}" data-say="{}">{}</time>').format(_written(moment), say, stamp(moment))


def _said(found: re.Match[bytes], now: datetime) -> bytes:
    stamp, say = found[1].decode(), (found[2] or b"").decode()
    words = _SAYINGS[say](datetime.fromisoformat(stamp), now)
    return f'<time datetime="{stamp}"{say}>{escape(words)}</time>'.encode()


def _shown(found: re.Match[bytes], now: datetime) -> bytes:
    is_past = datetime.fromisoformat(found[3].decode()) <= now
    return found[1] + (b" hidden" if is_past is (found[2] == b"until") else b"")


def _since(moment: datetime, now: datetime) -> str:
    """How long that is ago; clocks differ, so nothing is less than 0."""
    return f"for {span(max(now - moment, timedelta()))}"


def _clock(moment: datetime, now: datetime) -> str:
    there = moment.astimezone(UTC)
    return f"{there:%H:%M} UTC" if there.date() == now.astimezone(UTC).date() else stamp(moment)


#: What a ``<time>`` says, by the attribute that asks for it.
_SAYINGS: Mapping[str, Callable[[datetime, datetime], str]] = {
    "": relative,
    ' data-say="for"': _since,
    ' data-say="clock"': _clock,
}


def _joined(texts: Iterable[str]) -> Iterator[bytes]:
    """Texts in pieces; a <time> is never cut, for a template yields it whole. A piece ends with ``END_OF_HEAD``."""
    waiting: list[str] = []
    length = 0
    for text in texts:
        waiting.append(text)
        length += len(text)
        if length >= _PIECE or END_OF_HEAD in text:
            yield "".join(waiting).encode()
            waiting, length = [], 0
    yield "".join(waiting).encode()
