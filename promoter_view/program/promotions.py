"""The shard that this process runs Promotions for: its clients, its Lease, its controller, begun and ended as one.

It begins once every list path has had its first state: before that the queue of a Stage is not known. Where no shard is
given nothing of this is built, and nothing is ever written to a cluster.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred

from promoter_view.boundaries import Follower, Leading, ViewReader
from promoter_view.kubernetes.client.client import KubernetesClient
from promoter_view.kubernetes.connection.cluster import ClusterConfig, Clusters
from promoter_view.log.following import Followers
from promoter_view.log.leading import LeadingBoth
from promoter_view.program.command_line.settings import Settings
from promoter_view.promotions.applying import Applying
from promoter_view.promotions.automatic.auto_promotion import AutoPromotion
from promoter_view.promotions.automatic.building import ENTROPY_BITS
from promoter_view.promotions.controller import PromotionController
from promoter_view.promotions.expressions.parser import ExpressionParser
from promoter_view.promotions.expressions.promotion import PromotionExpressions
from promoter_view.promotions.flow_pass import FlowPass
from promoter_view.promotions.lease.leasing import ShardLease
from promoter_view.promotions.objects import KnownObjects
from promoter_view.promotions.pacing import Pacing
from promoter_view.promotions.promotion_pass import PromotionPass
from promoter_view.promotions.rereading import Rereading
from promoter_view.promotions.stage_pass import StagePass
from promoter_view.promotions.stage_writes import StageWrites
from promoter_view.promotions.steps.catalogue import known_steps
from promoter_view.promotions.steps_of import Lookups, PromotionSteps
from promoter_view.promotions.telling.announcing import Announcing
from promoter_view.promotions.values import Promotion, Stage
from promoter_view.promotions.writes import Writes
from promoter_view.runtime import Runtime
from promoter_view.stages.authorization import StageKey


def identity_of(event_log: str, hostname: str) -> str:
    """Names this process for its Lease: the same after a restart, for a log on disk has one process at a time."""
    folder = Path(event_log.removeprefix("file:"))
    if event_log.startswith("file:") and folder.exists():
        found = folder.stat()
        return f"{hostname}_{found.st_dev:x}-{found.st_ino:x}"
    return f"{hostname}_{secrets.token_hex(8)}"


class Shard:
    """Runs the Promotions of the shard ``name``; ``views`` tell the first state. Started once its cluster is known."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        views: ViewReader,
        runtime: Runtime,
        hostname: str,
    ) -> None:
        self._name = name
        self._settings = settings
        self._views = views
        self._runtime = runtime
        self._metrics = runtime.metrics
        self._hostname = hostname
        self._steps = known_steps()
        self._parser = ExpressionParser()
        self._known = KnownObjects(promotes=settings.argocd.auto_promotion)
        self._clients: tuple[KubernetesClient, ...] = ()
        self._lease: ShardLease | None = None
        self._controller: PromotionController | None = None
        self._closed = False

    def fed_after(self, first: Follower) -> Follower:
        """What is decided on comes from the log, as what ``first`` shows does."""
        return Followers(first, self._known)

    def led_after(self, first: Leading, clusters: Clusters) -> Leading:
        """Promotions are run by the replica that reflects."""
        return LeadingBoth(first, ShardByLeader(self, self._views, clusters))

    def start(self, clusters: Clusters) -> None:
        """Waits for the Lease, and writes while it is held."""
        if self._closed:
            return
        away = clusters.applications
        client = self._client(clusters.main)
        elsewhere = None if away is None else self._client(away)
        self._clients = (client, elsewhere) if elsewhere else (client,)
        self._lease = ShardLease(
            client,
            shard=self._name,
            namespace=self._settings.argocd.lease_namespace,
            identity=identity_of(self._settings.event_log.url, self._hostname),
            runtime=self._runtime,
            changed=self._wake_all,
        )
        self._controller = self._build(client, elsewhere or client, self._lease.may_write)
        self._controller.start()
        self._lease.start()

    async def close(self) -> None:
        """Stops for good: the program is ending, whatever becomes ready meanwhile."""
        self._closed = True
        await self.stop()

    async def stop(self) -> None:
        """Done once nothing more is written; the Lease is given up."""
        controller, lease, clients = self._controller, self._lease, self._clients
        self._controller, self._lease, self._clients = None, None, ()
        if controller is not None:
            await controller.stop()
        if lease is not None:
            await lease.stop()
        for client in clients:
            await client.close()

    def line(self) -> str:
        """How it stands, in one line."""
        if self._lease is None:
            return f"{self._name}: waiting for the first state, or for this replica to lead"
        standing = self._lease.standing
        return f"{self._name}: {standing.state.value}: {standing.reason}"

    def _wake_all(self) -> None:
        if self._controller is not None:
            self._controller.wake_all()

    def _client(self, config: ClusterConfig) -> KubernetesClient:
        return KubernetesClient(self._runtime.reactor, config, environ=self._runtime.environ)

    def _build(
        self, client: KubernetesClient, applications: KubernetesClient, may_write: Callable[[], bool]
    ) -> PromotionController:
        writes = Writes(client, applications, may_write=may_write, metrics=self._metrics)
        runtime = self._runtime
        spacing = {"clock": runtime.reactor, "wall": runtime.wall, "random": runtime.random.random}
        applying = Applying(self._known, writes, **spacing)
        rereading = Rereading(self._known, writes)
        pacing = Pacing(clock=runtime.reactor, wall=runtime.wall)
        promotions = PromotionPass(
            self._known,
            writes,
            applying,
            rereading,
            pacing,
            shard=self._name,
            steps_of=self._steps_of,
            metrics=self._metrics,
        )
        of_stages = StageWrites(self._known, writes, Announcing(self._known, writes, applying, shard=self._name))
        flow = FlowPass(self._known, of_stages, runtime.reactor)
        stages = StagePass(
            self._known,
            of_stages,
            promotions,
            flow,
            applying,
            self._automatic(writes, rereading, pacing),
            shard=self._name,
            default_namespace=self._default_namespace,
        )
        return PromotionController(
            self._known, stages, rereading, may_write=may_write, metrics=self._metrics, **spacing
        )

    def _automatic(self, writes: Writes, rereading: Rereading, pacing: Pacing) -> AutoPromotion | None:
        if not self._settings.argocd.auto_promotion:
            return None
        entropy = partial(secrets.randbits, ENTROPY_BITS)
        return AutoPromotion(self._known, writes, rereading, pacing, shard=self._name, entropy=entropy)

    @property
    def _default_namespace(self) -> str:
        return self._settings.argocd.namespace[0]

    def _steps_of(self, key: StageKey, stage: Stage, promotion: Promotion, lookups: Lookups) -> PromotionSteps:
        return PromotionSteps(
            self._steps,
            self._expressions_of(key, stage, promotion),
            stage=key,
            promotion=promotion,
            applications=lookups,
            default_namespace=self._default_namespace,
        )

    def _expressions_of(self, key: StageKey, stage: Stage, promotion: Promotion) -> PromotionExpressions:
        taken = self._known.freight(key.project, promotion.freight)
        return PromotionExpressions(
            self._parser,
            stage=stage,
            promotion=promotion,
            alias="" if taken is None else taken.alias,
            objects=lambda kind, name: self._known.get(kind, key.project, name),
            ui_url=self._settings.argocd.kargo_url or "",
            now=self._runtime.wall(),
        )


class ShardByLeader:
    """Runs a shard on those clusters while this replica leads, from its first whole state on."""

    def __init__(self, shard: Shard, views: ViewReader, clusters: Clusters) -> None:
        self._shard = shard
        self._views = views
        self._clusters = clusters

    def begin(self) -> None:
        """See Leading."""
        self._views.subscribe(self)
        self.wake()

    def wake(self) -> None:
        """See Wakeable."""
        if self._views.ready:
            self._views.unsubscribe(self)
            self._shard.start(self._clusters)

    def end(self) -> Deferred[None]:
        """See Leading."""
        self._views.unsubscribe(self)
        return Deferred.fromCoroutine(self._shard.stop())


if TYPE_CHECKING:
    _: type[Leading] = ShardByLeader
