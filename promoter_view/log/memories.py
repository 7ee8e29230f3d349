"""The memory of bundles to bytes and back, in pieces of bounded size, and what records make of bundles. Pure."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from typing import Any

from promoter_view.log import codec
from promoter_view.log.chunks import chunks
from promoter_view.records import BundleKey, Derivation, Memory, Word

Remembered = tuple[BundleKey, Memory]

#: Of one piece: far below what etcd takes in a request, and a few milliseconds to write and sync.
PIECE_BYTES = 256 * 1024
#: About what a bundle takes beside its words and tallies, and what one of these takes.
_ROW_BYTES = 128
_ENTRY_BYTES = 64
#: Its uid, its words and its tallies.
_MEMORY_PARTS = 3


def pieces(memory: Mapping[BundleKey, Memory] | None) -> Iterator[Sequence[Remembered]]:
    """All of it; nothing where there is none."""
    return chunks((memory or {}).items(), _size_of, PIECE_BYTES)


def encode(piece: Iterable[Remembered]) -> bytes:
    """One piece of it."""
    words = codec.WordTable()
    rows = [_row(key, memory, words) for key, memory in piece]
    return codec.pack((list(words.numbers), rows))


def decode(payload: bytes | memoryview) -> list[Remembered]:
    """One piece of it. Errors: those in ``codec.MALFORMED``."""
    words, rows = codec.unpack(payload)
    return [_remembered(row, words) for row in rows]


def encode_derivations(rows: Iterable[Derivation]) -> bytes:
    """What a DerivedBundles record holds."""
    words = codec.WordTable()
    told = [_derivation(row, words) for row in rows]
    return codec.pack((list(words.numbers), told))


def decode_derivations(payload: bytes | memoryview) -> Generator[None, None, list[Derivation]]:
    """The inverse, in steps. Errors: those in ``codec.MALFORMED``."""
    words, rows = codec.unpack(payload)
    found: list[Derivation] = []
    for row in rows:
        found.append(_derived(row, words))
        yield
    return found


def size_of_derivation(row: Derivation) -> int:
    """About how many bytes it takes."""
    return _ROW_BYTES if row.memory is None else _size_of((row.key, row.memory))


def _derivation(row: Derivation, words: codec.WordTable) -> tuple[Any, ...]:
    named = (words.number(row.key.view), words.number(row.key.namespace), row.key.name)
    memory = () if row.memory is None else _row(row.key, row.memory, words)[3:]
    return (row.offset, row.resource_version, row.exists, *named, *memory, *((True,) if row.adds else ()))


def _derived(row: Sequence[Any], words: Sequence[str]) -> Derivation:
    offset, version, exists, view, namespace, name, *more = row
    memory, adds = more[:_MEMORY_PARTS], more[_MEMORY_PARTS:]
    kept = _remembered((view, namespace, name, *memory), words)[1] if memory else None
    return Derivation(offset, BundleKey(words[view], words[namespace], name), version, exists, kept, *adds)


def _size_of(remembered: Remembered) -> int:
    memory = remembered[1]
    return _ROW_BYTES + _ENTRY_BYTES * (len(memory.words) + _leaves(list(memory.tallies.values())))


def _leaves(value: Any) -> int:
    return sum(map(_leaves, value)) if isinstance(value, tuple | list) else 1


def _row(key: BundleKey, memory: Memory, words: codec.WordTable) -> tuple[Any, ...]:
    named = (words.number(key.view), words.number(key.namespace), key.name)
    said = [(words.number(of), words.number(word.value), word.since) for of, word in memory.words.items()]
    return (*named, memory.uid, said, dict(memory.tallies))


def _remembered(row: Sequence[Any], words: Sequence[str]) -> Remembered:
    view, namespace, name, uid, said, tallies = row
    found = {words[of]: Word(words[value], since) for of, value, since in said}
    return BundleKey(words[view], words[namespace], name), Memory(uid, found, tallies)
