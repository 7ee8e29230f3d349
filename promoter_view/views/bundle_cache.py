"""What was worked out of a bundle, kept beside it and dropped with it: one value a name, the newest bundle's.

History keeps bundles of the past alive; what was made of those is not kept, so it takes no memory that nobody counts.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import partial
from typing import Generic, NamedTuple, TypeVar

from promoter_view.records import Bundle, BundleKey

_Value = TypeVar("_Value")
_Looks = tuple[BundleKey, frozenset[str]]


class _Kept(NamedTuple, Generic[_Value]):
    bundle: weakref.ref[Bundle]
    resource_version: int
    value: _Value


class BundleCache(Generic[_Value]):
    """Values that ``make`` gives for bundles.

    Bounded by the number of names that there are bundles of, for each set of kinds that some reader may not see.
    """

    def __init__(self, make: Callable[[Bundle], _Value]) -> None:
        self._make = make
        self._kept: dict[_Looks, _Kept[_Value]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def of(self, bundle: Bundle) -> _Value:
        """The value for that bundle."""
        looks = (bundle.key, bundle.hidden)
        kept = self._kept.get(looks)
        if kept is not None and kept.bundle() is bundle:
            return kept.value
        return self.keep(bundle, self._make(bundle))

    def keep(self, bundle: Bundle, value: _Value) -> _Value:
        """That is the value for that bundle: for whoever makes it in steps."""
        looks = (bundle.key, bundle.hidden)
        kept = self._kept.get(looks)
        if kept is None or kept.resource_version <= bundle.resource_version:
            reference = weakref.ref(bundle, partial(self._forget, looks))
            self._kept[looks] = _Kept(reference, bundle.resource_version, value)
        return value

    def has(self, bundle: Bundle) -> bool:
        """It is there already, so that ``of`` costs nothing."""
        kept = self._kept.get((bundle.key, bundle.hidden))
        return kept is not None and kept.bundle() is bundle

    def _forget(self, looks: _Looks, reference: weakref.ref[Bundle]) -> None:
        kept = self._kept.get(looks)
        if kept is not None and kept.bundle is reference:
            del self._kept[looks]
