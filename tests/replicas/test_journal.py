"""The journal of several replicas on an etcd: one, whoever leads, and the same at each of them."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import pytest

from promoter_view.journal.entries import EventType, JournalEntry
from promoter_view.journal.sqlite import work
from promoter_view.journal.store import JournalQuery
from tests.replicas.company import Company, company
from tests.support.command.running import script
from tests.support.journal.postgres import Postgres
from tests.support.journal.promoting import Promoter, told
from tests.support.log.etcds import Etcds
from tests.support.program.client import BROKEN, GROUP_PATH, Client, RefusedError
from tests.support.program.program import Program
from tests.support.program.simulated import simulated
from tests.support.program.truth import wait
from tests.support.soaking import lasting, soak

pytestmark = pytest.mark.controlplane

_STRATEGIES = lasting(8, 100)
_KILLS = lasting(4, 30)
_WRITES = lasting(24, 300)
#: A start replays the whole history that is kept, which a soak makes long.
_SECONDS = lasting(120.0, 600.0)
_COPY = "copy.sqlite"
#: A journal that begins, and a copy that has not come so far while the database was away.
_PASSING = ("the journal is not open yet", "Too large resource version")
_PATH = f"{GROUP_PATH}/promotionevents"
Document = Mapping[str, Any]


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    """A server with a database; it ends with the test."""
    found = Postgres()
    try:
        found.start()
        yield found
    finally:
        found.stop()


def copied(replica: Program) -> Sequence[JournalEntry]:
    """All that stands in a replica's copy, whether it runs or not."""
    connection = sqlite3.connect(replica.folder / _COPY)
    try:
        return work.query(connection.cursor(), JournalQuery(limit=1_000_000))
    finally:
        connection.close()


def progress(replica: Program) -> int:
    """The resourceVersion up to which its copy goes; 0 where there is none yet."""
    try:
        with sqlite3.connect(replica.folder / _COPY) as connection:
            found = connection.execute("SELECT value FROM facts WHERE name = 'progress'").fetchone()
    except sqlite3.OperationalError:
        return 0
    return 0 if found is None else int(found[0])


def promoted(replica: Program) -> int:
    """How many promotions it knows of that happened while somebody looked."""
    return sum(map(len, told(copied(replica), EventType.PROMOTED).values()))


def listed(replica: Program) -> Sequence[Document]:
    """Its events, as its API gives them."""
    found: Sequence[Document] = orjson.loads(Client(replica.endpoint).get(f"{_PATH}?since=-2h"))["items"]
    return found


def watched(replica: Program, after: int, count: int) -> Sequence[str]:
    """The names of so many events that a watch from there is given."""
    path = f"{_PATH}?watch=1&resourceVersion={after}&timeoutSeconds=60"
    with Client(replica.endpoint).open(path) as watch:
        return [line["object"]["metadata"]["name"] for line in islice(watch.documents(), count)]


def journal(*words: str) -> str:
    """What the command prints, which succeeds."""
    call = [script("promoter-view"), "journal", *words]
    return subprocess.run(call, check=True, capture_output=True, text=True, timeout=_SECONDS).stdout


class Follower:
    """Watches the events at any replica, and goes on at another one whenever that is killed."""

    def __init__(self, replicas: Company, first: int) -> None:
        self._replicas = replicas
        self._position = first
        self.names: dict[str, None] = {}

    def follow(self, seconds: float) -> None:
        """For so long."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            path = f"{_PATH}?watch=1&resourceVersion={self._position}&timeoutSeconds=1&allowWatchBookmarks=true"
            try:
                with Client(self._replicas.anyone()).open(path) as watch:
                    for line in watch.documents():
                        self._take(line)
            except BROKEN:
                time.sleep(0.1)
            except RefusedError as error:
                if not any(words in error.refusal.message for words in _PASSING):
                    raise
                time.sleep(0.1)

    def has(self, name: str) -> bool:
        """Whether that event was among them after another while."""
        self.follow(1.0)
        return name in self.names

    def _take(self, line: Document) -> None:
        assert line["type"] != "ERROR", line
        metadata = line["object"]["metadata"]
        self._position = int(metadata["resourceVersion"])
        if line["type"] != "BOOKMARK":
            self.names[metadata["name"]] = None


@soak
def test_one_journal_however_often_its_leader_is_killed(etcd: Etcds, tmp_path: Path) -> None:
    """In the log's etcd."""
    found = killed(etcd, tmp_path, f"etcd:{_COPY}", etcd.log_url(), lambda _: None)
    assert found == ["entries", "identities", "progress"]


