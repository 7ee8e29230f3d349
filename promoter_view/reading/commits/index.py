"""The index of what bundles name: by which bundle's change it is kept, and where a commit is to be looked for. Pure.

It holds numbers only, so that it takes few bytes, and says of no bundle more than that it may name what is asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from promoter_view.reading.commits.overtaken import OvertakenProposals, Proposal, Recount
from promoter_view.reading.commits.packed import PackedPairs
from promoter_view.reading.commits.question import CommitQuestion
from promoter_view.reading.commits.words import RENDERED, SCANNERS, differing, hex_key, hex_span, text_key, windows
from promoter_view.records import Bundle, BundleChange, BundleKey
from promoter_view.slices import Steps

#: Words that are put in, or taken out, in one step: about half a millisecond.
_WORDS_A_STEP = 200


class ViewPlace(NamedTuple):
    """A view in a namespace."""

    view: str
    namespace: str


def place_of(key: BundleKey) -> ViewPlace:
    """Where that bundle is."""
    return ViewPlace(key.view, key.namespace)


class CommitIndex:
    """Nothing is known at first: ``add`` each bundle that there is, then ``take`` each change of one."""

    def __init__(self) -> None:
        self._numbers: dict[BundleKey, int] = {}
        self._keys: list[BundleKey | None] = []
        self._free: list[int] = []
        self._oldest: list[str] = []
        self._places: dict[ViewPlace, set[int]] = {}
        self._earliest: dict[ViewPlace, str] = {}
        self._hexes = PackedPairs()
        self._texts = PackedPairs()
        self._overtaken = OvertakenProposals()

    def __contains__(self, key: BundleKey) -> bool:
        return key in self._numbers

    def __len__(self) -> int:
        """How many pairs of a bundle and a word there are."""
        return len(self._hexes) + len(self._texts)

    @property
    def size(self) -> int:
        """What its arrays take, in bytes."""
        return self._hexes.size + self._texts.size

    def add(self, bundle: Bundle) -> Steps:
        """A bundle that is not known yet, a piece a step."""
        yield from self._change(bundle.key, None, bundle)

    def take(self, change: BundleChange) -> Steps:
        """A change of a bundle that is known as it was before, or of a new one."""
        if change.before is not None and change.key not in self._numbers:
            return
        yield from self._change(change.key, change.before, change.after)

    @property
    def places(self) -> Iterable[ViewPlace]:
        """Where there are bundles."""
        return self._places.keys()

    def candidates(self, question: CommitQuestion) -> list[BundleKey]:
        """The bundles that may name what is asked for, in order."""
        numbers: set[int] = set()
        if question.prefix:
            numbers.update(self._hexes.between(*hex_span(question.prefix)))
        if question.word:
            key = text_key(question.word.encode())
            numbers.update(self._texts.between(key, key))
        return sorted(key for key in map(self._keys.__getitem__, numbers) if key is not None)

    def overtaken(self, key: BundleKey) -> Sequence[Proposal]:
        """What was proposed there and went away again, the newest last: as far as it was seen and is remembered."""
        return self._overtaken.of(key)

    def oldest(self, places: Iterable[ViewPlace]) -> str:
        """The earliest time that a bundle of those places tells of, "" for none."""
        return min(filter(None, map(self._oldest_of, places)), default="")

    def _oldest_of(self, place: ViewPlace) -> str:
        known = self._earliest.get(place)
        if known is None:
            times = (self._oldest[number] for number in self._places.get(place, ()))
            known = self._earliest[place] = min(filter(None, times), default="")
        return known

    def _change(self, key: BundleKey, before: Bundle | None, after: Bundle | None) -> Steps:
        scanner = SCANNERS[key.view]
        number = self._number(key)
        olds, news = scanner.pieces(before), scanner.pieces(after)
        hexes, texts = Counter[bytes](), Counter[bytes]()
        came, went = list[str](), list[str]()
        for old, new in differing(olds, news):
            for text, sign, times in zip(windows(old, new), (-1, 1), (went, came), strict=True):
                _count(hexes, scanner.hexes.findall(text), sign)
                if scanner.texts is not None:
                    _count(texts, scanner.texts.findall(text), sign)
                times.append(scanner.oldest(text))
            yield
        for old, new in differing(scanner.rendered(before), scanner.rendered(after)):
            for text, sign in zip(windows(old, new), (-1, 1), strict=True):
                _count(hexes, RENDERED.findall(text), sign)
            yield
        yield from self._put(self._hexes, ((hex_key(word), count) for word, count in hexes.items() if count), number)
        yield from self._put(self._texts, ((text_key(word), count) for word, count in texts.items() if count), number)
        if after is not None and scanner.proposes and any(hexes.values()):
            yield from self._recount(self._overtaken.take(key, olds, news))
        if after is None:
            yield from self._forget(key, number)
        else:
            yield from self._date(number, place_of(key), news, came, went)

    def _number(self, key: BundleKey) -> int:
        number = self._numbers.get(key)
        if number is None:
            number = self._free.pop() if self._free else len(self._keys)
            if number == len(self._keys):
                self._keys.append(None)
                self._oldest.append("")
            self._numbers[key], self._keys[number] = number, key
            self._places.setdefault(place_of(key), set()).add(number)
        return number

    def _put(self, pairs: PackedPairs, counted: Iterator[tuple[int, int]], number: int) -> Steps:
        while batch := tuple(islice(counted, _WORDS_A_STEP)):
            for word, count in batch:
                pairs.add(word, number, count)
            yield

    def _recount(self, counted: Iterable[Recount]) -> Steps:
        for key, sha, count in counted:
            self._hexes.add(hex_key(sha), self._numbers[key], count)
            yield

    def _forget(self, key: BundleKey, number: int) -> Steps:
        yield from self._recount(self._overtaken.drop(key))
        del self._numbers[key]
        self._keys[number], self._oldest[number] = None, ""
        place = place_of(key)
        self._places[place].remove(number)
        self._earliest.pop(place, None)
        if not self._places[place]:
            del self._places[place]
        self._free.append(number)

    def _date(
        self, number: int, place: ViewPlace, pieces: Sequence[bytes], came: Sequence[str], went: Sequence[str]
    ) -> Steps:
        """The earliest time: where it went, all that is there is looked at."""
        known = self._oldest[number]
        if known not in went or known in came:
            came = [known, *came]
        else:
            came = []
            for piece in pieces:
                came.append(SCANNERS[place.view].oldest(piece))
                yield
        found = min(filter(None, came), default="")
        if found != known:
            self._oldest[number] = found
            self._earliest.pop(place, None)


def _count(words: Counter[bytes], found: Iterable[bytes], sign: int) -> None:
    for word in found:
        words[word] += sign
