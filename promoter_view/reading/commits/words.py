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

from promoter_view.decoded import parse_time
from promoter_view.reading.commits.packed import KEY_BITS
from promoter_view.records import Bundle
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from promoter_view.views.promotion_strategy.order_gate import HISTORIES, POLICIES
from promoter_view.views.stage.details import STAGE_DETAILS

#: The hexadecimal digits that a key holds.
_DIGITS = KEY_BITS // 4
#: Bytes of the longest text that is looked for, and of what is compared at once.
_LONGEST_WORD, _BLOCK = 160, 1024
_TIMES = re.compile(rb'"(?:commitTime|finishedAt)":"((?!0001)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"')


class Span(NamedTuple):
    """The keys from ``first`` to ``last``."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class WordScanner:
    """Where to look in the bundles of a view: ``fields`` that hold members, and the root where ``root`` says so.

    ``proposes``: what went away of the members may have been a proposal. ``kinds`` are those of what is looked at.
    ``rendering``: a field beside these, whose members tell of hydrated commits and of nothing else; of that kind.
    """

    fields: tuple[str, ...]
    root: bool
    proposes: bool
    kinds: frozenset[str]
    hexes: re.Pattern[bytes]
    texts: re.Pattern[bytes] | None = None
    rendering: tuple[str, str] | None = None
    joints: tuple[bytes, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "joints", tuple(b',"%s":' % name.encode() for name in self.fields))

    def pieces(self, bundle: Bundle | None) -> Sequence[bytes]:
        """The bytes to look at, in the bundle's order."""
        if bundle is None:
            return ()
        found, place = [bundle.root] if self.root else [], 2
        for joint in self.joints:
            members, place = _members(bundle.tail, joint, place)
            found += members
        return found

    def rendered(self, bundle: Bundle | None) -> Sequence[bytes]:
        """The members to look at for hydrated commits."""
        if bundle is None or self.rendering is None:
            return ()
        return _members(bundle.tail, b',"%s":' % self.rendering[0].encode(), 2)[0]

    @property
    def every_kind(self) -> frozenset[str]:
        """Those of all that may name a commit."""
        return self.kinds if self.rendering is None else self.kinds | {self.rendering[1]}

    def oldest(self, text: bytes) -> str:
        """The earliest time that it tells of, "" for none (RFC 3339)."""
        found = min(_TIMES.findall(text), default=b"").decode()
        if not found or parse_time(found) is not None:
            return found
        return min(filter(parse_time, map(bytes.decode, _TIMES.findall(text))), default="")


_SHA = rb"[0-9a-fA-F]{7,64}"
#: What is looked for in members that tell of hydrated commits.
RENDERED = re.compile(rb'"hydratedSHA":"(%b)"' % _SHA)
#: By view.
SCANNERS: Mapping[str, WordScanner] = {
    PROMOTION_STRATEGY_DETAILS.plural: WordScanner(
        (POLICIES, HISTORIES),
        root=False,
        proposes=True,
        kinds=frozenset(("ChangeTransferPolicy", "ChangeTransferPolicyHistory")),
        hexes=re.compile(rb'ha":"(%b)"' % _SHA),  # sha, drySha: by what begins a match it is found fast
    ),
    STAGE_DETAILS: WordScanner(
        ("promotions", "freight"),
        root=True,
        proposes=False,
        kinds=frozenset(("Promotion", "Freight")),
        hexes=re.compile(rb'"(?:id|name|freight|digest)":"(?:sha256:)?(%b)"' % _SHA),
        texts=re.compile(rb'"(?:tag|version)":"([^"\\]{1,128})"'),
        rendering=("applications", "Application"),
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


def differing(before: Sequence[bytes], after: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """The pieces that are not as they were, each as it was and as it is; b"" where it was not, or is no longer.

    Those that stay are the same objects.
    """
    if len(before) == len(after):
        yield from ((old, new) for old, new in zip(before, after, strict=True) if old is not new)
        return
    kept, staying = frozenset(map(id, before)), frozenset(map(id, after))
    yield from ((b"", piece) for piece in after if id(piece) not in kept)
    yield from ((piece, b"") for piece in before if id(piece) not in staying)


def windows(old: bytes, new: bytes) -> tuple[bytes, bytes]:
    """What of two texts differs, with so much around it that no word is cut: what is left out is the same."""
    most, start, behind = min(len(old), len(new)), 0, 0
    while start + _BLOCK <= most and old[start : start + _BLOCK] == new[start : start + _BLOCK]:
        start += _BLOCK
    ends = len(old), len(new)
    while start + behind + _BLOCK <= most:
        if old[ends[0] - _BLOCK : ends[0]] != new[ends[1] - _BLOCK : ends[1]]:
            break
        behind += _BLOCK
        ends = len(old) - behind, len(new) - behind
    start, behind = max(start - _LONGEST_WORD, 0), max(behind - _LONGEST_WORD, 0)
    return old[start : len(old) - behind], new[start : len(new) - behind]


def _members(tail: tuple[bytes, ...], joint: bytes, place: int) -> tuple[tuple[bytes, ...], int]:
    """The members of a field, and the place behind it: they stand behind its joint as ``[``, a member, ``,``, a member,
    ``]``. Fields come in order, so it is looked for from ``place`` on.
    """
    try:
        start = tail.index(joint, place) + 1
        end = tail.index(b"]", start)
    except ValueError:
        return (), place
    return (tail[start + 1 : end : 2], end + 1) if tail[start] == b"[" else ((), start)
