"""Entries as an Atom feed (RFC 4287). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5
from xml.etree.ElementTree import Element, SubElement, tostring

from promoter_view.dashboard.page_table import page_path
from promoter_view.journal.entries import JournalEntry
from promoter_view.journal.sentences import sentence

MEDIA_TYPE = "application/atom+xml; charset=utf-8"
_XMLNS = "http://www.w3.org/2005/Atom"
_ENTRIES_A_PIECE = 50
#: What no XML 1.0 document may have, not even escaped; and what turns text around, or hides in it.
_UNFIT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff\U000e0000-\U000e007f]"
)
_NOBODY = "promoter-view"


def feed_pieces(entries: Sequence[JournalEntry], address: str, root: str, now: datetime) -> Iterator[bytes]:
    """The feed of that ``address``, the newest entry first; pages are below ``root``. Both may be paths."""
    updated = entries[0].time if entries else now
    head = Element("feed", xmlns=_XMLNS)
    _text(head, "id", f"urn:uuid:{uuid5(NAMESPACE_URL, address)}")
    _text(head, "title", "Journal of promoter-view")
    _text(head, "updated", _stamp(updated))
    _text(SubElement(head, "author"), "name", _NOBODY)
    SubElement(head, "link", rel="self", href=_fit(address))
    SubElement(head, "link", rel="alternate", type="text/html", href=_fit(f"{root}journal"))
    opening, closing = tostring(head, encoding="unicode").rsplit("</feed>", 1)
    yield f'<?xml version="1.0" encoding="utf-8"?>\n{opening}\n'.encode()
    for first in range(0, len(entries), _ENTRIES_A_PIECE):
        some = entries[first : first + _ENTRIES_A_PIECE]
        yield b"".join(tostring(_entry(each, root), encoding="utf-8", xml_declaration=False) + b"\n" for each in some)
    yield f"</feed>{closing}\n".encode()


def _entry(entry: JournalEntry, root: str) -> Element:
    told, commit, key = Element("entry"), entry.happening.commit, entry.key
    _text(told, "id", f"urn:uuid:{entry.identity.uid}")
    _text(told, "title", sentence(entry))
    _text(told, "updated", _stamp(entry.time))
    _text(SubElement(told, "author"), "name", (commit.author if commit else "") or _NOBODY)
    path = page_path(*key) if key.namespace else "journal"
    SubElement(told, "link", rel="alternate", type="text/html", href=_fit(f"{root}{path}"))
    SubElement(told, "category", term=entry.happening.event.value)
    _text(told, "content", sentence(entry))
    return told


def _text(parent: Element, name: str, words: str) -> None:
    SubElement(parent, name).text = _fit(words)


def _fit(words: str) -> str:
    return _UNFIT.sub("\N{REPLACEMENT CHARACTER}", words)


def _stamp(time: datetime) -> str:
    return time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
