"""Reading decoded objects where ``promoter_view.decoded`` ends, and their moments. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from promoter_view.decoded import mappings, parse_time

Document = Mapping[str, Any]


def objects(document: Any, *path: str) -> Sequence[Document]:
    """The objects in the list at that path; what is no object in it is skipped."""
    return list(mappings(document, *path))


def seconds_of(moment: str) -> float | None:
    """The seconds since 1970 of an RFC 3339 moment; None where it is none."""
    found = parse_time(moment)
    return None if found is None else found.timestamp()
