"""``--demo``: a simulated cluster with a fleet at work, and a kubeconfig for whoever tries it."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import yaml
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from zope.interface import implementer

from promoter_view.clocks import WallClock
from promoter_view.kubernetes.connection.cluster import ClusterConfig, UserConfig
from promoter_view.kubernetes.kinds import APPLICATION, KARGO_KINDS, Kind
from promoter_view.runtime import Runtime
from promoter_view.simulator.company.delivery import DeliveryCompany
from promoter_view.simulator.company.release import Release
from promoter_view.simulator.company.scenario import Scenario
from promoter_view.simulator.kubernetes.apiserver import ApiServer
from promoter_view.simulator.kubernetes.cluster import ObjectStore
from promoter_view.simulator.kubernetes.simulated_cluster import SimulatedCluster

#: What tools ask any cluster for; there are none of them.
_CORE_KINDS = (
    Kind("Node", "nodes", "", "v1", namespaced=False),
    *(Kind(kind, plural, "", "v1") for kind, plural in (("Pod", "pods"), ("Service", "services"), ("Event", "events"))),
)
#: What the log of a demo mirrors, in place of a digest of a CA.
IDENTITY = "demo"
#: When a fleet with a seed stands: 2026-11-30T09:30:00Z, in seconds since 1970.
SEEDED_TIME = 1796031000.0
#: Mean seconds from one move to the next, of strategies and of Stages; and those of a fleet that stands still.
_PACE, _STILL = (1.0, 2.0), (1e8, 1e8)


class SteadyUids:
    """The uid of the n-th object of a kind and name is the same in every run."""

    def __init__(self) -> None:
        self._made: Counter[tuple[str, str, str]] = Counter()

    def __call__(self, kind: Kind, namespace: str, name: str) -> str:
        """The next one."""
        key = (kind.kind, namespace, name)
        self._made[key] += 1
        return str(uuid5(NAMESPACE_URL, "/".join((IDENTITY, *key, str(self._made[key])))))


@implementer(IReactorTime)
class DatedClock:
    """The clock of a simulated cluster, whose objects have dates: delays by the reactor, seconds by the wall clock."""

    def __init__(self, reactor: IReactorTime, wall: WallClock) -> None:
        self._reactor = reactor
        self._wall = wall

    def seconds(self) -> float:
        """Since 1970."""
        return self._wall()

    def callLater(self, delay: float, callable: Callable[..., Any], *args: object, **kwargs: object) -> IDelayedCall:  # noqa: A002
        """See IReactorTime."""
        return self._reactor.callLater(delay, callable, *args, **kwargs)

    def getDelayedCalls(self) -> Sequence[IDelayedCall]:
        """See IReactorTime."""
        return self._reactor.getDelayedCalls()


class DemoCluster:
    """The in-process cluster of a demo and the fleet that lives in it.

    Each start makes another past, yet the cluster seems to have gone on while the program was away: the same objects
    have the same uids, and its resourceVersions are later than all before. So watches resume across a restart.
    ``release`` is the release of GitOps Promoter that works there. With a ``seed`` each start makes the same past, and
    nothing moves after it.
    """

    def __init__(self, runtime: Runtime, *, release: Release, seed: int | None = None) -> None:
        # However long the program took to start: what is open or due then depends on the moment.
        clock = DatedClock(runtime.reactor, runtime.wall if seed is None else lambda: SEEDED_TIME)
        random = runtime.random if seed is None else Random(seed)  # noqa: S311 - a fleet, nothing secret
        moves, deliveries = _PACE if seed is None else _STILL
        self.cluster = ObjectStore(
            clock=clock,
            random=random,
            kinds=(*release.kinds, *KARGO_KINDS, APPLICATION, *_CORE_KINDS),
            resource_version=int(runtime.wall() * 1000),
            make_uid=SteadyUids(),
        )
        self._server = SimulatedCluster(reactor=runtime.reactor, random=runtime.random, cluster=self.cluster)
        self._scenario = Scenario(self.cluster, clock=clock, random=random, release=release, interval_seconds=moves)
        self._delivery = DeliveryCompany(self.cluster, clock=clock, random=random, interval_seconds=deliveries)

    @property
    def api(self) -> ApiServer:
        """What answers as the cluster does."""
        return self._server.api

    def start(self) -> ClusterConfig:
        """Listens on loopback, sets the fleet in motion, and says how to reach it."""
        url = self._server.start()
        self._scenario.start()
        self._delivery.start()
        return ClusterConfig(server=url, authority=None, user=UserConfig(), origin="--demo")

    def stop(self) -> Deferred[None]:
        """Nothing moves any more."""
        self._scenario.stop()
        self._delivery.stop()
        return self._server.stop()


def write_kubeconfig(path: Path, server: str, authority: bytes) -> None:
    """A kubeconfig for a server that trusts ``authority`` (PEM) and looks at no credentials."""
    cluster = {"server": server, "certificate-authority-data": b64encode(authority).decode()}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "promoter-view-demo", "cluster": cluster}],
        # kubectl asks at the terminal for a name where a user has no credentials at all.
        "users": [{"name": "anybody", "user": {"token": "anything"}}],
        "contexts": [{"name": "demo", "context": {"cluster": "promoter-view-demo", "user": "anybody"}}],
        "current-context": "demo",
    }
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_text(yaml.safe_dump(document, sort_keys=False))


def greet(say: Callable[[str], object], address: str, kubeconfig: Path, dashboard: str | None) -> None:
    """What somebody who has just started the demo may type next."""
    say(f"promoter-view demo: the aggregated API is at {address}; try in another terminal:\n")
    say(f"  kubectl --kubeconfig {kubeconfig} get promotionstrategydetails -A\n")
    say(f"  kubectl --kubeconfig {kubeconfig} get promotionstrategydetails -A --watch\n")
    say(f"  kubectl --kubeconfig {kubeconfig} get stagedetails -A --watch\n")
    if dashboard is not None:
        say(f"and in a browser: {dashboard}\n")
