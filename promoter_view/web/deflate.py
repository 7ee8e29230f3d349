"""Runs of deflate that can be put one behind the other in any gzip stream, and what goes around them. Pure.

A run that a fresh compressor has made and ended with a sync flush looks back at nothing before it (RFC 1951), so one
compressed run serves every client. What differs from stream to stream is only the trailer's CRC-32 (RFC 1952): it is
worked out from those of the runs, without looking at their bytes again.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import reduce

#: Ten bytes: deflate, no name, no time, fastest, unknown system.
HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff"
#: An empty block that says that it is the last.
_END = b"\x03\x00"
#: What costs three times as much makes bundles a tenth smaller.
_LEVEL = 1
_POLYNOMIAL = 0xEDB88320
_ONE = 1 << 31


@dataclass(frozen=True, slots=True)
class Run:
    """Bytes in compressed form. ``length``, ``crc``: of what they stand for; ``shift`` moves a CRC-32 over them."""

    data: bytes
    length: int
    crc: int
    shift: int


def deflate(data: bytes) -> Run:
    """The run that stands for ``data``."""
    return Run(_compressed(data), len(data), zlib.crc32(data), _shift(len(data)))


def inflate(run: Run) -> bytes:
    """What the run stands for."""
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(run.data)


class GzipMember:
    """One gzip stream in the making: HEADER, then what these methods return in that order, ``end`` last."""

    __slots__ = ("_crc", "_length")

    def __init__(self) -> None:
        self._crc = 0
        self._length = 0

    def run(self, run: Run) -> bytes:
        """A run that others may share."""
        # crc(a + b) is crc(a) moved over b, plus crc(b) (zlib's crc32_combine): 5 us, however long b is.
        self._crc = _multiply(run.shift, self._crc) ^ run.crc
        self._length += run.length
        return run.data

    def text(self, data: bytes) -> bytes:
        """Bytes of this stream alone."""
        self._crc = zlib.crc32(data, self._crc)
        self._length += len(data)
        return _compressed(data)

    def end(self) -> bytes:
        """The end: whoever reads it knows that nothing is missing."""
        return _END + self._crc.to_bytes(4, "little") + (self._length & 0xFFFFFFFF).to_bytes(4, "little")


def _compressed(data: bytes) -> bytes:
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH)


def _multiply(a: int, b: int) -> int:
    """The product of two polynomials modulo CRC-32's, bits reflected: 1 << 31 is x to the 0."""
    product = 0
    while a:
        if a & _ONE:
            product ^= b
        a = (a << 1) & 0xFFFFFFFF
        b = (b >> 1) ^ _POLYNOMIAL if b & 1 else b >> 1
    return product


def _powers() -> tuple[int, ...]:
    """x to the power of 8, 16, 32 ...: each the square of the one before."""
    powers = [1 << (31 - 8)]
    for _ in range(62):
        powers.append(_multiply(powers[-1], powers[-1]))
    return tuple(powers)


_SHIFTS = _powers()


def _shift(length: int) -> int:
    """x to the power of 8 * length: what a CRC is multiplied with to stand before that many bytes."""
    bits = (power for place, power in enumerate(_SHIFTS) if length >> place & 1)
    return reduce(_multiply, bits, _ONE)
