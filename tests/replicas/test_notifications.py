"""Notifications of two replicas on an etcd: whoever leads sends, and a change of leader loses nothing."""

from __future__ import annotations

import random
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import orjson
import pytest
import yaml

from promoter_view.journal.entries import EventType, JournalEntry
from tests.replicas.company import Company, company
from tests.support.journal.promoting import Promoter
from tests.support.journal.stored import of_file
from tests.support.log.etcds import Etcds
from tests.support.notifications.receivers import ReceiverServer, failing_at_random
from tests.support.notifications.validator import MOST_AGAIN, check_order
from tests.support.program.client import Client
from tests.support.program.program import Program
from tests.support.program.simulated import simulated
from tests.support.program.truth import wait
from tests.support.soaking import lasting, soak

pytestmark = pytest.mark.controlplane

_STRATEGIES = lasting(8, 50)
_KILLS = lasting(3, 20)
_WRITES = lasting(24, 120)
#: A start replays the whole history that is kept, which a soak makes long.
_SECONDS = lasting(120.0, 600.0)
_COPY = "copy.sqlite"


def copied(replica: Program) -> Sequence[JournalEntry]:
    """All that stands in a replica's copy of the journal."""
    return of_file(replica.folder / _COPY)


def begun(replica: Program) -> bool:
    """Whether it sends, and every notification has its place in the journal."""
    told = orjson.loads(Client(replica.endpoint).get("/notifications?format=json"))
    return bool(told["sends"] and told["notifications"]) and all("cursor" in each for each in told["notifications"])


@contextmanager
def sending(tmp_path: Path, etcd: Etcds, receivers: dict[str, ReceiverServer]) -> Iterator[tuple[Company, Promoter]]:
    """Two replicas that tell those receivers all that a promoter does, once one of them has begun to send."""
    declared = tmp_path / "notifications.yaml"
    wanted = [{"name": name, "url": each.url} for name, each in receivers.items()]
    declared.write_text(yaml.safe_dump({"notifications": wanted}))
    with ExitStack() as stack:
        cluster = stack.enter_context(simulated(tmp_path / "cluster"))
        promoter = Promoter(cluster.written, random.Random(23), _STRATEGIES)
        options = ("--journal", f"etcd:{_COPY}", "--notifications", str(declared))
        replicas = stack.enter_context(company(tmp_path, cluster, etcd.log_url(), *options, count=2))
        wait(lambda: begun(replicas.leader()), _SECONDS, "the one that leads sends")
        time.sleep(3)  # every cursor is durable
        yield replicas, promoter


def settled(receiver: ReceiverServer, told: Callable[[], Sequence[str]]) -> Sequence[str]:
    """What it is to get, once it has got all of it."""
    wait(lambda: {each.identity for each in receiver.taken} >= set(told()), _SECONDS, "everything is sent")
    return told()


@soak
def test_in_order_and_nothing_lost_however_often_the_leader_is_killed(etcd: Etcds, tmp_path: Path) -> None:
    """Whoever leads next goes on at the cursors of the log: all comes, in order, and a few again only after a cut."""
    chance, cuts = random.Random(31), list[float]()
    receivers = {"sound": ReceiverServer(), "failing": ReceiverServer(failing_at_random(32, lasting(0.3, 0.1)))}
    with sending(tmp_path, etcd, receivers) as (replicas, promoter):
        known = {each.identity.name for each in copied(replicas.leader())}
        for _ in range(_KILLS):
            for _ in range(chance.randrange(_WRITES)):
                promoter.write()
            leader = replicas.leader()
            leader.kill()
            cuts.append(time.time())
            for _ in range(chance.randrange(_WRITES)):
                promoter.write()
            replicas.leader()
            leader.start()
            leader.wait_ready(timeout_seconds=_SECONDS)
        last = replicas.leader()
        again = {}
        for name, each in receivers.items():
            expected = settled(each, lambda: told(copied(last), known))
            again[name] = check_order(each.taken, expected, cuts)
            each.close()
        assert not [each for each in copied(last) if each.happening.event is EventType.GAP]
    sys.stdout.write(f"{len(expected)} events, {_KILLS} kills, again: {again}\n")


def test_a_leader_that_stands_still_sends_nothing_once_another_one_leads(etcd: Etcds, tmp_path: Path) -> None:
    """It is stopped for longer than its lease, while there is much to send: the other one goes on.

    What was under way as it was stopped may come between what the other one sends, and is of what comes again.
    """
    receiver = ReceiverServer(lambda _: time.sleep(0.02) or 204)
    with sending(tmp_path, etcd, {"sound": receiver}) as (replicas, promoter):
        known = {each.identity.name for each in copied(replicas.leader())}
        for _ in range(40):
            promoter.write()
        leader, other = replicas.leader(), replicas.followers()[0]
        leader.send(signal.SIGSTOP)
        try:
            wait(lambda: begun(other), _SECONDS, "the other one sends")
            for _ in range(10):
                promoter.write()
        finally:
            leader.send(signal.SIGCONT)
        settled(receiver, lambda: told(copied(other), known))
        time.sleep(3)
        expected = told(copied(other), known)
        receiver.close()
    taken = [each.identity for each in receiver.taken]
    again = len(taken) - len(expected)
    assert list(dict.fromkeys(taken)) == expected
    assert again <= MOST_AGAIN
    sys.stdout.write(f"{len(expected)} events, again: {again}\n")


def told(found: Sequence[JournalEntry], known: set[str]) -> Sequence[str]:
    """The identities of what is sent of a journal, in order; ``known`` were there before."""
    return [each.identity.name for each in found if not each.backfilled and each.identity.name not in known]
