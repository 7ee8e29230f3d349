"""The journal of the real program, killed again and again: all that happened in the cluster, each thing once."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from promoter_view.journal.entries import EventType, JournalEntry
from promoter_view.journal.postgresql import resting
from promoter_view.journal.postgresql.address import parse_address
from promoter_view.journal.store import JournalQuery
from promoter_view.log.file.folder import JOURNAL
from tests.support.journal.postgres import running_postgres
from tests.support.journal.promoting import Promoter, told
from tests.support.journal.stored import of_file
from tests.support.program.client import GROUP_PATH, Client
from tests.support.program.program import Program
from tests.support.program.simulated import simulated
from tests.support.program.truth import wait
from tests.support.soaking import lasting, soak

_STRATEGIES = lasting(12, 200)
_KILLS = lasting(4, 30)
_WRITES = lasting(40, 1000)
_SECONDS = 90.0


Read = Callable[[], Sequence[JournalEntry]]


def of_database(url: str) -> Sequence[JournalEntry]:
    """The same."""
    address = parse_address(url)
    with resting.opened(address) as connection:
        return [each for page in resting.entries(connection, address.schema, JournalQuery()) for each in page]


@soak
def test_each_promotion_once_however_often_it_is_killed(tmp_path: Path) -> None:
    """With the journal beside its log."""
    killed(tmp_path, [], lambda: of_file(tmp_path / "log" / JOURNAL))


@soak
def test_a_journal_that_is_not_on_the_disk(tmp_path: Path) -> None:
    """The same in a database, with a copy in memory that is made anew at each start."""
    url = running_postgres().url("schema=killed")
    killed(tmp_path, ["--journal", url], lambda: of_database(url))
    assert not list(tmp_path.rglob("*.sqlite"))


def killed(tmp_path: Path, journal: Sequence[str], read: Read) -> None:
    """Killed at any moment while commits are promoted: what the journal has is what was promoted, in its order.

    What was written once is never another, and there is no gap.
    """
    chance = random.Random(11)
    with simulated(tmp_path / "cluster") as cluster:
        promoter = Promoter(cluster.written, chance, _STRATEGIES)
        options = ["--kubeconfig", str(cluster.kubeconfig), "--insecure-no-auth", "--event-log"]
        with Program(tmp_path / "program", [*options, f"file:{tmp_path / 'log'}", *journal]) as program:
            known: dict[str, JournalEntry] = {}
            for _ in range(_KILLS):
                program.start()
                program.wait_ready()
                for _ in range(chance.randrange(_WRITES)):
                    promoter.write()
                program.kill()
                for _ in range(chance.randrange(_WRITES // 4)):
                    promoter.write()
                found = {each.identity.name: each for each in read()}
                assert all(found[name].happening == entry.happening for name, entry in known.items())
                known = found
            program.start()
            program.wait_ready()
            total = sum(map(len, promoter.live.values()))
            wait(lambda: _count(read()) >= total, _SECONDS, "the journal has come to what was promoted last")
            watched = _watched(program, read())
            assert program.terminate() == 0
        found = read()
    assert told(found, EventType.PROMOTED) == promoter.live
    assert told(found, EventType.MERGED) == promoter.merged
    assert not [each for each in found if each.happening.event is EventType.GAP]
    assert watched == [each.identity.name for each in found if each.key.namespace]


def _count(entries: Sequence[JournalEntry]) -> int:
    return sum(map(len, told(entries, EventType.PROMOTED).values()))


def _watched(program: Program, entries: Sequence[JournalEntry]) -> list[str]:
    """The names that a watch from the beginning of the journal is given."""
    wanted = [each.identity for each in entries if each.key.namespace]
    first = wanted[0].resource_version - 1
    names: list[str] = []
    deadline = time.monotonic() + _SECONDS
    path = f"{GROUP_PATH}/promotionevents?watch=1&resourceVersion={first}&timeoutSeconds=60"
    with Client(program.endpoint).open(path) as watch:
        for line in watch.documents():
            names.append(line["object"]["metadata"]["name"])
            if len(names) == len(wanted) or time.monotonic() > deadline:
                break
    return names
