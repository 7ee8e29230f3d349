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
        "the release of GitOps Promoter that --demo plays",
        otherwise=f"the newest that it can, {NEWEST}",
    )
    role: str = option(
        one_of("all", "apiserver", "dashboard"),
        "all",
        "all; apiserver: without a dashboard; dashboard: a process of its own that watches the aggregated API",
        more="see [dashboard](dashboard.md#a-process-of-its-own---role-dashboard)",
    )
    views: tuple[str, ...] = option(
        views,
        ",".join(VIEWS),
        "the views that are served, separated by commas; kinds that only others need are not reflected",
        more="they need no right either",
    )
    shutdown_delay_duration: float = option(
        duration, "0s", "how long to go on serving after TERM, not ready any more", more="see [the end](#the-end)"
    )
    shutdown_grace: float = option(duration, "5s", "how long watches and requests may take to end after that")
    log_format: str = option(one_of("", "json", "text"), "", "json or text", otherwise="text on a terminal, else json")
    log_level: str = option(one_of("debug", "info", "warn", "error"), "info", "debug, info, warn or error")


@dataclass(frozen=True, slots=True)
class ClusterOptions:
    """What is reflected."""

    kubeconfig: str | None = option(
        file, None, "the cluster to reflect", otherwise="in-cluster, else $KUBECONFIG, else ~/.kube/config"
    )
    context: str | None = option(plain("NAME"), None, "the kubeconfig's context", otherwise="its current-context")
    namespace: tuple[str, ...] = option(
        namespaces,
        "",
        "reflect these namespaces only, separated by commas",
        otherwise="all",
        more="Roles are enough ([access](access.md#what-the-programs-own-user-needs)); ClusterScmProviders are "
        "then not reflected",
    )
    instance_id: str | None = option(
        instance_id,
        None,
        "reflect only objects of this promoter instance; empty: only unlabelled ones",
        more="the label is `promoter.argoproj.io/instance-id`; of the promoter's kinds only, others know no instances",
    )
    discover_kinds: bool = flag(
        "take up kinds of promoter.argoproj.io that this version does not know",
        more="needs a right of its own, and the same choice on every replica ([access](access.md#undeclared-kinds))",
    )
    schema_poll_interval: float = option(
        interval,
        "60s",
        "about how often the cluster is asked whether schemas and kinds have changed",
        more="see [Upgrading GitOps Promoter](#upgrading-gitops-promoter); at least 1s",
    )
    show_web_request_bodies: bool = flag(
        "keep bodies and responses of WebRequestCommitStatuses in the bundles",
        more="headers and authentication are never kept",
    )


@dataclass(frozen=True, slots=True)
class ArgoCDOptions:
    """Where Applications live, and whether Promotions are run."""

    namespace: tuple[str, ...] = option(
        argocd_namespaces,
        "argocd",
        "where Argo CD's Applications live, looked at where --namespace is given; the first counts where none is named",
    )
    url: str | None = option(
        web_address, None, "where Argo CD shows Applications, for links on the pages", otherwise="no links"
    )
    kubeconfig: str | None = option(
        file,
        None,
        "the cluster in which those Applications live",
        otherwise="the one that is reflected",
        more="its list path has a position of its own in the same log, named `argocd:` in front",
    )
    shard: str | None = option(
        shard,
        None,
        "run the Promotions of this shard of Kargo",
        otherwise="nothing is written to a cluster",
        more="the Stages whose `spec.shard` it is, and their Promotions ([Argo CD](argocd.md))",
    )
    auto_promotion: bool = flag(
        "promote the newest available Freight by itself, where a promotion policy of the Project says so",
        more="needs rights of its own ([Auto-promotion](argocd.md#auto-promotion))",
    )
    kargo_url: str | None = option(
        web_address,
        None,
        "where Kargo's UI is: `ctx.uiBaseUrl` in the shard's promotion steps",
        otherwise='that is ""',
        more="as `API_SERVER_BASE_URL` of Kargo's own controller ([Expressions](expressions.md))",
    )
    lease_namespace: str = option(
        lease_namespace,
        "kargo",
        "the namespace of Kargo, for the Lease that lets one process at a time run a shard",
        more="it is called `promoter-view-SHARD`; there Kargo's UI finds it, and shows the shard's Stages as alive",
    )


@dataclass(frozen=True, slots=True)
class EventLogOptions:
    """The event log and the history that is read from it."""

    url: str = option(
        log_url,
        "file:promoter-view-log",
        "the event log: file:DIR, memory: or etcd:http(s)://HOST:PORT,.../PREFIX",
        name="event-log",
        in_demo="file:promoter-view-demo/log",
        # What it mirrors is another thing than what the API mirrors: both may run in one folder.
        as_dashboard="file:promoter-view-dashboard-log",
        more="`memory:` is for a throw-away run, etcd for several replicas",
    )
    retention_age: float = option(duration, "7d", "how long the log on disk reaches back")
    retention_bytes: int = option(size, "1Gi", "how much of it is kept on disk")
    retention_events: int = option(count, "1000000", "how many events of it are kept; the first that is reached counts")
    repair: bool = flag("set a damaged log aside and begin a new one")
    replica_id: str = option(
        replica_id, "", "how this replica is named on an etcd", otherwise="the host's name", name="replica-id"
    )
    history_bytes: int = option(size, "64Mi", "what the history may keep in memory for resuming", name="history-bytes")


@dataclass(frozen=True, slots=True)
class JournalOptions:
    """The journal, and how long it keeps what happened."""

    place: str | None = option(
        journal_place,
        None,
        "where the journal is: sqlite:FILE, or memory:",
        name="journal",
        otherwise="journal.sqlite beside an event log in a folder, else memory:",
        more="see [journal](journal.md)",
    )
    retention_age: float = option(duration, "400d", "how long entries are kept")
    retention_bytes: int = option(
        size,
        "1Gi",
        "how large the journal may become; whichever limit is hit first applies",
        more="in memory 64Mi at most",
    )


@dataclass(frozen=True, slots=True)
class EtcdOptions:
    """How an etcd is reached that holds the event log."""

    cafile: str | None = option(
        file, None, "who signs etcd's certificates, PEM", otherwise="the platform's", more="read again when it changes"
    )
    certfile: str | None = option(
        file, None, "the certificate shown to etcd, PEM, with its chain", more="read again when it changes"
    )
    keyfile: str | None = option(file, None, "its key, PEM")
    user: str | None = option(not_empty, None, "who we are to an etcd with authentication")
    password_file: str | None = option(
        file, None, "a file that holds that user's password", more="a newline at its end does not count"
    )
