"""One number for all bundles as they are now, by which replicas are compared. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable
from typing import NamedTuple

from promoter_view.records import Bundle, BundleKey
from promoter_view.slices import Steps, at_once

#: A metric's value is a double, which holds integers up to here exactly.
_MODULUS = 1 << 53
_HASH_BYTES = 16


class _Part(NamedTuple):
    """A bundle's own digest, and what it was made from: its pieces, and their hashes in that order."""

    value: int
    pieces: tuple[bytes, ...]
    hashes: bytes


class Digest:
    """The sum of the bundles' own digests, each of which is of its pieces' hashes: a change costs the changed pieces.

    A bundle's pieces, joined, are its JSON as it is served: two replicas with the same digest serve the same bytes.
    """

    def __init__(self) -> None:
        self._parts: dict[BundleKey, _Part] = {}
        self._unread: dict[BundleKey, Bundle] = {}
        self._sum = 0

    @property
    def value(self) -> int:
        """Of each byte of all bundles; below 2^53."""
        at_once(self.steps())
        return self._sum

    @property
    def known(self) -> int | None:
        """The same, None where it is still to be worked out."""
        return None if self._unread else self._sum

    def steps(self) -> Steps:
        """Works out what has changed since the last time, a bundle a step: hashing is the dear part."""
        while self._unread:
            self._add(self._unread.pop(next(iter(self._unread))))
            yield

    def put(self, bundle: Bundle) -> None:
        """A bundle is there, or has changed."""
        self._unread[bundle.key] = bundle

    def remove(self, key: BundleKey) -> None:
        """A bundle is gone; it must have been there."""
        self._unread.pop(key, None)
        part = self._parts.pop(key, None)
        if part is not None:
            self._sum = (self._sum - part.value) % _MODULUS

    def _add(self, bundle: Bundle) -> None:
        before = self._parts.get(bundle.key)
        hashes = b"".join(_hashes(bundle.tail, before))
        whole = b"".join((_hash(bundle.head), b"%d" % bundle.resource_version, hashes))
        part = _Part(int.from_bytes(_hash(whole)[:8], "big"), bundle.tail, hashes)
        self._sum = (self._sum - (before.value if before is not None else 0) + part.value) % _MODULUS
        self._parts[bundle.key] = part


def digest_of(bundles: Iterable[Bundle]) -> Generator[None, None, int]:
    """The digest of these, in steps."""
    found = Digest()
    for bundle in bundles:
        found.put(bundle)
    yield from found.steps()
    return found.value


def _hashes(pieces: tuple[bytes, ...], before: _Part | None) -> list[bytes]:
    """Those that have stayed are the same objects as before; ``before`` keeps them, so that no other has their id."""
    known: dict[int, bytes] = {}
    if before is not None:
        starts = range(0, len(before.hashes), _HASH_BYTES)
        found = (before.hashes[start : start + _HASH_BYTES] for start in starts)
        known = dict(zip(map(id, before.pieces), found, strict=True))
    return [known.get(id(piece)) or _hash(piece) for piece in pieces]


def _hash(piece: bytes) -> bytes:
    return hashlib.sha256(piece).digest()[:_HASH_BYTES]
