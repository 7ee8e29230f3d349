"""What the program tells of itself: health checks, and the page about the program."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import promoter_view
from promoter_view.dashboard.program import ProgramFacts
from promoter_view.program.access import ClusterAccess
from promoter_view.program.command_line.settings import Settings
from promoter_view.program.dashboard import ADMITTED
from promoter_view.program.health import ClockWatch, log_line, log_trouble, reflectors_line, unreadable_line
from promoter_view.program.pipeline import Pipeline
from promoter_view.program.role import Role
from promoter_view.program.schemas import MemberSchemas
from promoter_view.runtime import Runtime
from promoter_view.web.health import HealthChecks


class ProgramReport:
    """``is_ending``: the program serves what it has, but is not to be asked any more."""

    def __init__(
        self,
        settings: Settings,
        role: Role,
        *,
        pipeline: Pipeline,
        schemas: MemberSchemas,
        clock: ClockWatch,
        is_ending: Callable[[], bool],
        runtime: Runtime,
    ) -> None:
        self._settings = settings
        self._role = role
        self._pipeline = pipeline
        self._schemas = schemas
        self._clock = clock
        self._is_ending = is_ending
        self._seconds = runtime.reactor.seconds

    def health(self, access: ClusterAccess | None) -> HealthChecks:
        """For ``/livez`` and ``/readyz``. ``access`` None: the cluster is not asked who somebody is."""
        pipeline, checks = self._pipeline, HealthChecks()
        checks.add("log", lambda: log_trouble(pipeline.event_log.status()))
        checks.add("first-state", lambda: None if pipeline.projector.ready else pipeline.reflection.waiting_for())
        checks.add("shutdown", lambda: "the program is ending" if self._is_ending() else None)
        if access is not None:
            checks.add("authentication", access.check)
            checks.inform("authentication", access.line)
        checks.inform("clock", self._clock.line)
        checks.inform("event-log", lambda: log_line(pipeline.event_log.status()))
        checks.inform("journal", lambda: pipeline.journal.problem or "is written")
        if pipeline.notifications is not None:
            checks.inform("notifications", pipeline.notifications.line)
        checks.inform("reflectors", lambda: reflectors_line(pipeline.reflection.statuses(), self._seconds()))
        checks.inform("unreadable-objects", lambda: unreadable_line(pipeline.projector.unreadable))
        checks.inform("schemas", self._schemas.line)
        if self._role.undeclared is not None:
            checks.inform("undeclared-kinds", pipeline.reflection.undeclared_line)
        if pipeline.shard is not None:
            checks.inform("argocd-shard", pipeline.shard.line)
        return checks

    def facts(self, *, streams: int, watches: int) -> ProgramFacts:
        """For the page about the program itself. How many streams and watches are open, its ports know."""
        projector, reflection, shard = self._pipeline.projector, self._pipeline.reflection, self._pipeline.shard
        return ProgramFacts(
            version=promoter_view.__version__,
            ready=projector.ready,
            reason="" if projector.ready else reflection.waiting_for(),
            log=self._pipeline.event_log.status(),
            log_url=self._settings.event_log.url,
            head=projector.head,
            horizon=projector.horizon,
            history_bytes=projector.history_bytes,
            history_limit_bytes=self._settings.event_log.history_bytes,
            bundles=sum(projector.count(definition.plural) for definition in self._role.shown),
            streams=streams,
            watches=watches,
            seconds=self._seconds(),
            reflectors=reflection.statuses(),
            access=ADMITTED[self._settings.dashboard.auth],
            shard="" if shard is None else shard.line(),
            unreadable=Counter(key.kind for key in projector.unreadable),
        )
