"""Functions on texts. Places and lengths count characters. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from promoter_view.promotions.expressions.values import (
    ExpressionError,
    Function,
    bounded,
    list_of,
    place_of,
    text_of,
    within_bounds,
)

_ALL = -1


def _trim(text: Any, characters: Any = None) -> str:
    return text_of(text).strip(None if characters is None else text_of(characters))


def _trim_prefix(text: Any, prefix: Any = " ") -> str:
    return text_of(text).removeprefix(text_of(prefix))


def _trim_suffix(text: Any, suffix: Any = " ") -> str:
    return text_of(text).removesuffix(text_of(suffix))


def _split(text: Any, separator: Any, most: Any = _ALL) -> list[str]:
    return _parts(text_of(text), text_of(separator), place_of(most), kept="")


def _split_after(text: Any, separator: Any, most: Any = _ALL) -> list[str]:
    return _parts(text_of(text), text_of(separator), place_of(most), kept=separator)


def _parts(text: str, separator: str, most: int, *, kept: str) -> list[str]:
    """``most`` parts at most, the last with all the rest; less than 0: all. ``kept`` stays behind all but the last."""
    found = text.count(separator) + 1 if separator else len(text)
    within_bounds(min(found, most) if most >= 0 else found)
    if most == 0:
        return []
    if not separator:
        first = len(text) if most < 0 else most - 1
        return [*text[:first], *([text[first:]] if text[first:] else [])]
    parts = text.split(separator, most - 1 if most > 0 else _ALL)
    return [*(part + kept for part in parts[:-1]), parts[-1]]


def _replace(text: Any, old: Any, new: Any, most: Any = _ALL) -> str:
    found, old, new = text_of(text), text_of(old), text_of(new)
    times = min(found.count(old), place_of(most)) if place_of(most) >= 0 else found.count(old)
    if len(found) + times * (len(new) - len(old)) > 10_000_000:
        raise ExpressionError("the text would be too long")
    return bounded(found.replace(old, new, place_of(most)))


def _repeat(text: Any, times: Any) -> str:
    found, number = text_of(text), place_of(times)
    if number < 0:
        raise ExpressionError(f"a text cannot be repeated {number} times")
    if len(found) * number > 1_000_000:
        raise ExpressionError("the text would be too long")
    return found * number


def _join(items: Any, separator: Any = "") -> str:
    texts, between = list(map(text_of, list_of(items))), text_of(separator)
    if sum(map(len, texts)) + len(between) * len(texts) > 10_000_000:
        raise ExpressionError("the text would be too long")
    return bounded(between.join(texts))


def _from_base64(text: Any) -> str:
    found = text_of(text).replace("\n", "").replace("\r", "")
    try:
        return base64.b64decode(found, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError) as error:
        raise ExpressionError(f"that is no Base64: {error}") from error


def _to_base64(text: Any) -> str:
    return bounded(base64.b64encode(text_of(text).encode("utf-8", "replace")).decode("ascii"))


TEXTS: Mapping[str, Function] = {
    "trim": Function(_trim, 1, 2),
    "trimPrefix": Function(_trim_prefix, 1, 2),
    "trimSuffix": Function(_trim_suffix, 1, 2),
    "upper": Function(lambda text: bounded(text_of(text).upper())),
    "lower": Function(lambda text: bounded(text_of(text).lower())),
    "split": Function(_split, 2, 3),
    "splitAfter": Function(_split_after, 2, 3),
    "replace": Function(_replace, 3, 4),
    "repeat": Function(_repeat, 2, 2),
    "join": Function(_join, 1, 2),
    "indexOf": Function(lambda text, part: text_of(text).find(text_of(part)), 2, 2),
    "lastIndexOf": Function(lambda text, part: text_of(text).rfind(text_of(part)), 2, 2),
    "hasPrefix": Function(lambda text, part: text_of(text).startswith(text_of(part)), 2, 2),
    "hasSuffix": Function(lambda text, part: text_of(text).endswith(text_of(part)), 2, 2),
    "toBase64": Function(_to_base64),
    "fromBase64": Function(_from_base64),
}
