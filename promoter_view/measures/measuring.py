"""What is told to Prometheus of the bundles of one view, and how much of it at most. Pure."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

from promoter_view.boundaries import ViewReader
from promoter_view.measures.exposition import Family, labels
from promoter_view.records import Bundle
from promoter_view.views.bundle_cache import BundleCache
from promoter_view.views.isolation import Isolation

LEFT_OUT = Family(
    "promoter_view_measures_left_out",
    "gauge",
    "Bundles of a view that are left out because --metrics-max-series is reached",
)
#: Bytes of a piece: a millisecond's work.
_PIECE_BYTES = 64 * 1024


class Series(Protocol):
    """The series of one bundle."""

    @property
    def count(self) -> int:
        """How many there are."""

    def lines(self, family: Family, now: float) -> Iterator[bytes]:
        """Those of that family, at that time, in seconds since 1970; a few at a time."""


class _Nothing:
    """The series of a bundle of which none can be told. A ``Series``."""

    count = 0

    def lines(self, family: Family, now: float) -> Iterator[bytes]:  # noqa: ARG002
        """None."""
        return iter(())


@dataclass(frozen=True, slots=True)
class Measured:
    """The measures of one view. ``noun``: its bundles, in words.

    ``measure`` gives a bundle's series, in steps: a member that it reads, or an environment.
    """

    view: str
    noun: str
    families: Sequence[Family]
    measure: Callable[[Bundle], Generator[None, None, Series]]


class Measuring:
    """Pieces of an answer, of one head. What was read of a bundle is kept until that changes.

    ``max_series``: whole bundles are left out, in the order of a list those from the first on that does not fit.
    ``warn`` gets a line when that begins, and when it is over.
    """

    def __init__(
        self,
        views: ViewReader,
        measured: Sequence[Measured],
        *,
        max_series: int,
        isolation: Isolation,
        warn: Callable[[str], None],
    ) -> None:
        self._views = views
        self._measured = measured
        self._max_series = max_series
        self._isolation = isolation
        self._warn = warn
        self._kept = {each.view: BundleCache[Series](lambda _: _Nothing()) for each in measured}
        self._left_out: frozenset[str] = frozenset()

    def pieces(self, now: float) -> Iterator[bytes]:
        """Each is a few milliseconds' work at most, and empty for a step before there is something to write.

        ``now`` in seconds since 1970.
        """
        room, left_out, told = self._max_series, dict[str, int](), [LEFT_OUT.head()]
        found = [(each, self._views.list(each.view)) for each in self._measured]
        for measured, bundles in found:
            series = list[Series]()
            for bundle in bundles:
                yield from self._measure(measured, bundle)
                each = self._kept[measured.view].of(bundle)
                room -= each.count
                if room < 0:
                    break
                series.append(each)
                yield b""
            missing = left_out[measured.noun] = len(bundles) - len(series)
            if missing:
                told.append(self._words(measured.noun, missing, len(bundles)))
            told.append(LEFT_OUT.sample(labels({"view": measured.view}), missing))
            yield from _laid_out(measured.families, series, now)
        self._note(left_out)
        yield b"".join(told)

    def _measure(self, measured: Measured, bundle: Bundle) -> Iterator[bytes]:
        kept = self._kept[measured.view]

        def steps() -> Iterator[None]:
            kept.keep(bundle, (yield from measured.measure(bundle)))

        if not kept.has(bundle):
            for _ in self._isolation.steps(bundle.key, "series", steps()):
                yield b""

    def _words(self, noun: str, missing: int, count: int) -> bytes:
        return f"# {missing} of {count} {noun} are left out: --metrics-max-series is {self._max_series}\n".encode()

    def _note(self, left_out: Mapping[str, int]) -> None:
        nouns = frozenset(noun for noun, missing in left_out.items() if missing)
        for noun in sorted(nouns - self._left_out):
            self._warn(f"/metrics/promotions leaves out {left_out[noun]} {noun}: --metrics-max-series is reached")
        for noun in sorted(self._left_out - nouns):
            self._warn(f"/metrics/promotions has all {noun} again")
        self._left_out = nouns


def _laid_out(families: Sequence[Family], series: Sequence[Series], now: float) -> Iterator[bytes]:
    """Family by family, as the format wants it."""
    for family in families:
        parts, size = [family.head()], 0
        for lines in chain.from_iterable(each.lines(family, now) for each in series):
            parts.append(lines)
            size += len(lines)
            if size > _PIECE_BYTES:
                yield b"".join(parts)
                parts, size = [], 0
        yield b"".join(parts)
