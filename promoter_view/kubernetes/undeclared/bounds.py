"""How much of one undeclared kind is taken: nobody knows how many objects it has, and how often they change. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from promoter_view.kubernetes.undeclared.classification import LeftOut

if TYPE_CHECKING:
    from promoter_view.boundaries import Quota


@dataclass(frozen=True, slots=True)
class Bounds:
    """Objects, and bytes of them once they are cleaned; bytes of a list of all; changes, a second and at once."""

    objects: int = 20_000
    kept_bytes: int = 64 << 20
    listed_bytes: int = 256 << 20
    changes_a_second: float = 50.0
    changes_at_once: float = 10_000.0


class Allowance:
    """What is left of the ``bounds`` of one kind. ``now`` is a steady clock, in seconds.

    ``exceeded`` is told of the first bound that is reached, once; from then on nothing is allowed.
    """

    def __init__(self, bounds: Bounds, *, now: Callable[[], float], exceeded: Callable[[LeftOut], object]) -> None:
        self._bounds = bounds
        self._now = now
        self._exceeded = exceeded
        self._objects = self._bytes = 0
        self._listed: dict[str, int] = {}
        self._changes = bounds.changes_at_once
        self._counted_at = now()
        self._over = False

    def lists(self, path: str, size: int, *, first: bool) -> bool:
        """Whether a page of so many bytes may be taken; the ``first`` one begins the list of that ``path``.

        A kind may be listed on several paths, one a namespace and each at its own pace: the last list of each counts.
        """
        self._listed[path] = size if first else self._listed.get(path, 0) + size
        is_over = sum(self._listed.values()) > self._bounds.listed_bytes
        return self._allows(LeftOut.TOO_MANY_BYTES if is_over else None)

    def admits(self, size: int, before: int | None, *, changed: bool) -> bool:
        """See Quota."""
        self._objects += before is None
        self._bytes += size - (before or 0)
        if changed:
            self._count_change()
        return self._allows(self._reached())

    def frees(self, size: int) -> None:
        """See Quota."""
        self._objects -= 1
        self._bytes -= size

    def _count_change(self) -> None:
        now, bounds = self._now(), self._bounds
        earned = (now - self._counted_at) * bounds.changes_a_second
        self._changes = min(self._changes + earned, bounds.changes_at_once) - 1
        self._counted_at = now

    def _reached(self) -> LeftOut | None:
        if self._objects > self._bounds.objects:
            return LeftOut.TOO_MANY_OBJECTS
        if self._bytes > self._bounds.kept_bytes:
            return LeftOut.TOO_MANY_BYTES
        return LeftOut.TOO_MANY_CHANGES if self._changes < 0 else None

    def _allows(self, reached: LeftOut | None) -> bool:
        if reached is not None and not self._over:
            self._over = True
            self._exceeded(reached)
        return not self._over


if TYPE_CHECKING:
    _: type[Quota] = Allowance
