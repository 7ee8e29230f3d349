"""Several replicas of the program on one etcd, and how a test tells them apart."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Protocol

from tests.support.program.client import BROKEN, Client, Endpoint, RefusedError
from tests.support.program.program import Program
from tests.support.program.truth import Document, Name, serves, wait

LEADING = "promoter_view_replica_leads"
DIGEST = "promoter_view_bundles_digest"
HEAD = "promoter_view_log_head_offset"
_PATIENCE_SECONDS = 90.0


class Mirrored(Protocol):
    """The cluster that is reflected: a simulated one or a control plane."""

    @property
    def kubeconfig(self) -> Path:
        """How to reach it."""


class Company:
    """The replicas, some of which may not run."""

    def __init__(self, replicas: Sequence[Program], source: random.Random) -> None:
        self.replicas = list(replicas)
        self._random = source

    def anyone(self) -> Endpoint:
        """The address of one of them, whether it runs or not."""
        return self._random.choice(self.replicas).endpoint

    def any_dashboard(self) -> Endpoint:
        """The same for its dashboard."""
        return self._random.choice(self.replicas).dashboard

    def leader(self) -> Program:
        """The one that leads, as soon as one says so."""
        found: list[Program] = []
        wait(lambda: bool(found.extend(filter(leads, self.replicas)) or found), _PATIENCE_SECONDS, "a replica leads")
        return found[0]

    def followers(self) -> list[Program]:
        """Those that do not lead."""
        leader = self.leader()
        return [replica for replica in self.replicas if replica is not leader]

    def settle(self, bundles: dict[Name, Document]) -> None:
        """Waits until each serves just these."""
        for replica in self.replicas:
            wait(lambda it=replica: serves(it, bundles), _PATIENCE_SECONDS, "a replica serves what the cluster holds")

    def digests(self) -> set[tuple[float, float]]:
        """Offset and digest of each, once all are at one offset. The cluster must rest."""
        found: set[tuple[float, float]] = set()

        def agree() -> bool:
            found.clear()
            found.update((metric(it, HEAD), metric(it, DIGEST)) for it in self.replicas)
            return len({offset for offset, _ in found}) == 1

        wait(agree, _PATIENCE_SECONDS, "all replicas are at one offset")
        return found


def leads(replica: Program) -> bool:
    """Whether it says that it leads; no where it does not answer."""
    return metric(replica, LEADING) == 1


def metric(replica: Program, name: str) -> float:
    """The sum of a metric over its labels; -1 where the replica does not answer soon."""
    with suppress(*BROKEN, RefusedError):
        lines = Client(replica.endpoint, timeout_seconds=2.0).get("/metrics").decode().splitlines()
        samples = [line.rpartition(" ")[2] for line in lines if line.startswith((name + "{", name + " "))]
        return sum(map(float, samples))
    return -1.0


def replica(
    folder: Path, cluster: Mirrored, log_url: str, *options: str, environment: Mapping[str, str] | None = None
) -> Program:
    """One more, not started yet; its id is its folder's name."""
    always = ["--kubeconfig", str(cluster.kubeconfig), "--insecure-no-auth", "--bookmark-interval", "500ms"]
    chosen = [*always, "--event-log", log_url, "--replica-id", folder.name, *options]
    return Program(folder, chosen, environment=environment, dashboard=True)


@contextmanager
def company(
    folder: Path, cluster: Mirrored, log_url: str, *options: str, count: int = 3, seed: int = 1
) -> Iterator[Company]:
    """So many replicas, all ready; they end with the block."""
    with ExitStack() as stack:
        members = [
            stack.enter_context(replica(folder / f"replica-{number}", cluster, log_url, *options))
            for number in range(count)
        ]
        for member in members:
            member.start()
        for member in members:
            member.wait_ready(timeout_seconds=_PATIENCE_SECONDS)
        yield Company(members, random.Random(seed))
