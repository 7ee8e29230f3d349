"""What the checks of simulated promotions say, and when. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from promoter_view.simulator.company.model import APPROVAL, HEALTH, LINT, ORDER, TIMER, WINDOW, Check, CheckPhase

# The words of the order of environments are its release's.
_WAITING = {
    LINT: "Linting the hydrated manifests",
    APPROVAL: "Waiting for the change to be approved",
    WINDOW: "Waiting for the release window to open",
    HEALTH: "Waiting for Applications to be healthy",
    TIMER: "Waiting for the soak time to pass",
    ORDER: "",
}
_GOOD = {
    LINT: "All manifests are valid",
    APPROVAL: "The change is approved",
    WINDOW: "The release window is open",
    HEALTH: "All Applications are healthy",
    TIMER: "The soak time has passed",
    ORDER: "",
}


def pending(keys: Iterable[str], now: float) -> dict[str, Check]:
    """Checks that have not reported yet. ``now`` in seconds since 1970, as in all that follows."""
    return {key: Check(CheckPhase.PENDING, now, _WAITING[key]) for key in keys}


def succeeded(keys: Iterable[str], now: float) -> dict[str, Check]:
    """Checks that have nothing against it."""
    return {key: Check(CheckPhase.SUCCESS, now, _GOOD[key]) for key in keys}


def failed(now: float) -> Check:
    """A lint that has found something."""
    return Check(CheckPhase.FAILURE, now, "2 of 214 manifests are invalid: replicas must not be negative")
