"""A log that no program has open: what can be done with it as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from promoter_view.boundaries import Follower
from promoter_view.clocks import WallClock
from promoter_view.log.etcd.at_rest import EtcdAtRest
from promoter_view.log.etcd.client.connections import EtcdConnections
from promoter_view.log.etcd.client.gateway import Gateway
from promoter_view.log.etcd.client.places import ETCD_FORM, parse_place
from promoter_view.log.file.disk import Disk
from promoter_view.log.file.folder_at_rest import FolderAtRest
from promoter_view.log.settings import EtcdFiles
from promoter_view.metrics import Metrics
from promoter_view.records import Snapshot


class RestingLog(Protocol):
    """Reads all of a log, or begins one."""

    async def read(self, follower: Follower) -> None:
        """Gives the follower all that the log holds.

        Errors: LogUnusable where there is none, LogLocked where a program has it open, LogDamaged, LogUnreachable.
        """

    async def begin(self, snapshot: Snapshot) -> None:
        """Begins a log behind that snapshot: its next offset is above the snapshot's.

        Errors: LogUnusable where there is a log already, LogLocked, LogUnreachable.
        """


def resting_log(url: str, *, etcd: EtcdFiles, reactor: Any, wall: WallClock, environ: Mapping[str, str]) -> RestingLog:
    """The log of that URL, as ``--event-log`` has it; ``environ`` names proxies.

    Errors: ValueError, which says what was expected.
    """
    scheme, _, place = url.partition(":")
    if scheme == "file" and place:
        return FolderAtRest(Path(place), disk=Disk(), now=wall)
    if scheme == "etcd":
        found = parse_place(place)
        connections = EtcdConnections(etcd, reactor=reactor, environ=environ)
        gateway = Gateway(found.endpoints, reactor=reactor, metrics=Metrics(), connections=connections)
        return EtcdAtRest(gateway, found.prefix, clock=reactor, wall=wall)
    raise ValueError(f"{url!r} names no log that can be copied: expected file:DIR or {ETCD_FORM}")
