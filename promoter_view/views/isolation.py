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
_MAX_TOLD = 1000


class Isolation:
    """Counts each failure, and logs it once for each bundle and part, until that comes right."""

    _log = Logger()

    def __init__(self, metrics: Metrics) -> None:
        self._failures = metrics.unrendered
        self._told: dict[tuple[BundleKey, str], None] = {}

    def of(self, key: BundleKey, part: str, make: Callable[[], _Value], instead: Callable[[], _Value]) -> _Value:
        """What ``make`` gives, or where it fails ``instead``. ``part`` is a word for people: row, history, cells."""
        with self._noting(key, part):
            return make()
        return instead()

    def steps(self, key: BundleKey, part: str, steps: Iterator[None]) -> Iterator[None]:
        """The steps, as far as they come."""
        with self._noting(key, part):
            yield from steps

    def whole(
        self, key: BundleKey, part: str, make: Callable[[], Iterator[str]], instead: Callable[[], str]
    ) -> Iterator[str]:
        """What ``make`` gives once all is there, until then "" for each piece; ``instead`` where one of them fails."""
        made, is_whole = list[str](), False
        with self._noting(key, part):
            for piece in make():
                made.append(piece)
                yield ""
            is_whole = True
        yield from made if is_whole else (instead(),)

    @contextmanager
    def _noting(self, key: BundleKey, part: str) -> Iterator[None]:
        """Ends here what fails within; what does not is right again, and a later failure of it is told of."""
        try:
            yield
        except Exception:  # whatever the defect is, it is of this bundle, and the others are to be shown
            self._note(key, part)
        else:
            self._told.pop((key, part), None)

    def _note(self, key: BundleKey, part: str) -> None:
        self._failures.labels(key.view, part).inc()
        if (key, part) in self._told:
            return
        if len(self._told) >= _MAX_TOLD:
            self._told.pop(next(iter(self._told)))
        self._told[key, part] = None
        self._log.failure("{part} of {view} {namespace}/{name} cannot be shown", part=part, **key._asdict())
