"""The program on a real cluster, and a watcher that is read in step with what the test writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.plane.plane import ControlPlane
from tests.support.plane.writing import WrittenCluster
from tests.support.program.client import Client, Exchange
from tests.support.program.program import Program
from tests.support.program.recording import Bookmark, Change, Listing
from tests.support.program.truth import Document, Name, serves, truth, wait


class Mirrored:
    """A cluster and the program that mirrors it."""

    def __init__(self, running: Program, cluster: WrittenCluster) -> None:
        self.running, self.cluster = running, cluster

    @property
    def client(self) -> Client:
        """A client of the program."""
        return Client(self.running.endpoint)

    def settle(self, seconds: float = 30.0) -> dict[Name, Document]:
        """Waits until the program serves just what the cluster, which rests, holds; the bundles."""
        bundles = truth(self.cluster.of)
        wait(lambda: serves(self.running, bundles), seconds, "the program serves what the cluster holds")
        return bundles

    def list(self) -> Listing:
        """All bundles as they are now."""
        return self.client.list()


class Reader:
    """An open watch of all namespaces, read as far as the test asks."""

    def __init__(self, exchange: Exchange) -> None:
        self._entries = exchange.entries()

    def until(self, position: int) -> list[Change]:
        """The changes up to a bookmark at that position or beyond. Errors: AssertionError, BROKEN."""
        changes: list[Change] = []
        for entry in self._entries:
            if isinstance(entry, Change):
                changes.append(entry)
                continue
            assert isinstance(entry, Bookmark), entry
            if entry.resource_version >= position:
                return changes
        raise AssertionError("the watch has ended")

    def take(self, count: int) -> list[Change]:
        """The next changes, so many; bookmarks between them are skipped. Errors: AssertionError, BROKEN."""
        changes: list[Change] = []
        while len(changes) < count:
            entry = next(self._entries)
            assert isinstance(entry, Change | Bookmark), entry
            if isinstance(entry, Change):
                changes.append(entry)
        return changes


@contextmanager
def mirrored(plane: ControlPlane, folder: Path, *options: str) -> Iterator[Mirrored]:
    """The program, ready, with its log in ``folder``/log; it ends with the block."""
    always = ["--kubeconfig", str(plane.kubeconfig), "--insecure-no-auth", "--bookmark-interval", "200ms"]
    with Program(folder, [*always, "--event-log", f"file:{folder / 'log'}", *options]) as running:
        running.start()
        running.wait_ready()
        yield Mirrored(running, WrittenCluster(plane.client()))


@contextmanager
def reading(client: Client, after: int) -> Iterator[Reader]:
    """A watch of all namespaces from that position on."""
    with client.watch("", {"resourceVersion": str(after), "allowWatchBookmarks": "true"}) as exchange:
        yield Reader(exchange)
