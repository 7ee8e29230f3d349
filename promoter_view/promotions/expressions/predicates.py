"""Functions that ask a predicate of each element of an array. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from promoter_view.promotions.expressions.library.arrays import keyed, ordered
from promoter_view.promotions.expressions.library.numbers import total
from promoter_view.promotions.expressions.scope import Element
from promoter_view.promotions.expressions.values import ExpressionError, Function, list_of, truth

#: The value of a predicate for an element.
Ask = Callable[[Element], Any]
_NONE_GIVEN = object()


@dataclass(frozen=True, slots=True)
class Predicated:
    """A function of an array and a predicate, and ``most`` arguments in all; ``least`` 1: it may go without one."""

    call: Callable[..., Any]
    least: int = 2
    most: int = 2

    def __call__(self, name: str, items: Any, ask: Ask | None, others: list[Any]) -> Any:
        """The value of a call. Errors: ExpressionError."""
        return Function(lambda given: self.call(list_of(given), ask, *others))(name, [items])


def _where(items: list[Any], ask: Ask, places: range | None = None) -> Iterator[int]:
    """The places of those that satisfy it."""
    return (place for place in places or range(len(items)) if truth(ask(Element(items[place], place))))


def _backwards(items: list[Any]) -> range:
    return range(len(items) - 1, -1, -1)


def _each(items: list[Any], ask: Ask) -> list[Any]:
    return [ask(Element(item, place)) for place, item in enumerate(items)]


def _one(items: list[Any], ask: Ask) -> bool:
    found = _where(items, ask)
    return next(found, None) is not None and next(found, None) is None


def _find(items: list[Any], ask: Ask) -> Any:
    place = next(_where(items, ask), None)
    return None if place is None else items[place]


def _find_last(items: list[Any], ask: Ask) -> Any:
    place = next(_where(items, ask, _backwards(items)), None)
    return None if place is None else items[place]


def _count(items: list[Any], ask: Ask | None) -> int:
    return sum(map(truth, items if ask is None else _each(items, ask)))


def _sum(items: list[Any], ask: Ask | None) -> int | float:
    return total(items if ask is None else _each(items, ask))


def _group(items: list[Any], ask: Ask) -> dict[Any, list[Any]]:
    keys = _each(items, ask)
    groups: dict[Any, list[Any]] = keyed((key, []) for key in keys)
    for key, item in zip(keys, items, strict=True):
        groups[key].append(item)
    return groups


def _sort(items: list[Any], ask: Ask, order: Any = "asc") -> list[Any]:
    return ordered(items, _each(items, ask), order)


def _reduce(items: list[Any], ask: Ask, initial: Any = _NONE_GIVEN) -> Any:
    start = 0
    if initial is _NONE_GIVEN:
        if not items:
            raise ExpressionError("an empty array needs an initial value")
        initial, start = items[0], 1
    for place in range(start, len(items)):
        initial = ask(Element(items[place], place, initial))
    return initial


PREDICATED: Mapping[str, Predicated] = {
    "all": Predicated(lambda items, ask: all(truth(ask(Element(item, at))) for at, item in enumerate(items))),
    "any": Predicated(lambda items, ask: next(_where(items, ask), None) is not None),
    "none": Predicated(lambda items, ask: next(_where(items, ask), None) is None),
    "one": Predicated(_one),
    "filter": Predicated(lambda items, ask: [items[place] for place in _where(items, ask)]),
    "map": Predicated(_each),
    "find": Predicated(_find),
    "findIndex": Predicated(lambda items, ask: next(_where(items, ask), None)),
    "findLast": Predicated(_find_last),
    "findLastIndex": Predicated(lambda items, ask: next(_where(items, ask, _backwards(items)), None)),
    "count": Predicated(_count, 1),
    "sum": Predicated(_sum, 1),
    "groupBy": Predicated(_group),
    "sortBy": Predicated(_sort, 2, 3),
    "reduce": Predicated(_reduce, 2, 3),
}
