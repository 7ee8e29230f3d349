"""What is reflected is listed anew where it was read by another schema than the cluster has now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from promoter_view.kubernetes.client.client import KubernetesClient
from promoter_view.kubernetes.client.passing import PassingClient
from promoter_view.kubernetes.connection.cluster import ClusterConfig
from promoter_view.kubernetes.reflecting.schema_changes import SchemaChanges, SchemaRecorder
from promoter_view.records import ListPath
from promoter_view.runtime import Runtime


class ChangedSchemas:
    """Those of the kinds of ``paths``, in each of the ``clusters``, by the names that paths have for them.

    ``list_anew`` is told which path is to be listed, and by which schema.
    """

    def __init__(
        self,
        clusters: Mapping[str, ClusterConfig],
        *,
        paths: Callable[[], Iterable[ListPath]],
        recorder: SchemaRecorder,
        list_anew: Callable[[ListPath, str], None],
        runtime: Runtime,
        poll_seconds: float,
    ) -> None:
        self._paths = paths
        self._followed = [
            SchemaChanges(
                partial(self._paths_in, name),
                recorder=recorder,
                client=PassingClient(KubernetesClient(runtime.reactor, config, environ=runtime.environ)),
                clock=runtime.reactor,
                random=runtime.random.random,
                outdated=list_anew,
                poll_seconds=poll_seconds,
            )
            for name, config in clusters.items()
        ]

    def start(self) -> None:
        """Begins, with a comparison at once."""
        for each in self._followed:
            each.start()

    def stop(self) -> None:
        """No more of it; idempotent."""
        for each in self._followed:
            each.stop()

    def _paths_in(self, cluster: str) -> list[ListPath]:
        return [path for path in self._paths() if path.cluster == cluster]
