"""Who writes: a key with a lease, which the leader keeps alive. Whoever finds the key gone stands for it.

Losing it costs a mark and nothing else: what a deposed leader sends is refused by its conditions (transactions.py),
so the lease is there for a leader that is dead or stalled, and not for safety.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from promoter_view.log.etcd.client.faults import EtcdError
from promoter_view.log.etcd.client.values import Compare, Etcd, Get, Put, Transaction
from promoter_view.log.etcd.layout import Layout, encode_leader
from promoter_view.log.etcd.pausing import Pause
from promoter_view.log.etcd.surveying import Survey, Surveyor, survey_of

TICK_SECONDS = 1.0
#: Often: a machine that is busy delays some of them, and a lease that ends for that costs a term.
KEEP_SECONDS = 0.5
#: So long a leader goes on trying to reach etcd. Nobody else can win while nobody reaches it.
PATIENCE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Term:
    """A time of leading. ``number`` is the revision that made the leader's key; ``found`` how things stood then."""

    number: int
    lease: int
    found: Survey


class Election:
    """Stands whenever ``may_stand`` and nobody leads. ``won`` and ``lost`` (with a reason) are told, in turns.

    ``surveyed`` gets every survey on the way, about one a second.
    """

    _log = Logger()

    def __init__(
        self,
        etcd: Etcd,
        layout: Layout,
        surveyor: Surveyor,
        *,
        identity: str,
        lease_seconds: int,
        clock: IReactorTime,
        may_stand: Callable[[], bool],
        surveyed: Callable[[Survey], None],
        won: Callable[[Term], None],
        lost: Callable[[str], None],
    ) -> None:
        self._etcd = etcd
        self._layout = layout
        self._surveyor = surveyor
        self._identity = identity
        self._lease_seconds = lease_seconds
        self._clock = clock
        self._may_stand = may_stand
        self._surveyed = surveyed
        self._won = won
        self._lost = lost
        self._pause = Pause(clock)
        self._keeping: Deferred[None] = succeed(None)
        self._lease = 0
        self._renewed_at = 0.0
        self._ending = False
        self.term: Term | None = None
        self.fault: str | None = None

    async def run(self) -> None:
        """Until ``stop``."""
        while not self._ending:
            try:
                await self._step()
                self.fault = None
            except EtcdError as error:
                self._falter(str(error))
            if not self._ending:
                await self._pause.wait(TICK_SECONDS)

    def hurry(self) -> None:
        """The leader's key is gone: look now."""
        self._pause.end()

    def resign(self, reason: str) -> None:
        """Lead no more, and let others stand at once."""
        if self.term is None:
            return
        self.term = None
        self._give_up_lease()
        self._lost(reason)

    def stop(self) -> Deferred[None]:
        """Fires once the lease is given back, or that has been tried."""
        self._ending = True
        self._pause.end()
        self._keeping.cancel()
        self.term = None
        return self._give_up_lease()

    async def _step(self) -> None:
        survey = await self._surveyor.next()
        self._surveyed(survey)
        if self.term is not None and not self._holds_key(survey):
            self.resign("the leader's key is not ours: etcd was restored from a backup, or the lease has ended")
        if survey.leader is None and self.term is None and self._may_stand() and not self._ending:
            await self._stand()

    def _holds_key(self, survey: Survey) -> bool:
        assert self.term is not None
        return survey.leader is not None and survey.leader.create_revision == self.term.number

    async def _keep_on(self, term: Term) -> None:
        """Keeps the lease alive while the term lasts, beside everything else that is asked of etcd."""
        while self.term is term:
            try:
                await self._keep(term)
            except EtcdError as error:
                self._falter(str(error))
            await Pause(self._clock).wait(KEEP_SECONDS)

    async def _keep(self, term: Term) -> None:
        asked_at = self._clock.seconds()
        left = await self._etcd.keep_alive(term.lease)
        if self.term is not term:
            return
        if left:
            self._renewed_at = asked_at
        else:
            self._lease = 0
            self.resign("the lease has ended, after a pause of this process or a time without etcd")

    async def _stand(self) -> None:
        asked_at, seen = self._clock.seconds(), 0
        self._lease = self._lease or await self._etcd.grant(self._lease_seconds)
        key = self._layout.leader
        read = (Get(self._layout.survey),)
        put = Put(key, encode_leader(self._identity), self._lease)
        # It also finds out about an attempt whose outcome was not known.
        outcome = await self._etcd.commit(Transaction((Compare(key, 0, created=True),), (put, *read), read))
        found = survey_of(self._layout, outcome.found[0], asked_at=asked_at, seen=seen)
        if found.leader is None or found.leader.lease != self._lease:
            self._give_up_lease()
        elif not self._ending:
            self._renewed_at = asked_at
            self.term = Term(found.leader.create_revision, self._lease, found)
            self._keeping = Deferred.fromCoroutine(self._keep_on(self.term))
            self._keeping.addErrback(lambda failure: failure.trap(CancelledError))
            self._won(self.term)

    def _falter(self, reason: str) -> None:
        self.fault = f"etcd does not say who leads: {reason}"
        if self.term is None:
            # A lease that was not kept alive is not stood with.
            self._give_up_lease()
        elif self._clock.seconds() - self._renewed_at > PATIENCE_SECONDS:
            self.resign(f"etcd has not been reached for {PATIENCE_SECONDS:.0f} s: {reason}")

    def _give_up_lease(self) -> Deferred[None]:
        lease, self._lease = self._lease, 0
        return Deferred.fromCoroutine(self._revoke(lease))

    async def _revoke(self, lease: int) -> None:
        if not lease:
            return
        try:
            await self._etcd.revoke(lease)
        except (EtcdError, CancelledError) as error:
            self._log.debug("the lease ends by itself in a few seconds: {error}", error=error)
