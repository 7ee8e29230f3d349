"""The query part of a URI, read as Go reads it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs

Parameters = Mapping[str, Sequence[str]]

_UNREADABLE = re.compile(r";|%(?![0-9A-Fa-f]{2})", re.ASCII)


def parameters_of(uri: bytes) -> Parameters:
    """The query part of a URI, decoded. As in Go a name without "=" is there with an empty value (``?watch``).

    (Twisted's ``request.args`` leaves such out.) Also as in Go, a part with a semicolon or a broken escape is left out.
    Their number is bounded by the number of the request line's bytes.
    """
    _, _, query = uri.partition(b"?")
    readable = [part for part in query.decode("utf-8", "replace").split("&") if not _UNREADABLE.search(part)]
    return parse_qs("&".join(readable), keep_blank_values=True, errors="replace")


def first(parameters: Parameters, name: str) -> str:
    """The first value of that name, "" where there is none."""
    return next(iter(parameters.get(name, ())), "")
