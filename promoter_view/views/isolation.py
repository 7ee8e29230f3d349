"""What cannot be worked out of a bundle (a row, a section of a page, cells) is left out for that bundle alone.

The readers of bundles take JSON of any shape, and so nothing should ever come here; what does is a defect, and one
object in a cluster must not turn it into a page or a list that ends half-way, for everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from twisted.logger import Logger

from promoter_view.metrics import Metrics
from promoter_view.records import BundleKey

_Value = TypeVar("_Value")

#: Bundles and parts that are remembered as told of: beyond it the log may name one twice.
_MAX_FAILING = 1000


class Isolation:
    """Counts each failure, and logs it once for each bundle and part, until that comes right."""

    _log = Logger()

    def __init__(self, metrics: Metrics) -> None:
        self._failures = metrics.unrendered
        #: How each was made when it failed: one that is read in steps and then made may fail in one of the two only.
        self._failing: dict[tuple[BundleKey, str], set[str]] = {}

    def of(self, key: BundleKey, part: str, make: Callable[[], _Value], instead: Callable[[], _Value]) -> _Value:
        """What ``make`` gives, or where it fails ``instead``. ``part`` is a word for people: row, history, cells."""
        with self._noting(key, part, "of"):
            return make()
        return instead()

    def steps(self, key: BundleKey, part: str, steps: Iterator[None]) -> Iterator[None]:
        """The steps, as far as they come."""
        with self._noting(key, part, "steps"):
            yield from steps

    def whole(
        self, key: BundleKey, part: str, make: Callable[[], Iterator[str]], instead: Callable[[], str]
    ) -> Iterator[str]:
        """What ``make`` gives once all is there, until then "" for each piece; ``instead`` where one of them fails."""
        made, is_whole = list[str](), False
        with self._noting(key, part, "whole"):
            for piece in make():
                made.append(piece)
                yield ""
            is_whole = True
        yield from made if is_whole else (instead(),)

    @contextmanager
    def _noting(self, key: BundleKey, part: str, way: str) -> Iterator[None]:
        """Ends here what fails within. A part that fails in no way any more is right again: a later failure is told."""
        try:
            yield
        except Exception:  # whatever the defect is, it is of this bundle, and the others are to be shown
            self._note(key, part, way)
        else:
            self._clear(key, part, way)

    def _clear(self, key: BundleKey, part: str, way: str) -> None:
        ways = self._failing.get((key, part))
        if ways is not None:
            ways.discard(way)
            if not ways:
                del self._failing[key, part]

    def _note(self, key: BundleKey, part: str, way: str) -> None:
        self._failures.labels(key.view, part).inc()
        if (key, part) in self._failing:
            self._failing[key, part].add(way)
            return
        if len(self._failing) >= _MAX_FAILING:
            self._failing.pop(next(iter(self._failing)))
        self._failing[key, part] = {way}
        self._log.failure(
            "{part} of {view} {namespace}/{name} cannot be shown", part=part, kind=key.view, **key._asdict()
        )
