"""Bundles with anything at all in them: what a cluster's objects may hold where nobody has looked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from hypothesis import strategies as st

from promoter_view.records import Bundle

#: Times, durations, numbers and names that readers take, and that somebody once could not say.
ODD = (
    "0999-06-01T00:00:00Z",
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-14:00",
    "2026-02-30T00:00:00Z",
    "2026-W01-1T00:00:00Z",
    "99999h",
    "1" * 400,
    "-0",
    "\u202eabc\x1b[31m",
    '<time datetime="x">',
    "a" * 5000,
    "open",
    "failure",
    "",
)
_scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False)
    | st.sampled_from(ODD)
    | st.text(max_size=8)
)
anything = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=6,
)


def spoilt(document: Any, choose: Any) -> Any:
    """The same with anything in the place of some of its values. ``choose`` draws from a strategy."""
    places = list(_places(document))
    for path in choose(st.lists(st.sampled_from(places), min_size=1, max_size=6)):
        document = _with(document, path, choose(anything))
    return document


def times_made(document: Any, stamp: str) -> Any:
    """The same with every time in it another."""
    if isinstance(document, dict):
        return {name: times_made(found, stamp) for name, found in document.items()}
    if isinstance(document, list):
        return [times_made(found, stamp) for found in document]
    is_time = isinstance(document, str) and document[:2] == "20" and document.endswith("Z")
    return stamp if is_time else document


def bundle_of(document: Mapping[str, Any], like: Bundle) -> Bundle:
    """A bundle of that name with those members, in pieces as the projection makes them."""
    members = {name: value for name, value in document.items() if name not in ("kind", "apiVersion", "metadata")}
    pieces = [like.tail[0]]
    for place, (name, value) in enumerate(members.items()):
        if place:
            pieces.append(b',"%s":' % name.encode())
        pieces += _bodies(value) if place and isinstance(value, list) and value else [orjson.dumps(value)]
    return Bundle(
        like.key, like.uid, like.resource_version, like.creation_timestamp, like.labels, like.head, (*pieces, b"}")
    )


def _bodies(members: list[Any]) -> list[bytes]:
    """The pieces of a list: each member is one, and so is what stands between them."""
    between = [b"[", *[b","] * (len(members) - 1)]
    return [piece for pair in zip(between, map(orjson.dumps, members), strict=True) for piece in pair] + [b"]"]


def _places(document: Any, path: tuple[Any, ...] = ()) -> Any:
    children = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for name, value in children:
        if path or name not in ("kind", "apiVersion", "metadata"):
            yield (*path, name)
            yield from _places(value, (*path, name))


def _with(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    first, *rest = path
    if isinstance(document, dict) and isinstance(first, str):
        return {**document, first: _with(document.get(first), tuple(rest), value)}
    if isinstance(document, list) and isinstance(first, int):
        return [_with(each, tuple(rest), value) if place == first else each for place, each in enumerate(document)]
    return document
