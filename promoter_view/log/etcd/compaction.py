"""How far etcd may forget: retention, and the bound that a replica which starts needs. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from promoter_view.log.etcd.layout import Checkpoint, Head
from promoter_view.log.settings import LogSettings


def expendable(checkpoints: Sequence[Checkpoint], head: Head, now: float, settings: LogSettings) -> int:
    """How many of the oldest may go: etcd is then compacted to the one after them.

    What lies within all three retentions stays, and so do the last two: while one is read the next may be written.
    """
    passed = [at for at, found in enumerate(checkpoints) if _is_passed(found, head, now, settings)]
    return min(max(passed, default=0), max(0, len(checkpoints) - 2))


def _is_passed(checkpoint: Checkpoint, head: Head, now: float, settings: LogSettings) -> bool:
    """Whether the log from there on reaches as far back as it has to."""
    return (
        now - checkpoint.time_ms / 1000 >= settings.retention_age_seconds
        or head.size - checkpoint.size >= settings.retention_bytes
        or head.events - checkpoint.events >= settings.retention_events
    )
