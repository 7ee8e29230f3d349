"""Who has the log tell what its records make of bundles goes on where the log does not take it."""

from __future__ import annotations

import pytest
from twisted.internet.defer import fail

from promoter_view.log.errors import LogClosed
from promoter_view.reading.past.telling import DerivedWriter
from promoter_view.records import BundleKey, Derivation
from tests.support.reading.recorded_run import a_projector


class Refusing:
    """A log that takes nothing."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def append(self, entries):
        return fail(self.error)


@pytest.mark.parametrize(("error", "since"), [(ValueError("too long"), 3), (LogClosed("ended"), 2)])
def test_what_is_not_taken_is_told_of_no_more(error, since):
    """Nothing is raised; a log that has ended is told it by whoever opens it next."""
    projector = a_projector()
    writer = DerivedWriter(projector, Refusing(error), enough=1)
    projector.derived.begin(2)
    projector.derived.note(3, [Derivation(3, BundleKey("v", "n", "a"), 3, True, None)])
    writer.wake()
    assert projector.derived.since == since
