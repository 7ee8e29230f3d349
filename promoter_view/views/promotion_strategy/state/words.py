"""The words of a state. Pure."""

from __future__ import annotations

import enum
import re


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

#: A state as it is said on pages and in messages.
STATE_WORDS = {word: re.sub("(?<=[a-z])(?=[A-Z])", " ", word.value).capitalize() for word in StateWord}


def said_state(word: str) -> str:
    """A state as it is said on pages; any other word, such as a Stage's health, as it is."""
    return STATE_WORDS[StateWord(word)] if word in set(StateWord) else word
