"""What can be set of an event log. Values only."""

from __future__ import annotations

from dataclasses import dataclass

MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class EtcdFiles:
    """The identity shown to an etcd, and the CA of its certificates. All but ``user`` are paths; None for none."""

    cafile: str | None = None
    certfile: str | None = None
    keyfile: str | None = None
    user: str | None = None
    password_file: str | None = None


@dataclass(frozen=True, slots=True)
class LogSettings:
    """The bounds of a log, sizes in bytes.

    Of the three retentions the first that is reached counts. ``history_bytes`` is how much of the log a start replays
    at least where it can. A segment is closed when it reaches ``segment_bytes`` or ``segment_age_seconds``. ``repair``:
    a damaged log is set aside and a new one begun. ``generation`` is the view definitions' own, for the marks, and
    ``remembers`` whether their bundles have a memory. ``replica_id`` names this process to the others on an etcd,
    ``lease_seconds`` after a leader's death another leads.
    """

    retention_age_seconds: float = 7 * 24 * 3600.0
    retention_bytes: int = 1024 * MEBIBYTE
    retention_events: int = 1_000_000
    history_bytes: int = 64 * MEBIBYTE
    segment_bytes: int = 16 * MEBIBYTE
    segment_age_seconds: float = 3600.0
    repair: bool = False
    generation: int = 0
    remembers: bool = False
    replica_id: str = "promoter-view"
    lease_seconds: int = 3
    etcd: EtcdFiles = EtcdFiles()
