"""The words of a state. Pure."""

from __future__ import annotations

import enum


class StateWord(enum.StrEnum):
    """What a person sees first. The members stand in order: what needs a person, then the least settled first."""

    FAILED = "Failed"
    HELD = "Held"
    NEEDS_APPROVAL = "NeedsApproval"
    UNKNOWN = "Unknown"
    BEHIND = "Behind"
    QUEUED = "Queued"
    CHECKING = "Checking"
    WAITING = "Waiting"
    PROMOTING = "Promoting"
    VERIFYING = "Verifying"
    UP_TO_DATE = "UpToDate"

    @property
    def needs_a_person(self) -> bool:
        """Nothing goes on until somebody does something."""
        return self in _NEED_A_PERSON


_NEED_A_PERSON = frozenset((StateWord.FAILED, StateWord.HELD, StateWord.NEEDS_APPROVAL))
