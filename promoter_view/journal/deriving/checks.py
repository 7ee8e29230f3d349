"""What fails and recovers of an environment's checks. Pure, and total.

One key may be asked for of what is live and of what is proposed. A check fails on one of the two; it recovers once it
is over on both: failed and pending on neither.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from promoter_view.journal.deriving.policies import FAILURE, PENDING, SUCCESS, PolicySide, PolicyStory
from promoter_view.journal.entries import EventCheck, EventType

_GONE = "no commit here needs this check any more"
#: By whether it is what is proposed.
_Sides = Mapping[bool, PolicySide]


class CheckTurn(NamedTuple):
    """A check of what is live, or ``proposed``, failed or succeeds; ``before``: its phase, "" for none.

    Its phase is "" now where no commit has it any more.
    """

    event: EventType
    proposed: bool
    before: str
    check: EventCheck


def check_turns(before: PolicyStory, after: PolicyStory) -> Iterator[CheckTurn]:
    """What turned between the two, failures first.

    Checks on a new commit begin anew: that is no news unless one fails. What succeeds may have failed before it was
    pending, or on an earlier commit: the journal knows, and keeps it only then.
    """
    was, sides = _sides(before), _sides(after)
    for proposed, side in sides.items():
        for key, check in side.checks.items():
            phase = _known(was, proposed, side, key)
            if check.phase == FAILURE != phase:
                yield CheckTurn(EventType.FAILED, proposed, phase, check)
    for key in dict.fromkeys(key for side in (*sides.values(), *was.values()) for key in side.checks):
        if _is_over(sides, key):
            yield from _recovered(was, sides, key)


def _sides(story: PolicyStory) -> _Sides:
    return {False: story.live, True: story.proposed} if story.is_open else {False: story.live}


def _known(was: _Sides, proposed: bool, side: PolicySide, key: str) -> str:
    """The phase on the same commit before."""
    before = was.get(proposed)
    known = before is not None and before.commit.sha == side.commit.sha and before.checks.get(key)
    return known.phase if known else ""


def _is_over(sides: _Sides, key: str) -> bool:
    return all(side.checks[key].phase == SUCCESS for side in sides.values() if key in side.checks)


def _recovered(was: _Sides, sides: _Sides, key: str) -> Iterator[CheckTurn]:
    """It is told once, of the commit on which it came to succeed; where none did, of the one that is left."""
    here = [(proposed, side) for proposed, side in sides.items() if key in side.checks]
    turned = [each for each in here if _known(was, *each, key) != SUCCESS]
    if not turned and _is_over(was, key):
        return
    phases = {side.checks[key].phase for side in was.values() if key in side.checks}
    before = next((phase for phase in (FAILURE, PENDING) if phase in phases), "")
    if here:
        proposed, side = (turned or here)[0]
        yield CheckTurn(EventType.RECOVERED, proposed, before, side.checks[key])
    else:
        gone = next(side.checks[key] for side in was.values() if key in side.checks)
        yield CheckTurn(EventType.RECOVERED, False, before, replace(gone, phase="", message=_GONE, url=""))
