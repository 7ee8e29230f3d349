"""A journal in a real PostgreSQL whose administrators, standbys and networks do what they do: each has its line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cryptography.x509 import IPAddress, SubjectAlternativeName
from psycopg import Connection

from promoter_view.journal.postgresql import work
from promoter_view.journal.store import Batch, JournalBusyError
from tests.support.api.issuing import SERVER, authority
from tests.support.journal.journals import entry
from tests.support.journal.postgres import Postgres, PostgresTown, running_postgres
from tests.support.journal.sharing import ALL, SharingCase

_SECRET, _NEXT_SECRET = "pa55word", "pa66word"


class TroubleTests(SharingCase):
    """Nothing that was written is lost, and why nothing is written is said in one line."""

    def setUp(self) -> None:
        super().setUp()
        self.server = running_postgres()
        self.town = PostgresTown(self.server)

    def own(self, primary: Postgres | None = None, **settings: str) -> Postgres:
        """A server of this test."""
        server = Postgres(primary)
        self.addCleanup(server.stop)
        server.start(**settings)
        return server

    def role(self, name: str) -> None:
        """A user of the shared server, who may make the schema."""
        self.server.execute(f"CREATE ROLE {name} LOGIN; GRANT CREATE ON DATABASE journal TO {name}")

    async def test_a_connection_that_ended_while_it_was_idle(self) -> None:
        """By a timeout, a restart, a firewall: a new one is made, and nobody hears of it."""
        journal = await self.opened()
        for version in range(1, 4):
            self.server.end_connections()
            await journal.append(Batch(version, [entry(version)]))
        self.assertEqual(journal.problem, "")

    async def test_what_an_administrator_limits(self) -> None:
        """Timeouts and other defaults of the user: this program's own count where it writes."""
        self.role("limited")
        for setting in (
            "statement_timeout = '4s'",
            "lock_timeout = '4s'",
            "idle_in_transaction_session_timeout = '4s'",
            "default_transaction_isolation = 'serializable'",
            "search_path = 'nothing'",
            "standard_conforming_strings = off",
            "datestyle = 'German'",
            "timezone = 'Asia/Kathmandu'",
        ):
            self.server.execute(f"ALTER ROLE limited SET {setting}")
        url = self.server.url(f"schema={self.town.schema}", user="limited")
        journal, other = await self.opened(url=url), await self.opened(url=url, term=0)
        written = await journal.append(Batch(1, [entry(1, item) for item in range(700)]))
        self.assertEqual(await self.copied(other), written)
        for setting, value in (("statement_timeout", "15s"), ("idle_in_transaction_session_timeout", "20s")):
            shown = await journal._writing.run(lambda connection, setting=setting: shown_of(connection, setting))
            self.assertEqual(shown, value)

    async def test_no_connection_is_left(self) -> None:
        """It passes."""
        self.role("many")
        journal = await self.opened(url=self.server.url(f"schema={self.town.schema}", user="many"))
        self.server.execute("ALTER ROLE many CONNECTION LIMIT 0")
        self.server.end_connections("many")
        with self.assertRaisesRegex(JournalBusyError, 'too many connections for role "many"'):
            await journal.append(Batch(1, [entry(1)]))
        self.server.execute("ALTER ROLE many CONNECTION LIMIT -1")
        await journal.state()
        self.assertEqual(len(await journal.append(Batch(1, [entry(1)]))), 1)

    async def test_a_pooler_of_transactions(self) -> None:
        """It brings no word of a write: who looks finds it."""
        self.patch(work, "listen", lambda *_: None)
        leader, follower = await self.opened(), await self.opened(term=0)
        await leader.append(Batch(1, [entry(1)]))
        await self.until(lambda: follower.progress == 1)

    async def test_a_password_that_is_changed(self) -> None:
        """The file is read at each connection, and nothing of it is said."""
        server = self.own()
        self.town = PostgresTown(server)
        server.execute(f"CREATE ROLE ann LOGIN PASSWORD '{_SECRET}'; GRANT CREATE ON DATABASE journal TO ann")
        file = self.file.parent / "password"
        file.write_text(f"{_SECRET}\n")
        server.ask_for_password("ann")
        url = server.url(f"schema={self.town.schema}&password_file={file}", user="ann")
        journal = await self.opened(url=url)
        server.execute(f"ALTER ROLE ann PASSWORD '{_NEXT_SECRET}'")
        server.end_connections("ann")
        for content, words in (
            (_SECRET, 'password authentication failed for user "ann"'),
            ("", f"the password of the journal cannot be read from {file}: expected one line"),
            (f"{_NEXT_SECRET}\n{_NEXT_SECRET}", "expected one line"),
        ):
            file.write_text(content)
            with self.assertRaisesRegex(JournalBusyError, words) as caught:
                await journal.append(Batch(1, [entry(1)]))
            self.assertNotIn("pa", str(caught.exception).replace("password", "").replace("cannot be read from", ""))
        file.unlink()
        with self.assertRaisesRegex(JournalBusyError, "No such file"):
            await journal.append(Batch(1, [entry(1)]))
        file.write_text(_NEXT_SECRET)
        await self.until(lambda: not journal.problem)
        self.assertEqual(len(await journal.append(Batch(1, [entry(1)]))), 1)

    async def test_who_vouches_for_the_server(self) -> None:
        """Its own authority does, another one does not; nor does a certificate of another host."""
        began = datetime.now(UTC)
        times = {"begins": began - timedelta(days=1), "ends": began + timedelta(days=1)}
        right, wrong = authority("right", **times), authority("wrong", **times)
        names = SubjectAlternativeName([IPAddress(ip_address("127.0.0.1"))])
        issued = right.issue("database", names, SERVER, own_key=True, **times)
        server = Postgres()
        self.addCleanup(server.stop)
        files = server.put("server.crt", issued.pem), server.put("server.key", issued.key_pem)
        server.start(ssl="on", ssl_cert_file=str(files[0]), ssl_key_file=str(files[1]))
        self.town = PostgresTown(server)
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        authorities = {name: Path(folder.name) / name for name in ("right", "wrong", "none")}
        authorities["right"].write_bytes(right.pem)
        authorities["wrong"].write_bytes(wrong.pem)

        def parameters(name: str) -> str:
            return f"&sslmode=verify-full&sslrootcert={authorities[name]}"

        journal = await self.opened(parameters=parameters("right"))
        await journal.append(Batch(1, [entry(1)]))
        for name, words in (("wrong", "certificate verify failed"), ("none", "none. does not exist")):
            with self.assertRaisesRegex(JournalBusyError, words):
                await self.opened(parameters=parameters(name))
        url = server.url(f"schema={self.town.schema}{parameters('right')}").replace("127.0.0.1", "localhost")
        with self.assertRaisesRegex(JournalBusyError, 'does not match host name "localhost"'):
            await self.opened(url=url)

    async def test_a_standby_takes_over(self) -> None:
        """All hosts are named: it is written where one can write, also again what the standby had not got yet."""
        primary = self.own(wal_level="replica")
        standby = self.own(primary)
        self.town = PostgresTown(primary)
        hosts = f"postgresql://postgres@127.0.0.1:{standby.port},127.0.0.1:{primary.port}/journal"
        leader = await self.opened(url=f"{hosts}?schema={self.town.schema}&target_session_attrs=read-write")
        first = await leader.append(Batch(1, [entry(1)]))
        ((position,),) = primary.execute("SELECT pg_current_wal_lsn()")
        await self.until(lambda: standby.execute(f"SELECT pg_last_wal_replay_lsn() >= '{position}'") == [(True,)])
        words = "it is a standby, or read-only; in --journal give all hosts, and target_session_attrs=read-write"
        for schema, statement in ((self.town.schema, "LISTEN"), ("another", "CREATE SCHEMA")):
            with self.assertRaisesRegex(JournalBusyError, f"cannot execute {statement} .*: {words}"):
                await self.opened(url=standby.url(f"schema={schema}"))
        standby.execute("ALTER SYSTEM SET primary_conninfo = 'host=127.0.0.1 port=1'")
        standby.execute("SELECT pg_reload_conf()")
        await self.until(lambda: not standby.execute("SELECT 1 FROM pg_stat_wal_receiver"))
        lost = await leader.append(Batch(2, [entry(2)]))
        primary.kill()
        words = "used: [^;]*port [0-9]+ failed: session is read-only; [^;]*port [0-9]+ failed: Connection refused$"
        await self.until(lambda: "refused" in leader.problem)
        with self.assertRaisesRegex(JournalBusyError, words):
            await leader.append(Batch(3, [entry(3)]))
        self.assertEqual(await leader.query(ALL), [*first, *lost])
        standby.execute("SELECT pg_promote()")
        await self.until(lambda: leader.progress == 1)
        again = await leader.append(Batch(3, [entry(2), entry(3)]))
        self.assertEqual(again[:1], lost)
        self.assertEqual(await self.copied(leader), [*first, *again])


def shown_of(connection: Connection[Any], setting: str) -> str:
    """What counts in that transaction."""
    row = connection.execute(f"SHOW {setting}").fetchone()
    assert row is not None
    return str(row[0])
