"""Which list paths have to be listed anew because the cluster reads their kind by another schema.

kube-apiserver prunes, and fills in defaults, when it reads an object: a replaced CustomResourceDefinition changes
objects that nobody writes, and no watch tells. Its old watches go on for some seconds, and bring what is written then
by the old schema. So what is published in OpenAPI is compared, kind by kind: another kind of the same group outdates
nothing (docs/decisions/changed-schemas.md).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from promoter_view.kubernetes.client.polling import POLL_SECONDS
from promoter_view.kubernetes.client.schemas import DocumentReader, SchemaFollower
from promoter_view.kubernetes.openapi import schemas_by_kind
from promoter_view.records import ListPath

#: Not all paths list at once.
SPREAD_SECONDS = 5.0
#: Of several servers behind one address one may know the new schema when another does not: by then each does.
SETTLED_SECONDS = 60.0


class SchemaChanges:
    """Calls ``outdated`` for each of the ``paths``, all of one cluster, whose kind has another schema: soon, and again
    once every server has it. A schema that is seen for the first time, or is missing, outdates nothing.
    """

    _log = Logger()

    def __init__(
        self,
        paths: Callable[[], Sequence[ListPath]],
        *,
        client: DocumentReader,
        clock: IReactorTime,
        random: Callable[[], float],
        outdated: Callable[[ListPath], None],
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._paths = paths
        self._clock = clock
        self._random = random
        self._outdated = outdated
        self._digests: dict[tuple[str, str, str], bytes] = {}
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
        """Begins, with what is published now as what counts."""
        self._follower.start()

    def stop(self) -> None:
        """No more of it; idempotent."""
        self._follower.stop()
        for path_id in tuple(self._due):
            self._cancel(path_id)

    def _compare(self, documents: Mapping[str, Any]) -> None:
        found = _digests(documents)
        changed = {kind for kind, digest in found.items() if self._digests.get(kind, digest) != digest}
        self._digests |= found
        outdated = [path for path in self._paths() if _kind_of(path) in changed]
        if not outdated:
            return
        self._log.info(
            "the schema of {kinds} has changed: listing anew, for objects may read differently",
            kinds=", ".join(sorted({path.kind for path in outdated})),
        )
        for path in outdated:
            self._plan(path)

    def _plan(self, path: ListPath) -> None:
        """A change that follows upon another one takes the place of what is left of it."""
        self._cancel(path.id)
        self._due[path.id] = [
            self._clock.callLater(seconds + SPREAD_SECONDS * self._random(), self._outdated, path)
            for seconds in (0.0, SETTLED_SECONDS)
        ]

    def _cancel(self, path_id: str) -> None:
        for call in self._due.pop(path_id, ()):
            if call.active():
                call.cancel()


def _kind_of(path: ListPath) -> tuple[str, str, str]:
    return path.group, path.version, path.kind


def _digests(documents: Mapping[str, Any]) -> dict[tuple[str, str, str], bytes]:
    """By group, version and kind; of kinds that are not reflected too, for they may be from now on."""
    return {
        kind: hashlib.sha256(orjson.dumps(schema, option=orjson.OPT_SORT_KEYS)).digest()
        for document in documents.values()
        for kind, schema in schemas_by_kind(document).items()
    }
