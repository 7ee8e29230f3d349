"""What is said of folders and ports of this host. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from promoter_view.command.checking.findings import Finding, noted, to_do, well

_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder, or where it would be made. ``problem`` "": it can be written; ``free_bytes`` are the disk's."""

    path: Path
    exists: bool
    problem: str = ""
    free_bytes: int = 0
    locked: bool = False


@dataclass(frozen=True, slots=True)
class WantedPort:
    """A port to listen on. ``chosen``: any free one will do; ``problem``: what to do, where it cannot be had."""

    option: str
    name: str
    chosen: bool = False
    taken: bool = False
    problem: str = ""


def folder(subject: str, option: str, found: Folder, wanted_bytes: int, *, running: bool) -> Finding:
    """``running``: the program seems to run here already, and is who holds it."""
    if found.problem:
        return to_do(subject, found.problem, f"give {option} another place, or let this user write there")
    if found.locked and not running:
        return to_do(subject, f"{found.path} is locked by another process", f"stop it, or give {option} another place")
    if found.locked:
        return noted(subject, f"{found.path} is locked: promoter-view seems to run here already")
    free = f"{found.free_bytes // _MEBIBYTE} MiB are free"
    if found.free_bytes < wanted_bytes:
        most = f"--event-log-retention-bytes lets it grow to {wanted_bytes // _MEBIBYTE} MiB"
        return noted(subject, f"{found.path}: {free}, and {most}")
    return well(subject, f"{found.path} {'can be written' if found.exists else 'can be made'}, {free}")


def ports(wanted: Iterable[WantedPort], *, running: bool) -> Iterator[Finding]:
    """A line for each. ``running``: as for a folder."""
    for port in wanted:
        if port.chosen:
            yield well("port", f"{port.option}: the first free one")
        elif port.taken and running:
            yield noted("port", f"{port.option}: {port.name} is in use: promoter-view seems to run here already")
        elif port.problem:
            yield to_do("port", f"{port.option}: {port.name} cannot be used", port.problem)
        else:
            yield well("port", f"{port.option}: {port.name} is free")
