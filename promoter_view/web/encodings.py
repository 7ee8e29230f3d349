"""Which encodings of a body a client takes. Pure."""

from __future__ import annotations

_MAX_CLAUSES = 32


def accepts_gzip(header: str | None) -> bool:
    """gzip is wanted at least as much as nothing (RFC 9110, 12.5.3). Without a header nothing is compressed."""
    weights = dict(_weight(text) for text in (header or "").lower().split(",")[:_MAX_CLAUSES])
    gzip = weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0)))
    return gzip > 0 and gzip >= weights.get("identity", 0.0)


def _weight(text: str) -> tuple[str, float]:
    coding, *parameters = (part.strip() for part in text.split(";"))
    quality = next((part[2:] for part in parameters if part.startswith("q=")), "1")
    try:
        weight = float(quality)
    except ValueError:
        return coding, 0.0
    return coding, weight if 0 <= weight <= 1 else 0.0
