"""Both ports, and the cluster's word on who may use them."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred, DeferredList
from twisted.logger import Logger

from promoter_view.access.admission import Access, OpenAccess
from promoter_view.access.delegated_access import OpenPaths, OpenPathsAccess
from promoter_view.api.openapi.documents import OpenApi
from promoter_view.api.site import Beside
from promoter_view.api.warnings import EmptyViews
from promoter_view.journal.serving.views import EventViews
from promoter_view.kubernetes.connection.cluster import ClusterConfig
from promoter_view.program.access import ClusterAccess
from promoter_view.program.api import ApiSights, ServedApi, Serving
from promoter_view.program.command_line.settings import Settings
from promoter_view.program.dashboard import Reviewing, ServedDashboard
from promoter_view.program.pipeline import Pipeline
from promoter_view.program.report import ProgramReport
from promoter_view.program.role import Role
from promoter_view.reading.commits.following import CommitFollower
from promoter_view.reading.sights import Sights
from promoter_view.runtime import Runtime
from promoter_view.slices import cooperator
from promoter_view.web.reloading import Reloader


class Ports:
    """``refused`` is told when the cluster does not give what the program cannot go on without."""

    _log = Logger()

    def __init__(
        self,
        settings: Settings,
        role: Role,
        *,
        pipeline: Pipeline,
        openapi: OpenApi,
        report: ProgramReport,
        reloader: Reloader,
        runtime: Runtime,
        refused: Callable[[str], object],
    ) -> None:
        self._settings = settings
        self._role = role
        self._pipeline = pipeline
        self._openapi = openapi
        self._report = report
        self._reloader = reloader
        self._runtime = runtime
        self._refused = refused
        self.api: ServedApi | None = None
        self.dashboard: ServedDashboard | None = None
        self._access: ClusterAccess | None = None
        self._commits = CommitFollower(
            pipeline.projector,
            [definition.plural for definition in role.shown],
            cooperator=cooperator(runtime.reactor),
            metrics=runtime.metrics,
        )

    def listen(self, config: ClusterConfig | None, beside: Beside | None) -> ServedApi:
        """Listens on all that are wanted, the API with what is served ``beside`` its views.

        ``config`` None: there is no cluster to ask. Errors: ConfigError, KeyPairError.
        """
        access = self._admit(config)
        serving = self._serving()
        self.api = ServedApi(
            serving,
            self._role.served,
            openapi=self._openapi,
            access=access,
            sights=self._api_sights(),
            beside=beside,
        )
        # A port takes connections before the reactor turns: who is first would wait for what is made in between.
        if self._settings.has_dashboard:
            self.dashboard = self._make_dashboard(serving)
        self._commits.start()
        self.api.listen()
        if self.dashboard is not None:
            self.dashboard.listen()
            self._log.info("the dashboard is at {url}", url=self.dashboard.url)
        return self.api

    def hurry(self) -> None:
        """The grace is over."""
        for server in (self.api, self.dashboard):
            if server is not None:
                server.hurry()

    async def close(self) -> None:
        """Nothing is served any more."""
        servers = [server for server in (self.api, self.dashboard) if server is not None]
        await DeferredList([Deferred.fromCoroutine(server.close()) for server in servers], fireOnOneErrback=True)
        self._commits.stop()

    async def stop_asking(self) -> None:
        """No more reviews: for after the last answer."""
        if self._access is not None:
            await self._access.stop()

    def _admit(self, config: ClusterConfig | None) -> Access:
        """Who may ask: everybody, or whom the cluster admits."""
        if config is None or self._settings.open:
            return OpenAccess()
        if self._settings.asks_nobody:
            return OpenPathsAccess(OpenPaths(self._settings.access.authorization_always_allow_paths))
        self._access = ClusterAccess(
            self._settings, config, runtime=self._runtime, reloader=self._reloader, refused=self._refused
        )
        self._access.start()
        return self._access.access

    def _serving(self) -> Serving:
        health, barrier = self._report.health(self._access), self._pipeline.event_log.barrier
        projector, commits = self._pipeline.projector, self._commits
        empty = EmptyViews(self._role.shown, self._role.paths, position=projector.position, count=projector.count)
        return Serving(
            projector,
            self._settings,
            self._runtime,
            health,
            self._reloader,
            barrier,
            commits,
            remembered=projector.memory,
            warn=empty.warning,
            entries=EventViews(self._pipeline.journal, self._runtime.reactor),
            pasts=self._pipeline.pasts,
            notifications=self._pipeline.notifications,
        )

    def _make_dashboard(self, serving: Serving) -> ServedDashboard:
        return ServedDashboard(
            serving,
            self._role.shown,
            reviewing=self._reviewing(),
            facts=lambda: self._report.facts(
                streams=0 if self.dashboard is None else self.dashboard.streams,
                watches=0 if self.api is None else self.api.watches,
            ),
        )

    def _reviewing(self) -> Reviewing | None:
        if self._access is None:
            return None
        sights = self._access.dashboard_sights(self._pipeline.projector, self._pipeline.definitions)
        return Reviewing(self._access.tokens, sights, self._access.dashboard_paths())

    def _api_sights(self) -> ApiSights:
        seen, access = (self._pipeline.projector, self._pipeline.definitions), self._access
        everything = Sights(*seen, None, clock=self._runtime.reactor)
        if access is None:
            return ApiSights(everything, everything)
        members = access.member_sights(*seen) if self._settings.access.member_authorization else everything
        return ApiSights(members, access.commit_sights(*seen))
