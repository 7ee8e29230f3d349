"""Follows resources of the API: listed once, then watched, and resumed by resourceVersion after a restart or a cut.

The reflectors are the program's own. What they record stays in memory here, as whatever is read of each object.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import orjson
from twisted.internet.defer import Deferred, succeed

from promoter_view.boundaries import Quota, Recorder
from promoter_view.clocks import wall
from promoter_view.command.asking.connection import ApiConnection
from promoter_view.command.asking.failures import failed, is_passing
from promoter_view.command.exits import CommandError
from promoter_view.kubernetes.cleaning import CleaningRules
from promoter_view.kubernetes.documents import Parameters
from promoter_view.kubernetes.outcomes import ClusterError, Outcome
from promoter_view.kubernetes.reflecting.aggregated import AggregatedCluster
from promoter_view.kubernetes.reflecting.lines import LineSource
from promoter_view.kubernetes.reflecting.reflector import Cluster, Reflector
from promoter_view.metrics import Metrics
from promoter_view.records import LOST, ListPath, ObjectKey, SourceObject, UndeclaredKind, UnreadObject
from promoter_view.runtime import Runtime
from promoter_view.views.definition import ViewDefinition
from promoter_view.views.known import DEFINITIONS
from promoter_view.views.reflected import reflected_kind

T = TypeVar("T")


class Followed(Generic[T]):
    """What is there now, by kind, namespace and name; a Recorder. ``read`` makes of a document what is kept of it."""

    def __init__(self, read: Callable[[Mapping[str, Any]], T]) -> None:
        self.found: dict[ObjectKey, T] = {}
        self.problem = ""
        self._read = read
        self._positions: dict[str, str] = {}
        self._listed: set[str] = set()
        self._restorations = 0
        self._waiting: Deferred[None] | None = None
        self._is_changed = False
        self._error: CommandError | None = None

    def changed(self) -> Deferred[None]:
        """Fires once something has changed since it fired last. Errors: CommandError. May be cancelled."""
        waiting: Deferred[None] = Deferred()
        self._waiting = waiting
        self._fire()
        return waiting

    def is_listed(self, path: ListPath) -> bool:
        """All that was there at one moment is known."""
        return path.id in self._listed

    def fail(self, error: CommandError) -> None:
        """It cannot go on."""
        self._error = error
        self._fire()

    def tell(self, problem: str) -> None:
        """What is in the way for the moment; "" for nothing."""
        if problem != self.problem:
            self.problem = problem
            self._note()

    def _note(self) -> None:
        self._is_changed = True
        self._fire()

    def _fire(self) -> None:
        waiting = self._waiting
        if waiting is None or waiting.called:
            return
        if self._error is not None:
            self._waiting = None
            waiting.errback(self._error)
        elif self._is_changed:
            self._waiting, self._is_changed = None, False
            waiting.callback(None)

    # -- Recorder

    def position(self, path: ListPath) -> str | None:
        """See Recorder."""
        found = self._positions.get(path.id)
        return None if found == LOST else found

    def is_known(self, path: ListPath) -> bool:
        """See Recorder."""
        return path.id in self._positions

    def objects(self, path: ListPath) -> Iterator[tuple[ObjectKey, SourceObject]]:  # noqa: ARG002
        """See Recorder: the bytes are not kept."""
        return iter(())

    def keys(self, path: ListPath) -> Iterator[ObjectKey]:
        """See Recorder."""
        return (key for key in self.found if path.holds(key))

    def put(self, path: ListPath, key: ObjectKey, found: SourceObject, position: str | None) -> bool:
        """See Recorder."""
        self._advance(path, position)
        row = self._read(orjson.loads(found.body))
        if self.found.get(key) == row:
            return False
        self.found[key] = row
        self._note()
        return True

    def pass_over(self, path: ListPath, key: ObjectKey, found: UnreadObject, position: str | None) -> bool:  # noqa: ARG002
        """See Recorder."""
        self._advance(path, position)
        return False

    def delete(self, path: ListPath, key: ObjectKey, resource_version: str, position: str | None) -> bool:  # noqa: ARG002
        """See Recorder."""
        self._advance(path, position)
        if self.found.pop(key, None) is None:
            return False
        self._note()
        return True

    def bookmark(self, path: ListPath, position: str) -> None:
        """See Recorder."""
        self._advance(path, position)
        if path.id not in self._listed and position != LOST:
            self._listed.add(path.id)
            self._note()

    def forget(self, path: ListPath) -> None:
        """See Recorder."""
        self._positions[path.id] = LOST

    def forget_all(self) -> None:
        """See Recorder."""
        self._restorations += 1
        self._positions = dict.fromkeys(self._positions, LOST)

    @property
    def kinds(self) -> tuple[UndeclaredKind, ...]:
        """See Recorder: none."""
        return ()

    def take_up(self, kinds: tuple[UndeclaredKind, ...]) -> None:
        """See Recorder: none are."""

    def read_by(self, path: ListPath, schema: str) -> None:
        """See Recorder: nobody asks by which schema."""

    def limit(self, kind: str, quota: Quota | None) -> None:
        """See Recorder: there are no limits here."""

    @property
    def restorations(self) -> int:
        """See Recorder."""
        return self._restorations

    def room(self) -> Deferred[None]:
        """See Recorder: nothing is queued."""
        return succeed(None)

    def _advance(self, path: ListPath, position: str | None) -> None:
        if position is not None:
            self._positions[path.id] = position


if TYPE_CHECKING:
    _: type[Recorder] = Followed[Any]


class _Telling:
    """A cluster whose errors are told: what does not pass by itself ends all, what does is shown until it is over.

    ``patient``: also before the first answer. ``selector``: the fields by which objects are chosen.
    """

    def __init__(
        self, cluster: Cluster, followed: Followed[Any], server: str, *, patient: bool, selector: str = ""
    ) -> None:
        self._cluster = cluster
        self._followed = followed
        self._server = server
        self._patient = patient
        self._has_answered = False
        self._selector: Parameters = (("fieldSelector", selector),) if selector else ()

    async def get(self, path: str, parameters: Parameters = ()) -> bytes:
        try:
            body = await self._cluster.get(path, (*parameters, *self._selector))
        except ClusterError as error:
            self._told(error)
            raise
        self._over()
        return body

    async def stream(self, path: str, parameters: Parameters = (), *, idle_seconds: float) -> LineSource:
        try:
            lines = await self._cluster.stream(path, (*parameters, *self._selector), idle_seconds=idle_seconds)
        except ClusterError as error:
            # An older server takes no WatchList, and is asked for pages then.
            if error.outcome is not Outcome.REFUSED:
                self._told(error)
            raise
        self._over()
        return lines

    def _told(self, error: ClusterError) -> None:
        away = self._has_answered and error.outcome is Outcome.NOT_FOUND
        if away or (is_passing(error) and (self._patient or self._has_answered)):
            self._followed.tell(str(error).rstrip("."))
        else:
            self._followed.fail(failed(error, self._server))

    def _over(self) -> None:
        self._has_answered = True
        self._followed.tell("")


class FollowedViews(Generic[T]):
    """Follows the resources of those plurals, all objects or those of one name. A context manager.

    ``patient``: the server may be away from the start.
    """

    def __init__(
        self,
        connection: ApiConnection,
        plurals: tuple[str, ...],
        read: Callable[[Mapping[str, Any]], T],
        *,
        name: str = "",
        patient: bool = False,
    ) -> None:
        self.followed = Followed(read)
        runtime = Runtime(connection.reactor, wall, Metrics(), random.Random(), os.environ)  # noqa: S311 - jitter
        selector = f"metadata.name={name}" if name else ""
        cluster = _Telling(
            AggregatedCluster(connection.client),
            self.followed,
            connection.server,
            patient=patient,
            selector=selector,
        )
        views = [each for each in DEFINITIONS if each.plural in plurals]
        self._reflectors = [
            Reflector(
                _path(view, connection.namespace),
                CleaningRules(reflected_kind(view)),
                client=cluster,
                recorder=self.followed,
                runtime=runtime,
            )
            for view in views
        ]

    @property
    def is_complete(self) -> bool:
        """Everything was listed once."""
        return all(self.followed.is_listed(each.path) for each in self._reflectors)

    async def complete(self) -> None:
        """Waits for that. Errors: CommandError."""
        while not self.is_complete:
            await self.followed.changed()

    async def __aenter__(self) -> FollowedViews[T]:
        for each in self._reflectors:
            each.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        for each in self._reflectors:
            await each.stop()


def _path(view: ViewDefinition, namespace: str) -> ListPath:
    kind = reflected_kind(view)
    return ListPath(kind.kind, kind.group, kind.version, kind.plural, namespace)
