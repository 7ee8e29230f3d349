"""What is reflected is listed anew where its schema has changed: noticed on every replica, done by the one that leads.

So a change is not lost with the leader that would have noticed it: lists that are due when another replica takes over
are made by that one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from promoter_view.kubernetes.client.client import KubernetesClient
from promoter_view.kubernetes.client.passing import PassingClient
from promoter_view.kubernetes.connection.cluster import ClusterConfig, Clusters
from promoter_view.kubernetes.paths import ARGOCD_CLUSTER
from promoter_view.kubernetes.reflecting.schema_changes import SchemaChanges
from promoter_view.program.reflection import Reflection
from promoter_view.records import ListPath
from promoter_view.runtime import Runtime


class ChangedSchemas:
    """Those of the clusters of ``reflection``. ``aggregated``: the first has an API whose schemas prune nothing."""

    def __init__(self, reflection: Reflection, *, aggregated: bool, runtime: Runtime, poll_seconds: float) -> None:
        self._reflection = reflection
        self._aggregated = aggregated
        self._runtime = runtime
        self._poll_seconds = poll_seconds
        self._followed: list[SchemaChanges] = []

    def start(self, clusters: Clusters) -> None:
        """Begins, with what is published now as what counts."""
        configs = {"": None if self._aggregated else clusters.main, ARGOCD_CLUSTER: clusters.applications}
        self._followed = [self._follow(name, config) for name, config in configs.items() if config is not None]
        for each in self._followed:
            each.start()

    def endings(self) -> list[Callable[[], object]]:
        """The steps that end it."""
        return [each.stop for each in self._followed]

    def _follow(self, cluster: str, config: ClusterConfig) -> SchemaChanges:
        runtime = self._runtime
        return SchemaChanges(
            partial(self._paths, cluster),
            client=PassingClient(KubernetesClient(runtime.reactor, config, environ=runtime.environ)),
            clock=runtime.reactor,
            random=runtime.random.random,
            outdated=self._reflection.list_anew,
            poll_seconds=self._poll_seconds,
        )

    def _paths(self, cluster: str) -> list[ListPath]:
        return [path for path in self._reflection.paths() if path.cluster == cluster]
