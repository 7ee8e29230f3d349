"""Which event log a URL names."""

from __future__ import annotations

import random as randomness
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from promoter_view.boundaries import EventLog
from promoter_view.clocks import WallClock
from promoter_view.log.etcd.client.connections import Connections
from promoter_view.log.etcd.client.gateway import Gateway
from promoter_view.log.etcd.client.places import ETCD_FORM, parse_place
from promoter_view.log.etcd.etcd_log import EtcdLog
from promoter_view.log.file.disk import Disk
from promoter_view.log.file.file_log import FileLog
from promoter_view.log.file.worker import ThreadWorker
from promoter_view.log.memory import MemoryLog
from promoter_view.log.settings import LogSettings
from promoter_view.metrics import Metrics

__all__ = ["LogSettings", "check_url", "open_log"]


def check_url(url: str) -> None:
    """Raises ValueError, which says what would be right, unless ``url`` names an event log."""
    scheme, colon, place = url.partition(":")
    if scheme == "file" and place:
        return
    if scheme == "memory" and colon and not place:
        return
    if scheme == "etcd":
        parse_place(place)
        return
    raise ValueError(
        f"{url!r} names no event log: file:DIR (a folder of its own) or memory: would be right, or {ETCD_FORM}"
    )


def open_log(
    url: str,
    *,
    reactor: Any,
    wall: WallClock,
    metrics: Metrics,
    settings: LogSettings,
    on_fatal: Callable[[str], None],
    random: Callable[[], float] = randomness.random,
    environ: Mapping[str, str] = MappingProxyType({}),
) -> EventLog:
    """An event log that has not started yet: ``file:DIR``, ``memory:`` or ``etcd:URL``.

    ``reactor`` gives seconds that only grow, delayed calls and threads; ``wall`` dates records; ``environ`` names
    proxies. ``on_fatal`` is told, in one line, what must end the process. Errors: ValueError for any other URL.
    """
    check_url(url)
    if url == "memory:":
        return MemoryLog(reactor=reactor, wall=wall, metrics=metrics, generation=settings.generation, on_fatal=on_fatal)
    if url.startswith("etcd:"):
        connections = Connections(settings.etcd, reactor=reactor, environ=environ)
        return _etcd_log(url, connections, reactor, wall, metrics, settings, on_fatal, random)
    return FileLog(
        Path(url.removeprefix("file:")),
        reactor=reactor,
        wall=wall,
        worker=ThreadWorker(reactor=reactor),
        metrics=metrics,
        settings=settings,
        on_fatal=on_fatal,
        random=random,
        disk=Disk(),
    )


def _etcd_log(
    url: str,
    connections: Connections,
    reactor: Any,
    wall: WallClock,
    metrics: Metrics,
    settings: LogSettings,
    on_fatal: Callable[[str], None],
    random: Callable[[], float],
) -> EventLog:
    place = parse_place(url.removeprefix("etcd:"))
    return EtcdLog(
        Gateway(place.endpoints, reactor=reactor, metrics=metrics, connections=connections),
        place.prefix,
        identity=settings.replica_id,
        reactor=reactor,
        wall=wall,
        worker=ThreadWorker(reactor=reactor),
        metrics=metrics,
        settings=settings,
        on_fatal=on_fatal,
        random=random,
    )
