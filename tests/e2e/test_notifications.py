"""Notifications of the real program, killed again and again, to receivers that fail, hang and go away."""

from __future__ import annotations

import base64
import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence, Set
from pathlib import Path

import orjson
import yaml

from promoter_view.journal.entries import EventType, JournalEntry
from promoter_view.log.file.folder import JOURNAL
from tests.support.journal.promoting import Promoter
from tests.support.journal.stored import of_file
from tests.support.notifications.receivers import ReceiverServer, failing_at_random
from tests.support.notifications.validator import check_order, check_signatures
from tests.support.program.client import Client
from tests.support.program.program import Program
from tests.support.program.simulated import simulated
from tests.support.program.truth import wait
from tests.support.soaking import lasting, soak

_STRATEGIES = lasting(12, 200)
_KILLS = lasting(4, 30)
_WRITES = lasting(40, 200)
#: Of requests: how many fail or are never answered. A whole run has twenty thousand events, each a request at least.
_FAIL, _HANG = lasting(0.3, 0.1), lasting(0.1, 0.01)
#: How long nothing may come.
_SECONDS = 120.0
_SECRETS = tuple("whsec_" + base64.b64encode(bytes([number]) * 32).decode() for number in range(2))


def hanging_at_random(seed: int) -> Callable[[int], int | None]:
    """Some requests are never answered."""
    chance = random.Random(seed)
    return lambda _: None if chance.random() < _HANG else 200


def sent_of(found: Sequence[JournalEntry], known: Set[str], events: Sequence[str] = ()) -> list[str]:
    """The identities of what a notification is told of a journal, in order. ``known`` were there before it began."""
    return [
        each.identity.name
        for each in found
        if not each.backfilled
        and each.identity.name not in known
        and (not events or each.happening.event.value in events)
    ]


@soak
def test_in_order_and_nothing_lost_however_often_it_is_killed(tmp_path: Path) -> None:
    """Killed at any moment: every receiver gets all, in order; only after a cut a few come again.

    A receiver that is away costs the others nothing, and gets all once it is back. Every message is signed, also while
    secrets change.
    """
    chance, log, declared = random.Random(5), tmp_path / "log", tmp_path / "notifications.yaml"
    secret = tmp_path / "secret"
    secret.write_text(_SECRETS[0])
    receivers = {
        "sound": ReceiverServer(),
        "failing": ReceiverServer(failing_at_random(7, _FAIL)),
        "hanging": ReceiverServer(hanging_at_random(8)),
        "away": ReceiverServer(),
    }
    events = {"failing": ["promoted", "merged"]}
    filters = {name: {"events": found} for name, found in events.items()}
    wanted = [
        {"name": name, "url": each.url, "secretFile": str(secret), **filters.get(name, {})}
        for name, each in receivers.items()
    ]
    declared.write_text(yaml.safe_dump({"notifications": wanted}))
    cuts: list[float] = []
    with simulated(tmp_path / "cluster") as cluster:
        promoter = Promoter(cluster.written, chance, _STRATEGIES)
        options = ["--kubeconfig", str(cluster.kubeconfig), "--insecure-no-auth", "--event-log", f"file:{log}"]
        with Program(tmp_path / "program", [*options, "--notifications", str(declared)]) as program:
            program.start()
            program.wait_ready()
            wait(lambda: program.log.count("are declared") == 1, 30, "the file is read")
            time.sleep(3)  # every cursor is durable
            known = {each.identity.name for each in of_file(log / JOURNAL)}
            for number in range(_KILLS):
                if number:
                    program.start()
                    program.wait_ready()
                if number == 1:
                    receivers["away"].close()
                if number == _KILLS - 1:
                    secret.write_text("\n".join(_SECRETS))
                for _ in range(chance.randrange(_WRITES)):
                    promoter.write()
                time.sleep(chance.random() * 2)
                program.kill()
                cuts.append(time.time())
            program.start()
            program.wait_ready()
            _wait_for(receivers["sound"], lambda: sent_of(of_file(log / JOURNAL), known))
            receivers["away"].open()
            for name, each in receivers.items():
                _wait_for(each, lambda name=name: sent_of(of_file(log / JOURNAL), known, events.get(name, ())))
            assert program.terminate() == 0
        found = of_file(log / JOURNAL)
    again = {}
    for name, each in receivers.items():
        again[name] = check_order(each.taken, sent_of(found, known, events.get(name, ())), cuts)
        check_signatures(each.taken, _SECRETS)
        each.close()
    assert not [each for each in found if each.happening.event is EventType.GAP]
    assert sum(len(each.taken) for each in receivers.values()) > 100
    told = {name: len(each.taken) for name, each in receivers.items()}
    print(f"\n{len(cuts)} kills; taken {told}; again {again}")  # noqa: T201
    assert "secret-part" not in program.log


