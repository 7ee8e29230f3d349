"""Which Freight of an origin auto-promotion would choose for a Stage, and when there could be other. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from promoter_view.decoded import rfc3339
from promoter_view.promotions.values import Stage
from promoter_view.stages.availability import availability
from promoter_view.stages.freight import Freight, FreightRequest


@dataclass(frozen=True, slots=True)
class FreightCandidate:
    """``freight`` is what would be chosen, None for none: ``message`` says why then.

    ``at`` is when newer Freight is there by time alone, in seconds since 1970; None where none is to come like that.
    """

    freight: Freight | None
    message: str = ""
    at: float | None = None


def candidate(stage: Stage, request: FreightRequest, newest_first: Iterable[Freight], now: float) -> FreightCandidate:
    """Of the Freight of that request's origin the newest that is available, or what the Stage upstream has in use."""
    if request.matches_upstream and not request.direct:
        return _upstream(stage, request, newest_first, now)
    soaking: list[tuple[float, str]] = []
    for each in newest_first:
        found = availability(each, stage.name, stage.requested, now)
        if found.is_available:
            return FreightCandidate(each, at=min(soaking)[0] if soaking else None)
        if found.at is not None:
            soaking.append((found.at, each.name))
    if soaking:
        return _soaking(request, *min(soaking))
    return FreightCandidate(None, f"no Freight of {request.origin} is available")


def _upstream(stage: Stage, request: FreightRequest, freight: Iterable[Freight], now: float) -> FreightCandidate:
    """Kargo has the same: while two are in use there, one is on its way out, and the next look sees one."""
    [upstream, *_] = request.stages or [""]
    here = [each for each in freight if upstream in each.currently_in]
    found = [(each, availability(each, stage.name, stage.requested, now)) for each in here]
    available = [each for each, offer in found if offer.is_available]
    if len(available) == 1:
        return FreightCandidate(available[0])
    if available:
        return FreightCandidate(
            None, f"more than one Freight of {request.origin} is in use in Stage {upstream} for a moment"
        )
    soaking = [(offer.at, each.name) for each, offer in found if offer.at is not None]
    if soaking:
        return _soaking(request, *min(soaking))
    return FreightCandidate(None, f"no Freight of {request.origin} that Stage {upstream} has in use is available")


def _soaking(request: FreightRequest, at: float, name: str) -> FreightCandidate:
    message = f"no Freight of {request.origin} is available: {name} has soaked for long enough at {rfc3339(at)}"
    return FreightCandidate(None, message, at)
