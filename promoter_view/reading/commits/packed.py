"""Which bundles name which keys, in few bytes: sorted arrays of numbers, in buckets by the first bits of a key. Pure.

A pair takes 16 bytes. A bucket is small, so that an insertion moves little, and a prefix of twelve bits or more lies
in one bucket.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

#: The bits of a key.
KEY_BITS = 64
_BUCKET_BITS = 12
_SHIFT = KEY_BITS - _BUCKET_BITS


class _Bucket:
    """Parallel arrays, by (key, number): how many pieces of the bundle of that number name that key."""

    def __init__(self) -> None:
        self.keys = array("Q")
        self.numbers = array("I")
        self.counts = array("I")

    def place(self, key: int, number: int) -> tuple[int, bool]:
        """Where that pair stands, or would stand; whether it is there."""
        low = bisect_left(self.keys, key)
        high = bisect_right(self.keys, key, low)
        place = bisect_left(self.numbers, number, low, high)
        return place, place < high and self.numbers[place] == number

    def insert(self, place: int, key: int, number: int, count: int) -> None:
        """A new pair."""
        self.keys.insert(place, key)
        self.numbers.insert(place, number)
        self.counts.insert(place, count)

    def remove(self, place: int) -> None:
        """The pair that stands there."""
        del self.keys[place], self.numbers[place], self.counts[place]


class PackedPairs:
    """Pairs of a key (64 bits) and a bundle's number (32 bits), each counted."""

    def __init__(self) -> None:
        self._buckets: dict[int, _Bucket] = {}
        self._length = 0

    def __len__(self) -> int:
        return self._length

    @property
    def size(self) -> int:
        """What the arrays take, in bytes."""
        return sum(
            each.itemsize * len(each)
            for bucket in self._buckets.values()
            for each in (bucket.keys, bucket.numbers, bucket.counts)
        )

    def add(self, key: int, number: int, count: int) -> None:
        """So many pieces more name it, or fewer where that is negative; never fewer than none."""
        bucket = self._buckets.get(key >> _SHIFT)
        if bucket is None:
            bucket = self._buckets[key >> _SHIFT] = _Bucket()
        place, known = bucket.place(key, number)
        left = count + (bucket.counts[place] if known else 0)
        if known and left > 0:
            bucket.counts[place] = left
        elif known:
            bucket.remove(place)
            self._length -= 1
        elif left > 0:
            bucket.insert(place, key, number, left)
            self._length += 1

    def between(self, first: int, last: int) -> Iterator[int]:
        """The numbers of bundles that name a key from ``first`` to ``last``, which share their first twelve bits."""
        bucket = self._buckets.get(first >> _SHIFT)
        if bucket is None:
            return iter(())
        low = bisect_left(bucket.keys, first)
        high = bisect_right(bucket.keys, last, low)
        return iter(dict.fromkeys(bucket.numbers[low:high]))
