"""``python -m benchmarks.journal``: a journal of 400 days and a million entries. No process, no cluster.

Times are those of the processor, from the query to the entries; a read is done in a thread. Nothing is compared: what
must hold is the target.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from pathlib import Path
from typing import Any

from benchmarks.report import Row
from benchmarks.running import run
from promoter_view.journal.entries import (
    EntryIdentity,
    EventCheck,
    EventCommit,
    EventRequest,
    EventType,
    Happening,
    JournalEntry,
)
from promoter_view.journal.sqlite import work
from promoter_view.journal.sqlite.schema import migrate, prepare
from promoter_view.journal.store import Batch, JournalQuery
from promoter_view.log.offsets import UNITS_PER_SECOND
from promoter_view.records import BundleKey
from promoter_view.views.versions import join

_DAYS, _ENDED = 400, datetime(2026, 11, 30, tzinfo=UTC)
_BEGAN = _ENDED - timedelta(days=_DAYS)
_NAMESPACES, _NAMES = 20, 10
_BRANCHES = ("environment/development", "environment/staging", "environment/production")
_TOLD_BY = frozenset(("ChangeTransferPolicy",))
#: What happens in an environment to a commit, as a rule; and now and then behind that it is promoted.
_STEPS = (EventType.PROPOSED, EventType.OPENED, EventType.MERGED, EventType.PROMOTED, EventType.VERIFIED)
_TROUBLE, _TROUBLED = (EventType.FAILED, EventType.RECOVERED), 0.1
#: Entries of a commit on its way, about.
_A_COMMIT = (len(_STEPS) + len(_TROUBLE) * _TROUBLED) * len(_BRANCHES)
_AT_ONCE, _TAKES = 2000, 5
_TARGET = "50"
_CHECK = EventCheck(
    "argocd-health", "failure", "1 of 3 Applications is Degraded", "https://argocd.example.com/a/search"
)


class _History:
    """Commits on their way through the environments of strategies, one after the other."""

    def __init__(self) -> None:
        self._random = random.Random(1)
        self.commits: list[EventCommit] = []

    def entries(self, count: int) -> Iterator[JournalEntry]:
        """About so many, evenly over all days."""
        commits = max(round(count / _A_COMMIT), 1)
        for number in range(commits):
            yield from self._commit(number, _BEGAN + (_ENDED - _BEGAN) * number / commits)

    def _commit(self, number: int, moment: datetime) -> Iterator[JournalEntry]:
        namespace, name = self._random.randrange(_NAMESPACES), self._random.randrange(_NAMES)
        key = BundleKey("promotionstrategydetails", f"team-{namespace}", f"service-{name}")
        for place, branch in enumerate(_BRANCHES):
            commit = _commit(number, branch, moment)
            self.commits.append(commit)
            for step, happening in enumerate(self._happenings(place, commit)):
                # A second apart, so that no two have a resourceVersion in common.
                time = moment + timedelta(minutes=10 * place + 1, seconds=step, microseconds=number % 10_000 * 100)
                version = join(int(time.timestamp() * UNITS_PER_SECOND), 0, number % 60_000)
                yield JournalEntry(EntryIdentity(version, 0), time, key, f"uid-{key.namespace}-{key.name}", happening)

    def _happenings(self, place: int, commit: EventCommit) -> Iterator[Happening]:
        request = EventRequest("1234", "https://git.example.com/deployments/search/pulls/1234", "open")
        events = [*_STEPS, *(_TROUBLE if self._random.random() < _TROUBLED else ())]
        for event in events:
            yield Happening(
                event,
                _BRANCHES[place],
                _sha(f"before {commit.sha}"),
                commit.sha,
                commit,
                request if event in (EventType.OPENED, EventType.MERGED) else None,
                _CHECK if event in _TROUBLE else None,
                told_by=_TOLD_BY,
                awaited=_BRANCHES[place - 1 : place],
            )


def measure(folder: Path, count: int) -> Iterator[Row]:
    """The rows."""
    path, history = folder / "journal.sqlite", _History()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        prepare(connection)
        migrate(connection, str(path))
        connection.execute("PRAGMA synchronous = OFF")
        cursor, began = connection.cursor(), time.process_time()
        written = _write(cursor, history, count)
        yield Row("an entry, written", "us", (time.process_time() - began) / written * 1e6)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = path.stat().st_size
        yield Row("entries", "", written)
        yield Row("an entry on the disk", "bytes", size / written)
        yield Row(f"a day of {written / _DAYS:,.0f} entries on the disk", "MB", size / _DAYS / 1e6)
        for what, query in _reads(history):
            yield Row(f"read {what}", "ms", _seconds(cursor, query) * 1000, None, _TARGET)


def _write(cursor: Any, history: _History, count: int) -> int:
    found, written = list[JournalEntry](), 0
    # In the order of the journal, which is that of their times: those of a commit overlap with the next ones'.
    for entry in sorted(history.entries(count), key=lambda each: each.identity):
        found.append(entry)
        if len(found) == _AT_ONCE:
            written += _append(cursor, found)
            found = []
    return written + _append(cursor, found)


def _append(cursor: Any, entries: Sequence[JournalEntry]) -> int:
    if not entries:
        return 0
    cursor.execute("BEGIN")
    told = work.append(cursor, Batch(entries[-1].identity.resource_version, entries))
    cursor.execute("COMMIT")
    return len(told)


def _reads(history: _History) -> Iterator[tuple[str, JournalQuery]]:
    one = {"namespace": "team-3", "name": "service-3"}
    sha = history.commits[len(history.commits) // 2].sha
    failed = frozenset((EventType.FAILED,))
    yield "the newest 100", JournalQuery(newest_first=True, limit=100)
    yield "by name: the newest 100", JournalQuery(**one, newest_first=True, limit=100)  # type: ignore[arg-type]
    yield "by name: the oldest 1,000", JournalQuery(**one, limit=1000)  # type: ignore[arg-type]
    yield "by the name alone", JournalQuery(name="service-3", newest_first=True, limit=100)
    yield "by a name that is not there", JournalQuery(name="nothing", newest_first=True, limit=100)
    yield "by commit", JournalQuery(commit=sha, newest_first=True, limit=100)
    yield "by seven digits of a commit", JournalQuery(commit=sha[:7], newest_first=True, limit=100)
    yield "by a commit that is not there", JournalQuery(commit="0" * 40, newest_first=True, limit=100)
    yield "by namespace", JournalQuery(namespace="team-3", newest_first=True, limit=100)
    yield "by environment", JournalQuery(environment=_BRANCHES[-1], newest_first=True, limit=100)
    yield "by event", JournalQuery(events=failed, newest_first=True, limit=100)
    yield "by an event that was never", JournalQuery(events=frozenset((EventType.GAP,)), limit=1000)
    yield "by namespace and event", JournalQuery(namespace="team-3", events=failed, newest_first=True, limit=100)
    for days in (30, 300):
        since = _ENDED - timedelta(days=days)
        yield f"since {days} days ago, the oldest 500", JournalQuery(since=since, limit=500)
    yield "until 300 days ago", JournalQuery(until=_ENDED - timedelta(days=300), newest_first=True, limit=100)


def _seconds(cursor: Any, query: JournalQuery) -> float:
    """The median of a few."""
    takes = []
    for _ in range(_TAKES):
        began = time.process_time()
        work.query(cursor, query)
        takes.append(time.process_time() - began)
    return sorted(takes)[_TAKES // 2]


def _commit(number: int, branch: str, moment: datetime) -> EventCommit:
    dry = _sha(f"dry {number}")
    return EventCommit(
        dry,
        _sha(f"hydrated {number} {branch}"),
        (_sha(f"source {number}"),),
        "fix(search): keep the order of results as it was before",
        "Ann Example",
        f"https://git.example.com/deployments/search/commit/{dry}",
        moment,
    )


def _sha(word: str) -> str:
    return sha1(word.encode(), usedforsecurity=False).hexdigest()


def main() -> int:
    """Prints the table; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.journal", description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    count = parser.parse_args().entries
    return run(lambda folder: measure(folder, count))[1]


if __name__ == "__main__":
    main()
