"""How a stream or a list goes on the wire: as it is, or as a gzip member of runs that all clients share. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Protocol

from promoter_view.records import Bundle
from promoter_view.views.bundle_cache import BundleCache
from promoter_view.views.recent import Recent
from promoter_view.web.deflate import HEADER, Member, Run, deflate

#: What the frames near the head may take, in each of the two forms: readers that keep up share these, one that lags
#: makes its own.
CACHE_BYTES = 32 * 1024 * 1024

Make = Callable[[], bytes]


class Shared:
    """What all clients' wires have in common: frames last made, by what they are, and bundles in compressed form."""

    def __init__(self, max_bytes: int = CACHE_BYTES) -> None:
        self._plain: Recent[bytes] = Recent(max_bytes)
        self._runs: Recent[Run] = Recent(max_bytes)
        self._bundles: BundleCache[Run] = BundleCache(lambda bundle: deflate(bundle.encode()))

    def plain(self, key: Hashable, make: Make) -> bytes:
        """The frame of that key, made where it is not there."""
        found = self._plain.get(key)
        if found is None:
            found = make()
            self._plain.keep(key, found, len(found))
        return found

    def run(self, key: Hashable, make: Make) -> Run:
        """The same, compressed. Where all clients take runs, no plain frames are kept."""
        found = self._runs.get(key)
        if found is None:
            found = deflate(self._plain.get(key) or make())
            self._runs.keep(key, found, len(found.data))
        return found

    def has_plain(self, key: Hashable) -> bool:
        """``plain`` costs nothing."""
        return self._plain.get(key) is not None

    def has_run(self, key: Hashable) -> bool:
        """``run`` costs nothing."""
        return self._runs.get(key) is not None

    def bundle(self, bundle: Bundle) -> Run:
        """The bundle's own run."""
        return self._bundles.of(bundle)


class Wire(Protocol):
    """One client's bytes in the making. All results are to be sent, in that order."""

    def begin(self) -> bytes:
        """Before everything."""

    def budget(self, max_bytes: int) -> int:
        """How many bytes on the wire are one pull's work, where ``max_bytes`` of plain ones are."""

    def has(self, key: Hashable) -> bool:
        """What ``shared`` gives for that key is there already."""

    def shared(self, key: Hashable, make: Make) -> bytes:
        """What other clients are sent too; ``key`` names it for good."""

    def bundle(self, bundle: Bundle) -> bytes:
        """The bundle as it is, as JSON."""

    def text(self, data: bytes) -> bytes:
        """What is this client's alone."""

    def end(self) -> bytes:
        """After everything; not sent when the stream is cut."""


class PlainWire:
    """Bytes as they are."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    def begin(self) -> bytes:
        """Nothing."""
        return b""

    def budget(self, max_bytes: int) -> int:
        """The same."""
        return max_bytes

    def has(self, key: Hashable) -> bool:
        """As a frame."""
        return self._shared.has_plain(key)

    def shared(self, key: Hashable, make: Make) -> bytes:
        """The frame."""
        return self._shared.plain(key, make)

    def bundle(self, bundle: Bundle) -> bytes:
        """Its pieces, joined."""
        return bundle.encode()

    def text(self, data: bytes) -> bytes:
        """The same."""
        return data

    def end(self) -> bytes:
        """Nothing."""
        return b""


class GzipWire:
    """One gzip member, each frame a run that ends on a byte, so that a client can read it as it comes."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._member = Member()

    def begin(self) -> bytes:
        """The member's header."""
        return HEADER

    def budget(self, max_bytes: int) -> int:
        """Less: runs may have to be made, which takes longer than writing them."""
        return max_bytes // 4

    def has(self, key: Hashable) -> bool:
        """As a run."""
        return self._shared.has_run(key)

    def shared(self, key: Hashable, make: Make) -> bytes:
        """The frame's run."""
        return self._member.run(self._shared.run(key, make))

    def bundle(self, bundle: Bundle) -> bytes:
        """Its run."""
        return self._member.run(self._shared.bundle(bundle))

    def text(self, data: bytes) -> bytes:
        """A run of its own."""
        return self._member.text(data)

    def end(self) -> bytes:
        """The trailer."""
        return self._member.end()