@soak
def test_a_journal_in_a_database_that_is_killed_too(etcd: Etcds, postgres: Postgres, tmp_path: Path) -> None:
    """In PostgreSQL, which is killed as well, shut down, and away for a while."""

    def disturb(chance: random.Random) -> None:
        chance.choice((postgres.kill, postgres.shut_down))()
        time.sleep(chance.choice((0.0, 1.0, 5.0)))
        postgres.start()

    found = killed(etcd, tmp_path, postgres.url(f"copy={_COPY}"), postgres.url(), disturb)
    assert found == ["tables", "entries", "identities", "progress"]


def killed(
    etcd: Etcds, tmp_path: Path, place: str, exported_from: str, disturb: Callable[[random.Random], object]
) -> Sequence[str]:
    """Killed at any moment while commits are promoted: both have what was promoted, each once, and the same identities.

    What was told once is never another, there is no gap, and a watch goes on at the other replica. Gives what was
    verified of it. ``disturb`` is called with each kill.
    """
    chance = random.Random(17)
    with ExitStack() as stack:
        cluster = stack.enter_context(simulated(tmp_path / "cluster"))
        promoter = Promoter(cluster.written, chance, _STRATEGIES)
        options = ("--journal", place)
        replicas = stack.enter_context(company(tmp_path, cluster, etcd.log_url(), *options, count=2))
        for member in replicas.replicas:
            wait(lambda it=member: bool(progress(it)), _SECONDS, "its journal has begun")
        began = progress(replicas.replicas[0])
        follower = Follower(replicas, began)
        known: dict[str, JournalEntry] = {}
        for _ in range(_KILLS):
            for _ in range(chance.randrange(_WRITES)):
                promoter.write()
            leader = replicas.leader()
            leader.kill()
            for _ in range(chance.randrange(_WRITES)):
                promoter.write()
            disturb(chance)
            follower.follow(2.0)
            found = {each.identity.name: each for each in copied(leader)}
            assert all(found.get(name, entry) == entry for name, entry in known.items())
            known |= found
            leader.start()
            leader.wait_ready(timeout_seconds=_SECONDS)
        total = sum(map(len, promoter.live.values()))
        for member in replicas.replicas:
            wait(lambda it=member: promoted(it) >= total, _SECONDS, "the journal has come to what was promoted last")
        first, second = map(copied, replicas.replicas)
        assert listed(replicas.replicas[0]) == listed(replicas.replicas[1])
        names = [each.identity.name for each in first if each.identity.resource_version > began]
        wait(lambda: follower.has(names[-1]), _SECONDS, "the watch has come to the newest event")
        middle = first[len(first) // 2].identity.resource_version
        later = [each.identity.name for each in first if each.identity.resource_version > middle]
        exported, verified = (journal(word, exported_from) for word in ("export", "verify"))
        assert [watched(it, middle, len(later)) for it in replicas.replicas] == [later, later]
    sys.stdout.write(f"{len(first)} entries, {total} promotions, {_KILLS} kills\n")
    assert first == second
    assert [orjson.loads(line) for line in exported.splitlines()] == [each.document() for each in first]
    assert told(first, EventType.PROMOTED) == promoter.live
    assert told(first, EventType.MERGED) == promoter.merged
    assert known.items() <= {each.identity.name: each for each in first}.items()
    assert not [each for each in first if each.happening.event is EventType.GAP]
    assert list(follower.names) == names
    return [line.partition(":")[0] for line in verified.splitlines()]
