"""What the bytes of a bundle's members name: shas, and the tags, digests and versions of artifacts. Pure.

Nothing is decoded: members are JSON as ``orjson`` writes it, without white space, and what is looked for holds nothing
that would be escaped. What is found is where to look, and no answer: whatever names a commit is read for that
(``strategies``, ``stages``), so a word too many costs a look, and none is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import NamedTuple

from promoter_view.reading.commits.packed import KEY_BITS
from promoter_view.records import Bundle
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from promoter_view.views.promotion_strategy.order_gate import HISTORIES, POLICIES
from promoter_view.views.stage.details import STAGE_DETAILS

#: The hexadecimal digits that a key holds.
_DIGITS = KEY_BITS // 4
_TIMES = re.compile(rb'"(?:commitTime|finishedAt)":"((?!0001)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"')


class Span(NamedTuple):
    """The keys from ``first`` to ``last``."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Named:
    """What one piece names; ``oldest`` is the earliest time that it tells of, "" for none (RFC 3339)."""

    hexes: frozenset[bytes] = frozenset()
    texts: frozenset[bytes] = frozenset()
    oldest: str = ""


@dataclass(frozen=True, slots=True)
class WordScanner:
    """Where to look in the bundles of a view: ``fields`` that hold members, and the root where ``root`` says so.

    ``proposes``: what went away of the members may have been a proposal. ``kinds`` are those of what is looked at.
    """

    fields: tuple[str, ...]
    root: bool
    proposes: bool
    kinds: frozenset[str]
    hexes: re.Pattern[bytes]
    texts: re.Pattern[bytes] | None = None
    joints: tuple[bytes, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "joints", tuple(b',"%s":' % name.encode() for name in self.fields))

    def pieces(self, bundle: Bundle | None) -> Sequence[bytes]:
        """The bytes to look at, in the bundle's order."""
        if bundle is None:
            return ()
        found = [bundle.root] if self.root else []
        for joint in self.joints:
            found += _members(bundle.tail, joint)
        return found

    def read(self, piece: bytes) -> Named:
        """What it names."""
        texts = frozenset() if self.texts is None else frozenset(self.texts.findall(piece))
        return Named(frozenset(self.hexes.findall(piece)), texts, self.oldest(piece))

    def oldest(self, piece: bytes) -> str:
        """The earliest time that it tells of."""
        return min(_TIMES.findall(piece), default=b"").decode()


_SHA = rb"[0-9a-fA-F]{7,64}"
#: By view.
SCANNERS: Mapping[str, WordScanner] = {
    PROMOTION_STRATEGY_DETAILS.plural: WordScanner(
        (POLICIES, HISTORIES),
        root=False,
        proposes=True,
        kinds=frozenset(("ChangeTransferPolicy", "ChangeTransferPolicyHistory")),
        hexes=re.compile(rb'"(?:sha|drySha)":"(%b)"' % _SHA),
    ),
    STAGE_DETAILS: WordScanner(
        ("promotions", "freight"),
        root=True,
        proposes=False,
        kinds=frozenset(("Promotion", "Freight")),
        hexes=re.compile(rb'"(?:id|name|freight|digest)":"(?:sha256:)?(%b)"' % _SHA),
        texts=re.compile(rb'"(?:tag|version)":"([^"\\]+)"'),
    ),
}


def hex_key(word: bytes | str) -> int:
    """The key of a sha: its first 16 digits."""
    return int(word[:_DIGITS], 16) << 4 * max(_DIGITS - len(word), 0)


def hex_span(prefix: str) -> Span:
    """The keys of all shas that begin so, and of some more where it has more digits than a key."""
    first = hex_key(prefix)
    return Span(first, first | (1 << 4 * max(_DIGITS - len(prefix), 0)) - 1)


def text_key(word: bytes) -> int:
    """The key of any other word: a digest of it in small letters."""
    return int.from_bytes(blake2b(word.lower(), digest_size=KEY_BITS // 8).digest())


def differing(before: Sequence[bytes], after: Sequence[bytes]) -> Iterator[tuple[bytes, int]]:
    """The pieces that come (1) and that go (-1): those that stay are the same objects."""
    if len(before) == len(after):
        for old, new in zip(before, after, strict=True):
            if old is not new:
                yield new, 1
                yield old, -1
        return
    kept, staying = frozenset(map(id, before)), frozenset(map(id, after))
    yield from ((piece, 1) for piece in after if id(piece) not in kept)
    yield from ((piece, -1) for piece in before if id(piece) not in staying)


def _members(tail: tuple[bytes, ...], joint: bytes) -> tuple[bytes, ...]:
    """The members of a field: they stand behind its joint as ``[``, a member, ``,``, a member, ``]``."""
    try:
        start = tail.index(joint, 2) + 1
    except ValueError:
        return ()
    return tail[start + 1 : tail.index(b"]", start) : 2] if tail[start] == b"[" else ()
