"""The journal and its notifications, whatever happens to replicas, their clocks and the three members of their etcd.

``-s`` shows the figures.
"""

from __future__ import annotations

import random
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path

import orjson
import pytest
import yaml

from promoter_view.journal.entries import EventType, JournalEntry
from promoter_view.log.etcd.layout import KeyLayout, decode_head
from tests.replicas.company import Company, Mirrored, replica
from tests.support.journal.promoting import Promoter, told
from tests.support.journal.stored import of_file
from tests.support.log.etcds import Etcds
from tests.support.log.histories import history
from tests.support.notifications.receivers import ReceiverServer, failing_at_random
from tests.support.notifications.validator import check_firsts
from tests.support.program.client import BROKEN, GROUP_PATH, Client, RefusedError
from tests.support.program.host_clock import HostClock
from tests.support.program.program import Program
from tests.support.program.simulated import simulated
from tests.support.program.truth import wait
from tests.support.soaking import lasting, soak

pytestmark = pytest.mark.controlplane

_STRATEGIES = lasting(8, 50)
_ROUNDS = lasting(1, 6)
_WRITES = lasting(16, 100)
#: Longer than a lease, which may be doubled twice.
_FROZEN_SECONDS = lasting(8.0, 30.0)
_MEMBER_SECONDS = lasting(3.0, 10.0)
_SECONDS = lasting(120.0, 600.0)
#: So long after the last of a trouble somebody else may find out that it does not lead.
_AFTER_SECONDS = 30.0
#: Under way to each receiver as a leader was stopped.
_STALE = 1
_HOUR = 3600
_COPY = "copy.sqlite"


class Troubles:
    """What can happen. Each of them writes to the cluster meanwhile, by ``write``, and leaves everything running."""

    def __init__(self, etcds: Etcds, replicas: Company, clock: HostClock, write: Callable[[], None]) -> None:
        self._etcds, self._replicas, self._clock, self._write = etcds, replicas, clock, write
        self.times: list[tuple[float, float]] = []
        self.frozen = 0

    def all(self) -> Sequence[Callable[[], None]]:
        """Each of them; in the short run some."""
        members = (self.member_killed, self.leading_member_killed, self.member_frozen, self.leading_member_frozen)
        few = (self.leading_member_killed, self.member_frozen, self.leader_frozen, self.clock_ahead)
        every = (*members, self.leader_killed, self.leader_frozen, self.clock_ahead, self.clock_behind, self.both)
        return lasting(few, every)

    def member_killed(self) -> None:
        """One that only follows."""
        self._member((self._etcds.leader() + 1) % 3)

    def leading_member_killed(self) -> None:
        """The members elect another one."""
        self._member(self._etcds.leader())

    def member_frozen(self) -> None:
        """Its connections stay, and say nothing."""
        self._freeze_member((self._etcds.leader() + 1) % 3)

    def leading_member_frozen(self) -> None:
        """The same of the one that leads the others."""
        self._freeze_member(self._etcds.leader())

    def leader_killed(self) -> None:
        """Of the replicas."""
        with self._leader_gone():
            self._write()

    def leader_frozen(self) -> None:
        """For longer than its lease; it wakes while others lead."""
        leader, others = self._replicas.leader(), self._replicas.followers()
        leader.send(signal.SIGSTOP)
        began = time.monotonic()
        self.frozen += 1
        try:
            self._write()
            wait(lambda: any(map(sending, others)), _SECONDS, "another one sends")
            self._write()
            time.sleep(max(0.0, _FROZEN_SECONDS - (time.monotonic() - began)))
        finally:
            leader.send(signal.SIGCONT)
        self._write()

    def clock_ahead(self) -> None:
        """Of one replica, by an hour."""
        self._set_clock(_HOUR)

    def clock_behind(self) -> None:
        """The same the other way."""
        self._set_clock(-_HOUR)

    def both(self) -> None:
        """The leading replica and the leading member die together."""
        with self._leader_gone():
            self.leading_member_killed()

    def run(self, trouble: Callable[[], None]) -> None:
        """One of them; notes when."""
        began = time.time()
        trouble()
        self._replicas.leader()
        self.times.append((began - 1.0, time.time() + _AFTER_SECONDS))

    def _member(self, number: int) -> None:
        self._etcds.kill(number)
        self._write()
        time.sleep(_MEMBER_SECONDS)
        self._etcds.start()

    def _freeze_member(self, number: int) -> None:
        self._etcds.send(number, signal.SIGSTOP)
        try:
            self._write()
            time.sleep(_MEMBER_SECONDS)
        finally:
            self._etcds.send(number, signal.SIGCONT)

    def _set_clock(self, ahead: int) -> None:
        self._clock.set(ahead)
        self._write()
        # So that it leads with that clock, or another one after it.
        self.leader_killed()
        self._write()

    @contextmanager
    def _leader_gone(self) -> Iterator[None]:
        leader = self._replicas.leader()
        leader.kill()
        yield
        leader.start()
        leader.wait_ready(timeout_seconds=_SECONDS)


