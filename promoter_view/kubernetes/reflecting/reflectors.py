"""All reflectors of a scope: built, started, stopped and asked together. None ends another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.interfaces import IReactorTime

from promoter_view.boundaries import Recorder
from promoter_view.kubernetes.cleaning import CleaningRules
from promoter_view.kubernetes.kinds import Kind
from promoter_view.kubernetes.reflecting.discovered import DiscoveredCluster
from promoter_view.kubernetes.reflecting.messages import Timing
from promoter_view.kubernetes.reflecting.needs import Need, Needs
from promoter_view.kubernetes.reflecting.reflector import Cluster, Reflector, ReflectorStatus
from promoter_view.records import OWN_CLUSTER, ListPath, Mirror
from promoter_view.runtime import Runtime


def mirror_of(
    cluster: str,
    paths: Iterable[ListPath],
    rules: Mapping[str, CleaningRules],
    *,
    elsewhere: Mapping[str, str] | None = None,
) -> Mirror:
    """What a log with these paths mirrors. ``cluster``: config.cluster_identity; ``rules`` by kind.

    ``elsewhere`` gives the same by name for clusters that paths name.
    """
    named = elsewhere or {}
    return Mirror(cluster, {path.id: _digest(path, rules[path.kind], named) for path in paths})


def _digest(path: ListPath, rules: CleaningRules, elsewhere: Mapping[str, str]) -> str:
    return f"{rules.digest}{OWN_CLUSTER}{elsewhere[path.cluster]}" if path.cluster else rules.digest


def rules_of(
    kinds: Iterable[Kind], *, show_web_request_bodies: bool = False, argocd_namespace: str = "argocd"
) -> dict[str, CleaningRules]:
    """The cleaning rules of each kind, by its name."""
    return {
        kind.kind: CleaningRules(kind, show_web_request_bodies, argocd_namespace=argocd_namespace) for kind in kinds
    }


class Reflectors:
    """One reflector a path, over one recorder. ``clusters`` are by the names that paths have for them: "" is the first.

    ``needs`` say which kinds can be done without where they may not be read; without any, none can.
    """

    def __init__(
        self,
        paths: Sequence[ListPath],
        rules: Mapping[str, CleaningRules],
        *,
        clusters: Mapping[str, Cluster],
        recorder: Recorder,
        runtime: Runtime,
        watch_list: bool = True,
        timing: Timing | None = None,
        needs: Sequence[Need] = (),
    ) -> None:
        self._clock: IReactorTime = runtime.reactor
        judge = Needs(needs, paths, recorder.position)
        judged = {name: DiscoveredCluster(each, judge) for name, each in clusters.items()}
        self._reflectors = [
            Reflector(
                path,
                rules[path.kind],
                client=judged[path.cluster],
                recorder=recorder,
                runtime=runtime,
                watch_list=watch_list,
                timing=timing,
            )
            for path in paths
        ]
        self._lags = runtime.metrics.reflector_lag_seconds
        self._kinds = frozenset(path.kind for path in paths)
        for kind in self._kinds:
            self._lags.labels(kind).set_function(partial(self._lag, kind))

    def start(self) -> None:
        """Starts each. Call once."""
        for reflector in self._reflectors:
            reflector.start()

    def stop(self) -> Deferred[None]:
        """Fires once nothing more is recorded. What no longer reads lags behind nothing."""
        for kind in self._kinds:
            self._lags.remove_by_labels({"kind": kind})
        stopping = DeferredList([reflector.stop() for reflector in self._reflectors], consumeErrors=True)
        return stopping.addCallback(lambda _: None)

    def list_anew(self, path: ListPath, schema: str) -> None:
        """The kind of that path, should it be one of these, has that schema now."""
        for reflector in self._reflectors:
            if reflector.path == path:
                reflector.list_anew(schema)

    def statuses(self) -> tuple[ReflectorStatus, ...]:
        """One a path, in the order of the paths."""
        return tuple(reflector.status for reflector in self._reflectors)

    def _lag(self, kind: str) -> float:
        """Seconds since the path of that kind that waits longest was read; 0 while nothing is to be mirrored."""
        now = self._clock.seconds()
        paths = (status for status in self.statuses() if status.path.kind == kind and not status.spared)
        return now - min((status.read_at for status in paths), default=now)
