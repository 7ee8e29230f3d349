"""The history alone: bounds, horizon, gaps, and cursors that keep their place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.records import Bundle, BundleChange, BundleKey
from promoter_view.views.history import Ahead, Expired, History, HistoryCursor
from promoter_view.views.versions import GENERATION_UNIT, LAST_PLACE, join

AMPLE = 1 << 20


def bundle(version: int, name: str = "x", *, view: str = "v", namespace: str = "a", body: bytes = b"{}") -> Bundle:
    return Bundle(BundleKey(view, namespace, name), "u", version, "", {}, b'{"v":"', (b'","b":', body, b"}"))


def added(offset: int, place: int = 0, **rest: str) -> BundleChange:
    version = join(offset, 0, place)
    return BundleChange(version, None, bundle(version, **rest), 0)  # type: ignore[arg-type]


def end(offset: int) -> int:
    return join(offset, 0, LAST_PLACE)


def begun(offset: int = 10, *, max_bytes: int = AMPLE) -> History:
    history = History(generation=0, max_bytes=max_bytes)
    history.restart(end(offset))
    return history


def cursor(history: History, after: int, namespace: str = "") -> HistoryCursor:
    return HistoryCursor(history, "v", namespace, after)


def test_the_messages_are_those_of_kubernetes() -> None:
    """Clients and tests recognise a position that is too old, or too new, by these words."""
    assert str(Expired(5, 9)) == "too old resource version: 5 (9)"
    assert str(Ahead(9, 5)) == "Too large resource version: 9, current: 5"


@pytest.mark.parametrize(
    ("version", "error"),
    [
        (0, Expired),
        (-1, Expired),
        (end(9), Expired),
        (end(10) - 1, Expired),
        (end(10), None),
        (join(11, 0, 0), None),
        (end(20), None),
        (join(20, 1, 0), Expired),
        (join(12, 3, 5), Expired),
        (join(21, 0, 0), Ahead),
        (join(21, 2, 0), Ahead),
        ((1 << 63) + 7, Ahead),
    ],
)
def test_where_one_may_resume(version: int, error: type[Exception] | None) -> None:
    """From the horizon to the head in this generation; a later offset is ahead, whatever its generation."""
    history = begun(10)
    history.extend([], end(20))
    if error is None:
        assert cursor(history, version).take(9) == []
    else:
        with pytest.raises(error):
            cursor(history, version)


def test_lost_offsets_expire_and_their_neighbours_do_not() -> None:
    """Between a mark and the last offset before it nobody resumes; at either end one may."""
    history = begun(10)
    history.gap(20, 30)
    history.extend([], end(30))
    history.gap(40, 50)
    history.extend([added(55)], end(60))
    allowed = [version for version in range(10, 61) if _resumes(history, end(version))]
    assert allowed == [*range(10, 21), *range(30, 41), *range(50, 61)]


def test_gaps_are_forgotten_with_the_horizon() -> None:
    """A program that is restarted ten thousand times keeps no gap that the horizon has passed."""
    history = begun(10)
    for offset in range(20, 2000, 20):
        history.gap(offset, offset + 10)
        history.restart(end(offset + 10))
    assert len(history._gaps) <= 1


def _resumes(history: History, version: int) -> bool:
    try:
        return history.locate(version) >= 0
    except Expired:
        return False


def test_a_cursor_reads_each_change_once_and_filters() -> None:
    """take examines at most so many changes, returns those of its view and namespace, and ends at the head."""
    history = begun()
    changes = [
        added(11),
        added(12, namespace="b"),
        added(13, view="w"),
        added(14, place=0, name="y"),
        added(14, place=1, name="z"),
    ]
    for change in changes[:3]:
        history.extend([change], end(change.resource_version // 262144))
    history.extend(changes[3:], end(14))
    everything, namespaced = cursor(history, end(10)), cursor(history, end(10), "a")
    assert everything.take(2) == changes[:2]
    assert (everything.position, everything.caught_up) == (changes[1].resource_version, False)
    assert everything.take(2) == [changes[3]]
    assert everything.position == changes[3].resource_version
    assert everything.take(9) == [changes[4]]
    assert (everything.position, everything.caught_up) == (end(14), True)
    assert everything.take(9) == []
    assert namespaced.take(9) == [changes[0], *changes[3:]]
    assert cursor(history, changes[3].resource_version).take(9) == [changes[4]]


def test_a_position_never_goes_back() -> None:
    """A cursor that stood at a head keeps that position when a change comes that it has not examined."""
    history = begun()
    reader = cursor(history, end(10))
    history.extend([], end(20))
    assert reader.position == end(20)
    history.extend([added(21)], end(21))
    assert (reader.position, reader.caught_up) == (end(20), False)
    reader.take(1)
    assert reader.position == end(21)


def test_a_restart_expires_every_cursor_even_one_that_was_caught_up() -> None:
    """After a restart no cursor goes on in silence: what happened is not in the history."""
    history = begun()
    reader = cursor(history, end(10))
    history.restart(end(20))
    assert not reader.caught_up
    with pytest.raises(Expired) as raised:
        reader.take(1)
    assert (raised.value.resource_version, raised.value.horizon) == (end(10), end(20))


def test_a_slow_cursor_is_told_when_the_horizon_passes_it() -> None:
    """A reader that falls behind the bound gets Expired with its own position, and only then."""
    history = begun(max_bytes=2000)
    slow, quick = cursor(history, end(10)), cursor(history, end(10))
    offset = 10
    while history.horizon == end(10):
        offset += 1
        history.extend([added(offset)], end(offset))
        assert len(quick.take(9)) == 1
    with pytest.raises(Expired):
        slow.take(9)
    assert history.horizon == join(11, 0, 0)
    assert len(cursor(history, history.horizon).take(99)) == offset - 11


def test_a_change_larger_than_the_bound_expires_those_who_have_not_read_it() -> None:
    """A bound that one change exceeds keeps nothing; the horizon is that change, and reading goes on after it."""
    history = begun(max_bytes=10)
    reader = cursor(history, end(10))
    history.extend([added(11)], end(11))
    assert (history.bytes, history.horizon) == (0, join(11, 0, 0))
    with pytest.raises(Expired):
        reader.take(1)
    assert cursor(history, end(11)).caught_up


def test_a_piece_that_leaves_many_bundles_of_one_offset_is_counted_once() -> None:
    """The old bytes of a shared member cost once however many bundles change with it."""
    shared, large = b"x" * 10_000, b"y" * 10_000
    history = begun()
    changes = [
        BundleChange(join(11, 0, n), bundle(1, str(n), body=shared), bundle(join(11, 0, n), str(n), body=large), 0)
        for n in range(50)
    ]
    history.extend(changes, end(11))
    assert len(shared) < history.bytes < len(shared) + 50 * 600


def test_a_deletion_costs_what_the_bundle_held() -> None:
    """From a DELETED on the history alone may keep the bundle's members alive."""
    history = begun()
    history.extend([BundleChange(join(11, 0, 0), bundle(1, body=b"x" * 5000), None, 0)], end(11))
    assert history.bytes > 5000


