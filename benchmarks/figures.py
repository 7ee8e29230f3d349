"""Numbers out of measurements. Pure."""

from __future__ import annotations

from collections.abc import Sequence

#: As the yardstick counts them.
MEGABYTE = 1_000_000


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share of them lies (nearest rank); 0.0 of none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def rate(amount: float, seconds: float) -> float:
    """So much a second."""
    return amount / seconds if seconds > 0 else 0.0


def ratio(ours: float, other: float) -> float | None:
    """Ours to the other; None where that says nothing."""
    return ours / other if other else None
