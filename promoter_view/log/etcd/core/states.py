"""Where a replica on etcd may stand, and what it hears there. Data only."""

from __future__ import annotations

import enum
from collections.abc import Mapping

from promoter_view.log.etcd.core import inputs


class State(enum.Enum):
    """Where a replica stands; the table of what leads where is docs/replica-states.md."""

    NEW = "not started"
    LOADING = "loading a state"
    CATCHING_UP = "applying what was there when its state was loaded"
    FOLLOWING = "following who leads"
    STANDING = "standing for leader"
    ELECTED = "holding the leader's key, and applying what was there when it was won"
    MARKING = "writing the mark that begins its term"
    LEADING = "leading"
    ENDED = "ended"


WRITING = frozenset({State.MARKING, State.LEADING})
IN_TERM = WRITING | {State.ELECTED}
WATCHING = IN_TERM | {State.CATCHING_UP, State.FOLLOWING, State.STANDING}
_OPEN = WATCHING | {State.LOADING}
#: Where an input means something. Anywhere else it is the late word of what has been given up, and nothing follows.
HEARD: Mapping[type[inputs.Input], frozenset[State]] = {
    inputs.Begin: frozenset({State.NEW}),
    inputs.Loaded: frozenset({State.LOADING}),
    inputs.Heard: WATCHING,
    inputs.Read: WATCHING,
    inputs.Moved: _OPEN,
    inputs.Applied: WATCHING,
    inputs.Failed: _OPEN,
    inputs.Surveyed: _OPEN,
    inputs.Unanswered: _OPEN,
    inputs.Stood: _OPEN - IN_TERM,
    inputs.Kept: IN_TERM,
    inputs.Lapsed: IN_TERM,
    inputs.Deposed: IN_TERM,
    inputs.Marked: frozenset({State.MARKING}),
    inputs.Compacted: WATCHING,
    inputs.Stopped: _OPEN | {State.NEW},
}
