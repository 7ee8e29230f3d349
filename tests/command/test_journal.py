"""``promoter-view journal export`` and ``verify``: on a file that a program writes, and on files with every fault."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import orjson
import psycopg
import pytest

from promoter_view.journal.entries import EventType
from promoter_view.journal.postgresql.schema import prepare as prepare_tables
from promoter_view.journal.postgresql.work import WriteClaim, append, rows_of
from promoter_view.journal.sqlite import work
from promoter_view.journal.sqlite.schema import VERSION, migrate, prepare
from promoter_view.journal.store import Batch
from tests.support.command.running import script
from tests.support.journal.journals import entry
from tests.support.journal.postgres import PostgresTown, running_postgres

ENTRIES = [
    entry(1, letter="a"),
    entry(1, 1, EventType.VERIFIED, letter="a"),
    entry(60, letter="b", environment="env/prod"),
    entry(120, letter="c"),
]


class Written:
    """A journal that is open, as a program has it; ``path`` is its file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.connection = sqlite3.connect(path)
        prepare(self.connection)
        migrate(self.connection, str(path))
        self.append(Batch(130, ENTRIES))

    def append(self, batch: Batch) -> None:
        with self.connection:
            work.append(self.connection.cursor(), batch)

    def break_it(self, sql: str) -> None:
        """Something changes it that should not."""
        with self.connection:
            self.connection.execute(sql)


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Written]:
    """Four entries, beside an event log."""
    found = Written(tmp_path / "journal.sqlite")
    with closing(found.connection):
        yield found


def journal(*words: str) -> subprocess.CompletedProcess[str]:
    """The command, to its end."""
    call = [script("promoter-view"), "journal", *words]
    return subprocess.run(call, check=False, capture_output=True, text=True, timeout=60)


def exported(*words: str) -> list[str]:
    """The names of the entries that it prints."""
    done = journal("export", *words)
    assert (done.returncode, done.stderr) == (0, "")
    return [f"{each['resourceVersion']}-{each['item']}" for each in map(orjson.loads, done.stdout.splitlines())]


def test_all_ways_to_name_a_journal(written: Written) -> None:
    """As --journal and --event-log have it, or by a path; the oldest entry first."""
    folder = written.path.parent
    for place in (f"sqlite:{written.path}", f"file:{folder}", str(folder), str(written.path)):
        assert exported(place) == ["1-0", "1-1", "60-0", "120-0"]


def test_a_window(written: Written) -> None:
    """``since`` is the first moment, ``until`` the first after the last."""
    place = str(written.path)
    assert exported(place, "--since", "2026-11-21T10:00Z") == ["60-0", "120-0"]
    assert exported(place, "--until", "2026-11-21T11:00:00+01:00") == ["1-0", "1-1"]
    assert exported(place, "--since", "-0s") == []


