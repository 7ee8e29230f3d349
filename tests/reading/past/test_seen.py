"""What a moment of the past tells of when things happened, by what may be seen of it. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from promoter_view.reading.past.seen import SeenMoment, seen_of
from promoter_view.reading.past.state import PastState
from promoter_view.reading.past.times import Validity
from promoter_view.reading.past.views import PastViews
from promoter_view.views.versions import LAST_PLACE, join

OFFSET = 18_000_000_000_000
HEAD = join(OFFSET + 50_000, 1, LAST_PLACE)


def past(*, since_ms: int = 1_800_000_005_000) -> PastState:
    """Its last record was written 5 s after that offset."""
    return PastState(PastViews({}, HEAD), {}, Validity(since_ms, since_ms + 1), before=7, after=9)


def bundle(offset: int) -> Any:
    """One that changed at that offset."""
    return SimpleNamespace(resource_version=join(offset, 1, 3), hidden=frozenset())


def test_who_sees_everything_is_told_all() -> None:
    """Also of what is gone, which no bundle tells of."""
    told = SeenMoment(datetime.fromtimestamp(1_800_000_005, UTC), HEAD, 7, 9)
    assert seen_of(past(), (), whole=True) == told


def test_others_are_told_what_their_bundles_say() -> None:
    """When the newest of them changed, and the state before that; nothing of what comes next."""
    found = seen_of(past(), [[bundle(OFFSET)], [bundle(OFFSET - 5)]], whole=False)
    assert found == SeenMoment(datetime.fromtimestamp(1_800_000_000, UTC), HEAD, join(OFFSET - 1, 1, LAST_PLACE))


def test_no_change_is_told_later_than_the_last_record() -> None:
    """An offset may be ahead of the clock."""
    found = seen_of(past(since_ms=1_799_999_999_000), [[bundle(OFFSET)]], whole=False)
    assert found.recorded == datetime.fromtimestamp(1_799_999_999, UTC)


def test_who_sees_nothing_is_told_nothing() -> None:
    """Neither when something happened, nor any position."""
    assert seen_of(past(), (), whole=False) == SeenMoment(None, 0, 0, 0)
