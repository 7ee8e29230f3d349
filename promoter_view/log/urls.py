"""Which event log a URL names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from promoter_view.boundaries import EventLog
from promoter_view.log.etcd.client.places import ETCD_FORM, parse_place
from promoter_view.log.file.disk import Disk
from promoter_view.log.file.file_log import FileLog
from promoter_view.log.file.past import FolderPast
from promoter_view.log.file.worker import ThreadWorker
from promoter_view.log.memory import MemoryLog
from promoter_view.log.past import LogPast
from promoter_view.log.settings import LogSettings
from promoter_view.runtime import Runtime

__all__ = ["LogSettings", "check_url", "open_log", "past_of"]


def check_url(url: str) -> None:
    """Raises ValueError, which says what was expected, unless ``url`` names an event log."""
    scheme, colon, place = url.partition(":")
    if scheme == "file" and place:
        return
    if scheme == "memory" and colon and not place:
        return
    if scheme == "etcd":
        parse_place(place)
        return
    raise ValueError(f"expected file:DIR (a folder of its own), memory: or {ETCD_FORM}")


def open_log(url: str, *, runtime: Runtime, settings: LogSettings, on_fatal: Callable[[str], None]) -> EventLog:
    """An event log that has not started yet: ``file:DIR``, ``memory:`` or ``etcd:URL``.

    ``on_fatal`` is told, in one line, what must end the process. Errors: ValueError for any other URL.
    """
    check_url(url)
    reactor, wall, metrics = runtime.reactor, runtime.wall, runtime.metrics
    if url == "memory:":
        return MemoryLog(reactor=reactor, wall=wall, metrics=metrics, generation=settings.generation, on_fatal=on_fatal)
    if url.startswith("etcd:"):
        from promoter_view.log.etcd.opening import etcd_log  # noqa: PLC0415 - a program with a folder needs none of it

        return etcd_log(parse_place(url.removeprefix("etcd:")), runtime, settings, on_fatal)
    return FileLog(
        Path(url.removeprefix("file:")),
        runtime=runtime,
        worker=ThreadWorker(reactor=reactor),
        settings=settings,
        on_fatal=on_fatal,
        disk=Disk(),
    )


def past_of(url: str, *, runtime: Runtime, settings: LogSettings) -> LogPast | None:
    """What that log still holds of the past; None where there is nothing but what is in memory."""
    scheme, _, place = url.partition(":")
    if scheme == "etcd":
        from promoter_view.log.etcd.opening import etcd_past  # noqa: PLC0415 - as above

        return etcd_past(parse_place(place), runtime, settings)
    return FolderPast(Path(place), worker=ThreadWorker(reactor=runtime.reactor)) if scheme == "file" else None
