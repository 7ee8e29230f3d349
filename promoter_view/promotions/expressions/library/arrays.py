"""Functions on arrays and maps that ask no predicate. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from promoter_view.promotions.expressions.library.durations import Duration
from promoter_view.promotions.expressions.library.moments import Moment
from promoter_view.promotions.expressions.operators import equal, index
from promoter_view.promotions.expressions.values import (
    ExpressionError,
    Function,
    Struct,
    int_of,
    is_number,
    kind_of,
    list_of,
    text_of,
    within_bounds,
)

_MOST_ARGUMENTS = 100
_KEYS: Sequence[Callable[[Any], bool]] = (
    is_number,
    lambda key: isinstance(key, str),
    lambda key: isinstance(key, bool),
)
_SORTED = (*_KEYS[:2], lambda key: isinstance(key, Moment), lambda key: isinstance(key, Duration))


def _first(items: Any) -> Any:
    return list_of(items)[0] if items else None


def _last(items: Any) -> Any:
    return list_of(items)[-1] if items else None


def _take(items: Any, number: Any) -> list[Any]:
    found, most = list_of(items), int_of(number)
    if most < 0:
        raise ExpressionError(f"{most} elements cannot be taken")
    return found[:most]


def _get(value: Any, place: Any) -> Any:
    try:
        return index(value, place)
    except ExpressionError:
        return None


def _concat(*arrays: Any) -> list[Any]:
    within_bounds(sum(len(list_of(each)) for each in arrays))
    return list(chain.from_iterable(arrays))


def _flatten(items: Any) -> list[Any]:
    found = list(_flat(list_of(items)))
    within_bounds(len(found))
    return found


def _flat(items: list[Any]) -> Iterable[Any]:
    for item in items:
        if isinstance(item, list):
            yield from _flat(item)
        else:
            yield item


def _unique(items: Any) -> list[Any]:
    seen: dict[Any, list[Any]] = {}
    kept: list[Any] = []
    for item in list_of(items):
        alike = seen.setdefault(_alike(item), [])
        if not any(equal(item, each) for each in alike):
            alike.append(item)
            kept.append(item)
    return kept


def _alike(value: Any) -> Any:
    """The same for values that are equal; for those that are not it may be."""
    if isinstance(value, list):
        return ("a list", *map(_alike, value))
    if isinstance(value, dict):
        return ("a map", *((name, _alike(found)) for name, found in sorted(value.items(), key=repr)))
    return (isinstance(value, bool), value) if isinstance(value, str | int | float | bool) else None


def _sort(items: Any, order: Any = "asc") -> list[Any]:
    found = list_of(items)
    return ordered(found, found, order)


def ordered(items: list[Any], keys: list[Any], order: Any) -> list[Any]:
    """The items by their keys, which are all numbers or all texts. ``order``: asc or desc."""
    if text_of(order) not in ("asc", "desc"):
        raise ExpressionError(f"the order is asc or desc, not {order[:20]}")
    if not any(all(map(kind, keys)) for kind in _SORTED) and len(keys) > 1:
        kinds = ", ".join(dict.fromkeys(map(kind_of, keys)))
        raise ExpressionError(
            f"only numbers, strings, dates or durations can be sorted, each by themselves, not {kinds}"
        )
    by = [getattr(key, "nanoseconds", key) for key in keys]
    places = sorted(range(len(items)), key=by.__getitem__, reverse=order == "desc")
    return [items[place] for place in places]


def map_of(value: Any) -> Mapping[Any, Any]:
    """That map, of a Struct its fields. Errors: whatever else it is."""
    if isinstance(value, Struct):
        return value.fields
    if not isinstance(value, Mapping):
        raise ExpressionError(f"a map is needed, not {kind_of(value)}")
    return value


def _keys(value: Any) -> list[Any]:
    return sorted(map_of(value), key=lambda key: (str(type(key)), key))


def _from_pairs(pairs: Any) -> dict[Any, Any]:
    found = list_of(pairs)
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in found):
        raise ExpressionError("a pair is an array of a key and a value")
    return keyed((key, value) for key, value in found)


def keyed(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, Any]:
    """A map of those. Errors: where a key can be none, or keys are of two kinds."""
    found = list(pairs)
    keys = [key for key, _ in found]
    if not any(all(map(kind, keys)) for kind in _KEYS):
        raise ExpressionError("the keys of a map are strings, or numbers, or bools")
    return dict(found)


def _length(value: Any) -> int:
    if isinstance(value, str | list | Mapping):
        return len(value)
    raise ExpressionError(f"{kind_of(value)} has no length")


ARRAYS: Mapping[str, Function] = {
    "len": Function(_length),
    "first": Function(_first),
    "last": Function(_last),
    "take": Function(_take, 2, 2),
    "get": Function(_get, 2, 2),
    "concat": Function(_concat, 1, _MOST_ARGUMENTS),
    "flatten": Function(_flatten),
    "uniq": Function(_unique),
    "reverse": Function(lambda items: list_of(items)[::-1]),
    "sort": Function(_sort, 1, 2),
    "keys": Function(_keys),
    "values": Function(lambda value: [map_of(value)[key] for key in _keys(value)]),
    "toPairs": Function(lambda value: [[key, map_of(value)[key]] for key in _keys(value)]),
    "fromPairs": Function(_from_pairs),
}
