"""An etcd of several members on loopback: each can be killed and started again; all can be put back in time."""

from __future__ import annotations

import json
import shutil
import signal
import time
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.support.plane.process import Process
from tests.support.ports import free_port

_POLL_SECONDS = 0.1
_START_SECONDS = 60.0
_CALL_SECONDS = 5.0


class Etcds:
    """``stop`` it always. Its members keep their ports, so that their clients find them where they were."""

    def __init__(self, binaries: Path, folder: Path, *, members: int = 3, flags: Sequence[str] = ()) -> None:
        self.folder = folder
        self._binary = binaries / "etcd"
        self._flags = tuple(flags)
        self._ports = [(free_port(), free_port()) for _ in range(members)]
        self._members: list[Process | None] = [None] * members
        folder.mkdir(parents=True)

    @property
    def urls(self) -> list[str]:
        """Where clients find each member."""
        return [f"http://127.0.0.1:{client}" for client, _ in self._ports]

    def log_url(self, prefix: str = "promoter-view") -> str:
        """The event log's, for ``--event-log``."""
        return f"etcd:http://{','.join(f'127.0.0.1:{client}' for client, _ in self._ports)}/{prefix}"

    def start(self) -> None:
        """Starts the members that do not run, and waits until each answers reads."""
        for number in range(len(self._members)):
            self._begin(number)
        for number in range(len(self._members)):
            self._wait(lambda number=number: bool(self._revision(number)), f"member {number} answers")

    def stop(self) -> None:
        """Ends all members."""
        for number, member in enumerate(self._members):
            if member is not None:
                member.send(signal.SIGCONT)
                member.kill()
            self._members[number] = None

    def kill(self, number: int) -> None:
        """``kill -9`` of one member."""
        member, self._members[number] = self._members[number], None
        assert member is not None
        member.kill()

    def send(self, number: int, what: signal.Signals) -> None:
        """A signal to one member."""
        member = self._members[number]
        assert member is not None
        member.send(what)

    def leader(self) -> int:
        """The number of the member that leads the others, as soon as there is one."""
        found: list[int] = []
        self._wait(lambda: bool(found.extend(self._leaders()) or found), "a member leads")
        return found[0]

    def revision(self) -> int:
        """The newest revision."""
        return next(filter(None, (self._revision(number) for number in range(len(self._members)))))

    def compact(self, revision: int) -> None:
        """Forget what was before that revision."""
        for number in range(len(self._members)):
            with suppress(OSError):
                self.call(number, "kv/compaction", {"revision": revision, "physical": True})
                return
        raise AssertionError("no member of etcd compacts")

    def back_up(self, name: str) -> None:
        """Copies all members' folders as they are at one moment; they are stopped for it and lose nothing."""
        for number in range(len(self._members)):
            self.send(number, signal.SIGSTOP)
        try:
            shutil.copytree(self.folder / "data", self.folder / f"backup-{name}")
        finally:
            for number in range(len(self._members)):
                self.send(number, signal.SIGCONT)

    def restore(self, name: str) -> None:
        """Puts a copy back, as after a disaster: what was written since is gone."""
        self.stop()
        shutil.rmtree(self.folder / "data")
        shutil.copytree(self.folder / f"backup-{name}", self.folder / "data")
        self.start()

    def call(self, number: int, method: str, document: dict[str, Any]) -> dict[str, Any]:
        """One call of one member's JSON gateway. Errors: OSError."""
        url = f"{self.urls[number]}/v3/{method}"
        with urllib.request.urlopen(url, json.dumps(document).encode(), timeout=_CALL_SECONDS) as response:
            found: dict[str, Any] = json.load(response)
        return found

    def _begin(self, number: int) -> None:
        if self._members[number] is None:
            self._members[number] = Process(self._command(number), self.folder / f"member-{number}.log")

    def _command(self, number: int) -> Sequence[str]:
        client, peer = (f"http://127.0.0.1:{port}" for port in self._ports[number])
        return [
            str(self._binary),
            f"--name=member-{number}",
            f"--data-dir={self.folder / 'data' / str(number)}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster={','.join(f'member-{n}=http://127.0.0.1:{p}' for n, (_, p) in enumerate(self._ports))}",
            "--initial-cluster-token=tests",
            # A busy machine is no reason for an election.
            "--heartbeat-interval=200",
            "--election-timeout=2000",
            "--unsafe-no-fsync",
            *self._flags,
        ]

    def _leaders(self) -> list[int]:
        for number in range(len(self._members)):
            with suppress(OSError, KeyError):
                status = self.call(number, "maintenance/status", {})
                if status["leader"] == status["header"]["member_id"]:
                    return [number]
        return []

    def _revision(self, number: int) -> int:
        """A linearizable read by one member; 0 where it does not answer."""
        with suppress(OSError):
            return int(self.call(number, "kv/range", {"key": "AA=="})["header"].get("revision", 0))
        return 0

    def _wait(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not condition():
            assert time.monotonic() < deadline, f"in vain: {what}"
            time.sleep(_POLL_SECONDS)
