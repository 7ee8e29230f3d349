"""The way of an event, joined: reflectors fill the event log, and what is served and written is read from it."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from promoter_view.boundaries import Leading
from promoter_view.journal.keeping import Journal, SharedJournal
from promoter_view.journal.places import is_shared, journal_file, most_bytes
from promoter_view.journal.postgresql.address import is_database
from promoter_view.journal.shared.terms import LeadingTerms
from promoter_view.journal.sqlite.store import SqliteJournal
from promoter_view.journal.store import Retention
from promoter_view.kubernetes.client.client import KubernetesClient
from promoter_view.kubernetes.connection.cluster import ClusterConfig, Clusters
from promoter_view.log.etcd.client.places import parse_place
from promoter_view.log.leading import LeadingBoth
from promoter_view.log.settings import EtcdFiles
from promoter_view.log.urls import LogSettings, open_log, past_of
from promoter_view.metrics import Metrics
from promoter_view.notifications.links import Links
from promoter_view.program.command_line.settings import Settings
from promoter_view.program.reflection import Reflection, ReflectionByLeader
from promoter_view.program.role import Role, past_rules
from promoter_view.reading.past.pasts import Pasts
from promoter_view.reading.past.telling import DerivedWriter
from promoter_view.runtime import Runtime
from promoter_view.views.definition import GENERATION, ViewDefinition
from promoter_view.views.projector import Projector

if TYPE_CHECKING:
    from promoter_view.notifications.delivery.notifying import Notifications
    from promoter_view.program.promotions import Shard


#: The last changes of a moment of the past: those of one offset, which may have changed every bundle.
_PAST_HISTORY_BYTES = 16 << 20


class Pipeline:
    """``definitions`` are all views that there are. ``on_fatal`` is told, in one line, what must end the process.

    ``shard`` is None where none is named: nothing could write to a cluster then.
    """

    _log = Logger()

    def __init__(
        self,
        settings: Settings,
        role: Role,
        definitions: Sequence[ViewDefinition],
        *,
        runtime: Runtime,
        on_fatal: Callable[[str], None],
    ) -> None:
        self._role = role
        self._past_metrics = Metrics()
        self._definitions = definitions
        self._runtime = runtime
        self.projector = Projector(
            definitions,
            generation=GENERATION,
            history_bytes=settings.event_log.history_bytes,
            metrics=runtime.metrics,
            warn=lambda line: self._log.warn("{line}", line=line),
            is_live=lambda: bool(self.event_log.status().head),
            make_view=role.make_view,
        )
        url, of_log = settings.event_log.url, _log_settings(settings, role)
        self.event_log = open_log(url, runtime=runtime, settings=of_log, on_fatal=on_fatal)
        self.pasts = Pasts(
            self.projector,
            past_of(url, runtime=runtime, settings=of_log),
            self._empty,
            past_rules(role, settings),
            generation=GENERATION,
            runtime=runtime,
            barrier=self.event_log.barrier,
        )
        #: Where the log tells what records have made of bundles: where these have a memory.
        tells = url.startswith("file:") and not role.aggregated
        self._teller = DerivedWriter(self.projector, self.event_log) if tells else None
        self.reflection = Reflection(
            role,
            event_log=self.event_log,
            runtime=runtime,
            schema_poll_seconds=settings.cluster.schema_poll_interval,
        )
        #: What is reflected: no other cluster's journal is written.
        self._cluster = ""
        self._terms = LeadingTerms(self.projector)
        self.journal = _journal(settings, self, runtime)
        self.shard = _shard(settings, self.projector, runtime)
        self.notifications = _notifications(settings, self, runtime)

    def _empty(self) -> Projector:
        """For a moment of the past. What it counts and warns of was counted and warned of then."""
        return Projector(
            self._definitions,
            generation=GENERATION,
            history_bytes=_PAST_HISTORY_BYTES,
            metrics=self._past_metrics,
            warn=lambda _: None,
            make_view=self._role.make_view,
            now=self.projector,
        )

    def term(self) -> int:
        """See LeadingTerms."""
        return self._terms.term

    def cluster(self) -> str:
        """What is reflected, by its identities; "" before the log is replayed."""
        return self._cluster

    def definitions(self) -> Mapping[str, ViewDefinition]:
        """Those of all views as they are now, by plural: another object when they change."""
        return self.projector.definitions

    def served(self) -> Sequence[ViewDefinition]:
        """Those of the views that the API serves."""
        return [self.definitions()[each.plural] for each in self._role.served]

    def replay(self, *identities: str) -> Deferred[None]:
        """Replays what those clusters left in the log. Fires when it can be appended to. Errors: LogError, OSError."""
        self._cluster = " ".join(filter(None, identities))
        follower = self.projector if self.shard is None else self.shard.fed_after(self.projector)
        return self.event_log.start(follower, self.reflection.mirror(*identities))

    def lead(self, clusters: Clusters) -> None:
        """Reflects those clusters, runs the shard, and sends notifications, whenever this replica leads."""
        part: Leading = ReflectionByLeader(self.reflection, clusters, self.projector.snapshot)
        if isinstance(self.journal, SharedJournal):
            part = LeadingBoth(LeadingBoth(part, self._terms), self.journal)
        if self._teller is not None:
            part = LeadingBoth(part, self._teller)
        if self.shard is not None:
            part = self.shard.led_after(part, clusters)
        if self.notifications is not None:
            self.notifications.start(self._client(clusters.main))
            part = LeadingBoth(part, self.notifications)
        self.event_log.lead(part)

    def _client(self, config: ClusterConfig) -> KubernetesClient:
        return KubernetesClient(self._runtime.reactor, config, environ=self._runtime.environ)

    def endings(self) -> list[Callable[[], object]]:
        """The steps after which nothing is written any more; the log is still to be stopped."""
        writing = [each.close for each in (self.notifications, self.shard) if each is not None]
        # The journal reads what the reflectors record last.
        return [*writing, *self.reflection.endings(), self.journal.close, self.pasts.close]


def _journal(settings: Settings, pipeline: Pipeline, runtime: Runtime) -> Journal:
    chosen, url, views = settings.journal, settings.event_log.url, pipeline.projector
    file = journal_file(chosen.place, url)
    retention = Retention(chosen.retention_age, most_bytes(chosen.retention_bytes, chosen.place, url))
    if chosen.place is not None and is_database(chosen.place):
        from promoter_view.journal.postgresql.opening import postgres_journal  # noqa: PLC0415 - where there is one

        kept = postgres_journal(
            chosen.place, replica_name(settings), term=pipeline.term, cluster=pipeline.cluster, runtime=runtime
        )
        return SharedJournal(views, kept, retention, runtime=runtime)
    if not is_shared(chosen.place, url):
        own = SqliteJournal(file, reactor=runtime.reactor)
        return Journal(views, own, retention, runtime=runtime, shelf=own)
    from promoter_view.journal.etcd.opening import etcd_journal  # noqa: PLC0415 - where there is an etcd

    place, files = parse_place(url.removeprefix("etcd:")), _etcd_files(settings)
    shared = etcd_journal(place, files, file, term=lambda: pipeline.event_log.status().term, runtime=runtime)
    return SharedJournal(views, shared, retention, runtime=runtime)


def _notifications(settings: Settings, pipeline: Pipeline, runtime: Runtime) -> Notifications | None:
    file = settings.notifications.file
    if file is None:
        return None
    # Its formats, for who needs them.
    from promoter_view.notifications.delivery.notifying import Notifications  # noqa: PLC0415

    found = Notifications(
        Path(file),
        pipeline.journal,
        views=pipeline.projector,
        log=pipeline.event_log,
        links=Links(settings.dashboard.url or ""),
        runtime=runtime,
    )
    pipeline.journal.listen(found.entries_came)
    return found


def _shard(settings: Settings, projector: Projector, runtime: Runtime) -> Shard | None:
    name = settings.argocd.shard
    if name is None:
        return None
    from promoter_view.program.promotions import Shard  # noqa: PLC0415 - its grammars and schemas, for who needs them

    return Shard(name, settings, views=projector, runtime=runtime, hostname=replica_name(settings))


def replica_name(settings: Settings) -> str:
    """How this process is named to others: as ``--replica-id`` says, else as its host."""
    return settings.event_log.replica_id or platform.node() or "promoter-view"


def _log_settings(settings: Settings, role: Role) -> LogSettings:
    chosen = settings.event_log
    return LogSettings(
        retention_age_seconds=chosen.retention_age,
        retention_bytes=chosen.retention_bytes,
        retention_events=chosen.retention_events,
        history_bytes=chosen.history_bytes,
        repair=chosen.repair,
        generation=GENERATION,
        remembers=not role.aggregated,
        replica_id=replica_name(settings),
        etcd=_etcd_files(settings),
    )


def _etcd_files(settings: Settings) -> EtcdFiles:
    etcd = settings.etcd
    return EtcdFiles(etcd.cafile, etcd.certfile, etcd.keyfile, etcd.user, etcd.password_file)