def test_many_entries(written: Written) -> None:
    """More than a page; each once, in order."""
    more = [entry(200 + number // 3, number % 3, EventType.STATE) for number in range(1700)]
    written.append(Batch(900, more))
    found = exported(str(written.path))
    assert found == [each.identity.name for each in [*ENTRIES, *more]]


def test_csv(written: Written) -> None:
    """A heading, and a line for each."""
    done = journal("export", str(written.path), "--format", "csv")
    heading, *rows = done.stdout.splitlines()
    assert heading.startswith("resourceVersion,item,time,view,")
    assert [row.split(",")[0] for row in rows] == ["1", "1", "60", "120"]


def test_a_whole_journal(written: Written) -> None:
    """A line for each thing that is checked, while a program has it open, and after; nothing is changed."""
    lines = [
        f"tables: version {VERSION}",
        "file: SQLite finds no damage",
        "entries: 4, the oldest is of 2026-11-21T09:01:00Z",
        "identities: in order, each once",
        "commits: 4 rows, all that there should be",
        "progress: changes up to resourceVersion 130 are in it",
    ]
    done = journal("verify", str(written.path))
    assert (done.stdout.splitlines(), done.stderr, done.returncode) == (lines, "", 0)
    written.connection.close()
    before = written.path.read_bytes()
    assert journal("verify", str(written.path)).stdout.splitlines() == lines
    assert written.path.read_bytes() == before


FAULTS = {
    "UPDATE entries SET body = '{}' WHERE item = 1": "entries: 4, the oldest is of 2026-11-21T09:01:00Z; "
    "not readable: 1, the first is 1-1",
    "UPDATE entries SET event = 'failed' WHERE resource_version = 60": "entries: 4, the oldest is of "
    "2026-11-21T09:01:00Z; under columns that are not theirs: 1, the first is 60-0",
    "DELETE FROM entries WHERE item = 1": "identities: wrong about whether another one of their resourceVersion "
    "follows: 1, the first is 1-0",
    "DELETE FROM commits WHERE resource_version > 50": "commits: entries not found by their commits: 2, "
    "the first is 60-0",
    "INSERT INTO commits VALUES ('abc', 7, 0)": "commits: rows of no entry: 1",
    "UPDATE facts SET value = 100": "progress: 100 is before the newest entry, 120-0",
    "INSERT INTO facts VALUES ('expired', 60), ('expired_item', 0)": "progress: entries up to 60-0 were deleted, "
    "but 1-0 is there",
}


@pytest.mark.parametrize("sql", FAULTS)
def test_a_damaged_journal(written: Written, sql: str) -> None:
    """What is wrong, and the first entry that is; exit status 1, and the last line names what was found."""
    written.break_it(sql)
    done = journal("verify", str(written.path))
    assert FAULTS[sql] in done.stdout.splitlines()
    assert done.returncode == 1
    subject = FAULTS[sql].partition(":")[0]
    assert done.stderr.startswith(f"error: the journal {written.path} is damaged: ")
    assert subject in done.stderr


def test_an_entry_that_cannot_be_read_ends_an_export(written: Written) -> None:
    """What comes before it on earlier pages is printed; exit status 1 says that it is not all."""
    written.append(Batch(900, [entry(200 + number, 0, EventType.STATE) for number in range(600)]))
    written.break_it("UPDATE entries SET body = '{}' WHERE resource_version = 790")
    done = journal("export", str(written.path))
    assert (len(done.stdout.splitlines()), done.returncode) == (500, 1)
    assert done.stderr == "error: an entry behind 695-0 cannot be read: no entry of the journal\n"


def test_a_file_that_is_damaged(written: Written) -> None:
    """Pages that SQLite cannot read."""
    written.append(Batch(9000, [entry(200 + number, 0, EventType.STATE) for number in range(2000)]))
    written.connection.close()
    whole = written.path.read_bytes()
    written.path.write_bytes(whole[:8192] + bytes(len(whole) - 8192))
    done = journal("verify", str(written.path))
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: the journal {written.path} ")


def test_what_is_no_journal(tmp_path: Path) -> None:
    """One line each, and the exit status."""
    nowhere, other, empty, newer = (tmp_path / name for name in ("nowhere", "other", "empty", "newer"))
    other.write_text("something else")
    sqlite3.connect(empty).execute("CREATE TABLE a (b)")
    with closing(sqlite3.connect(newer)) as connection:
        connection.execute("PRAGMA user_version = 99")
    (tmp_path / "log").mkdir()
    said = {
        str(nowhere): (1, f"error: there is no journal {nowhere}\n"),
        str(tmp_path / "log"): (1, f"error: there is no journal {tmp_path / 'log' / 'journal.sqlite'}\n"),
        str(other): (1, f"error: the journal {other} cannot be read: file is not a database\n"),
        str(empty): (1, f"error: {empty} is no journal: it has no tables of one\n"),
        str(newer): (
            1,
            f"error: the journal {newer} was written by a newer program (its tables are of version 99, this program "
            f"knows {VERSION}): start that program, or give another --journal\n",
        ),
        "memory:": (64, "error: a journal in memory is only its process's: "),
        "etcd:http://it": (64, "error: 'it' is no HOST:PORT (it has no port): "),
        "etcd:": (64, "error: a journal in memory is only its process's: "),
    }
    for action in ("verify", "export"):
        for place, (status, line) in said.items():
            done = journal(action, place)
            assert (done.returncode, done.stderr[: len(line)]) == (status, line)


def test_a_time_that_is_none(written: Written) -> None:
    """Which option it is, and what was expected."""
    done = journal("export", str(written.path), "--until", "soon")
    assert (done.returncode, done.stdout) == (64, "")
    assert done.stderr.startswith("error: --until: invalid time 'soon': expected a time such as ")


def test_a_journal_in_a_database() -> None:
    """Exported as others are, and verified; what is wrong with it is found."""
    town = PostgresTown(running_postgres())
    place = town.server.url(f"schema={town.schema}")
    assert "there is no journal in postgresql://127.0.0.1" in journal("verify", place).stderr
    with closing(psycopg.connect(place.partition("?")[0], autocommit=True)) as connection:
        prepare_tables(connection, town.schema)
        claim = WriteClaim("a test", "a cluster", 1)
        with connection.transaction():
            append(connection, town.schema, claim, revision=0, batch=Batch(130, ENTRIES), rows=rows_of(ENTRIES))
    assert exported(place) == ["1-0", "1-1", "60-0", "120-0"]
    assert exported(place, "--since", "2026-11-21T10:00Z", "--until", "2026-11-21T10:30Z") == ["60-0"]
    done = journal("verify", place)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == [
        "tables",
        "entries",
        "identities",
        "progress",
    ]
    town.server.execute(f"UPDATE {town.schema}.entries SET body = '{{}}' WHERE item = 1")
    town.server.execute(f"UPDATE {town.schema}.journal SET progress = 100")
    done = journal("verify", place)
    assert done.returncode == 1
    assert "not readable, or in a place that is not theirs: 1, the first is 1-1" in done.stdout
    assert "progress: 100 is before the newest entry, 120-0" in done.stdout
    assert f"schema {town.schema} is damaged: entries, progress" in done.stderr
    town.server.execute(f"UPDATE {town.schema}.journal SET version = 9")
    assert "was written by a newer program" in journal("export", place).stderr
