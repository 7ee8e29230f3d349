"""What is reflected, while it is: the clients of the clusters, the recorder and the reflectors.

Begun when the log's past is known, and ended as one; it can be begun again with another past. Nothing is served here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from twisted.internet.defer import CancelledError, Deferred, maybeDeferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from promoter_view.boundaries import EventLog, Leading
from promoter_view.kubernetes.client.client import KubernetesClient
from promoter_view.kubernetes.client.polling import POLL_SECONDS
from promoter_view.kubernetes.connection.cluster import ClusterConfig, Clusters
from promoter_view.kubernetes.paths import ARGOCD_CLUSTER
from promoter_view.kubernetes.reflecting.aggregated import AggregatedCluster
from promoter_view.kubernetes.reflecting.reflector import ReflectorStatus
from promoter_view.kubernetes.reflecting.reflectors import Reflectors, mirror_of
from promoter_view.kubernetes.undeclared.reflecting import UndeclaredReflectors
from promoter_view.log.recorder import LogRecorder
from promoter_view.program.changed_schemas import ChangedSchemas
from promoter_view.program.health import first_state
from promoter_view.program.role import Role
from promoter_view.records import ListPath, Mirror, Snapshot
from promoter_view.runtime import Runtime
from promoter_view.slices import in_slices


class Reflection:
    """Reflects the paths of ``role`` into ``event_log``."""

    _log = Logger()

    def __init__(
        self, role: Role, *, event_log: EventLog, runtime: Runtime, schema_poll_seconds: float = POLL_SECONDS
    ) -> None:
        self._role = role
        self._schema_poll_seconds = schema_poll_seconds
        self._event_log = event_log
        self._runtime = runtime
        self._client: KubernetesClient | None = None
        self._elsewhere: KubernetesClient | None = None
        self._recorder: LogRecorder | None = None
        self._reflectors: Reflectors | None = None
        self._undeclared: UndeclaredReflectors | None = None
        self._changed_schemas: ChangedSchemas | None = None
        self._beginning: Deferred[None] | None = None

    def mirror(self, cluster: str, applications: str = "") -> Mirror:
        """What the log mirrors where these paths are reflected. Clusters by ``config.cluster_identity``."""
        return mirror_of(cluster, self._role.paths, self._role.rules, elsewhere={ARGOCD_CLUSTER: applications})

    def start(self, clusters: Clusters, past: Snapshot) -> None:
        """Go on where the past ends."""
        self._client = self._connect(clusters.main)
        if clusters.applications is not None:
            self._elsewhere = self._connect(clusters.applications)
        self._recorder = LogRecorder(self._event_log, past=past, metrics=self._runtime.metrics)
        self._undeclared = self._reflect_undeclared(self._recorder, self._client)
        main = AggregatedCluster(self._client) if self._role.aggregated else self._client
        self._reflectors = Reflectors(
            self._role.paths,
            self._role.rules,
            clusters={"": main, ARGOCD_CLUSTER: self._elsewhere or self._client},
            recorder=self._recorder,
            runtime=self._runtime,
            needs=self._role.needs,
        )
        self._changed_schemas = self._follow_schemas(self._recorder, clusters)
        self._beginning = Deferred.fromCoroutine(self._begin(self._recorder, self._reflectors))
        self._beginning.addErrback(self._did_not_begin)

    def endings(self) -> list[Callable[[], object]]:
        """The steps that end it, in order, for whoever ends every part whatever goes wrong in one."""
        steps: list[Callable[[], object]] = [] if self._beginning is None else [self._beginning.cancel]
        parts = (self._changed_schemas, self._undeclared, self._reflectors)
        steps += [each.stop for each in parts if each is not None]
        return steps + [client.close for client in (self._client, self._elsewhere) if client is not None]

    async def stop(self) -> None:
        """Done once nothing more is recorded."""
        for step in self.endings():
            await maybeDeferred(step)
        self._client = self._elsewhere = self._recorder = self._reflectors = self._undeclared = None
        self._beginning = self._changed_schemas = None

    def statuses(self) -> tuple[ReflectorStatus, ...]:
        """One a path; none while nothing is reflected."""
        return tuple(
            status for each in (self._reflectors, self._undeclared) if each is not None for status in each.statuses()
        )

    def paths(self) -> list[ListPath]:
        """Those of the role, and those of undeclared kinds while something is reflected."""
        undeclared = () if self._undeclared is None else self._undeclared.statuses()
        return [*self._role.paths, *(status.path for status in undeclared)]

    def undeclared_line(self) -> str:
        """Which undeclared kinds are taken up, in one line."""
        return "the replica that leads looks for them" if self._undeclared is None else self._undeclared.line()

    def waiting_for(self) -> str:
        """Which first state is not there yet, and what was in the way last, in one line."""
        troubles = dict.fromkeys(status.last_error for status in self.statuses() if status.last_error)
        return "; ".join((first_state(self._role.paths, self._recorder), *troubles))

    def _connect(self, config: ClusterConfig) -> KubernetesClient:
        return KubernetesClient(self._runtime.reactor, config, environ=self._runtime.environ)

    def _reflect_undeclared(self, recorder: LogRecorder, client: KubernetesClient) -> UndeclaredReflectors | None:
        scope = self._role.undeclared
        if scope is None:
            return None
        return UndeclaredReflectors(
            scope,
            cluster=client,
            recorder=recorder,
            runtime=self._runtime,
            poll_seconds=self._schema_poll_seconds,
        )

    def _follow_schemas(self, recorder: LogRecorder, clusters: Clusters) -> ChangedSchemas:
        """An aggregated API prunes nothing: its schemas are not asked for."""
        configs = {"": None if self._role.aggregated else clusters.main, ARGOCD_CLUSTER: clusters.applications}
        return ChangedSchemas(
            {name: config for name, config in configs.items() if config is not None},
            paths=self.paths,
            recorder=recorder,
            list_anew=self._list_anew,
            runtime=self._runtime,
            poll_seconds=self._schema_poll_seconds,
        )

    def _list_anew(self, path: ListPath, schema: str) -> None:
        for each in (self._reflectors, self._undeclared):
            if each is not None:
                each.list_anew(path, schema)

    async def _begin(self, recorder: LogRecorder, reflectors: Reflectors) -> None:
        """A log may hold very many objects, so what is to leave it is looked for in slices, before all else."""
        kept = () if self._undeclared is None else self._undeclared.kept()
        await in_slices(recorder.drop_strays((*self._role.paths, *kept)), reactor=self._runtime.reactor)
        reflectors.start()
        if self._undeclared is not None:
            self._undeclared.start()
        else:
            recorder.take_up(())
        if self._changed_schemas is not None:
            self._changed_schemas.start()

    def _did_not_begin(self, failure: Failure) -> None:
        if not failure.check(CancelledError):
            self._log.failure("nothing is reflected", failure=failure)


class ReflectionByLeader:
    """Reflects those clusters while this replica leads, each time from the past that its follower then holds."""

    def __init__(self, reflection: Reflection, clusters: Clusters, past: Callable[[], Snapshot]) -> None:
        self._reflection = reflection
        self._clusters = clusters
        self._past = past

    def begin(self) -> None:
        """See Leading."""
        self._reflection.start(self._clusters, self._past())

    def end(self) -> Deferred[None]:
        """See Leading."""
        return Deferred.fromCoroutine(self._reflection.stop())


if TYPE_CHECKING:
    _: type[Leading] = ReflectionByLeader
