"""The series of a Stage: its state. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from promoter_view.measures.exposition import Family

STAGE_STATE = Family(
    "promoter_view_stage_state", "gauge", "1 for the current state of a Stage, 0 for every other state"
)
STAGE_FAMILIES = (STAGE_STATE,)
#: What ``status.state`` may be.
STAGE_WORDS = ("Healthy", "Progressing", "Unhealthy", "Unknown", "NotApplicable")


@dataclass(frozen=True, slots=True)
class StageSeries:
    """A ``measuring.Series``. ``labels`` as ``exposition.labels`` makes them."""

    labels: bytes
    state: str

    @property
    def count(self) -> int:
        """One for each word."""
        return len(STAGE_WORDS)

    def lines(self, family: Family, now: float) -> Iterator[bytes]:  # noqa: ARG002
        """Those of that family."""
        yield family.one_of(self.labels, "state", STAGE_WORDS, self.state)
