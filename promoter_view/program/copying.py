"""The state of one event log begins another, perhaps of another kind: ``promoter-view log copy FROM TO``.

What moves is all that the log amounts to at its head: objects, positions, each bundle's resourceVersion. The new log
goes on above the old one's last offset, so that no resourceVersion is given out twice; who stands at that head resumes
there, who stands before it gets 410 once. No program may have either log open meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from promoter_view.log.resting import RestingLog
from promoter_view.metrics import Metrics
from promoter_view.records import Snapshot
from promoter_view.views.definition import GENERATION
from promoter_view.views.known import DEFINITIONS
from promoter_view.views.projector import Projector

#: In bytes: what happened before the head is not copied.
_NO_HISTORY = 1


async def copy(
    source: RestingLog, target: RestingLog, *, warn: Callable[[str], None], with_cursors: bool = False
) -> Snapshot:
    """Begins ``target`` with what ``source`` amounts to, which is returned; cursors only where that is asked for.

    Errors: LogError.
    """
    state = (await read(source, warn=warn)).snapshot()
    if not with_cursors:
        state = replace(state, cursors={})
    await target.begin(state)
    return state


async def read(source: RestingLog, *, warn: Callable[[str], None]) -> Projector:
    """All that a log amounts to. Errors: LogError."""
    projector = Projector(DEFINITIONS, generation=GENERATION, history_bytes=_NO_HISTORY, metrics=Metrics(), warn=warn)
    await source.read(projector)
    return projector
