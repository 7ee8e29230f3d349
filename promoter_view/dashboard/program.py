"""The health of the program itself, as the page Program shows it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from promoter_view.kubernetes.reflector import ReflectorStatus
from promoter_view.records import LogStatus


@dataclass(frozen=True, slots=True)
class ProgramFacts:
    """What is known of the program at one moment. ``seconds`` is the clock of the reflectors' statuses.

    ``head`` and ``horizon`` are resourceVersions; sizes in bytes; ``streams`` and ``watches`` are open ones.
    ``access`` says in one line who is let in here.
    """

    version: str
    ready: bool
    reason: str
    log: LogStatus
    log_url: str
    head: int
    horizon: int
    history_bytes: int
    history_limit_bytes: int
    bundles: int
    streams: int
    watches: int
    seconds: float
    reflectors: Sequence[ReflectorStatus] = ()
    access: str = ""
