"""The options of what is reflected and kept: the process, the clusters, the event log.

Durations are in seconds, sizes in bytes, None is an option that was not given.
"""

from __future__ import annotations

from dataclasses import dataclass

from promoter_view.program.command_line.declaring import flag, option
from promoter_view.program.command_line.values import (
    VIEWS,
    argocd_namespaces,
    count,
    duration,
    file,
    instance_id,
    interval,
    journal_place,
    lease_namespace,
    log_url,
    namespaces,
    not_empty,
    one_of,
    plain,
    replica_id,
    shard,
    size,
    views,
    web_address,
)
from promoter_view.simulator.company.releases import NEWEST, RELEASES


@dataclass(frozen=True, slots=True)
class ProgramOptions:
    """What the process is, how it ends, and how it tells of itself."""

    demo: bool = flag("run on an in-process cluster with a living demo fleet, on loopback, without authentication")
    demo_promoter: str | None = option(
        one_of(*RELEASES),
        None,
        "the release of GitOps Promoter in the --demo cluster",
        otherwise=f"the newest supported, {NEWEST}",
    )
    demo_seed: int | None = option(
        count,
        None,
        "with --demo, the same fleet at each start, stopped at a fixed time",
        otherwise="a new, moving fleet at each start",
        more="for pictures and talks",
    )
    role: str = option(
        one_of("all", "apiserver", "dashboard"),
        "all",
        "what to run: all, the apiserver without a dashboard, or the dashboard alone, which watches the aggregated API",
        more="see [dashboard](dashboard.md#a-process-of-its-own---role-dashboard)",
    )
    views: tuple[str, ...] = option(
        views,
        ",".join(VIEWS),
        "views to serve, separated by commas",
        more="kinds that no served view needs are not watched, and need no permission",
    )
    shutdown_delay_duration: float = option(
        duration,
        "0s",
        "after TERM, keep serving this long with /readyz failing",
        more="see [stopping](day-two.md#stop)",
    )
    shutdown_grace: float = option(duration, "5s", "after that, how long watches and requests may take to end")
    log_format: str = option(
        one_of("", "json", "text"), "", "format of log lines: json or text", otherwise="text on a terminal, else json"
    )
    log_level: str = option(
        one_of("debug", "info", "warn", "error"), "info", "lowest level that is logged: debug, info, warn or error"
    )


@dataclass(frozen=True, slots=True)
class ClusterOptions:
    """What is reflected."""

    kubeconfig: str | None = option(
        file, None, "kubeconfig of the cluster to watch", otherwise="in-cluster, else $KUBECONFIG, else ~/.kube/config"
    )
    context: str | None = option(plain("NAME"), None, "context in the kubeconfig", otherwise="its current-context")
    namespace: tuple[str, ...] = option(
        namespaces,
        "",
        "watch only these namespaces, separated by commas",
        otherwise="all",
        more="Roles are enough ([access](access.md#what-the-programs-own-user-needs)); ClusterScmProviders are "
        "then not watched",
    )
    instance_id: str | None = option(
        instance_id,
        None,
        "watch only objects of this GitOps Promoter instance; empty: only unlabelled ones",
        more="the label is `promoter.argoproj.io/instance-id`; only GitOps Promoter's kinds have it",
    )
    discover_kinds: bool = flag(
        "also show kinds of promoter.argoproj.io that this version does not know",
        more="needs a permission, and the same choice on every replica ([access](access.md#undeclared-kinds))",
    )
    schema_poll_interval: float = option(
        interval,
        "60s",
        "about how often to ask the cluster whether schemas and kinds have changed",
        more="at least 1s; see [Upgrading GitOps Promoter](upgrading.md#gitops-promoter)",
    )
    show_web_request_bodies: bool = flag(
        "show bodies and responses of WebRequestCommitStatuses",
        more="headers and authentication are never stored",
    )


