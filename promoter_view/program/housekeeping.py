"""What goes on beside the work while the program serves: late calls, clocks, orphans and garbage are looked after."""

from __future__ import annotations

import gc
import os
import resource
from pathlib import Path

from twisted.internet.process import reapProcessHandlers

from promoter_view.program.health import ClockWatch, SettledMemory, StallMeter
from promoter_view.program.orphans import OrphanReaper, ended_child
from promoter_view.program.pipeline import Pipeline
from promoter_view.runtime import Runtime

_FIRST_PROCESS = 1
#: The second number is that of its pages in memory (Linux).
_STATM = Path("/proc/self/statm")


class Housekeeping:
    """All of it, begun and ended together."""

    def __init__(self, pipeline: Pipeline, *, runtime: Runtime) -> None:
        reactor, metrics = runtime.reactor, runtime.metrics
        self.clock = ClockWatch(
            reactor=reactor, wall=runtime.wall, metrics=metrics, newest=lambda: pipeline.event_log.status().head
        )
        self._stalls = StallMeter(reactor=reactor, metrics=metrics)
        self._memory = SettledMemory(pipeline.projector, reactor=reactor, collector=gc, size=_resident)
        pipeline.pasts.attend(self._memory.hold)
        self._orphans = OrphanReaper(
            reactor=reactor,
            peek=ended_child,
            reap=lambda pid: os.waitpid(pid, 0),
            is_ours=reapProcessHandlers.__contains__,
        )

    def start(self) -> None:
        """Until ``stop``. Orphans come to the first process only."""
        self.clock.start()
        self._stalls.start()
        self._memory.start()
        if os.getpid() == _FIRST_PROCESS:
            self._orphans.start()

    def stop(self) -> None:
        """No more of it; idempotent."""
        self.clock.stop()
        self._stalls.stop()
        self._memory.stop()
        self._orphans.stop()


def _resident() -> float:
    """How much memory this process has, in bytes; where the system does not tell, the most that it has had."""
    try:
        return float(_STATM.read_text().split()[1]) * resource.getpagesize()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
