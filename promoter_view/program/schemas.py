"""The schemas of the members, on every replica: what is published must be the same, whoever leads.

They are asked for about each ``--schema-poll-interval``, on a connection that is not kept: a follower has no other
business there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from promoter_view.api.openapi.documents import OpenApi
from promoter_view.api.openapi.views import group_versions
from promoter_view.boundaries import ViewReader
from promoter_view.kubernetes.client.client import KubernetesClient
from promoter_view.kubernetes.client.passing import PassingClient
from promoter_view.kubernetes.client.polling import POLL_SECONDS
from promoter_view.kubernetes.client.schemas import SchemaFollower
from promoter_view.kubernetes.connection.cluster import ClusterConfig
from promoter_view.runtime import Runtime
from promoter_view.views.definition import ViewDefinition


class MemberSchemas:
    """Gives ``openapi`` the schemas of the members; where nothing is served nobody is asked.

    ``served`` gives the definitions as they are now, and others once undeclared kinds are taken up or let go, which
    shows when the head of ``views`` moves.
    """

    def __init__(
        self,
        served: Callable[[], Sequence[ViewDefinition]],
        *,
        views: ViewReader,
        openapi: OpenApi,
        runtime: Runtime,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._served = served
        self._known = served()
        self._views = views
        self._openapi = openapi
        self._runtime = runtime
        self._poll_seconds = poll_seconds
        self._follower: SchemaFollower | None = None

    def start(self, config: ClusterConfig) -> None:
        """Ask that cluster until ``stop``."""
        if not self._served():
            return
        runtime = self._runtime
        self._follower = SchemaFollower(
            lambda: group_versions(self._served()),
            client=PassingClient(KubernetesClient(runtime.reactor, config, environ=runtime.environ)),
            clock=runtime.reactor,
            random=runtime.random.random,
            changed=self._openapi.update,
            poll_seconds=self._poll_seconds,
        )
        self._follower.start()
        self._views.subscribe(self)

    def stop(self) -> None:
        """No more of it; idempotent."""
        self._views.unsubscribe(self)
        if self._follower is not None:
            self._follower.stop()

    def wake(self) -> None:
        """The head has moved (Wakeable)."""
        before, self._known = self._known, self._served()
        if self._follower is not None and any(old is not new for old, new in zip(before, self._known, strict=True)):
            self._follower.start()

    def line(self) -> str:
        """How they are known, in one line."""
        return "not asked for yet" if self._follower is None else self._follower.line
