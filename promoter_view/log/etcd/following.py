"""A replica's reading: loads a beginning, watches on from there, feeds the follower whole revisions. The driver.

It goes on for ever: what breaks a watch off is tried again, at another member where there are several; what makes its
state untrue (a compaction that overtook it, an etcd that was restored) makes it drop that state and begin anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from promoter_view.boundaries import Follower
from promoter_view.kubernetes.client.backoff import Backoff
from promoter_view.log.errors import LogDamaged, LogUnusable
from promoter_view.log.etcd.client.faults import HOPELESS, EtcdError
from promoter_view.log.etcd.client.values import Etcd, Message
from promoter_view.log.etcd.layout import Layout, decode_head
from promoter_view.log.etcd.loading import Beginning, Loader
from promoter_view.log.etcd.pausing import Pause
from promoter_view.log.etcd.progress import Progress
from promoter_view.log.etcd.replica import Assembler, Canceled, Overtaken, Revision, Rewound
from promoter_view.log.etcd.surveying import Survey, Surveyor
from promoter_view.log.file.worker import Worker
from promoter_view.log.group_commit import in_slices
from promoter_view.metrics import Metrics
from promoter_view.records import Mirror, Record, Snapshot

#: So long behind, while its watch is silent: the member that it watches through is slow, or cut off from the others.
SLOW_SECONDS = 5.0
_NOTHING = Snapshot(0, Mirror("", {}), 0, False, {}, {}, {})


class BrokenFollower(Exception):  # noqa: N818 - a state, as Twisted's ConnectionLost
    """The follower raised: it has lost its place, and nothing may follow."""


class Following:
    """Feeds ``follower``; ``progress`` is told how far it got, ``leader_gone`` that nobody leads.

    ``dropped`` is told why the state was dropped: who leads cannot go on with it.
    """

    _log = Logger()

    def __init__(
        self,
        etcd: Etcd,
        layout: Layout,
        follower: Follower,
        *,
        loader: Loader,
        surveyor: Surveyor,
        progress: Progress,
        clock: IReactorTime,
        worker: Worker,
        random: Callable[[], float],
        metrics: Metrics,
        leader_gone: Callable[[], None],
        dropped: Callable[[str], None],
    ) -> None:
        self._etcd = etcd
        self._layout = layout
        self._follower = follower
        self._loader = loader
        self._surveyor = surveyor
        self._progress = progress
        self._clock = clock
        self._worker = worker
        self._metrics = metrics
        self._leader_gone = leader_gone
        self._dropped = dropped
        self._backoff = Backoff(random=random, first_seconds=0.05, limit_seconds=2.0)
        self._pause = Pause(clock)
        self._assembler: Assembler | None = None
        self._reading: Deferred[Sequence[Message]] | None = None
        self._interruption: Exception | None = None
        self._fed = False
        self.fault: str | None = None

    async def run(self) -> None:
        """Until it is cancelled. Errors: LogDamaged where there is nothing to begin with, BrokenFollower."""
        while True:
            try:
                await self._follow()
            except (Overtaken, Rewound, LogDamaged) as error:
                self._drop(error)
            except (Canceled, EtcdError) as error:
                await self._retry(error)

    def surveyed(self, survey: Survey) -> None:
        """Compare with how things stood: whether etcd is the one that was read, and how far behind this replica is."""
        if self._assembler is None:
            return
        if survey.cluster != self._assembler.cluster:
            self._interrupt(Rewound(f"another etcd answers: cluster {survey.cluster:x}"))
        elif survey.revision < survey.seen:
            self._interrupt(Rewound(f"etcd is at revision {survey.revision}, and {survey.seen} was read before"))
        else:
            self._progress.surveyed(survey)
            if self._progress.behind_seconds > SLOW_SECONDS and self._reading is not None:
                self._metrics.replica_outcomes.labels("slow_member").inc()
                self._etcd.turn()
                self._interrupt(Canceled("the watch is behind what the others know: another member is tried"))

    @property
    def revision(self) -> int:
        """The newest revision that was read, 0 before there is one."""
        return 0 if self._assembler is None else self._assembler.revision

    async def _follow(self) -> None:
        self._raise_interruption()
        if self._assembler is None:
            await self._load()
        assert self._assembler is not None
        watch = await self._etcd.watch(self._layout.log, revision=self._assembler.revision + 1)
        self.fault = None
        try:
            while True:
                for message in await self._read(watch.read()):
                    await self._take(message)
        finally:
            self._reading = None
            watch.close()
            self._assembler.restart()

    async def _read(self, reading: Deferred[Sequence[Message]]) -> Sequence[Message]:
        self._reading = reading
        try:
            messages = await reading
        except CancelledError:
            self._raise_interruption()
            raise
        finally:
            self._reading = None
        self._raise_interruption()
        if not messages:
            raise Canceled("the watch has ended")
        self._backoff.reset()
        return messages

    async def _take(self, message: Message) -> None:
        assert self._assembler is not None
        for revision in self._assembler.feed(message):
            if revision.head is not None:
                self._refuse_where_anew()
                await self._feed(revision)
                self._progress.applied(revision.number, revision.head)
            if revision.leader_gone:
                self._leader_gone()
            self._raise_interruption()

    def _refuse_where_anew(self) -> None:
        if self._progress.anew:
            raise Overtaken("another replica leads, and gave the bundles other resourceVersions")

    async def _feed(self, revision: Revision) -> None:
        self._fed = True
        try:
            await in_slices(revision.records, self._apply, reactor=self._clock)
        except CancelledError:
            raise
        except Exception as error:  # whatever it is, it has lost its place
            raise BrokenFollower(str(error)) from error

    def _apply(self, records: Sequence[Record]) -> None:
        self._follower.apply(records)
        self._progress.moved(records[-1].offset)

    async def _load(self) -> None:
        survey = await self._surveyor.next()
        beginning = await self._loader.load(survey)
        if beginning.anew and survey.leader is not None:
            raise Canceled("no checkpoint can be read: the leader will write one")
        await self._restore(beginning)
        self._assembler = Assembler(
            self._layout, cluster=survey.cluster, revision=beginning.revision, offset=beginning.offset
        )
        head = None if survey.head is None else decode_head(self._layout.head, survey.head.value)
        self._progress.begin(beginning, survey, head)

    async def _restore(self, beginning: Beginning) -> None:
        snapshot = beginning.snapshot
        if self._fed:
            # Readers look on: here and now, in one go.
            self._follower.restore(snapshot or _NOTHING)
        elif snapshot is not None:
            await self._worker.run(partial(self._follower.restore, snapshot))
        self._fed = self._fed or snapshot is not None

    def _drop(self, error: Exception) -> None:
        """Errors: LogDamaged where it is what cannot be loaded."""
        if self._assembler is None:
            raise error
        outcome = type(error).__name__.lower()
        self._metrics.replica_outcomes.labels(outcome).inc()
        self._log.warn("{error}: this replica drops its state and begins anew", error=error)
        self._assembler = None
        self._progress.drop()
        self._dropped(str(error))

    async def _retry(self, error: Exception) -> None:
        """Errors: LogUnusable where trying again does not help, and nothing was read yet."""
        if isinstance(error, EtcdError) and error.fault in HOPELESS and not self._fed and self._assembler is None:
            raise LogUnusable(f"etcd: {error}")
        self._metrics.replica_outcomes.labels("watch_ended").inc()
        if self.fault is None:  # once for each time of trouble, however often it is tried
            self._log.info("etcd is not followed, and it is tried again: {error}", error=error)
        self.fault = f"etcd is not followed: {error}"
        await self._pause.wait(self._backoff.next())

    def _interrupt(self, error: Exception) -> None:
        self._interruption = error
        if self._reading is not None:
            self._reading.cancel()
        self._pause.end()

    def _raise_interruption(self) -> None:
        interruption, self._interruption = self._interruption, None
        if interruption is not None:
            raise interruption
