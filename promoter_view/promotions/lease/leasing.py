"""Holds the Lease of a shard, or waits for it: one round every two seconds, and Kargo's heartbeat looked for in each.

Where Kargo's own controller is alive for the shard, or that cannot be found out, not even the Lease is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode

import orjson
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from promoter_view.decoded import mapping, text
from promoter_view.kubernetes.documents import decode, version_of
from promoter_view.kubernetes.outcomes import ApiError, ClusterError
from promoter_view.promotions.documents import Document, objects
from promoter_view.promotions.lease.lease import (
    RENEW_SECONDS,
    LeaseStanding,
    LeaseState,
    SeenLease,
    alive,
    claimed,
    heartbeat_name,
    heartbeat_seconds,
    held,
    lease_name,
    lost,
    may_take,
    observe,
    released,
    with_label,
)
from promoter_view.promotions.writes import Requests
from promoter_view.runtime import Runtime

#: The end of the program does not wait for a cluster that does not answer.
_RELEASE_SECONDS = 2.0
_LEASES = "/apis/coordination.k8s.io/v1"


class ShardLease:
    """``identity`` names this process; ``changed`` is called each time that it may write, or may not any more.

    ``namespace`` is Kargo's, where its heartbeats are: looked at where we may not list the Leases of all namespaces.
    """

    _log = Logger()

    def __init__(
        self,
        client: Requests,
        *,
        shard: str,
        namespace: str,
        identity: str,
        runtime: Runtime,
        changed: Callable[[], None],
    ) -> None:
        self._client = client
        self._shard = shard
        self._namespace = namespace
        self._identity = identity
        self._clock: IReactorTime = runtime.reactor
        self._wall = runtime.wall
        self._random = runtime.random.random
        self._changed = changed
        self._seen = SeenLease()
        self._heartbeats: Mapping[str, SeenLease] = {}
        self._standing = LeaseStanding()
        self._round: Deferred[None] | None = None
        self._call: IDelayedCall | None = None
        for state in LeaseState:
            runtime.metrics.shard_lease.labels(state.value).set_function(partial(self._is, state))

    @property
    def standing(self) -> LeaseStanding:
        """How this instance stands now."""
        return self._standing.at(self._clock.seconds())

    def may_write(self) -> bool:
        """Whether a write may begin now."""
        return self._standing.may_write(self._clock.seconds())

    def start(self) -> None:
        """Rounds until ``stop``."""
        self._call = None
        self._round = Deferred.fromCoroutine(self._go())
        self._round.addBoth(lambda _: None)

    async def stop(self) -> None:
        """Gives the Lease up, so that the next one need not wait for its end."""
        if self._call is not None:
            self._call.cancel()
            self._call = None
        if self._round is not None:
            self._round.cancel()
        was_held = self.may_write()
        self._stand(LeaseStanding(reason="the program is ending"))
        if was_held:
            releasing = Deferred.fromCoroutine(self._release())
            releasing.addTimeout(_RELEASE_SECONDS, self._clock, onTimeoutCancel=lambda *_: None)
            await releasing

    async def _go(self) -> None:
        began = self._clock.seconds()
        try:
            standing = await self._look(began)
        except ClusterError as error:
            standing = lost(self._standing, str(error), self._clock.seconds())
        self._stand(standing)
        self._call = self._clock.callLater(RENEW_SECONDS * (0.9 + 0.2 * self._random()), self.start)

    async def _look(self, began: float) -> LeaseStanding:
        heartbeat = await self._heartbeat()
        if heartbeat is not None:
            return LeaseStanding(LeaseState.KARGO, self._of_kargo(heartbeat))
        lease = await self._read(self._path)
        now = self._clock.seconds()
        self._seen = observe(self._seen, lease, now)
        if not may_take(self._seen, lease, self._identity, now):
            holder = text(lease, "spec", "holderIdentity")
            return LeaseStanding(LeaseState.ELSEWHERE, f"Lease {self._name} is held by {holder}")
        return await self._take(lease, began)

    async def _heartbeat(self) -> Document | None:
        """The heartbeat of a Kargo controller that may be alive, wherever it is installed."""
        found, now = await self._heartbeats_found(), self._clock.seconds()
        known = self._heartbeats
        self._heartbeats = {
            _namespace(each): observe(known.get(_namespace(each), SeenLease()), each, now) for each in found
        }
        return next((each for each in found if alive(self._heartbeats[_namespace(each)], each, now)), None)

    def _left_behind(self) -> str:
        """Only Leases in our namespace, Kargo's, count for Kargo."""
        there = self._heartbeats.get(self._namespace)
        return f"{self._namespace}/{heartbeat_name(self._shard)}" if there is not None and there.version else ""

    def _of_kargo(self, heartbeat: Document) -> str:
        holder = text(heartbeat, "spec", "holderIdentity") or "unknown"
        which = f"heartbeat {_namespace(heartbeat)}/{heartbeat_name(self._shard)} (of {holder})"
        if self._heartbeats[_namespace(heartbeat)].renewed:
            return f"Kargo's own controller runs shard {self._shard}: its {which} is fresh"
        return (
            f"waiting to see whether Kargo's own controller runs shard {self._shard}: it does not "
            f"when its {which} has not changed for {heartbeat_seconds(heartbeat)} s"
        )

    async def _heartbeats_found(self) -> Sequence[Document]:
        query = urlencode({"fieldSelector": f"metadata.name={heartbeat_name(self._shard)}"})
        try:
            return objects(decode(await self._client.request("GET", f"{_LEASES}/leases?{query}")), "items")
        except ApiError as error:
            if error.status != 403:
                raise
            return [await self._read(f"{_LEASES}/namespaces/{self._namespace}/leases/{heartbeat_name(self._shard)}")]

    async def _read(self, path: str) -> Document:
        """That Lease; empty where there is none."""
        try:
            return mapping(decode(await self._client.request("GET", path)))
        except ApiError as error:
            if error.status == 404:
                return {}
            raise

    async def _take(self, lease: Document, began: float) -> LeaseStanding:
        try:
            await self._write(lease, claimed(lease, self._identity, self._wall()))
        except ApiError as error:
            if error.status == 409:
                return LeaseStanding(LeaseState.ELSEWHERE, f"Lease {self._name} was taken by another a moment ago")
            if error.status == 404:
                missing = f"there is no namespace {self._namespace}: --argocd-lease-namespace has to be Kargo's"
                return lost(self._standing, missing, self._clock.seconds())
            raise
        return held(self._identity, began, self._left_behind())

    async def _write(self, lease: Document, spec: Mapping[str, Any]) -> None:
        metadata = {"name": lease_name(self._shard), "namespace": self._namespace}
        version = version_of(lease)
        body = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {**with_label(lease, self._shard), **metadata},
            "spec": spec,
        }
        method, path = ("PUT", self._path) if version else ("POST", self._path.rpartition("/")[0])
        await self._client.request(method, path, body=orjson.dumps(body))

    async def _release(self) -> None:
        try:
            lease = await self._read(self._path)
            if text(lease, "spec", "holderIdentity") == self._identity:
                await self._write(lease, released(lease))
        except ClusterError as error:
            self._log.info("the Lease {name} is left to end by itself: {error}", name=self._name, error=str(error))

    def _stand(self, standing: LeaseStanding) -> None:
        before, self._standing = self._standing, standing
        if (before.state, before.reason) != (standing.state, standing.reason):
            self._log.info("shard {shard}: {reason}", shard=self._shard, reason=standing.reason)
        lapsed = standing.state is LeaseState.HELD and not before.may_write(self._clock.seconds())
        if before.state != standing.state or lapsed:
            self._changed()

    def _is(self, state: LeaseState) -> bool:
        return self.standing.state is state

    @property
    def _name(self) -> str:
        return f"{self._namespace}/{lease_name(self._shard)}"

    @property
    def _path(self) -> str:
        return f"{_LEASES}/namespaces/{self._namespace}/leases/{lease_name(self._shard)}"


def _namespace(lease: Document) -> str:
    return text(lease, "metadata", "namespace")
