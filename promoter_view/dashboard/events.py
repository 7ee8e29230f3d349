"""What happens to strategies and Stages, as the activity says it: words and items. Data only."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Event(enum.StrEnum):
    """What happened, as a word of the page. ``ENDED``: a pull request, and nobody knows whether it was merged."""

    CREATED = "created"
    STARTED = "started"
    DELETED = "deleted"
    PROPOSED = "proposed"
    OPENED = "opened"
    MERGED = "merged"
    CLOSED = "closed"
    ENDED = "ended"
    UNCLEAR = "unclear"
    PROMOTED = "promoted"
    RESTORED = "restored"
    FAILED = "failed"
    PASSED = "passed"
    PENDING = "pending"
    STATE = "state"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that happened. ``before`` and ``after`` are what changed from and to: shas, phases or states.

    ``told_by``: the kinds of members that tell it, beside those that tell all of its subject.
    """

    event: Event
    environment: str = ""
    before: str = ""
    after: str = ""
    subject: str = ""
    by: str = ""
    url: str = ""
    told_by: frozenset[str] = frozenset()
