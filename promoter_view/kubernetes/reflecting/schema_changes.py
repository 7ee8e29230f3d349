"""Which list paths have to be listed anew because the cluster reads their kind by another schema.

kube-apiserver prunes, and fills in defaults, when it reads an object: a replaced CustomResourceDefinition changes
objects that nobody writes, and no watch tells. Its old watches go on for some seconds, and bring what is written then
by the old schema. So what is published in OpenAPI is compared, kind by kind, with what the log says that was read by:
another kind of the same group outdates nothing (docs/decisions/changed-schemas.md).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import orjson
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from promoter_view.kubernetes.client.polling import POLL_SECONDS
from promoter_view.kubernetes.client.schemas import DocumentReader, SchemaFollower
from promoter_view.kubernetes.openapi import schemas_by_kind
from promoter_view.records import UNSETTLED, ListPath

#: Not all paths list at once.
SPREAD_SECONDS = 5.0
#: Of several servers behind one address one may know the new schema when another does not: by then each does.
SETTLED_SECONDS = 60.0
#: Bytes of a digest: each write to etcd repeats those of all paths, and nobody gains by two schemas with the same one.
_DIGEST_BYTES = 8


class SchemaRecorder(Protocol):
    """What is known of the schemas that paths were read by (log.recorder.LogRecorder)."""

    def schema(self, path: ListPath) -> str:
        """The digest; UNSETTLED: that path is to be listed once more; "" where it is not known."""

    def read_by(self, path: ListPath, schema: str) -> None:
        """See Recorder."""


class SchemaChanges:
    """Calls ``outdated`` for each of the ``paths``, all of one cluster, whose kind has another schema than it was read
    by: soon, UNSETTLED, and with its digest once every server has it. Whoever is told records it with the list, so that
    the next to lead begins where this one ends. A schema that is seen for the first time, or is missing, outdates
    nothing.
    """

    _log = Logger()

    def __init__(
        self,
        paths: Callable[[], Sequence[ListPath]],
        *,
        recorder: SchemaRecorder,
        client: DocumentReader,
        clock: IReactorTime,
        random: Callable[[], float],
        outdated: Callable[[ListPath, str], None],
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._paths = paths
        self._recorder = recorder
        self._clock = clock
        self._random = random
        self._outdated = outdated
        self._digests: dict[tuple[str, str, str], str] = {}
        self._planned: dict[str, str] = {}
        self._due: dict[str, list[IDelayedCall]] = {}
        self._follower = SchemaFollower(
            lambda: sorted({f"{path.group}/{path.version}" for path in paths()}),
            client=client,
            clock=clock,
            random=random,
            changed=self._compare,
            what="schemas of what is reflected",
            poll_seconds=poll_seconds,
        )

    def start(self) -> None:
        """Begins, with a comparison at once."""
        self._follower.start()

    def stop(self) -> None:
        """No more of it; idempotent."""
        self._follower.stop()
        for path_id in tuple(self._due):
            self._cancel(path_id)

    def _compare(self, documents: Mapping[str, Any]) -> None:
        found = _digests(documents)
        published = {path: found[_kind_of(path)] for path in self._paths() if _kind_of(path) in found}
        outdated = {path: digest for path, digest in published.items() if self._read_by(path, digest) != digest}
        self._digests |= found
        for path in published.keys() - outdated.keys():
            if not self._recorder.schema(path):
                self._recorder.read_by(path, published[path])
        if not outdated:
            return
        self._log.info(
            "the schema of {kinds} has changed: listing again, because objects may read differently",
            kinds=", ".join(sorted({path.kind for path in outdated})),
        )
        for path, digest in outdated.items():
            self._plan(path, digest)

    def _read_by(self, path: ListPath, published: str) -> str:
        """What the path was read by, or is about to be; where nobody knows, what is published."""
        known = self._recorder.schema(path) or self._digests.get(_kind_of(path), published)
        return self._planned.get(path.id, known)

    def _plan(self, path: ListPath, digest: str) -> None:
        """A change that follows upon another one takes the place of what is left of it."""
        self._cancel(path.id)
        self._planned[path.id] = digest
        self._due[path.id] = [
            self._clock.callLater(seconds + SPREAD_SECONDS * self._random(), self._outdated, path, schema)
            for seconds, schema in ((0.0, UNSETTLED), (SETTLED_SECONDS, digest))
        ]

    def _cancel(self, path_id: str) -> None:
        for call in self._due.pop(path_id, ()):
            if call.active():
                call.cancel()


def _kind_of(path: ListPath) -> tuple[str, str, str]:
    return path.group, path.version, path.kind


def _digests(documents: Mapping[str, Any]) -> dict[tuple[str, str, str], str]:
    """By group, version and kind; of kinds that are not reflected too, for they may be from now on."""
    return {
        kind: hashlib.sha256(orjson.dumps(schema, option=orjson.OPT_SORT_KEYS)).hexdigest()[: 2 * _DIGEST_BYTES]
        for document in documents.values()
        for kind, schema in schemas_by_kind(document).items()
    }
