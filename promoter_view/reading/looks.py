"""Bundles as they may be seen, each made once it is looked at; what can be told of them before. Pure.

Making one takes up to some milliseconds. So whoever goes through many asks for looks, and takes the bundles themselves
one a step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import NamedTuple, overload

from promoter_view.records import Bundle, BundleKey
from promoter_view.views.member_mask import Hidden, Mask


class BundleLook(NamedTuple):
    """``whole`` is the bundle with all that its reader may not see: only to be compared, and to be selected by."""

    whole: Bundle
    hidden: Hidden

    @property
    def key(self) -> BundleKey:
        """The bundle's."""
        return self.whole.key


class SightedBundles(Sequence[Bundle]):
    """Bundles, each as it may be seen once it is looked at; ``hidden`` by namespace, as of one moment."""

    def __init__(self, bundles: Sequence[Bundle], hidden: Mapping[str, Hidden], mask: Mask) -> None:
        self._bundles = bundles
        self._hidden = hidden
        self._mask = mask

    def __len__(self) -> int:
        return len(self._bundles)

    @overload
    def __getitem__(self, index: int) -> Bundle: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Bundle]: ...
    def __getitem__(self, index: int | slice) -> Bundle | Sequence[Bundle]:
        if isinstance(index, slice):
            return self._some(self._bundles[index])
        bundle = self._bundles[index]
        return self._mask.bundle(bundle, self._hidden[bundle.key.namespace])

    @property
    def looks(self) -> Iterator[BundleLook]:
        """What can be told of each: nothing is made."""
        return (BundleLook(bundle, self._hidden[bundle.key.namespace]) for bundle in self._bundles)

    def admitted(self, admits: Callable[[Bundle], bool], most: int | None) -> Sequence[Bundle]:
        """The first of those that are admitted, by what nobody is hidden from: names, labels and fields."""
        return self._some(tuple(islice(filter(admits, self._bundles), most)))

    def _some(self, bundles: Sequence[Bundle]) -> SightedBundles:
        return SightedBundles(bundles, self._hidden, self._mask)


class JoinedBundles(Sequence[Bundle]):
    """One sequence behind the other."""

    def __init__(self, parts: Sequence[Sequence[Bundle]]) -> None:
        self.parts = parts

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    def __iter__(self) -> Iterator[Bundle]:
        return chain.from_iterable(self.parts)

    @overload
    def __getitem__(self, index: int) -> Bundle: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Bundle]: ...
    def __getitem__(self, index: int | slice) -> Bundle | Sequence[Bundle]:
        if isinstance(index, slice):
            return self._some(*index.indices(len(self)))
        place, parts = range(len(self))[index], iter(self.parts)
        part = next(parts)
        while place >= len(part):
            place, part = place - len(part), next(parts)
        return part[place]

    def _some(self, first: int, last: int, step: int) -> JoinedBundles:
        assert step == 1
        parts = list[Sequence[Bundle]]()
        for part in self.parts:
            parts.append(part[max(first, 0) : max(last, 0)])
            first, last = first - len(part), last - len(part)
        return JoinedBundles(parts)


def looks_of(bundles: Sequence[Bundle]) -> Iterator[BundleLook]:
    """What can be told of each: nothing is made."""
    if isinstance(bundles, SightedBundles):
        return bundles.looks
    return (BundleLook(bundle, bundle.hidden) for bundle in bundles)


def admitted(bundles: Sequence[Bundle], admits: Callable[[Bundle], bool], most: int | None) -> Sequence[Bundle]:
    """The first of those that are admitted, ``most`` at most; None: all."""
    if isinstance(bundles, SightedBundles):
        return bundles.admitted(admits, most)
    return tuple(islice(filter(admits, bundles), most))