def _wait_for(receiver: ReceiverServer, told: Callable[[], Sequence[str]]) -> None:
    """Until it has got all of these, and they have not become more. To ask what they are takes long."""
    wanted, count, since = told(), -1, 0.0
    while True:
        taken = receiver.taken
        if len(taken) != count:
            count, since = len(taken), time.monotonic()
        missing = set(wanted) - {each.identity for each in taken}
        if not missing:
            before, wanted = wanted, told()
            if wanted == before:
                return
        assert time.monotonic() < since + _SECONDS, (
            f"{len(missing)} of {len(wanted)} do not come: {sorted(missing)[:5]}"
        )
        time.sleep(0.2)


def test_what_people_ask_of_it(tmp_path: Path) -> None:
    """The table, a made-up event, a replay; a file with a mistake leaves the last good one in force, and is said."""
    log, declared, receiver = tmp_path / "log", tmp_path / "notifications.yaml", ReceiverServer()
    good = yaml.safe_dump({"notifications": [{"name": "chat", "url": receiver.url}]})
    declared.write_text(good)
    with simulated(tmp_path / "cluster") as cluster:
        promoter = Promoter(cluster.written, random.Random(6), 2)
        options = ["--kubeconfig", str(cluster.kubeconfig), "--insecure-no-auth", "--event-log", f"file:{log}"]
        with Program(tmp_path / "program", [*options, "--notifications", str(declared)], dashboard=True) as program:
            program.start()
            program.wait_ready()
            assert _asked(program, "test", "chat").stdout == "chat: taken: HTTP 204\n"
            wait(lambda: "Up to date" in _asked(program, "status").stdout, 30, "it has begun")
            promoter.write()
            wait(lambda: len(receiver.taken) > 3, 30, "what happened is sent")
            time.sleep(2)  # all of it
            first = [each.identity for each in receiver.taken[1:]]
            assert _asked(program, "replay", "chat", "--since", "-1h").stdout.startswith("chat: sent again from ")
            wait(lambda: len(receiver.taken) >= 1 + 2 * len(first), 30, "it is sent again")
            assert [each.identity for each in receiver.taken[1 + len(first) :]] == first
            wrong = _asked(program, "test", "chart")
            assert (wrong.returncode, wrong.stderr.count("did you mean 'chat'?")) == (4, 1)
            told = orjson.loads(Client(program.dashboard).get("/notifications?format=json"))
            assert told["notifications"][0]["receiver"] == f"http://127.0.0.1:{receiver.port}"
            assert b"chat" in Client(program.dashboard).get("/notifications")
            declared.write_text(good + "- name: [\n")
            wait(lambda: _readyz(program).count("[i]notifications: the file is invalid") == 1, 30, "it is said")
            assert program.metric("promoter_view_notifications_file_refused") == 1
            assert program.metric("promoter_view_notifications_sent_total") >= 2 * len(first)
            before = len(receiver.taken)
            promoter.write()
            wait(lambda: len(receiver.taken) > before, 30, "the last good one counts")
            declared.write_text(good)
            wait(lambda: "1 declared, sent here" in _readyz(program), 30, "it is used again")
            assert program.terminate() == 0
        assert "secret-part" not in program.log
    receiver.close()


def _readyz(program: Program) -> str:
    return Client(program.endpoint).get("/readyz?verbose").decode()


def _asked(program: Program, *words: str) -> subprocess.CompletedProcess[str]:
    """``promoter-view notify``, of that program."""
    certificate = program.folder / "apiserver.local.config" / "certificates" / "apiserver.crt"
    token = program.folder / "token"
    token.write_text("nobody")
    server = ["--server", f"https://127.0.0.1:{program.endpoint.port}", "--certificate-authority", str(certificate)]
    code = "from promoter_view.command.program import main; main()"
    call = [sys.executable, "-c", code, "notify", *words, *server, "--token-file", str(token)]
    return subprocess.run(call, check=False, capture_output=True, text=True, timeout=120)
