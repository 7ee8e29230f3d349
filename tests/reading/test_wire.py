"""What goes on the wire: the same bytes, plain and compressed, each made once."""

from __future__ import annotations

import gzip
import zlib

import pytest

from promoter_view.reading.wire import Frames, fixed
from promoter_view.records import BundleKey
from tests.support.api.world import VIEW, World

OPENING = fixed(b"opening ")


@pytest.fixture
def bundle():
    world = World()
    world.put("n", "a", labels={"tier": "gold"})
    return world.views.get(BundleKey(VIEW, "n", "a"))


def told(wire, bundle):
    """The bytes of a whole stream with something of everything."""
    return [
        wire.begin(),
        wire.fixed(OPENING),
        wire.bundle(bundle),
        wire.text(b"a bookmark\n"),
        wire.text(b""),
        wire.shared(1, lambda: b"a frame\n"),
        wire.shared(2, lambda: b"another\n"),
        wire.end(),
    ]


def test_compressed_is_the_same(bundle):
    """What a client reads from the compressed stream is what the plain one holds, piece by piece."""
    frames = Frames()
    plain = told(frames.wire(gzip=False), bundle)
    packed = told(frames.wire(gzip=True), bundle)
    assert gzip.decompress(b"".join(packed)) == b"".join(plain)
    reader = zlib.decompressobj(31)
    assert [reader.decompress(piece) for piece in packed] == plain


def test_runs_are_shared(bundle):
    """The second stream compresses nothing again: its pieces are the first one's, but for the trailer."""
    frames = Frames()
    first, second = (frames.wire(gzip=True) for _ in range(2))
    assert first.shared(1, lambda: b"a frame") is second.shared(1, lambda: b"not made")
    run = first.bundle(bundle)
    assert second.bundle(bundle) is run
    assert frames.size == len(first.shared(1, lambda: b""))


@pytest.mark.parametrize("packed", [False, True])
def test_frames_keep_within_their_bound(packed):
    """The least recently used goes first; what was used last stays."""
    made = []

    def frame(number):
        made.append(number)
        return b"%d" % number * 100

    length = len(Frames().wire(gzip=packed).shared(1, lambda: frame(1)))
    frames = Frames(2 * length)
    wire = frames.wire(gzip=packed)
    made.clear()
    for number in (1, 2, 1, 3, 1, 2):
        wire.shared(number, lambda number=number: frame(number))
    assert made == [1, 2, 3, 2]
    assert frames.size == 2 * length


def test_frame_larger_than_the_cache():
    """A frame that fits in no cache is made and not kept."""
    frames = Frames(10)
    assert frames.wire(gzip=False).shared(1, lambda: b"x" * 11) == b"x" * 11
    assert frames.size == 0


@pytest.mark.parametrize("compressed", [False, True])
def test_what_is_made_already(compressed: bool) -> None:
    """A wire knows which shared frames need not be made any more, in whichever form another one has had them."""
    frames = Frames()
    wire, other = frames.wire(gzip=compressed), frames.wire(gzip=not compressed)
    assert not wire.has(1)
    packed, plain = (wire, other) if compressed else (other, wire)
    made = {wire: wire.shared(1, lambda: b"a frame\n")}
    assert wire.has(1)
    assert other.has(1)
    made[other] = other.shared(1, lambda: pytest.fail("made twice"))
    assert made[plain] == b"a frame\n" == gzip.decompress(packed.begin() + made[packed] + packed.end())
