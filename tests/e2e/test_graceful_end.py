"""TERM, seen from outside: what clients read to the end, what is refused meanwhile, and how the process ends."""

from __future__ import annotations

import json
import random
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.program.client import path_of
from tests.support.program.fleet import Fleet
from tests.support.program.program import Program
from tests.support.program.simulated import Simulated, program, settle, simulated
from tests.support.program.truth import wait

LARGE = 300
WATCH = f"{path_of('')}?watch=1&allowWatchBookmarks=true"


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Simulated]:
    """A simulated cluster with some strategies."""
    with simulated(tmp_path / "cluster") as found:
        Fleet(found.written, random.Random(5))
        yield found


@contextmanager
def ready(folder: Path, cluster: Simulated, *options: str) -> Iterator[Program]:
    with program(folder / "program", cluster, folder / "log", "--shutdown-grace", "60s", *options) as running:
        settle(running, cluster.truth())
        yield running


class Raw:
    """A connection of bytes: what the server writes, and whether it ends as HTTP says."""

    def __init__(self, running: Program, *, receive_buffer: int = 0) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        raw = socket.socket()
        if receive_buffer:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        raw.settimeout(15)
        raw.connect(("127.0.0.1", running.endpoint.port))
        # An end without close_notify is an error, so that a cut stream is told from a whole one.
        self._socket = context.wrap_socket(raw, suppress_ragged_eofs=False)
        self._received = bytearray()

    def __enter__(self) -> Raw:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, path: str) -> None:
        self._socket.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())

    def until(self, wanted: bytes) -> bytes:
        """All that has come, with that in it."""
        searched = 0
        while self._received.find(wanted, searched) < 0:
            searched = max(len(self._received) - len(wanted), 0)
            data = self._socket.recv(65536)
            assert data, self._received[-500:]
            self._received += data
        return bytes(self._received)

    def to_end(self) -> bytes:
        """All that comes until the server closes. Errors: ssl.SSLError, OSError for a connection that was cut."""
        while data := self._socket.recv(65536):
            self._received += data
        return bytes(self._received)


def events(received: bytes) -> list[dict[str, Any]]:
    """The events of a chunked watch that ended with its last chunk."""
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert body.endswith(b"0\r\n\r\n"), body[-200:]
    lines = b"".join(chunks(body)).splitlines()
    return [json.loads(line) for line in lines]


def chunks(body: bytes) -> Iterator[bytes]:
    while True:
        size, _, rest = body.partition(b"\r\n")
        length = int(size, 16)
        if not length:
            assert rest == b"\r\n"
            return
        yield rest[:length]
        body = rest[length + 2 :]


def clean(running: Program) -> None:
    """It ends with status 0, long before its grace is over, without a word of trouble."""
    assert running.ended(timeout_seconds=20) == 0
    assert "Traceback" not in running.log
    assert "ReactorNotRunning" not in running.log


def test_watches_end_cleanly(cluster: Simulated, tmp_path: Path) -> None:
    """Each watch ends with its last chunk, one that allows bookmarks with one that it can resume from after a start."""
    with ready(tmp_path, cluster) as running, Raw(running) as marked, Raw(running) as plain:
        marked.send(WATCH)
        plain.send(f"{path_of('')}?watch=1")
        marked.until(b"BOOKMARK")
        plain.until(b"ADDED")
        running.send(signal.SIGTERM)
        last = events(marked.to_end())[-1]
        assert last["type"] == "BOOKMARK"
        assert events(plain.to_end())[-1]["type"] == "ADDED"
        clean(running)
        running.kill()
        running.start()
        settle(running, cluster.truth())
        with Raw(running) as resumed:
            resumed.send(f"{WATCH}&timeoutSeconds=1&resourceVersion={last['object']['metadata']['resourceVersion']}")
            assert {event["type"] for event in events_of_one(resumed)} == {"BOOKMARK"}


def events_of_one(raw: Raw) -> list[dict[str, Any]]:
    return events(raw.until(b"\r\n0\r\n\r\n"))


def test_not_ready_first(cluster: Simulated, tmp_path: Path) -> None:
    """For --shutdown-delay-duration all goes on being served, new connections too, and only /readyz says no."""
    with ready(tmp_path, cluster, "--shutdown-delay-duration", "3s") as running, Raw(running) as watch:
        watch.send(WATCH)
        watch.until(b"ADDED")
        running.send(signal.SIGTERM)
        begun = time.monotonic()
        wait(lambda: status(running, "/readyz") == 500, 5, "readyz fails")
        assert status(running, "/livez") == 200
        assert status(running, path_of("")) == 200
        assert time.monotonic() - begun < 3
        watch.to_end()
        assert time.monotonic() - begun > 2.5
        clean(running)


