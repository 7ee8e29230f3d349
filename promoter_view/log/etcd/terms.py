"""A term of leading, carried out: it begins with a mark, runs what leads (the reflectors), and ends as one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from twisted.internet.defer import CancelledError, Deferred, fail, maybeDeferred, succeed
from twisted.logger import Logger

from promoter_view.boundaries import Leading
from promoter_view.clocks import steady
from promoter_view.log.errors import LogClosed
from promoter_view.log.etcd.core import actions, inputs
from promoter_view.log.etcd.core.machine import ReplicaCore
from promoter_view.log.etcd.loading import Loader
from promoter_view.log.etcd.surroundings import Surroundings
from promoter_view.log.etcd.upkeep import Upkeep
from promoter_view.log.etcd.writing import Writer
from promoter_view.records import Entry, Mark, Mirror, Snapshot

NOT_LEADING = "this replica does not lead: another one writes"


class Terms:
    """At most one at a time. ``ended`` fires once nothing runs of the last one."""

    _log = Logger()

    def __init__(
        self,
        around: Surroundings,
        core: ReplicaCore,
        *,
        loader: Loader,
        tell: Callable[[inputs.Input], None],
    ) -> None:
        self._around = around
        self._core = core
        self._loader = loader
        self._snapshot: Callable[[], Snapshot] | None = None
        self._mirror = Mirror("", {})
        self._tell = tell
        self._now = steady(around.runtime.wall, around.runtime.reactor.seconds)
        self._upkeep: Deferred[None] = succeed(None)
        self._writer: Writer | None = None
        self._part: Leading | None = None
        self._leads = False
        self._part_runs = False
        self.ended: Deferred[None] = succeed(None)

    def open(self, snapshot: Callable[[], Snapshot], mirror: Mirror) -> None:
        """``snapshot`` is the follower's; ``mirror`` says of what this is a log."""
        self._snapshot, self._mirror = snapshot, mirror

    @property
    def fault(self) -> str | None:
        """What is in the way of appending."""
        return None if self._writer is None else self._writer.fault

    @property
    def pending_events(self) -> int:
        """Entries that are not acknowledged yet."""
        return 0 if self._writer is None else self._writer.queue.pending_events

    @property
    def pending_bytes(self) -> int:
        """Their size."""
        return 0 if self._writer is None else self._writer.queue.pending_bytes

    def lead_with(self, part: Leading) -> None:
        """See EventLog.lead."""
        self._part = part
        self._begin_part()

    def append(self, entries: Sequence[Entry]) -> Deferred[None]:
        """See EventLog.append."""
        return fail(LogClosed(NOT_LEADING)) if self._writer is None else self._writer.append(entries)

    def acknowledge(self, action: actions.Acknowledge) -> None:
        """Everything up to that offset has been applied."""
        if self._writer is not None:
            self._writer.applied(action.offset)

    def begin(self, action: actions.BeginTerm) -> None:
        """Write its mark."""
        self._around.runtime.metrics.replica_term.set(action.term.number)
        self._writer = Writer(
            self._around,
            action.tail,
            term=action.term.number,
            deposed=lambda reason: self._tell(inputs.Deposed(reason)),
        )
        settings = self._around.settings
        mark = Mark(action.tail.head.offset, self._mirror, settings.generation, settings.remembers)
        marked = self._writer.append((mark,))
        marked.addCallbacks(lambda _: self._tell(inputs.Marked()), lambda failure: failure.trap(LogClosed))

    def lead(self, action: actions.Lead) -> None:
        """Begin what runs on the leader only."""
        assert self._snapshot is not None
        self._leads = True
        self._around.runtime.metrics.replica_leads.set(1)
        upkeep = Upkeep(
            self._around,
            self._core,
            term=action.term.number,
            loader=self._loader,
            snapshot=self._snapshot,
            now=self._now,
            tell=self._tell,
        )
        self._upkeep = Deferred.fromCoroutine(upkeep.run())
        self._upkeep.addErrback(lambda failure: failure.trap(CancelledError))
        self._begin_part()

    def end(self, action: actions.EndTerm) -> None:
        """Write no more, and end what runs on the leader only."""
        self._log.info("this replica no longer leads: {reason}", reason=action.reason)
        self.ended = Deferred.fromCoroutine(self._end(action.reason))

    async def stop(self) -> None:
        """Writes what is queued, where that is possible, and ends."""
        if self._writer is not None:
            await self._writer.stop()
        await self._end("the log has stopped")

    def _begin_part(self) -> None:
        if self._leads and self._part is not None and not self._part_runs:
            self._part_runs = True
            self._part.begin()

    async def _end(self, reason: str) -> None:
        self._leads = False
        self._around.runtime.metrics.replica_leads.set(0)
        self._upkeep.cancel()
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.end(reason)
        if self._part is not None and self._part_runs:
            self._part_runs = False
            await maybeDeferred(self._part.end)