def copied(member: Program) -> Sequence[JournalEntry]:
    """All that stands in its copy of the journal."""
    return of_file(member.folder / _COPY)


def sending(member: Program) -> Sequence[bool]:
    """Of each notification whether it has its place in the journal; empty unless it is the one that sends."""
    try:
        document = orjson.loads(Client(member.endpoint).get("/notifications?format=json"))
    except (*BROKEN, RefusedError):
        return ()
    return ["cursor" in each for each in document["notifications"]] if document["sends"] else ()


def promotions(member: Program) -> int:
    """How many its copy tells of."""
    return sum(map(len, told(copied(member), EventType.PROMOTED).values()))


def sent_of(found: Sequence[JournalEntry], known: set[str]) -> Sequence[str]:
    """The identities of what is sent, in order; ``known`` were there before."""
    return [each.identity.name for each in found if not each.backfilled and each.identity.name not in known]


def has_all(receiver: ReceiverServer, expected: Sequence[str]) -> bool:
    """Whether all came at least once."""
    return {each.identity for each in receiver.taken} >= set(expected)


def listed(member: Program) -> object:
    """Its events, as its API gives them."""
    return orjson.loads(Client(member.endpoint).get(f"{GROUP_PATH}/promotionevents?since=-7d"))["items"]


@contextmanager
def replicas_of(etcds: Etcds, cluster: Mirrored, folder: Path, clock: HostClock, *options: str) -> Iterator[Company]:
    """Two, all ready; the first one sees that clock."""
    with ExitStack() as stack:
        members = [
            stack.enter_context(
                replica(folder / f"replica-{number}", cluster, etcds.log_url(), *options, environment=environment)
            )
            for number, environment in enumerate((clock.environment, {}))
        ]
        for member in members:
            member.start()
        for member in members:
            member.wait_ready(timeout_seconds=_SECONDS)
        yield Company(members, random.Random(1))


@soak
def test_one_journal_whatever_happens_to_replicas_members_and_clocks(etcds: Etcds, tmp_path: Path) -> None:
    """Every promotion once, no gap, both journals equal; all is sent in order, and again only after a cut.

    And a leader that was stopped for longer than its lease writes nothing any more: the terms of the log never go back.
    """
    chance = random.Random(41)
    receivers = {"sound": ReceiverServer(), "failing": ReceiverServer(failing_at_random(42, lasting(0.3, 0.1)))}
    declared = tmp_path / "notifications.yaml"
    wanted = [{"name": name, "url": each.url} for name, each in receivers.items()]
    declared.write_text(yaml.safe_dump({"notifications": wanted}))
    clock = HostClock(tmp_path / "clock")
    options = ("--journal", f"etcd:{_COPY}", "--notifications", str(declared))
    with (
        simulated(tmp_path / "cluster") as cluster,
        ExitStack() as stack,
    ):
        promoter = Promoter(cluster.written, chance, _STRATEGIES)
        replicas = stack.enter_context(replicas_of(etcds, cluster, tmp_path, clock, *options))

        def write() -> None:
            for _ in range(chance.randrange(1, _WRITES)):
                promoter.write()

        wait(lambda: all(sending(replicas.leader()) or [False]), _SECONDS, "the one that leads sends")
        time.sleep(3)  # every cursor is durable
        known = {each.identity.name for each in copied(replicas.leader())}
        troubles = Troubles(etcds, replicas, clock, write)
        for _ in range(_ROUNDS):
            for trouble in chance.sample(troubles.all(), len(troubles.all())):
                write()
                troubles.run(trouble)
        clock.set(0)
        total = sum(map(len, promoter.live.values()))
        for member in replicas.replicas:
            wait(lambda it=member: promotions(it) >= total, _SECONDS, "the journal has what was promoted last")
        last = replicas.leader()
        for each in receivers.values():
            wait(lambda it=each: has_all(it, sent_of(copied(last), known)), _SECONDS, "all is sent")
        first, second = map(copied, replicas.replicas)
        assert listed(replicas.replicas[0]) == listed(replicas.replicas[1])
        layout = KeyLayout("promoter-view")
        heads = [decode_head(layout.head, each) for each in history(etcds, etcds.leader(), layout.head)]
    for each in receivers.values():
        each.close()
    expected = sent_of(first, known)
    again = {
        name: check_firsts(each.taken, expected, troubles.times, _STALE * troubles.frozen)
        for name, each in receivers.items()
    }
    terms = [head.term for head in heads]
    sys.stdout.write(f"{len(first)} entries, {total} promotions, {len(set(terms))} terms, again: {again}\n")
    assert first == second
    assert told(first, EventType.PROMOTED) == promoter.live
    assert told(first, EventType.MERGED) == promoter.merged
    assert not [each for each in first if each.happening.event is EventType.GAP]
    assert terms == sorted(terms)
    assert all(after.previous == before.offset < after.offset for before, after in pairwise(heads))
