"""What the options amount to: sections by purpose, and what a few of them mean together."""

from __future__ import annotations

from dataclasses import dataclass

from promoter_view.program.command_line.declaring import section, sections_of
from promoter_view.program.command_line.reflected import (
    ArgoCDOptions,
    ClusterOptions,
    EtcdOptions,
    EventLogOptions,
    JournalOptions,
    NotificationsOptions,
    ProgramOptions,
)
from promoter_view.program.command_line.served import (
    AccessOptions,
    ApiOptions,
    DashboardOptions,
    DashboardProxyOptions,
    RequestHeaderOptions,
    RequestOptions,
)


@dataclass(frozen=True, slots=True)
class Settings:
    """All of them, checked."""

    program: ProgramOptions = section(ProgramOptions, "The program")
    cluster: ClusterOptions = section(ClusterOptions, "The cluster to watch")
    argocd: ArgoCDOptions = section(ArgoCDOptions, "Argo CD and Kargo", prefix="argocd-")
    event_log: EventLogOptions = section(EventLogOptions, "The event log", prefix="event-log-")
    journal: JournalOptions = section(JournalOptions, "The journal", prefix="journal-")
    notifications: NotificationsOptions = section(NotificationsOptions, "Notifications", prefix="notifications-")
    etcd: EtcdOptions = section(EtcdOptions, "The etcd of the event log", prefix="etcd-")
    api: ApiOptions = section(ApiOptions, "The aggregated API")
    requests: RequestOptions = section(RequestOptions, "Requests and watches")
    access: AccessOptions = section(AccessOptions, "Who may use the aggregated API")
    requestheader: RequestHeaderOptions = section(
        RequestHeaderOptions, "Front proxies of the aggregated API", prefix="requestheader-"
    )
    dashboard: DashboardOptions = section(DashboardOptions, "The dashboard", prefix="dashboard-")
    dashboard_proxy: DashboardProxyOptions = section(
        DashboardProxyOptions, "A proxy in front of the dashboard", prefix="dashboard-proxy-"
    )

    @property
    def open(self) -> bool:
        """Everybody who can connect is served."""
        return self.program.demo or self.access.insecure_no_auth

    @property
    def has_dashboard(self) -> bool:
        """Pages are served."""
        return self.program.role != "apiserver" and bool(self.dashboard.port.number)

    @property
    def asks_nobody(self) -> bool:
        """The cluster is never asked who somebody is: only pages are served, to everybody who can connect."""
        return self.program.role == "dashboard" and self.dashboard.auth in ("", "none")


SECTIONS = sections_of(Settings)
OPTIONS = tuple(option for each in SECTIONS for option in each.options)
