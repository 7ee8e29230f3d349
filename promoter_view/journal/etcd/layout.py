"""The journal's keys under the event log's prefix, and their values as bytes. Pure.

``journal/head`` says up to where the journal goes; every transaction that writes it puts head too. A key
``journal/entries/RV-ITEM`` is named by the first entry that it holds, and holds some entries of one transaction:
``JournalEntry.write``, a line each, compressed by zlib. Behind head's progress there may be keys of a transaction that
never came to its end: nobody reads them, and the next leader deletes them.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import orjson

from promoter_view.decoded import number
from promoter_view.journal.entries import EntryIdentity, JournalEntry, read_entries
from promoter_view.journal.shared.head import JournalHead
from promoter_view.journal.store import JournalError
from promoter_view.log.etcd.client.values import Keys
from promoter_view.log.etcd.layout import below

FORMAT = 1
#: Keys that are read at once, at most.
PAGE_KEYS = 32
#: Bytes of entries in one key before they are compressed, unless a single one has more.
_PIECE_BYTES = 64 * 1024
#: No key holds more than one entry's worth beyond that: an object has at most a few MB.
_MOST_BYTES = 32 * 1024 * 1024
_LEVEL = 6
_NAME = re.compile(rb"(\d{20})-(\d{10})")


class JournalKeys:
    """The keys under one prefix, e.g. ``promoter-view``: then all of them begin with ``/promoter-view/journal/``."""

    def __init__(self, prefix: str) -> None:
        root = f"/{prefix.strip('/')}/journal/".encode()
        self.all = below(root)
        self.head = root + b"head"
        self.entries = below(root + b"entries/")

    def key(self, first: EntryIdentity) -> bytes:
        """The key of the entries which begin with that one."""
        return b"%b%020d-%010d" % (self.entries.key, *first)

    def first_of(self, key: bytes) -> EntryIdentity | None:
        """The inverse; None for a key that is none of these."""
        found = _NAME.fullmatch(key.removeprefix(self.entries.key))
        return None if found is None else EntryIdentity(int(found[1]), int(found[2]))

    def behind(self, version: int) -> Keys:
        """The keys of entries of later resourceVersions."""
        return Keys(self.key(EntryIdentity(version + 1, 0)), self.entries.end)


def encode_head(head: JournalHead) -> bytes:
    """The value of ``journal/head``: JSON, for people who look at it."""
    version, item = head.expired
    told = {"format": FORMAT, "progress": head.progress, "expired": version, "expiredItem": item}
    return orjson.dumps({**told, "entries": head.count, "bytes": head.bytes, "digest": head.digest})


def decode_head(key: bytes, value: bytes) -> JournalHead:
    """The inverse. Errors: JournalError, also where a newer program has written it."""
    try:
        found = orjson.loads(value)
    except ValueError:
        found = None
    if not isinstance(found, dict) or number(found, "format") < 1:
        raise JournalError(f"etcd key {key.decode('utf-8', 'replace')} cannot be read: something else writes there")
    if number(found, "format") > FORMAT:
        raise JournalError(
            f"the journal in etcd was written by a newer program (its format is {number(found, 'format')}, this "
            f"program knows {FORMAT}): start that program, or give another --journal"
        )
    expired = EntryIdentity(number(found, "expired"), number(found, "expiredItem"))
    digest = number(found, "digest") if found.get("digest") is not None else None
    return JournalHead(number(found, "progress"), expired, number(found, "entries"), number(found, "bytes"), digest)


@dataclass(frozen=True, slots=True)
class JournalPiece:
    """The entries of one key. ``last`` is the newest of them, ``count`` how many there are."""

    first: EntryIdentity
    last: EntryIdentity
    count: int
    value: bytes


def pieces_of(entries: Sequence[JournalEntry]) -> Iterator[JournalPiece]:
    """The keys that hold these entries, which are in order."""
    lines, size, begin = list[bytes](), 0, 0
    for at, entry in enumerate(entries):
        line = entry.write()
        if lines and size + len(line) > _PIECE_BYTES:
            yield _piece(entries[begin], entries[at - 1], lines)
            lines, size, begin = [], 0, at
        lines.append(line)
        size += len(line)
    if lines:
        yield _piece(entries[begin], entries[-1], lines)


def read_piece(value: bytes) -> Sequence[JournalEntry]:
    """The entries of a key's value. What cannot be read is none."""
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(value, _MOST_BYTES)
    except zlib.error:
        return []
    return list(read_entries(text.split(b"\n") if inflater.eof else ()))


def _piece(first: JournalEntry, last: JournalEntry, lines: Sequence[bytes]) -> JournalPiece:
    return JournalPiece(first.identity, last.identity, len(lines), zlib.compress(b"\n".join(lines), _LEVEL))
