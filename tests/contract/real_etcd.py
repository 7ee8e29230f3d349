"""Opens event logs on a real etcd: their time is a clock's, their requests are real ones through the gateway."""

from __future__ import annotations

import uuid

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from promoter_view.log.etcd.client.connections import EtcdConnections
from promoter_view.log.etcd.client.gateway import Gateway
from promoter_view.log.etcd.etcd_log import EtcdLog
from promoter_view.log.etcd.layout import KeyLayout
from promoter_view.log.etcd.past import EtcdPast
from promoter_view.log.etcd.surroundings import Surroundings
from promoter_view.log.settings import EtcdFiles, LogSettings
from promoter_view.metrics import Metrics
from tests.contract import spinning
from tests.support.clocks import Wall
from tests.support.log.benches import Waited
from tests.support.log.fakes import NOW
from tests.support.runtimes import Always, a_runtime


class Held:
    """A gateway whose transactions can be kept waiting; it counts what is under way."""

    def __init__(self, gateway):
        self._gateway = gateway
        self.holding = False
        self.held = []
        self.under_way = 0

    async def commit(self, transaction):
        if self.holding:
            waiting = Deferred()
            self.held.append(waiting)
            await waiting
        return await self._counted(self._gateway.commit(transaction))

    async def range(self, keys, *, revision=0, limit=0):
        return await self._counted(self._gateway.range(keys, revision=revision, limit=limit))

    async def watch(self, keys, *, revision):
        return await self._counted(self._gateway.watch(keys, revision=revision))

    async def grant(self, seconds):
        return await self._counted(self._gateway.grant(seconds))

    async def keep_alive(self, lease):
        return await self._counted(self._gateway.keep_alive(lease))

    async def revoke(self, lease):
        await self._counted(self._gateway.revoke(lease))

    async def compact(self, revision):
        await self._counted(self._gateway.compact(revision))

    def turn(self):
        self._gateway.turn()

    async def close(self):
        await self._gateway.close()

    async def _counted(self, call):
        self.under_way += 1
        try:
            return await call
        finally:
            self.under_way -= 1


class Opened(EtcdLog):
    """Knows whether something is still to come of it."""

    starting = None
    stopping = None

    def start(self, follower, mirror):
        self.starting = super().start(follower, mirror)
        return self.starting

    def stop(self):
        self.stopping = super().stop()
        return self.stopping

    @property
    def busy(self):
        """It starts, it stops, or something is not acknowledged."""
        if self.stopping is not None:
            return not self.stopping.called
        return self.starting is not None and (not self.starting.called or self.status().pending_events > 0)


class RealEtcdBench(Waited):
    """The bench of the contract's tests, on one prefix of its own."""

    def __init__(self, urls, **settings):
        self.clock = Clock()
        self.clock.advance(NOW)
        self.wall = Wall(self.clock)
        self.fatal = []
        connections = EtcdConnections(EtcdFiles(), reactor=reactor)
        self._etcd = Held(Gateway(urls, reactor=reactor, metrics=Metrics(), connections=connections))
        self._prefix = str(uuid.uuid4())
        self._logs = []
        # The clock of the test does not go with that of etcd.
        self._settings = LogSettings(lease_seconds=600, **settings)

    def make(self):
        around = Surroundings(
            etcd=self._etcd,
            layout=KeyLayout(self._prefix),
            identity="replica",
            runtime=a_runtime(self.clock, wall=self.wall, random=Always(0.5)),
            settings=self._settings,
        )
        made = Opened(around, on_fatal=self.fatal.append)
        self._logs.append(made)
        return made

    def hold(self):
        self._etcd.holding = True

    def let_go(self):
        """One transaction is carried out, and read back."""
        spinning.until(lambda: self._etcd.held, "nothing is sent")
        before = self._pending
        self._etcd.held.pop(0).callback(None)
        spinning.until(lambda: self._pending < before, "nothing is acknowledged")

    def settle(self):
        self._etcd.holding = False
        while self._etcd.held:
            self._etcd.held.pop(0).callback(None)
        spinning.until(self._is_quiet, "the log does not settle")

    def end(self):
        """All logs stop, and the reactor with its threads."""
        for log in self._logs:
            log.stop()
        self.settle()
        spinning.end()

    def wait(self, deferred):
        """Until it has fired."""
        results = []
        deferred.addBoth(results.append)
        self.settle()
        spinning.until(lambda: results, "nothing came of it")
        if results[0] is not None:
            results[0].raiseException()

    def pass_(self, seconds):
        """Time passes, for the log and not for etcd."""
        self.clock.advance(seconds)
        self.settle()

    def past(self):
        """What reads it beside its writer."""
        return EtcdPast(self._etcd, KeyLayout(self._prefix), reactor=reactor)

    def compact(self):
        """Somebody compacts to the newest revision."""
        layout = KeyLayout(self._prefix)
        revision = spinning.run(self._etcd.range(layout.survey)).revision
        spinning.run(self._etcd.compact(revision))

    def now(self, coroutine):
        """What it gives, or its error."""
        return spinning.run(coroutine)

    @property
    def _pending(self):
        return sum(log.status().pending_events for log in self._logs)

    def _is_quiet(self):
        self.clock.pump([0.001] * 5)
        return bool(self.fatal) or not (self._etcd.under_way or any(log.busy for log in self._logs))
