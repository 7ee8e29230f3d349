"""A log in etcd read beside its writer, at the revisions that etcd still has. A LogPast.

What compaction takes while it is read is told as such; nothing else can change there.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater

from promoter_view.log.errors import LogShortened, LogUnreachable
from promoter_view.log.etcd.client.faults import EtcdError, Fault
from promoter_view.log.etcd.client.values import Etcd, Keys, KeyValue, Message, Watch
from promoter_view.log.etcd.layout import Checkpoint, KeyLayout, decode_checkpoint
from promoter_view.log.etcd.loading import Loader
from promoter_view.log.etcd.replica import Assembler, Canceled, Overtaken, Rewound
from promoter_view.log.etcd.surveying import Survey, survey_of
from promoter_view.records import Mark, Record, Snapshot
from promoter_view.slices import outcome_in_slices

if TYPE_CHECKING:
    from promoter_view.log.past import LogPast

#: A watch of what is there already does not wait: one that is silent for so long is cut off.
SILENT_SECONDS = 10.0


class EtcdPast:
    """A replay starts at a checkpoint, or where the log begins: at all that compaction has not passed."""

    derives = False

    def __init__(self, etcd: Etcd, layout: KeyLayout, *, reactor: IReactorTime) -> None:
        self._etcd = etcd
        self._layout = layout
        self._reactor = reactor
        self._loader = Loader(etcd, layout, history_bytes=0)

    async def points(self) -> Sequence[int]:
        """See LogPast."""
        with _told():
            head = (await self._survey()).head
            if head is None:
                return ()
            found = await self._loader.checkpoints()
            kept = [checkpoint.offset for checkpoint in await self._kept(found)]
            return [0, *kept] if len(kept) == len(found) and await self._has_all(head) else kept

    async def snapshot(self, point: int) -> Snapshot | None:
        """See LogPast."""
        if not point:
            return None
        with _told():
            beginning = await self._loader.at(await self._checkpoint(point))
        if beginning is None:
            raise LogShortened(f"the checkpoint at {point} was deleted meanwhile")
        return beginning.snapshot

    async def records(self, point: int) -> AsyncGenerator[Sequence[Record], None]:
        """See LogPast. All of a message at a time, of which etcd makes a megabyte and a half at most."""
        with _told():
            survey = await self._survey()
            first = await self._revision(point, survey)
            assembler = Assembler(self._layout, cluster=survey.cluster, revision=first, offset=point)
            if first >= survey.head_revision:
                return
            watch = await self._etcd.watch(self._layout.log, revision=first + 1)
            try:
                while assembler.revision < survey.head_revision:
                    for message in await self._next(watch):
                        found = await outcome_in_slices(_records(assembler, message), reactor=self._reactor)
                        await deferLater(self._reactor, 0)
                        if found:
                            yield found
            finally:
                watch.close()

    async def close(self) -> None:
        """See LogPast."""
        await self._etcd.close()

    async def _next(self, watch: Watch) -> Sequence[Message]:
        messages = await watch.read().addTimeout(SILENT_SECONDS, self._reactor, _too_late)
        if not messages:
            raise Canceled("the watch has ended")
        return messages

    async def _survey(self) -> Survey:
        return survey_of(self._layout, await self._etcd.range(self._layout.survey), asked_at=0.0, seen=0)

    async def _kept(self, checkpoints: Sequence[Checkpoint]) -> Sequence[Checkpoint]:
        """Those that compaction has not passed: mostly all, for who compacts deletes the others before."""
        at, end, middle = 0, len(checkpoints), 0
        while at < end:
            if await self._loader.reaches_back_to(checkpoints[middle].revision):
                end = middle
            else:
                at = middle + 1
            middle = (at + end) // 2
        return checkpoints[at:]

    async def _has_all(self, head: KeyValue) -> bool:
        """Whether all records are there: a log that was copied begins with the state of another one."""
        if not await self._loader.reaches_back_to(head.create_revision):
            return False
        first = await self._loader.head_at(head.create_revision)
        return first is not None and any(isinstance(record.entry, Mark) for record in first.records[:1])

    async def _revision(self, point: int, survey: Survey) -> int:
        """The revision behind which the point's records come."""
        if survey.head is None:
            raise LogShortened("the log is not there any more")
        return (await self._checkpoint(point)).revision if point else survey.head.create_revision - 1

    async def _checkpoint(self, point: int) -> Checkpoint:
        key = self._layout.checkpoint_key(point)
        found = await self._etcd.range(Keys(key))
        if not found.items:
            raise LogShortened(f"the checkpoint at {point} was deleted meanwhile")
        return decode_checkpoint(key, found.items[0].value)


def _records(assembler: Assembler, message: Message) -> Generator[None, None, Sequence[Record]]:
    found: list[Record] = []
    for revision in assembler.feed(message):
        found += revision.records
        yield
    return found


@contextmanager
def _told() -> Iterator[None]:
    """In the words of a log."""
    try:
        yield
    except EtcdError as error:
        if error.fault is Fault.COMPACTED:
            raise LogShortened(f"etcd was compacted meanwhile: {error}") from error
        raise LogUnreachable(f"etcd: {error}") from error
    except Overtaken as error:
        raise LogShortened(str(error)) from error
    except (Rewound, Canceled) as error:
        raise LogUnreachable(f"etcd: {error}") from error


def _too_late(_: object, seconds: float) -> None:
    raise Canceled(f"it said nothing for {seconds:.0f} s")


if TYPE_CHECKING:
    _: type[LogPast] = EtcdPast
