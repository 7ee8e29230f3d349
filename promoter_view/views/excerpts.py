"""A part of a bundle, decoded: what is not asked for is not looked at, and costs nothing. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import orjson

from promoter_view.records import Bundle

#: A tail's first two pieces: the rest of the metadata, and the root.
_ROOT_END = 2


def excerpt(bundle: Bundle, fields: Collection[str]) -> dict[str, Any]:
    """The bundle's kind, metadata and root, and of its members those fields."""
    found: dict[str, Any] = orjson.loads(b"".join(_pieces(bundle, {b',"%s":' % field.encode() for field in fields})))
    return found


def _pieces(bundle: Bundle, joints: Collection[bytes]) -> Iterator[bytes]:
    *pieces, closing = bundle.tail
    yield from (bundle.head, b"%d" % bundle.resource_version, *pieces[:_ROOT_END])
    wanted = False
    for piece in pieces[_ROOT_END:]:
        # A member begins with a brace, so no member is taken for a joint, and none is hashed.
        if piece.startswith(b',"'):
            wanted = piece in joints
        if wanted:
            yield piece
    yield closing
