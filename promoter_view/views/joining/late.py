"""Bundles of which the pieces are made once somebody looks at them, for a state that does not change. Pure."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from typing import Any

from promoter_view.records import Bundle, BundleKey
from promoter_view.slices import Steps, outcome
from promoter_view.views.joining.facts import RootFacts

#: Makes the bundle of that key and resourceVersion, in steps.
Make = Callable[[BundleKey, int], Generator[None, None, Bundle]]
_LATE = ("tail", "selectable")


class LateBundle(Bundle):
    """It is made when its ``tail``, or what it is selected by, is asked for: until then these slots are not set."""

    __slots__ = ("_make",)
    _make: Callable[[], Bundle] | None

    @classmethod
    def of(cls, key: BundleKey, root: RootFacts, resource_version: int, make: Callable[[], Bundle]) -> LateBundle:
        """What is known before."""
        late = cls.__new__(cls)
        known = {
            "key": key,
            "uid": root.uid,
            "resource_version": resource_version,
            "creation_timestamp": root.creation_timestamp,
            "labels": root.labels,
            "head": root.head,
            "hidden": frozenset[str](),
            "_make": make,
        }
        for name, value in known.items():
            object.__setattr__(late, name, value)  # it is frozen for all others
        return late

    @property
    def is_late(self) -> bool:
        """Nobody has asked yet."""
        return self._make is not None

    def become(self, whole: Bundle) -> None:
        """It is made."""
        for name in _LATE:
            object.__setattr__(self, name, getattr(whole, name))
        self.forget()

    def forget(self) -> None:
        """What makes it is let go of: it is made, or nobody has it."""
        object.__setattr__(self, "_make", None)

    def __getattr__(self, name: str) -> Any:
        """Python asks for what is not set."""
        if name not in _LATE or self._make is None:
            raise AttributeError(name)
        self.become(self._make())
        return getattr(self, name)


class LateBundles:
    """Those of one state. All are to be made before anything changes that ``make`` makes them of.

    ``make`` holds that state, which holds these: it goes with the last that is made, or with ``forget``. None: there
    are none.
    """

    def __init__(self, make: Make | None = None) -> None:
        self._make = make
        self._left: list[LateBundle] = []

    def add(self, key: BundleKey, root: RootFacts, resource_version: int) -> LateBundle:
        """One more."""
        assert self._make is not None
        make = partial(self._make, key, resource_version)
        late = LateBundle.of(key, root, resource_version, lambda: outcome(make()))
        self._left.append(late)
        return late

    def steps(self) -> Steps:
        """Makes those that are left, the last one first: whoever reads begins with the first.

        Several may do so at once, and each may be ended on its way: one is left until it is made.
        """
        while self._left:
            late = self._left[-1]
            if late.is_late and self._make is not None:
                made = yield from self._make(late.key, late.resource_version)
                if late.is_late:
                    late.become(made)
            if self._left and self._left[-1] is late:
                self._left.pop()
            yield
        self._make = None

    def forget(self) -> None:
        """Nobody has any of those that are left."""
        for late in self._left:
            late.forget()
        self._left.clear()
        self._make = None
