"""How frames go on the wire: as they are, or as a gzip member of runs that all clients share; each made once. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass

from promoter_view.records import Bundle
from promoter_view.views.bundle_cache import BundleCache
from promoter_view.views.recent import Recent
from promoter_view.web.deflate import HEADER, GzipMember, Run, deflate, inflate

#: What the frames near the head may take, in each of the two forms: readers that keep up share these, one that lags
#: makes its own.
CACHE_BYTES = 32 * 1024 * 1024

Make = Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Fixed:
    """Bytes that never change, in both forms."""

    plain: bytes
    run: Run


def fixed(data: bytes) -> Fixed:
    """Those bytes, compressed once for good."""
    return Fixed(data, deflate(data))


class Frames:
    """What all wires of a port have in common: frames last made, by what they are, and bundles in compressed form.

    ``max_bytes`` bounds the frames in each of their two forms.
    """

    def __init__(self, max_bytes: int = CACHE_BYTES) -> None:
        self.plain: Recent[bytes] = Recent(max_bytes)
        #: Where all clients take runs, no plain frames are kept.
        self.runs: Recent[Run] = Recent(max_bytes)
        self.bundles: BundleCache[Run] = BundleCache(lambda bundle: deflate(bundle.encode()))

    @property
    def size(self) -> int:
        """What its frames take now, bytes."""
        return self.plain.size + self.runs.size

    def wire(self, *, gzip: bool) -> Wire:
        """A client's wire over these frames."""
        return GzipWire(self) if gzip else Wire(self)


class Wire:
    """One client's bytes in the making, as they are. All results are to be sent, in that order."""

    #: The answer's Content-Encoding, "" for none.
    encoding = ""
    #: A frame may be put on it in parts.
    joins = True

    def __init__(self, frames: Frames) -> None:
        self._frames = frames

    def begin(self) -> bytes:
        """Before everything."""
        return b""

    def budget(self, max_bytes: int) -> int:
        """How many bytes on the wire are one pull's work, where ``max_bytes`` of plain ones are."""
        return max_bytes

    def has(self, key: Hashable) -> bool:
        """What ``shared`` gives for that key costs next to nothing: another client's is there, in either form."""
        return self._frames.plain.get(key) is not None or self._frames.runs.get(key) is not None

    def shared(self, key: Hashable, make: Make) -> bytes:
        """What other clients are sent too; ``key`` names it for good."""
        found = self._frames.plain.get(key)
        if found is None:
            run = self._frames.runs.get(key)
            found = make() if run is None else inflate(run)
            self._frames.plain.keep(key, found, len(found))
        return found

    def bundle(self, bundle: Bundle) -> bytes:
        """The bundle as it is, as JSON. Not from the frames: a whole state would push out what is near the head."""
        return bundle.encode()

    def fixed(self, part: Fixed) -> bytes:
        """What everybody is sent, always."""
        return part.plain

    def text(self, data: bytes) -> bytes:
        """What is this client's alone."""
        return data

    def end(self) -> bytes:
        """After everything; not sent when the stream is cut."""
        return b""


class GzipWire(Wire):
    """One gzip member, each frame a run that ends on a byte, so that a client can read it as it comes."""

    encoding = "gzip"

    def __init__(self, frames: Frames) -> None:
        super().__init__(frames)
        self._member = GzipMember()

    def begin(self) -> bytes:
        """The member's header."""
        return HEADER

    def budget(self, max_bytes: int) -> int:
        """Less: runs may have to be made, which takes longer than writing them."""
        return max_bytes // 4

    def shared(self, key: Hashable, make: Make) -> bytes:
        """The frame's run."""
        found = self._frames.runs.get(key)
        if found is None:
            found = deflate(self._frames.plain.get(key) or make())
            self._frames.runs.keep(key, found, len(found.data))
        return self._member.run(found)

    def bundle(self, bundle: Bundle) -> bytes:
        """Its run."""
        return self._member.run(self._frames.bundles.of(bundle))

    def fixed(self, part: Fixed) -> bytes:
        """Its run."""
        return self._member.run(part.run)

    def text(self, data: bytes) -> bytes:
        """A run of its own, b"" for nothing."""
        return self._member.text(data) if data else b""

    def end(self) -> bytes:
        """The trailer."""
        return self._member.end()
