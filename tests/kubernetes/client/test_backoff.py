"""Waits before another try."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.kubernetes.client.backoff import MAX_RETRY_AFTER_SECONDS, Backoff


@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=40))
def test_doubles_within_bounds(numbers: list[float]) -> None:
    """Each wait is half to whole of 0.2 s doubled so often, and never more than 30 s."""
    given_numbers = iter(numbers)
    backoff = Backoff(random=lambda: next(given_numbers))
    for attempt in range(len(numbers)):
        bound = min(30.0, 0.2 * 2**attempt)
        assert bound / 2 <= backoff.next() <= bound


def test_soon() -> None:
    """What is normal waits not at all the first time, and then as failures do, until it has gone well for a while."""
    backoff = Backoff(random=lambda: 0.0)
    assert [backoff.soon(), backoff.soon(), backoff.soon()] == [0.0, 0.2, 0.4]
    backoff.reset()
    assert backoff.soon() == 0.0


@pytest.mark.parametrize(("asked", "least"), [(7.0, 7.0), (0.0, 0.1), (-5.0, 0.1), (1e9, MAX_RETRY_AFTER_SECONDS)])
def test_retry_after(asked: float, least: float) -> None:
    """The cluster's wish is kept, jittered upwards only, and bounded."""
    for number in (0.0, 0.999):
        seconds = Backoff(random=lambda number=number: number).next(asked)
        assert least <= seconds <= max(0.2, 1.2 * least)
