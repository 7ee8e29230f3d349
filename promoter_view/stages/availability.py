"""Which Freight a Stage may take, and from when on: direct, approved, or verified upstream for long enough. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from promoter_view.decoded import parse_time
from promoter_view.durations import format_duration
from promoter_view.stages.freight import Freight, FreightRequest


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether a Stage may take some Freight now. ``reason``: why it may not, "" where it may.

    ``at`` is when it may, in seconds since 1970, where nothing is missing but time; None where more is, and where it
    may now. Only what happens upstream meanwhile changes that.
    """

    reason: str = ""
    at: float | None = None

    @property
    def is_available(self) -> bool:
        """The Stage may take it."""
        return not self.reason


@dataclass(frozen=True, slots=True)
class _Soak:
    """Freight that is verified in that Stage upstream. ``so_far``: the seconds that it was there at a stretch.

    ``end``: when that is enough if it stays; None where it has left.
    """

    stage: str
    so_far: float
    end: float | None


_AVAILABLE = Availability()


def availability(freight: Freight, stage: str, requested: Sequence[FreightRequest], now: float) -> Availability:
    """Whether the Stage of that name, which requests that, may take the Freight. ``now`` in seconds since 1970."""
    if freight.is_deleting:
        return Availability(f"Freight {freight.name} is being deleted")
    requests = [each for each in requested if each.origin == freight.origin]
    if not requests:
        return Availability(f"Freight {freight.name} is of {freight.origin}, which Stage {stage} does not request")
    if stage in freight.approved_for or any(_is_offered(freight, each, now) for each in requests):
        return _AVAILABLE
    soaking = [(each, lacking) for each in requests if (lacking := _lacking(freight, each, now))]
    if not soaking:
        return Availability(
            f"Freight {freight.name} is not available to Stage {stage}: it is not approved for it, the Stage does not "
            f"take it directly, and it is not verified{_upstream(requests)}"
        )
    words = "; ".join(_words(each, request) for request, lacking in soaking for each in lacking)
    ends = [end for request, lacking in soaking if (end := _end(lacking, request)) is not None]
    return Availability(
        f"Freight {freight.name} is not available to Stage {stage} yet: {words}", min(ends, default=None)
    )


def _upstream(requests: Iterable[FreightRequest]) -> str:
    stages = dict.fromkeys(name for request in requests for name in request.stages)
    return f" in {', '.join(stages)}" if stages else " upstream"


def _is_offered(freight: Freight, request: FreightRequest, now: float) -> bool:
    if request.direct:
        return True
    enough = [each for each in _soaks(freight, request, now) if each.so_far >= request.soak_seconds]
    return bool(enough) and (not request.needs_all or len(enough) == len(request.stages))


def _soaks(freight: Freight, request: FreightRequest, now: float) -> Sequence[_Soak]:
    """Of each Stage upstream in which it is verified, in the request's order."""
    found = []
    for stage in request.stages:
        if stage in freight.verified_in:
            entered = parse_time(freight.since(stage))
            since = None if entered is None else entered.timestamp()
            so_far = max(freight.longest_soak(stage), 0.0 if since is None else now - since)
            found.append(_Soak(stage, so_far, None if since is None else since + request.soak_seconds))
    return found


def _lacking(freight: Freight, request: FreightRequest, now: float) -> Sequence[_Soak]:
    """Those in which it has not soaked for long enough, where nothing else is missing; none where more is."""
    soaks = _soaks(freight, request, now)
    if request.needs_all and len(soaks) < len(request.stages):
        return ()
    return [each for each in soaks if each.so_far < request.soak_seconds]


def _words(soak: _Soak, request: FreightRequest) -> str:
    soaked = f"{format_duration(soak.so_far)} of {format_duration(request.soak_seconds)}"
    return f"it is verified in {soak.stage}, and has soaked there for {soaked}"


def _end(lacking: Sequence[_Soak], request: FreightRequest) -> float | None:
    """When it has soaked for long enough if it stays where it is; None where it has left before that."""
    ends = [each.end for each in lacking if each.end is not None]
    if request.needs_all:
        return max(ends) if len(ends) == len(lacking) else None
    return min(ends, default=None)
