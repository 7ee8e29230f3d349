"""Opens logs on a fake etcd, as many replicas as a test wants, on one clock."""

from __future__ import annotations

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock

from promoter_view.log.etcd.etcd_log import EtcdLog
from promoter_view.log.etcd.layout import KeyLayout
from promoter_view.log.etcd.surroundings import Surroundings
from promoter_view.log.settings import LogSettings
from promoter_view.metrics import Metrics
from tests.support.clocks import Wall
from tests.support.log.fake_etcd import FakeEtcd
from tests.support.log.fakes import MIRROR, NOW, Fold
from tests.support.runtimes import Always, a_runtime


class Waited:
    """What is done with a log until it is done. ``wait`` says how a bench waits."""

    def append(self, log, *entries):
        """Durable, and applied."""
        self.wait(log.append(entries))

    def stop(self, log):
        """Ends it."""
        self.wait(log.stop())


class EtcdBench:
    """A clock, an etcd, and what a replica needs."""

    def __init__(self, **settings):
        self.clock = Clock()
        self.clock.advance(NOW)
        self.wall = Wall(self.clock)
        self.etcd = FakeEtcd(self.clock)
        self.settings = settings
        self.metrics = Metrics()
        self.fatal = []
        self.logs = []

    def make(self):
        self.metrics = Metrics()
        around = Surroundings(
            etcd=self.etcd,
            layout=KeyLayout("view"),
            identity=f"replica-{len(self.logs) + 1}",
            runtime=a_runtime(self.clock, wall=self.wall, metrics=self.metrics, random=Always(0.5)),
            settings=LogSettings(**self.settings),
        )
        made = EtcdLog(around, on_fatal=self.fatal.append)
        self.logs.append(made)
        return made

    def open(self, mirror=MIRROR):
        """A log that has started, and its follower."""
        log, fold = self.make(), Fold()
        started = log.start(fold, mirror)
        self.settle()
        assert started.called
        return log, fold

    def hold(self):
        self.etcd.holding = True

    def let_go(self):
        self.etcd.let_go()

    def settle(self, seconds=0.0):
        self.etcd.holding = False
        while self.etcd.held:
            self.etcd.let_go()
        self.pass_(seconds)

    def pass_(self, seconds=0.0):
        """Time passes, a little at a time."""
        for _ in range(int(seconds / 0.05) + 20):
            self.clock.advance(0.05 if seconds else 0.005)

    def pass_fast(self, seconds):
        """Much time passes, a second at a time."""
        for _ in range(int(seconds)):
            self.clock.advance(1)


class Part:
    """What runs while a replica leads. ``slow``: it ends when ``ended`` fires."""

    def __init__(self, *, slow=False):
        self.told = []
        self.ended = Deferred() if slow else None

    def begin(self):
        self.told.append("begin")

    def end(self):
        self.told.append("end")
        return self.ended or succeed(None)