@given(st.lists(st.integers(0, 3), max_size=60), st.integers(0, 4000), st.integers(1, 5))
def test_readers_see_every_change_once_or_are_told(places: list[int], max_bytes: int, limit: int) -> None:
    """At any bound, a cursor at each position after the horizon reads exactly the changes behind it."""
    history = begun(max_bytes=max_bytes)
    versions, offset = [], 10
    for count in places:
        offset += 1
        changes = [added(offset, place) for place in range(count)]
        versions += [change.resource_version for change in changes]
        history.extend(changes, end(offset))
    assert history.bytes <= max_bytes
    for after in [end(10), *versions, end(offset)]:
        if after < history.horizon:
            assert not _resumes(history, after)
            continue
        reader, seen = cursor(history, after), []
        while not reader.caught_up:
            seen += [change.resource_version for change in reader.take(limit)]
        assert seen == [version for version in versions if version > after]
        assert reader.position == history.head


def test_generations_do_not_mix() -> None:
    """A history of another generation takes its own positions only."""
    history = History(generation=2, max_bytes=AMPLE)
    history.restart(join(10, 2, LAST_PLACE))
    assert cursor(history, join(10, 2, LAST_PLACE)).caught_up
    with pytest.raises(Expired):
        cursor(history, join(10, 2, LAST_PLACE) + GENERATION_UNIT)
