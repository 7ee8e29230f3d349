"""A log in etcd that no replica has open: read as a whole, or begun from the state of another log."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from twisted.internet.interfaces import IReactorTime

from promoter_view.boundaries import Follower
from promoter_view.clocks import WallClock
from promoter_view.log import codec
from promoter_view.log.errors import LogLocked, LogUnreachable, LogUnusable
from promoter_view.log.etcd import checkpoint
from promoter_view.log.etcd.client.faults import EtcdError
from promoter_view.log.etcd.client.values import Compare, Etcd, Outcome, PutKey, Transaction
from promoter_view.log.etcd.layout import Checkpoint, Head, KeyLayout, encode_head, encode_leader
from promoter_view.log.etcd.loading import Beginning, Loader
from promoter_view.log.etcd.replica import Assembler, Canceled, Overtaken, Rewound
from promoter_view.log.etcd.surveying import Survey, survey_of
from promoter_view.log.etcd.transactions import PreparedEntry, TooLarge, fitting, item_of
from promoter_view.records import Change, ChangeType, ObjectKey, Snapshot, SourceObject
from promoter_view.slices import at_once

_IDENTITY = "promoter-view-log"
#: Should this be killed, the half of a log that it leaves belongs to nobody for so long.
_LEASE_SECONDS = 600
_ATTEMPTS = 5


class EtcdAtRest:
    """A RestingLog under ``prefix``. While one is begun the leader's key is ours: no replica starts meanwhile."""

    def __init__(self, etcd: Etcd, prefix: str, *, clock: IReactorTime, wall: WallClock) -> None:
        self._etcd = etcd
        self._layout = KeyLayout(prefix)
        self._prefix = prefix
        self._clock = clock
        self._wall = wall

    async def read(self, follower: Follower) -> None:
        """See RestingLog. A replica that begins to lead meanwhile is noticed."""
        async with self._answering():
            survey = await self._survey()
            if survey.head is None:
                raise LogUnusable(f"there is no event log under /{self._prefix}/")
            self._refuse_leader(survey)
            beginning = await Loader(self._etcd, self._layout, history_bytes=0).load(survey)
            if beginning.snapshot is not None:
                at_once(follower.restore(beginning.snapshot))
            await self._replay(beginning, survey, follower)
            after = await self._survey()
            self._refuse_leader(after)
            if after.head_revision != survey.head_revision:
                raise LogLocked(f"the event log under /{self._prefix}/ was written to meanwhile: stop every replica")

    async def begin(self, snapshot: Snapshot) -> None:
        """See RestingLog."""
        items = [self._item(key, source) for key, source in snapshot.objects.items()]
        async with self._answering():
            self._refuse_leader(await self._survey())
            await self._refuse_any()
            lease = await self._etcd.grant(_LEASE_SECONDS)
            try:
                await self._write(snapshot, items, await self._take(lease))
            finally:
                with suppress(EtcdError):  # it ends by itself
                    await self._etcd.revoke(lease)

    @asynccontextmanager
    async def _answering(self) -> AsyncIterator[None]:
        try:
            yield
        except EtcdError as error:
            raise LogUnreachable(f"etcd: {error}") from error
        except (Canceled, Overtaken, Rewound) as error:
            raise LogUnreachable(f"etcd: the log under /{self._prefix}/ cannot be read to its end: {error}") from error
        finally:
            await self._etcd.close()

    async def _survey(self) -> Survey:
        found = await self._etcd.range(self._layout.survey)
        return survey_of(self._layout, found, asked_at=self._clock.seconds(), seen=0)

    def _refuse_leader(self, survey: Survey) -> None:
        if survey.leader is not None:
            who = survey.leader.value.decode("utf-8", "replace")
            raise LogLocked(f"{who} writes the event log under /{self._prefix}/: stop every replica first")

    async def _refuse_any(self) -> None:
        for keys in (self._layout.log, self._layout.checkpoints):
            if (await self._etcd.range(keys, limit=1)).items:
                raise LogUnusable(
                    f"there are keys under /{self._prefix}/ already: give another prefix, or delete them "
                    f"(etcdctl del --prefix /{self._prefix}/)"
                )

    async def _replay(self, beginning: Beginning, survey: Survey, follower: Follower) -> None:
        if beginning.revision >= survey.head_revision:
            return
        assembler = Assembler(
            self._layout, cluster=survey.cluster, revision=beginning.revision, offset=beginning.offset
        )
        watch = await self._etcd.watch(self._layout.log, revision=beginning.revision + 1)
        try:
            while assembler.revision < survey.head_revision:
                messages = await watch.read()
                if not messages:
                    raise Canceled("the watch has ended")
                for message in messages:
                    for revision in assembler.feed(message):
                        at_once(follower.apply(revision.records))
        finally:
            watch.close()

    def _item(self, key: ObjectKey, source: SourceObject) -> PreparedEntry:
        try:
            return item_of(Change(ChangeType.ADDED, key, source.body, source.resource_version, ""))
        except TooLarge as error:
            raise LogUnusable(f"etcd cannot hold an object: {error}") from error

    async def _take(self, lease: int) -> int:
        """The leader's key; the revision that made it."""
        nobody = (Compare(self._layout.leader, 0), Compare(self._layout.head, 0))
        put = PutKey(self._layout.leader, encode_leader(_IDENTITY), lease)
        return (await self._commit(Transaction(nobody, (put,)))).revision

    async def _write(self, snapshot: Snapshot, items: Sequence[PreparedEntry], term: int) -> None:
        """Objects, then what a checkpoint holds, then head and checkpoint in one: before that there is no log.

        A checkpoint names the revision that it is written in. Where somebody else's write came between, it names one
        at which there is no head, which nobody takes for a beginning, until it is written once more.
        """
        leading = (Compare(self._layout.leader, term, created=True),)
        revision, rest = term, items
        while rest:
            count = fitting(rest)
            puts = tuple(_put(self._layout, item) for item in rest[:count])
            revision = (await self._commit(Transaction(leading, puts))).revision
            rest = rest[count:]
        head = _head(snapshot, items, term)
        pieces = list(checkpoint.writing(self._layout, self._checkpoint(snapshot, head, 0), snapshot, term))[:-1]
        for piece in pieces:
            revision = (await self._commit(piece)).revision
        put_head = PutKey(self._layout.head, encode_head(head))
        last = self._last(snapshot, head, revision + 1, term)
        put = await self._commit(Transaction(leading, (put_head, *last.then)))
        if put.revision != revision + 1:
            await self._commit(self._last(snapshot, head, put.revision, term))

    def _checkpoint(self, snapshot: Snapshot, head: Head, revision: int) -> Checkpoint:
        return checkpoint.make(snapshot, head, revision, self._wall())

    def _last(self, snapshot: Snapshot, head: Head, revision: int, term: int) -> Transaction:
        found = self._checkpoint(snapshot, head, revision)
        return list(checkpoint.writing(self._layout, found, snapshot, term))[-1]

    async def _commit(self, transaction: Transaction) -> Outcome:
        """Tried again where that may help: what was carried out already is only put once more."""
        for attempt in range(_ATTEMPTS):
            try:
                outcome = await self._etcd.commit(transaction)
            except EtcdError as error:
                if not error.transient or attempt + 1 == _ATTEMPTS:
                    raise
                continue
            if outcome.succeeded:
                return outcome
            break
        raise LogLocked(f"another process started to write under /{self._prefix}/: stop every replica, and try again")


def _put(layout: KeyLayout, item: PreparedEntry) -> PutKey:
    assert isinstance(item.entry, Change)
    assert item.value is not None
    return PutKey(layout.object_key(item.entry.key), item.value)


def _head(snapshot: Snapshot, items: Sequence[PreparedEntry], term: int) -> Head:
    return Head(
        previous=0,
        offset=snapshot.offset,
        term=term,
        size=sum(item.size for item in items),
        events=len(items),
        generation=snapshot.generation,
        mirror=snapshot.mirror,
        positions=snapshot.positions,
        records=(),
        unreadable=snapshot.unreadable,
        kinds=snapshot.kinds,
        schemas=snapshot.schemas,
        cursors=snapshot.cursors,
        shown=snapshot.shown,
        format=codec.format_of_snapshot(snapshot),
    )