@dataclass(frozen=True, slots=True)
class ArgoCDOptions:
    """Where Applications live, and whether Promotions are run."""

    namespace: tuple[str, ...] = option(
        argocd_namespaces,
        "argocd",
        "namespaces of Argo CD's Applications if --namespace is given; a step without a namespace uses the first",
    )
    url: str | None = option(web_address, None, "URL of Argo CD, for links on pages", otherwise="no links")
    kubeconfig: str | None = option(
        file,
        None,
        "kubeconfig of the cluster with the Applications",
        otherwise="the cluster of --kubeconfig",
        more="the same event log has a separate position for them, with the prefix `argocd:`",
    )
    shard: str | None = option(
        shard,
        None,
        "run the Promotions of this Kargo shard",
        otherwise="none: the program writes nothing to a cluster",
        more="the Stages with this `spec.shard` ([Kargo](kargo.md))",
    )
    auto_promotion: bool = flag(
        "promote the newest available Freight automatically if a promotion policy of the Project enables it",
        more="needs additional permissions ([Auto-promotion](kargo.md#auto-promotion))",
    )
    kargo_url: str | None = option(
        web_address,
        None,
        "URL of Kargo's UI: `ctx.uiBaseUrl` in the shard's promotion steps",
        otherwise="none",
        more="like `API_SERVER_BASE_URL` of Kargo's own controller ([Expressions](expressions.md))",
    )
    lease_namespace: str = option(
        lease_namespace,
        "kargo",
        "Kargo's namespace, for the Lease that lets one process at a time run the shard",
        more="the Lease is `promoter-view-SHARD`; Kargo's UI reads it to show that the shard is alive",
    )


@dataclass(frozen=True, slots=True)
class EventLogOptions:
    """The event log and the history that is read from it."""

    url: str = option(
        log_url,
        "file:promoter-view-log",
        "where the event log is: file:DIR, memory: or etcd:http(s)://HOST:PORT,.../PREFIX",
        name="event-log",
        in_demo="file:promoter-view-demo/log",
        # What it mirrors is another thing than what the API mirrors: both may run in one folder.
        as_dashboard="file:promoter-view-dashboard-log",
        more="`memory:` is lost when the program ends; `etcd:` is for several replicas",
    )
    retention_age: float = option(duration, "7d", "how long events are kept on disk")
    retention_bytes: int = option(size, "1Gi", "maximum size of the log on disk")
    retention_events: int = option(
        count, "1000000", "maximum number of events that are kept; whichever limit is hit first applies"
    )
    repair: bool = flag("rename a damaged log and start a new one")
    replica_id: str = option(
        replica_id, "", "name of this replica in etcd", otherwise="the host's name", name="replica-id"
    )
    history_bytes: int = option(size, "64Mi", "memory for the history from which clients resume", name="history-bytes")


@dataclass(frozen=True, slots=True)
class JournalOptions:
    """The journal, and how long it keeps what happened."""

    place: str | None = option(
        journal_place,
        None,
        "where the journal is: sqlite:FILE, memory:, postgresql://..., or etcd:FILE: in the event log's etcd, with "
        "a copy in FILE",
        name="journal",
        otherwise="journal.sqlite beside an event log in a folder; etcd: (with a copy in memory) for one in etcd; "
        "else memory:",
        more="see [journal](journal.md)",
    )
    retention_age: float = option(duration, "400d", "how long entries are kept")
    retention_bytes: int | None = option(
        size,
        None,
        "maximum size of the journal; whichever limit is hit first applies",
        otherwise="1Gi, in an etcd 128Mi",
        more="in memory 64Mi at most",
    )


@dataclass(frozen=True, slots=True)
class NotificationsOptions:
    """What others are told of the journal."""

    file: str | None = option(
        file,
        None,
        "YAML file that says who gets which message, and how; read again when it changes",
        name="notifications",
        more="see [notifications](notifications.md)",
    )


@dataclass(frozen=True, slots=True)
class EtcdOptions:
    """How an etcd is reached that holds the event log."""

    cafile: str | None = option(
        file, None, "CA of etcd's certificates, PEM", otherwise="the platform's", more="read again when it changes"
    )
    certfile: str | None = option(
        file, None, "client certificate for etcd, PEM, with its chain", more="read again when it changes"
    )
    keyfile: str | None = option(file, None, "key of that client certificate, PEM")
    user: str | None = option(not_empty, None, "user name for etcd authentication")
    password_file: str | None = option(
        file, None, "file with that user's password", more="a newline at its end is ignored"
    )
