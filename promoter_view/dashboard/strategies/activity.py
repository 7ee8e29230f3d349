"""What a change of a strategy means to people: promotions, proposals, pull requests, checks, states. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from promoter_view.dashboard.events import Event, Item
from promoter_view.dashboard.strategies.checks import Phase, ShownCheck
from promoter_view.dashboard.strategies.commits import ShownCommit
from promoter_view.dashboard.strategies.environments import ShownStrategy, Station
from promoter_view.views.promotion_strategy.state.words import StateWord

_RESTORES, _PAST = frozenset({"RestoreActiveCommit"}), frozenset({"ChangeTransferPolicyHistory"})
_REQUESTS = {
    "open": Event.OPENED,
    "merged": Event.MERGED,
    "closed": Event.CLOSED,
    "merged-or-closed": Event.ENDED,
    "unknown": Event.UNCLEAR,
}


def compare(before: ShownStrategy | None, after: ShownStrategy | None) -> Iterator[Item]:
    """What happened between the two, in the order of the environments."""
    if before is None or after is None:
        if before is not None or after is not None:
            yield Item(Event.CREATED if before is None else Event.DELETED)
        return
    knew = {station.branch: station for station in before.stations}
    for station in after.stations:
        known = knew.get(station.branch)
        # Of a thousand environments a change changes a few: the others are the same objects, and are not looked into.
        if known is not None and known is not station and known != station:
            yield from _compare(known, station)
    was, state = before.status.state, after.status.state
    if was is not state:
        told_by = _RESTORES if StateWord.HELD in (was, state) else frozenset[str]()
        yield Item(Event.STATE, before=was.value, after=state.value, told_by=told_by)


def _compare(before: Station, after: Station) -> Iterator[Item]:
    fresh = set()
    live, upcoming = after.active.dry, after.upcoming
    if live is not None and _sha(before.active.dry) != live.sha:
        fresh.add("active")
        moved = _moved(Event.PROMOTED, after, before.active.dry, live)
        told_by = _restored_by(before, after, live.sha)
        yield replace(moved, event=Event.RESTORED, told_by=told_by) if told_by else moved
    if upcoming is not None and _sha(before.upcoming) != upcoming.sha:
        fresh.add("proposed")
        yield _moved(Event.PROPOSED, after, before.upcoming, upcoming)
    yield from _requests(before, after)
    knew = _checks(before)
    for (side, key), check in _checks(after).items():
        # Checks on a new commit begin anew: that is part of its promotion, and no news unless one fails.
        known = None if side in fresh else knew.get((side, key))
        if check.phase is not (known.phase if known else Phase.PENDING) and (known or check.phase is Phase.FAILURE):
            yield _checked(after.name, known, check)


def _restored_by(before: Station, after: Station, sha: str) -> frozenset[str]:
    """The kind that tells that what went live there was restored; none where it was promoted.

    A history is written after its policy. So what was live once and nobody had proposed now counts as restored too.
    """
    if after.is_restored and not after.restored_from:
        return _RESTORES
    was_live = any(delivery.sha == sha for delivery in before.past.deliveries)
    is_back = was_live and _sha(before.proposed.dry) != sha
    return _PAST if after.restored_from or is_back else frozenset()


def _checks(station: Station) -> dict[tuple[str, str], ShownCheck]:
    """By side and key. What is proposed counts as long as it is under way."""
    checks = {("active", check.key): check for check in station.active.checks.items}
    return checks | {("proposed", check.key): check for check in station.proposed.checks.items if station.upcoming}


def _moved(event: Event, station: Station, before: ShownCommit | None, after: ShownCommit) -> Item:
    return Item(
        event, station.name, before.short if before else "", after.short, after.subject, after.author, after.url
    )


def _requests(before: Station, after: Station) -> Iterator[Item]:
    request, known = after.request, before.request
    if request is None or known == request:
        return
    same = known is not None and known.number == request.number and known.state == request.state
    if request.state in _REQUESTS and not same:
        yield Item(_REQUESTS[request.state], after.name, after=f"#{request.number}", url=request.url)


def _checked(environment: str, known: ShownCheck | None, check: ShownCheck) -> Item:
    events = {Phase.FAILURE: Event.FAILED, Phase.SUCCESS: Event.PASSED}
    return Item(
        events.get(check.phase, Event.PENDING),
        environment,
        known.phase.value if known else "",
        check.phase.value,
        check.description,
        check.label,
        check.url,
    )


def _sha(commit: ShownCommit | None) -> str:
    return commit.sha if commit is not None else ""
