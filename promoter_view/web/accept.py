"""Accept and Accept-Encoding: what a client takes, clause by clause, each with its weight (RFC 9110, 12.4.2). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

#: Longer headers are not read to their end; what is left out counts as not offered.
_MAX_CLAUSES = 32


@dataclass(frozen=True, slots=True)
class Clause:
    """A media type or a coding, in lower case, with its parameters in lower-case names."""

    value: str
    parameters: Mapping[str, str]
    quality: float


def parse_clauses(header: str) -> Iterator[Clause]:
    """As they stand. A weight that cannot be read is 0."""
    for text in header.split(",")[:_MAX_CLAUSES]:
        value, *rest = (part.strip() for part in text.split(";"))
        pairs = (part.partition("=") for part in rest)
        parameters = {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}
        yield Clause(value.lower(), parameters, _quality(parameters.pop("q", "1")))


def accepts_gzip(header: str | None) -> bool:
    """gzip is wanted at least as much as nothing (RFC 9110, 12.5.3). Without a header nothing is compressed."""
    weights = {clause.value: clause.quality for clause in parse_clauses(header or "")}
    gzip = weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0)))
    return gzip > 0 and gzip >= weights.get("identity", 0.0)


def _quality(text: str) -> float:
    try:
        quality = float(text)
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0
