"""How far a replica is behind, as its metrics and its health say it."""

from __future__ import annotations

import pytest

from promoter_view.log.etcd.core.progress import Lag


@pytest.mark.parametrize(("now", "seconds"), [(10.0, 0.0), (12.5, 2.5), (9.0, 0.0)])
def test_for_how_long_something_may_have_been_missed(now: float, seconds: float) -> None:
    """Since the moment that is known to be complete; never less than none, where that was asked for ahead."""
    assert Lag(10.0).seconds(now) == seconds
