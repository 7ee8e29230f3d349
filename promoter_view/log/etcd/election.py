"""Who writes: a key with a lease, which the leader keeps alive. Whoever finds the key gone stands for it.

Losing it costs a mark and nothing else: what a deposed leader sends is refused by its conditions (transactions.py),
so the lease is there for a leader that is dead or stalled, and not for safety.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from promoter_view.log.errors import LogDamaged
from promoter_view.log.etcd.client.faults import EtcdError
from promoter_view.log.etcd.client.values import Compare, Get, PutKey, Transaction
from promoter_view.log.etcd.core import actions, inputs
from promoter_view.log.etcd.layout import decode_head, encode_leader
from promoter_view.log.etcd.surroundings import Surroundings
from promoter_view.log.etcd.surveying import Survey, survey_of
from promoter_view.log.etcd.transactions import Tail, empty_tail

#: Often: a machine that is busy delays some of them, and a lease that ends for that costs a term.
KEEP_SECONDS = 0.5
#: So many requests may wait for an answer. A late one holds up none after it: on a busy machine answers come late.
MOST_ASKED = 8


class Candidate:
    """This replica's lease: a core's Stand, Keep and GiveUp, carried out. It stands once ``vacated`` fires."""

    _log = Logger()

    def __init__(
        self,
        around: Surroundings,
        *,
        vacated: Callable[[], Deferred[None]],
        tell: Callable[[inputs.Input], None],
    ) -> None:
        self._around = around
        self._vacated = vacated
        self._tell = tell
        self._standing: Deferred[None] = succeed(None)
        self._keeping: Deferred[None] = succeed(None)
        self._lease = 0
        #: Fires once the last lease is given back, or that has been tried.
        self.returned: Deferred[None] = succeed(None)

    def stand(self, action: actions.Stand) -> None:
        """Put the leader's key, where there is none."""
        self._standing.cancel()
        self._standing = _running(self._stand(self._around.settings.lease_seconds << action.doublings))

    def keep(self, action: actions.Keep) -> None:
        """Keep the lease alive while the term lasts, beside everything else that is asked of etcd."""
        self._keeping.cancel()
        self._keeping = _running(self._keep_on(action.term.lease))

    def give_up(self, _: actions.GiveUp) -> None:
        """Give the lease back, and with it the leader's key."""
        lease, self._lease = self._lease, 0
        self._standing.cancel()
        self._keeping.cancel()
        self.returned = Deferred.fromCoroutine(self._revoke(lease))

    async def _stand(self, seconds: int) -> None:
        await _after(self._vacated())
        around, asked_at = self._around, self._around.runtime.reactor.seconds()
        key, read = around.layout.leader, (Get(around.layout.survey),)
        try:
            self._lease = self._lease or await around.etcd.grant(seconds)
            lease, put = self._lease, PutKey(key, encode_leader(around.identity), self._lease)
            # It also finds out about an attempt whose outcome was not known.
            outcome = await around.etcd.commit(Transaction((Compare(key, 0, created=True),), (put, *read), read))
            found = survey_of(around.layout, outcome.found[0], asked_at=asked_at, seen=0)
            tail = _tail(found)
        except (EtcdError, LogDamaged) as error:
            self._tell(inputs.Unanswered(str(error)))
        else:
            self._tell(inputs.Stood(lease, found, tail, asked_at, seconds))

    async def _keep_on(self, lease: int) -> None:
        asked: list[Deferred[None]] = []
        try:
            while self._lease == lease:
                asked = [each for each in asked if not each.called]
                if len(asked) < MOST_ASKED:
                    asked.append(_running(self._keep(lease)))
                await deferLater(self._around.runtime.reactor, KEEP_SECONDS)
        finally:
            for each in asked:
                each.cancel()

    async def _keep(self, lease: int) -> None:
        asked_at = self._around.runtime.reactor.seconds()
        try:
            left = await self._around.etcd.keep_alive(lease)
        except EtcdError as error:
            if self._lease == lease:
                self._tell(inputs.Unanswered(str(error)))
            return
        if self._lease != lease:
            return
        if left:
            self._tell(inputs.Kept(asked_at))
        else:
            self._lease = 0
            self._tell(inputs.Lapsed())

    async def _revoke(self, lease: int) -> None:
        if not lease:
            return
        try:
            await self._around.etcd.revoke(lease)
        except (EtcdError, CancelledError) as error:
            self._log.debug("the lease ends by itself in a few seconds: {error}", error=error)


def _running(coroutine: Coroutine[Deferred[Any], Any, None]) -> Deferred[None]:
    running: Deferred[None] = Deferred.fromCoroutine(coroutine)
    return running.addErrback(lambda failure: failure.trap(CancelledError))


def _tail(found: Survey) -> Tail:
    head = found.head
    return empty_tail() if head is None else Tail(head.mod_revision, decode_head(head.key, head.value))


def _after(other: Deferred[None]) -> Deferred[None]:
    """Fires after ``other``, and leaves it alone when cancelled."""
    fires: Deferred[None] = Deferred()

    def fire(result: Failure | None) -> Failure | None:
        if not fires.called:
            fires.callback(None)
        return result

    other.addBoth(fire)
    return fires
