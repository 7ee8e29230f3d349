"""Every metric of the program in one registry (docs/metrics.md). No label carries an object's name."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

_FAST = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000)


class Metrics:
    """One instance a program; tests make their own. Attributes are the metrics, their names as documented."""

    def __init__(self) -> None:
        # fmt: off
        registry = CollectorRegistry(auto_describe=True)
        self.registry = registry

        # process_open_fds and process_max_fds among them; only where there is /proc.
        ProcessCollector(registry=registry)

        self.log_head_offset = Gauge("promoter_view_log_head_offset", "Newest offset of the event log that is synced and shown in bundles", registry=registry)
        self.log_horizon_offset = Gauge("promoter_view_log_horizon_offset", "Oldest offset from which clients can resume", registry=registry)
        self.log_append_seconds = Histogram("promoter_view_log_append_seconds", "Time from queueing a record to its sync", buckets=_FAST, registry=registry)
        self.log_sync_batch_events = Histogram("promoter_view_log_sync_batch_events", "Records in a group commit", buckets=_SIZES, registry=registry)
        self.log_bytes = Gauge("promoter_view_log_bytes", "Size of the event log in bytes", registry=registry)
        self.log_suppressed_events = Counter("promoter_view_log_suppressed_events", "Events that were not appended because the object's bytes did not change", registry=registry)
        self.log_write_failures = Counter("promoter_view_log_write_failures", "Writes to the event log that failed and were retried", ["reason"], registry=registry)
        self.log_fault = Gauge("promoter_view_log_fault", "1 while the event log cannot be written, or soon cannot be, by reason", ["reason"], registry=registry)

        self.log_refused_objects = Counter("promoter_view_log_refused_objects", "Objects that are too large for the log: their previous state is kept", ["kind"], registry=registry)
        self.replica_leads = Gauge("promoter_view_replica_leads", "1 while this replica writes the log", registry=registry)
        self.replica_term = Gauge("promoter_view_replica_term", "The newest term in which this replica led", registry=registry)
        self.replica_lag_seconds = Gauge("promoter_view_replica_lag_seconds", "For how long this replica may have missed records of others", registry=registry)
        self.replica_outcomes = Counter("promoter_view_replica_outcomes", "Why this replica stopped following the log", ["outcome"], registry=registry)
        self.etcd_failures = Counter("promoter_view_etcd_failures", "Requests to etcd that failed, by outcome", ["outcome"], registry=registry)

        self.bundles = Gauge("promoter_view_bundles", "Bundles of a view", ["view"], registry=registry)
        self.bundles_digest = Gauge("promoter_view_bundles_digest", "Digest of all bundles at the head offset; equal on all replicas with the same offset", registry=registry)
        self.bundle_changes = Counter("promoter_view_bundle_changes", "Changes of bundles", ["view", "type"], registry=registry)
        self.history_bytes = Gauge("promoter_view_history_bytes", "Bytes of the history in memory", registry=registry)
        self.unrendered = Counter("promoter_view_unrendered", "Parts of a bundle that could not be shown and are left out", ["view", "part"], registry=registry)
        self.projection_seconds = Histogram("promoter_view_projection_seconds", "Time to compute the bundles of one offset", buckets=_FAST, registry=registry)

        self.cursor_lag_events = Histogram("promoter_view_cursor_lag_events", "Changes by which a client is behind the head, one sample for each turn", buckets=(0, *_SIZES), registry=registry)
        self.stream_resumes = Counter("promoter_view_stream_resumes", "Streams that clients opened, by outcome", ["surface", "outcome"], registry=registry)
        self.sse_clients = Gauge("promoter_view_sse_clients", "Open streams of Server-Sent Events", registry=registry)
        self.reactor_stall_seconds = Histogram("promoter_view_reactor_stall_seconds", "How late the turns of the event loop are", buckets=_FAST, registry=registry)
        self.clock_steps = Counter("promoter_view_clock_steps", "Steps of the host's clock by more than a second", ["direction"], registry=registry)
        self.clock_refused = Gauge("promoter_view_clock_refused", "1 while the host's clock is too far ahead and is not used for offsets", registry=registry)

        self.shard_lease = Gauge("promoter_view_shard_lease", "1 for the current state of the shard's Lease", ["state"], registry=registry)
        self.promotions_ended = Counter("promoter_view_promotions_ended", "Promotions that this shard ended", ["phase"], registry=registry)
        self.promotion_steps = Counter("promoter_view_promotion_steps", "Promotion steps that this shard finished", ["uses", "status"], registry=registry)
        self.stage_passes = Counter("promoter_view_stage_passes", "Reconciliations of a Stage and its Promotions", ["outcome"], registry=registry)
        self.write_conflicts = Counter("promoter_view_write_conflicts", "Writes that conflicted with another write and were decided again", ["kind"], registry=registry)

        self._add_readers(registry)
        self._add_reflectors(registry)
        self._add_requests(registry)
        self.connections_closed = Counter("promoter_view_connections_closed", "Connections that the server closed, by reason", ["reason"], registry=registry)
        self.reviews = Counter("promoter_view_reviews", "TokenReviews and SubjectAccessReviews that the program sent, without cached answers", ["review", "outcome"], registry=registry)
        self.review_seconds = Histogram("promoter_view_review_seconds", "Duration of a review", ["review"], buckets=_FAST, registry=registry)
        self.certificate_reloads = Counter("promoter_view_certificate_reloads", "Changed certificate files that were read again", ["files", "outcome"], registry=registry)
        self.certificate_expiry = Gauge("promoter_view_certificate_expiry_timestamp_seconds", "When a certificate in use expires, in seconds since 1970", ["certificate"], registry=registry)
        # fmt: on

    def _add_readers(self, registry: CollectorRegistry) -> None:
        """What reads the views beside clients: the index by which commits are looked for, and the journal."""
        # fmt: off
        self.commit_index_words = Gauge("promoter_view_commit_index_words", "Shas, tags and versions in the index of commits, once for each bundle", registry=registry)
        self.commit_index_bytes = Gauge("promoter_view_commit_index_bytes", "Bytes of the index of commits", registry=registry)
        self.journal_entries = Counter("promoter_view_journal_entries", "Entries that were written to the journal, by event", ["event"], registry=registry)
        self.journal_bytes = Gauge("promoter_view_journal_bytes", "Size of the journal in bytes, updated once a minute", registry=registry)
        self.journal_oldest_timestamp = Gauge("promoter_view_journal_oldest_timestamp_seconds", "Time of the journal's oldest entry, in seconds since 1970; 0 if it is empty", registry=registry)
        self.journal_lag_seconds = Gauge("promoter_view_journal_lag_seconds", "How far the journal is behind the newest change", registry=registry)
        self.journal_problem = Gauge("promoter_view_journal_problem", "1 while the journal cannot be written or pruned", registry=registry)
        # fmt: on
        self._add_notifications(registry)

    def _add_notifications(self, registry: CollectorRegistry) -> None:
        """By subscription, on the replica that sends (``forget_subscription``)."""
        # fmt: off
        self.notifications_sent = Counter("promoter_view_notifications_sent", "Messages that the receiver accepted", ["notification"], registry=registry)
        self.notifications_refused = Counter("promoter_view_notifications_refused", "Messages that were skipped because the receiver refused them", ["notification"], registry=registry)
        self.notifications_lag_seconds = Gauge("promoter_view_notifications_lag_seconds", "Age of the oldest event that should have been sent by now, 0 if there is none", ["notification"], registry=registry)
        self.notifications_failing_since = Gauge("promoter_view_notifications_failing_since_timestamp_seconds", "Since when sending the current message has failed, in seconds since 1970; 0 if it has not failed", ["notification"], registry=registry)
        self.notifications_file_refused = Gauge("promoter_view_notifications_file_refused", "1 while the file of --notifications is invalid: the program uses the last valid one, and sends nothing if there is none", registry=registry)
        # fmt: on

    def _add_reflectors(self, registry: CollectorRegistry) -> None:
        """What is reflected, by kind (``forget_kind``)."""
        # fmt: off
        self.reflector_events = Counter("promoter_view_reflector_events", "Watch events that were received from the cluster", ["kind", "type"], registry=registry)
        self.reflector_relists = Counter("promoter_view_reflector_relists", "Complete lists of a list path", ["kind", "reason"], registry=registry)
        self.reflector_outcomes = Counter("promoter_view_reflector_outcomes", "Outcomes of requests to the cluster", ["kind", "outcome"], registry=registry)
        self.reflector_lag_seconds = Gauge("promoter_view_reflector_lag_seconds", "Time since a change, a bookmark or a complete list was last read", ["kind"], registry=registry)
        self.malformed_objects = Counter("promoter_view_malformed_objects", "Malformed objects that were skipped and logged", ["kind"], registry=registry)
        self.undeclared_kinds = Gauge("promoter_view_undeclared_kinds", "Kinds that this version does not know, by outcome; on the replica that leads", ["outcome"], registry=registry)
        self.unreadable_objects = Gauge("promoter_view_unreadable_objects", "Objects whose newest state could not be read", ["kind"], registry=registry)
        # fmt: on

    def _add_requests(self, registry: CollectorRegistry) -> None:
        """Those that every API server has, by Kubernetes' own names."""
        # fmt: off
        request = ["verb", "group", "version", "resource"]
        self.requests = Counter("apiserver_request", "Requests by verb, resource and code", [*request, "code"], registry=registry)
        self.request_seconds = Histogram("apiserver_request_duration_seconds", "Time from request to answer, without watches", request, registry=registry)
        self.longrunning_requests = Gauge("apiserver_longrunning_requests", "Open watches", request, registry=registry)
        self.watch_events = Counter("apiserver_watch_events", "Watch events that were sent", ["group", "version", "resource"], registry=registry)
        self.watch_event_sizes = Histogram("apiserver_watch_events_sizes", "Size of a watch event in bytes", ["group", "version", "resource"], buckets=(1024, 4096, 16384, 65536, 262144, 1048576), registry=registry)
        self.terminated_watchers = Counter("apiserver_terminated_watchers", "Watches that the server ended before their timeout", ["group", "version", "resource"], registry=registry)
        # fmt: on

    def forget_kind(self, kind: str) -> None:
        """That kind is no longer reflected: what came and went would otherwise have a row for ever."""
        by_kind = (
            self.reflector_events,
            self.reflector_relists,
            self.reflector_outcomes,
            self.malformed_objects,
            self.unreadable_objects,
            self.log_refused_objects,
        )
        for metric in by_kind:
            metric.remove_by_labels({"kind": kind})

    def forget_subscription(self, name: str) -> None:
        """It is not sent here any more."""
        for metric in (
            self.notifications_sent,
            self.notifications_refused,
            self.notifications_lag_seconds,
            self.notifications_failing_since,
        ):
            metric.remove_by_labels({"notification": name})

    def render(self) -> bytes:
        """The text exposition format, version 0.0.4."""
        return generate_latest(self.registry)
