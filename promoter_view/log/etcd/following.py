"""Loads a state, watches on from there, feeds the follower whole revisions: Load, Watch and Apply, carried out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, fail, succeed
from twisted.internet.task import deferLater

from promoter_view.boundaries import Follower
from promoter_view.log.etcd.client.values import Message
from promoter_view.log.etcd.core import actions, inputs
from promoter_view.log.etcd.core.machine import SLOW_SECONDS
from promoter_view.log.etcd.layout import decode_head
from promoter_view.log.etcd.loading import Loader
from promoter_view.log.etcd.replica import Assembler, Canceled, Revision
from promoter_view.log.etcd.surroundings import Surroundings
from promoter_view.log.etcd.surveying import Surveyor
from promoter_view.log.group_commit import batched
from promoter_view.records import Mirror, Record, Snapshot
from promoter_view.slices import Steps, in_slices

_NOTHING = Snapshot(0, Mirror("", {}), 0, False, {}, {}, {})


class BrokenFollower(Exception):  # noqa: N818 - a state, as Twisted's ConnectionLost
    """The follower raised: it has lost its place, and nothing may follow."""


class Following:
    """Feeds ``follower``. One request at a time: another takes its place where it waits, or at the next revision."""

    def __init__(
        self,
        around: Surroundings,
        follower: Follower,
        *,
        loader: Loader,
        surveyor: Surveyor,
        tell: Callable[[inputs.Input], None],
    ) -> None:
        self._around = around
        self._follower = follower
        self._loader = loader
        self._surveyor = surveyor
        self._tell = tell
        self._request: actions.Load | actions.OpenWatch | None = None
        self._waiting: Deferred[Any] = succeed(None)
        self._applying: Deferred[None] = succeed(None)
        self._quiet_since: float | None = None

    @property
    def silent(self) -> bool:
        """The watch is open, nothing that it brought waits to be applied, and nothing has come for SLOW_SECONDS.

        One that brings much is never silent, however far behind it is.
        """
        return self._quiet_since is not None and self._seconds() - self._quiet_since >= SLOW_SECONDS

    def request(self, request: actions.Load | actions.OpenWatch) -> None:
        """To be done next."""
        self._request = request
        self._waiting.cancel()

    def apply(self, action: actions.Apply) -> None:
        """Give the follower that revision."""
        self._applying = Deferred.fromCoroutine(self._feed(action.revision))

    def refuse(self, action: actions.RefuseReads) -> None:
        """Give it nothing, and end the watch."""
        self._applying = fail(action.error)

    async def run(self) -> None:
        """Until nothing more is asked for, or it is cancelled."""
        request = None
        while request is not self._request:
            request = self._request
            assert request is not None
            given = await self._carry_out(request)
            if request is self._request:
                self._tell(given)

    async def _carry_out(self, request: actions.Load | actions.OpenWatch) -> inputs.Input:
        try:
            if request.after:
                self._waiting = deferLater(self._around.runtime.reactor, request.after)
                await self._waiting
            return await (self._load() if isinstance(request, actions.Load) else self._watch(request))
        except CancelledError as error:
            if request is self._request:
                raise
            return inputs.Failed(error)
        except Exception as error:  # whatever it is, the core judges it
            return inputs.Failed(error)

    async def _load(self) -> inputs.Loaded:
        survey = await self._surveyor.next()
        beginning = await self._loader.load(survey)
        await in_slices(self._follower.restore(beginning.snapshot or _NOTHING), reactor=self._around.runtime.reactor)
        head = None if survey.head is None else decode_head(self._around.layout.head, survey.head.value)
        return inputs.Loaded(beginning, survey, head)

    async def _watch(self, request: actions.OpenWatch) -> inputs.Failed:
        layout, revision = self._around.layout, request.revision
        assembler = Assembler(layout, cluster=request.cluster, revision=revision, offset=request.offset)
        watch = await self._around.etcd.watch(layout.log, revision=revision + 1)
        try:
            while request is self._request:
                for message in await self._read(watch.read()):
                    await self._take(assembler, message, request)
        finally:
            watch.close()
        return inputs.Failed(Canceled("another request took its place"))

    async def _read(self, reading: Deferred[Sequence[Message]]) -> Sequence[Message]:
        self._waiting, self._quiet_since = reading, self._seconds()
        try:
            messages = await reading
        finally:
            self._quiet_since = None
        if not messages:
            raise Canceled("the watch has ended")
        self._tell(inputs.Heard())
        return messages

    async def _take(self, assembler: Assembler, message: Message, request: actions.OpenWatch) -> None:
        for revision in assembler.feed(message):
            if request is not self._request:
                return
            self._applying = succeed(None)
            self._tell(inputs.Read(revision))
            await self._applying

    async def _feed(self, revision: Revision) -> None:
        try:
            reactor = self._around.runtime.reactor
            steps = batched(revision.records, self._apply, seconds=reactor.seconds)
            await in_slices(steps, reactor=reactor)
        except CancelledError:
            raise
        except Exception as error:  # whatever it is, it has lost its place
            raise BrokenFollower(str(error)) from error
        self._tell(inputs.Applied(revision))

    def _seconds(self) -> float:
        now: float = self._around.runtime.reactor.seconds()
        return now

    def _apply(self, records: Sequence[Record]) -> Steps:
        yield from self._follower.apply(records)
        self._tell(inputs.Moved(records[-1].offset))
