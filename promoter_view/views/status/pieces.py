"""The field ``status`` in pieces: how it stands in a bundle's bytes. Pure.

It is one piece, or, where it tells of environments, a piece each, so that of a thousand a change of one makes one
anew: ``{...,"environments":``, ``[``, an environment, ``,``, an environment, ... and ``],...}``. None begins as a joint
does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from promoter_view.records import STATUS

JOINT = b',"%s":' % STATUS.encode()
_ENVIRONMENTS = "environments"


class StatusParts(NamedTuple):
    """``summary`` is the JSON without environments, ``environments`` that of each."""

    summary: bytes
    environments: Sequence[bytes]


def parts_of(pieces: Sequence[bytes]) -> StatusParts:
    """The field's value taken apart, from its pieces in a bundle."""
    if len(pieces) < 3:
        return StatusParts(b"".join(pieces), ())
    return StatusParts(b"".join((pieces[0], b"[", pieces[-1])), pieces[2:-1:2])


def pieces_of(summary: Mapping[str, Any], environments: Sequence[bytes], closing: Mapping[str, Any]) -> list[bytes]:
    """The pieces of a status with those environments between what stands before and behind them."""
    if not environments:
        return [orjson.dumps({**summary, **closing})]
    opening = b'%b"%b":' % (orjson.dumps(summary)[:-1] + b"," if summary else b"{", _ENVIRONMENTS.encode())
    listed = [piece for each in environments for piece in (b",", each)]
    rest = orjson.dumps(closing)[1:] if closing else b"}"
    return [opening, b"[", *listed[1:], b"]" + (b"," if closing else b"") + rest]


def split(document: Mapping[str, Any]) -> list[bytes]:
    """The pieces of a status that comes whole."""
    names = list(document)
    environments = document.get(_ENVIRONMENTS)
    if not isinstance(environments, list) or not environments:
        return [orjson.dumps(document)]
    at = names.index(_ENVIRONMENTS)
    before, behind = ({name: document[name] for name in some} for some in (names[:at], names[at + 1 :]))
    return pieces_of(before, [orjson.dumps(each) for each in environments], behind)


def with_url(pieces: Sequence[bytes], url: str) -> Sequence[bytes]:
    """With the address of the bundle's page as its last key."""
    return [*pieces[:-1], b'%b,"url":%b}' % (pieces[-1][:-1], orjson.dumps(url))] if url else pieces


def shared(pieces: Sequence[bytes], before: Sequence[bytes]) -> Iterator[bytes]:
    """Those pieces, each that equals one of before as that very object."""
    known = dict(zip(before, before, strict=True))
    return (known.get(piece, piece) for piece in pieces)
