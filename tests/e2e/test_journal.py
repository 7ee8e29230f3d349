"""The journal of the real program, killed again and again: all that happened in the cluster, each thing once."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

from promoter_view.journal.entries import EventType, JournalEntry
from promoter_view.journal.sqlite import work
from promoter_view.journal.store import JournalQuery
from promoter_view.log.file.folder import JOURNAL
from tests.support.journal.promoting import Promoter, told
from tests.support.program.client import GROUP_PATH, Client
from tests.support.program.program import Program
from tests.support.program.simulated import simulated
from tests.support.program.truth import wait
from tests.support.soaking import lasting, soak

_STRATEGIES = lasting(12, 200)
_KILLS = lasting(4, 30)
_WRITES = lasting(40, 1000)
_SECONDS = 90.0


def entries(folder: Path) -> Sequence[JournalEntry]:
    """All that stands in a journal, whoever writes it."""
    connection = sqlite3.connect(folder / JOURNAL)
    try:
        return work.query(connection.cursor(), JournalQuery(limit=1_000_000))
    finally:
        connection.close()


@soak
def test_each_promotion_once_however_often_it_is_killed(tmp_path: Path) -> None:
    """Killed at any moment while commits are promoted: what the journal has is what was promoted, in its order.

    What was written once is never another, and there is no gap.
    """
    chance, log = random.Random(11), tmp_path / "log"
    with simulated(tmp_path / "cluster") as cluster:
        promoter = Promoter(cluster.written, chance, _STRATEGIES)
        options = ["--kubeconfig", str(cluster.kubeconfig), "--insecure-no-auth", "--event-log", f"file:{log}"]
        with Program(tmp_path / "program", options) as program:
            known: dict[str, JournalEntry] = {}
            for _ in range(_KILLS):
                program.start()
                program.wait_ready()
                for _ in range(chance.randrange(_WRITES)):
                    promoter.write()
                program.kill()
                for _ in range(chance.randrange(_WRITES // 4)):
                    promoter.write()
                found = {each.identity.name: each for each in entries(log)}
                assert all(found[name].happening == entry.happening for name, entry in known.items())
                known = found
            program.start()
            program.wait_ready()
            total = sum(map(len, promoter.live.values()))
            wait(lambda: _count(log) >= total, _SECONDS, "the journal has come to what was promoted last")
            watched = _watched(program, log)
            assert program.terminate() == 0
        found = entries(log)
    assert told(found, EventType.PROMOTED) == promoter.live
    assert told(found, EventType.MERGED) == promoter.merged
    assert not [each for each in found if each.happening.event is EventType.GAP]
    assert watched == [each.identity.name for each in found if each.key.namespace]


def _count(log: Path) -> int:
    return sum(map(len, told(entries(log), EventType.PROMOTED).values()))


def _watched(program: Program, log: Path) -> list[str]:
    """The names that a watch from the beginning of the journal is given."""
    wanted = [each.identity for each in entries(log) if each.key.namespace]
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