def status(running: Program, path: str) -> int:
    with Raw(running) as raw:
        raw.send(path)
        return int(raw.until(b"\r\n\r\n").split()[1])


def test_a_reader_that_does_not_read(cluster: Simulated, tmp_path: Path) -> None:
    """It cannot hold the program up for longer than the grace; meanwhile watches are refused, and gets answered."""
    fill(cluster)
    with (
        ready(tmp_path, cluster, "--shutdown-grace", "2s") as running,
        Raw(running, receive_buffer=4096) as stuck,
        Raw(running) as waiting,
    ):
        stuck.send(path_of(""))
        waiting.send("/livez")
        waiting.until(b"ok")
        time.sleep(0.3)
        running.send(signal.SIGTERM)
        time.sleep(0.3)
        waiting.send(WATCH)
        refusal = waiting.until(b'"code":503')
        assert b"Retry-After: 1\r\n" in refusal
        waiting.send("/version")
        waiting.until(b"gitVersion")
        clean(running)


def fill(cluster: Simulated) -> None:
    """More than sockets hold."""
    cluster.written.add_namespaces("large")
    for number in range(LARGE):
        spec = {"environments": [{"branch": "x" * 30_000}], "gitRepositoryRef": {"name": "x"}}
        metadata = {"name": f"s{number}", "namespace": "large"}
        kind = {"apiVersion": "promoter.argoproj.io/v1alpha1", "kind": "PromotionStrategy"}
        cluster.written.apply({**kind, "metadata": metadata, "spec": spec})


def test_a_list_under_way_is_finished(cluster: Simulated, tmp_path: Path) -> None:
    """A client in the middle of a large list gets all of it, to its last byte, though TERM came meanwhile."""
    fill(cluster)
    with ready(tmp_path, cluster) as running, Raw(running, receive_buffer=4096) as slow:
        slow.send(path_of(""))
        slow.until(b"\r\n\r\n")
        running.send(signal.SIGTERM)
        time.sleep(0.5)
        body = slow.to_end().partition(b"\r\n\r\n")[2]
        assert len(json.loads(b"".join(chunks(body)))["items"]) > LARGE
        clean(running)


def test_a_second_term_ends_the_waiting(cluster: Simulated, tmp_path: Path) -> None:
    """The first TERM begins the delay, the second ends it, the third the grace; all the same it ends well."""
    fill(cluster)
    with (
        ready(tmp_path, cluster, "--shutdown-delay-duration", "60s") as running,
        Raw(running) as watch,
        Raw(running, receive_buffer=4096) as stuck,
    ):
        watch.send(WATCH)
        watch.until(b"BOOKMARK")
        stuck.send(path_of(""))
        time.sleep(0.3)
        running.send(signal.SIGTERM)
        wait(lambda: status(running, "/readyz") == 500, 5, "readyz fails")
        running.send(signal.SIGTERM)
        assert events(watch.until(b"\r\n0\r\n\r\n"))[-1]["type"] == "BOOKMARK"
        with pytest.raises(subprocess.TimeoutExpired):
            running.ended(timeout_seconds=0.5)
        running.send(signal.SIGTERM)
        clean(running)


def test_while_the_cluster_is_unreachable(cluster: Simulated, tmp_path: Path) -> None:
    """Refused, silent or gone: what the cluster does holds nothing up."""
    with ready(tmp_path, cluster) as running, Raw(running) as watch:
        watch.send(WATCH)
        watch.until(b"BOOKMARK")
        cluster.command("request-fault", fault="Silence")
        cluster.command("drop-watches")
        time.sleep(0.5)
        running.send(signal.SIGTERM)
        assert events(watch.to_end())[-1]["type"] == "BOOKMARK"
        clean(running)


def test_before_it_is_ready(cluster: Simulated, tmp_path: Path) -> None:
    """TERM while the log is being replayed, or the first state is awaited: the end is as good as any other."""
    fill(cluster)
    with ready(tmp_path, cluster) as running:
        running.send(signal.SIGTERM)
        clean(running)
        running.kill()
        for pause in (0, 0.02, 0.1, 0.3):
            running.start()
            time.sleep(pause)
            running.send(signal.SIGTERM)
            clean(running)
            running.kill()
        running.start()
        settle(running, cluster.truth())
        assert running.metric("promoter_view_reflector_relists_total") == 0
