"""The figures of many strategies and Stages: who is counted, and what comes of it. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from promoter_view.csv_rows import csv_row
from promoter_view.decoded import mapping, mappings, texts
from promoter_view.journal.figures.meters import Arrivals, Calendar, DeliveryEvent, Meter, StageMeter, StrategyMeter
from promoter_view.journal.figures.samples import FIGURES, DeliveryFigures, DeliverySamples, figure_steps
from promoter_view.records import BundleKey
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS

_COLUMNS = (
    "view",
    "namespace",
    "name",
    "deployments",
    *(f"{figure}.{part}" for figure, parts in FIGURES.items() for part in parts),
)
_STRATEGIES = PROMOTION_STRATEGY_DETAILS.plural


@dataclass(frozen=True, slots=True)
class Delivering:
    """A strategy or a Stage that there is. ``ends``: the branches of a strategy's last environments; ``upstream``: the
    Stages that a Stage takes Freight from.
    """

    key: BundleKey
    ends: frozenset[str] = frozenset()
    upstream: Collection[str] = ()

    @property
    def is_strategy(self) -> bool:
        """Else it is a Stage."""
        return self.key.view == _STRATEGIES


def ends_of(environments: Iterable[tuple[str, Collection[str]]]) -> frozenset[str]:
    """The last ones of these branches, each with those that it depends on: those that no other depends on."""
    found = list(environments)
    awaited = {branch for _, depends_on in found for branch in depends_on}
    return frozenset(branch for branch, _ in found) - awaited


def upstream_of(stage: Mapping[str, Any]) -> tuple[str, ...]:
    """The Stages that a Stage takes Freight from."""
    requests = mappings(stage, "spec", "requestedFreight")
    return tuple(dict.fromkeys(name for each in requests for name in texts(each, "sources", "stages")))


class DeliveryCount:
    """Takes events in the order of the journal. Of others than ``asked`` nothing is counted, but for ``beside``: Stages
    that Freight comes from. ``known`` are all that there are: others are gone.
    """

    def __init__(
        self, asked: Iterable[Delivering], beside: Iterable[Delivering] = (), known: Collection[BundleKey] = ()
    ) -> None:
        self.calendar = Calendar()
        self._arrivals = Arrivals()
        self._known = known
        self._asked = {each.key: self._meter(each, self.calendar) for each in asked}
        self._beside = {each.key: self._meter(each, Calendar()) for each in beside}
        self._gone = set[BundleKey]()

    @property
    def gone(self) -> int:
        """How many objects have events, and are not there any more."""
        return len(self._gone)

    @property
    def samples(self) -> Mapping[BundleKey, DeliverySamples]:
        """Of each that was asked for."""
        return {key: meter.samples for key, meter in self._asked.items()}

    def take(self, key: BundleKey, event: DeliveryEvent) -> None:
        """The next event, of that object."""
        meter = self._asked.get(key) or self._beside.get(key)
        if meter is not None:
            meter.take(event)
        elif key not in self._known:
            self._gone.add(key)

    def _meter(self, it: Delivering, calendar: Calendar) -> Meter:
        if it.is_strategy:
            return StrategyMeter(it.ends, calendar)
        return StageMeter((it.key.namespace, it.key.name), it.upstream, self._arrivals, calendar)


class ObjectFigures(NamedTuple):
    """The figures of an object, or of a namespace (``key`` has that alone)."""

    key: BundleKey
    figures: DeliveryFigures

    def document(self) -> dict[str, Any]:
        """As JSON."""
        named = {name: value for name, value in self.key._asdict().items() if value}
        return {**named, **self.figures.document()}


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """The figures of that time. ``objects`` are in order, ``namespaces`` all of each together.

    ``gone``: so many objects that are not there any more are not counted. ``hidden``: kinds whose members the reader
    may not see, so that what only these tell is not counted.
    """

    since: datetime
    until: datetime
    objects: Sequence[ObjectFigures]
    namespaces: Sequence[ObjectFigures]
    whole: DeliveryFigures
    gone: int
    hidden: frozenset[str] = frozenset()

    def of(self, *, strategies: bool) -> list[ObjectFigures]:
        """The strategies, or the Stages."""
        return [each for each in self.objects if (each.key.view == _STRATEGIES) is strategies]

    def head(self) -> dict[str, Any]:
        """As JSON, without the lists."""
        return {
            "since": _stamp(self.since),
            "until": _stamp(self.until),
            "all": self.whole.document(),
            "gone": self.gone,
            "hidden": sorted(self.hidden),
        }

    def lists(self) -> Mapping[str, Sequence[ObjectFigures]]:
        """What there is a list of, by the name that it has in JSON."""
        return {
            "namespaces": self.namespaces,
            "strategies": self.of(strategies=True),
            "stages": self.of(strategies=False),
        }

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return self.head() | {name: [each.document() for each in found] for name, found in self.lists().items()}

    def csv(self) -> Iterator[str]:
        """A heading, and a line for each object. Times are in seconds."""
        yield csv_row(_COLUMNS)
        for each in self.objects:
            yield csv_row(_cells(each.document()))


def report_steps(
    count: DeliveryCount, since: datetime, until: datetime, hidden: frozenset[str] = frozenset()
) -> Generator[None, None, DeliveryReport]:
    """Returns what was counted."""
    samples = sorted(count.samples.items(), key=lambda each: (each[0].view != _STRATEGIES, each[0]))
    objects, by_namespace = list[ObjectFigures](), defaultdict[str, list[DeliverySamples]](list)
    for key, each in samples:
        objects.append(ObjectFigures(key, (yield from figure_steps([each]))))
        by_namespace[key.namespace].append(each)
    namespaces = list[ObjectFigures]()
    for namespace, some in sorted(by_namespace.items()):
        namespaces.append(ObjectFigures(BundleKey("", namespace, ""), (yield from figure_steps(some))))
    whole = yield from figure_steps([each for _, each in samples])
    return DeliveryReport(since, until, objects, namespaces, whole, count.gone, hidden)


def _cells(document: Mapping[str, Any]) -> list[str]:
    paths = (column.split(".") for column in _COLUMNS)
    return [str(mapping(document, *path).get(last, "")) for *path, last in paths]


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
