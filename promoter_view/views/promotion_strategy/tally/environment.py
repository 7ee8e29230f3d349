"""The counters of one environment, as a value that can be written down. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace

#: A tally as it is written down: numbers and texts.
Written = tuple[int | str, ...]

#: Another one where what is counted, or how it is written, changes: counting then begins anew.
RULES = "1-"
#: Upper bounds of the classes of promotion times, in seconds; behind the last there is one for all that took longer.
BOUNDS = (15, 60, 180, 600, 1800, 3600, 14400, 43200, 86400, 259200, 604800)
_NONE = (0,) * (len(BOUNDS) + 1)
#: Commits that are remembered one by one, in each of two lists.
MOST_REMEMBERED = 8
_PLAIN = 9


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted of one environment, and by what a commit that was counted is known again.

    ``promotions``, ``deployments``; ``failed_proposals``: commits of which a check failed before they were live,
    ``failed_deliveries``: after. ``seconds`` is the sum of the times that were taken, ``classes`` their numbers by
    BOUNDS. ``mark``: of what the objects told last; "" where something is still to be found out. All up to ``told`` was
    counted, which went live at ``told_live``, and beyond it what is ``ahead``: live before the history had it.
    ``failed``: the last commits whose failure was counted; ``failed_proposal`` the last of those that are proposed.
    """

    mark: str = ""
    promotions: int = 0
    deployments: int = 0
    failed_proposals: int = 0
    failed_deliveries: int = 0
    failed_proposal: str = ""
    told: str = ""
    told_live: int = 0
    seconds: int = 0
    classes: tuple[int, ...] = _NONE
    ahead: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()

    def observed(self, seconds: int) -> Tally:
        """With one promotion time more."""
        place = bisect_left(BOUNDS, seconds)
        classes = (*self.classes[:place], self.classes[place] + 1, *self.classes[place + 1 :])
        return replace(self, seconds=self.seconds + seconds, classes=classes)

    def write(self) -> Written:
        """All of it, flat."""
        plain = (
            self.mark,
            self.promotions,
            self.deployments,
            self.failed_proposals,
            self.failed_deliveries,
            self.failed_proposal,
            self.told,
            self.told_live,
            self.seconds,
        )
        return (*plain, *self.classes, len(self.ahead), *self.ahead, *self.failed)


def read_tally(written: Sequence[int | str]) -> Tally | None:
    """What ``write`` has written; None for anything else, such as what was counted by other classes."""
    numbers = _PLAIN + len(_NONE)
    texts = (0, 5, 6)
    if len(written) <= numbers:
        return None
    for place, each in enumerate(written):
        wants_text = place in texts or place > numbers
        if not isinstance(each, str if wants_text else int):
            return None
    ahead = numbers + 1 + int(written[numbers])
    mark, promotions, deployments, proposals, deliveries, proposal, told, live, seconds = written[:_PLAIN]
    return Tally(
        mark=str(mark),
        promotions=int(promotions),
        deployments=int(deployments),
        failed_proposals=int(proposals),
        failed_deliveries=int(deliveries),
        failed_proposal=str(proposal),
        told=str(told),
        told_live=int(live),
        seconds=int(seconds),
        classes=tuple(map(int, written[_PLAIN:numbers])),
        ahead=tuple(map(str, written[numbers + 1 : ahead])),
        failed=tuple(map(str, written[ahead:])),
    )
