"""What pages are about: a view whose bundles are rows, pages of one, and entries of the activity. Pure.

There are two implementations, in ``strategies`` and in ``stages``; nothing else of the dashboard tells them apart.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Any, Generic, TypeVar

from markupsafe import Markup

from promoter_view.dashboard.events import Item
from promoter_view.dashboard.journal.earlier import Earlier, WantedEntries
from promoter_view.dashboard.strategies.figures import Deliveries
from promoter_view.dashboard.strategies.fleet import ORDERS, FleetQuery, Listed, Order
from promoter_view.records import Bundle, BundleKey
from promoter_view.views.bundle_cache import BundleCache
from promoter_view.views.contents import BundleContents, Readings
from promoter_view.views.isolation import Isolation

_Model = TypeVar("_Model")
#: Bundles that are kept as they were read: both sides of a change, for the few that want the same one in turn.
_KEPT_BUNDLES = 8


@dataclass(frozen=True, slots=True)
class Chip:
    """A state by which rows are filtered: its value, its word, the class of its shape."""

    value: StrEnum
    word: str
    css: str


@dataclass(frozen=True)
class Wording:
    """What a subject is called. ``mark`` is set behind an entry's namespace, ``view`` is named in frames; "" for none.

    ``title`` names a page of rows within a sentence.
    """

    title: str
    noun: str
    nouns: str
    hint: str
    nothing: str
    chips: tuple[Chip, ...]
    kind: str
    resource: str
    view: str = ""
    mark: str = ""
    orders: Mapping[str, Order] = field(default_factory=lambda: ORDERS)

    @cached_property
    def words(self) -> Mapping[StrEnum, str]:
        """The word of each state."""
        return {chip.value: chip.word for chip in self.chips}


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page of rows wants of a bundle, and the figures of the activity. ``html`` is of a template, escaped."""

    row: Listed
    html: str
    deliveries: Deliveries = Deliveries(())  # noqa: RUF009 - frozen, and of nothing


class Subject(ABC):
    """What is an iterator does its work in steps of at most a millisecond, however large the bundle is.

    Rows are the same for everybody, and kept beside the newest state of each bundle.
    ``view`` is its plural; ``told_by`` are the members that tell what its entries say. ``has_figures``: what it
    delivers is counted.
    """

    view: str
    wording: Wording
    told_by: frozenset[str]
    has_figures: bool

    def __init__(self, isolation: Isolation) -> None:
        self._isolation = isolation
        self._shown = BundleCache(self._show_or_name)

    @abstractmethod
    def read_query(self, query: Mapping[str, str]) -> FleetQuery:
        """Which rows a page's address asks for."""

    @abstractmethod
    def read_steps(self, bundle: Bundle | None) -> Iterator[None]:
        """Reads what ``compare`` and ``shown`` want, a member a step."""

    @abstractmethod
    def compare(self, before: Bundle | None, after: Bundle | None) -> tuple[Item, ...]:
        """What happened between the two, of which one at most is None."""

    def row_steps(self, bundle: Bundle) -> Iterator[None]:
        """Makes what ``shown`` gives."""
        if not self._shown.has(bundle):
            yield from self._isolation.steps(bundle.key, "row", self.read_steps(bundle))
            self._shown.of(bundle)
            yield

    def shown(self, bundle: Bundle) -> Shown:
        """Its row and the facts by which rows are chosen and sorted."""
        return self._shown.of(bundle)

    @abstractmethod
    def detail_steps(self, bundle: Bundle, now: datetime) -> Iterator[None]:
        """Makes what ``detail`` gives next."""

    @abstractmethod
    def detail(self, bundle: Bundle, now: datetime) -> bytes:
        """All of it, as a JSON string of HTML."""

    @abstractmethod
    def in_full(
        self, bundle: Bundle, query: Mapping[str, str], now: datetime
    ) -> Generator[bytes, None, Mapping[str, Any]]:
        """What the template of its page is given; b"" for each step until then."""

    def beside(self, bundle: Bundle, others: Iterable[Bundle]) -> Generator[bytes, None, Mapping[str, Any]]:  # noqa: ARG002
        """What that template is given that other bundles of the subject tell; b"" for each step until then."""
        yield from ()
        return {}

    @abstractmethod
    def wanted(self, key: BundleKey) -> WantedEntries:
        """What the journal is to be asked of the past of that object."""

    @abstractmethod
    def past(self, bundle: Bundle, query: Mapping[str, str], told: Earlier) -> Generator[bytes, None, Sequence[Markup]]:
        """What it has told of that, in pieces, but for what the page has anyway; b"" for each step until then."""

    @abstractmethod
    def _show(self, bundle: Bundle) -> Shown:
        """``shown``."""

    @abstractmethod
    def _name(self, key: BundleKey) -> Shown:
        """The same where nothing can be shown but that it is there."""

    def _show_or_name(self, bundle: Bundle) -> Shown:
        return self._isolation.of(bundle.key, "row", lambda: self._show(bundle), lambda: self._name(bundle.key))


#: By view.
Subjects = Mapping[str, Subject]


class Reading(Generic[_Model]):
    """Reads the bundles of a subject. ``contents`` gives one to be read member by member, ``model`` what is read of it.

    ``readings`` is what was read of members, which subjects share. ``read`` is given what was read of the same bundle
    before, None where that is not kept: what has not changed since may be taken from it.
    """

    def __init__(self, readings: Readings, read: Callable[[BundleContents, _Model | None], _Model]) -> None:
        self._readings = readings
        self._read = read
        self._latest: OrderedDict[BundleKey, _Model] = OrderedDict()
        self.contents = lru_cache(maxsize=_KEPT_BUNDLES)(self._contents)
        self.model = lru_cache(maxsize=_KEPT_BUNDLES)(self._model)

    def _contents(self, bundle: Bundle) -> BundleContents:
        return BundleContents(bundle, self._readings)

    def _model(self, bundle: Bundle) -> _Model:
        found = self._read(self.contents(bundle), self._latest.pop(bundle.key, None))
        self._latest[bundle.key] = found
        if len(self._latest) > _KEPT_BUNDLES:
            self._latest.popitem(last=False)
        return found
