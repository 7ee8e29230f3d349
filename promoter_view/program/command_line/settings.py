"""What the options amount to, and which of them go together. How they are given is options.py's."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address

from promoter_view.program.command_line.values import Port


@dataclass(frozen=True, slots=True)
class Settings:
    """What the options amount to. Durations in seconds, sizes in bytes, None where an option was not given."""

    demo: bool
    role: str
    kubeconfig: str | None
    context: str | None
    namespace: tuple[str, ...]
    instance_id: str | None
    show_web_request_bodies: bool
    views: tuple[str, ...]
    argocd_url: str | None
    argocd_namespace: tuple[str, ...]
    argocd_kubeconfig: str | None
    argocd_shard: str | None
    argocd_lease_namespace: str
    event_log: str
    event_log_retention_age: float
    event_log_retention_bytes: int
    event_log_retention_events: int
    event_log_repair: bool
    replica_id: str
    etcd_cafile: str | None
    etcd_certfile: str | None
    etcd_keyfile: str | None
    etcd_user: str | None
    etcd_password_file: str | None
    history_bytes: int
    bind_address: str
    secure_port: Port
    port_file: str | None
    tls_cert_file: str | None
    tls_private_key_file: str | None
    cert_dir: str
    tls_min_version: str
    tls_cipher_suites: tuple[str, ...]
    authentication_kubeconfig: str | None
    authorization_kubeconfig: str | None
    client_ca_file: str | None
    requestheader_client_ca_file: str | None
    requestheader_allowed_names: tuple[str, ...]
    requestheader_username_headers: tuple[str, ...]
    requestheader_group_headers: tuple[str, ...]
    requestheader_uid_headers: tuple[str, ...]
    requestheader_extra_headers_prefix: tuple[str, ...]
    authentication_skip_lookup: bool
    authentication_tolerate_lookup_failure: bool
    authentication_token_webhook_cache_ttl: float
    authorization_webhook_cache_authorized_ttl: float
    authorization_webhook_cache_unauthorized_ttl: float
    authorization_always_allow_paths: tuple[str, ...]
    member_authorization: bool
    insecure_no_auth: bool
    dashboard_port: Port
    dashboard_bind_address: str
    dashboard_auth: str
    dashboard_tls_cert_file: str | None
    dashboard_tls_private_key_file: str | None
    dashboard_client_ca_file: str | None
    dashboard_proxy_user_header: str
    dashboard_proxy_groups_header: str
    dashboard_proxy_groups_separator: str
    dashboard_proxy_user_prefix: str
    dashboard_proxy_groups_prefix: str
    dashboard_proxy_secret_file: str | None
    dashboard_allowed_hosts: tuple[str, ...]
    dashboard_root_path: str
    bookmark_interval: float
    max_requests_per_user: int
    max_watches_per_user: int
    min_request_timeout: float
    shutdown_delay_duration: float
    shutdown_grace: float
    log_format: str
    log_level: str

    @property
    def open(self) -> bool:
        """Everybody who can connect is served."""
        return self.demo or self.insecure_no_auth

    @property
    def has_dashboard(self) -> bool:
        """Pages are served."""
        return self.role != "apiserver" and bool(self.dashboard_port.number)

    @property
    def asks_nobody(self) -> bool:
        """The cluster is never asked who somebody is: only pages are served, to everybody who can connect."""
        return self.role == "dashboard" and self.dashboard_auth in ("", "none")


class OptionError(ValueError):
    """A wrong option: the message names it, its value and what would be right."""


def check_together(chosen: Settings) -> None:
    """What each option cannot say for itself. Errors: OptionError."""
    _check_api(chosen)
    _check_etcd(chosen)
    _check_dashboard(chosen)


def _check_api(chosen: Settings) -> None:
    if (chosen.tls_cert_file is None) != (chosen.tls_private_key_file is None):
        raise OptionError("--tls-cert-file and --tls-private-key-file belong together: give both or none")
    if chosen.demo and (chosen.kubeconfig or chosen.context):
        raise OptionError("--demo brings its own cluster: leave --kubeconfig and --context out, or --demo")
    if chosen.argocd_kubeconfig is not None and (chosen.demo or chosen.role == "dashboard"):
        raise OptionError(
            "--argocd-kubeconfig: Applications are reflected by whoever reflects a real cluster: leave --demo and "
            "--role dashboard out, or this"
        )
    if chosen.argocd_shard is not None and (chosen.demo or chosen.role == "dashboard"):
        raise OptionError(
            "--argocd-shard: Promotions are run on a real cluster, by whoever reflects it: leave --demo and "
            "--role dashboard out, or this"
        )
    if chosen.requestheader_allowed_names and chosen.requestheader_client_ca_file is None:
        raise OptionError(
            "--requestheader-allowed-names counts with --requestheader-client-ca-file only: without that the cluster "
            "says which names are allowed"
        )
    if (chosen.open or chosen.asks_nobody) and chosen.member_authorization:
        raise OptionError(
            "--member-authorization: without authentication (--demo, --insecure-no-auth, a dashboard for everybody) "
            "nobody knows whose members to show: leave one of them out"
        )
    if chosen.role == "dashboard" and chosen.demo:
        raise OptionError("--role: 'dashboard' watches an aggregated API, and --demo brings none: give all")
    if chosen.role == "dashboard" and not chosen.dashboard_port.number:
        raise OptionError("--dashboard-port: 0 is no dashboard, and --role dashboard serves nothing else: give a port")
    if chosen.open and not ip_address(chosen.bind_address).is_loopback:
        raise OptionError(
            f"--bind-address: {chosen.bind_address!r} is not a loopback address, and without authentication "
            "(--demo, --insecure-no-auth) only those are served: give 127.0.0.1 or ::1"
        )


def _check_etcd(chosen: Settings) -> None:
    given = {
        "--etcd-cafile": chosen.etcd_cafile,
        "--etcd-certfile": chosen.etcd_certfile,
        "--etcd-keyfile": chosen.etcd_keyfile,
        "--etcd-user": chosen.etcd_user,
        "--etcd-password-file": chosen.etcd_password_file,
    }
    useless = [name for name, value in given.items() if value is not None]
    if useless and not chosen.event_log.startswith("etcd:"):
        raise OptionError(f"{useless[0]} counts with --event-log etcd:... only, and that is {chosen.event_log!r}")
    if (chosen.etcd_certfile is None) != (chosen.etcd_keyfile is None):
        raise OptionError("--etcd-certfile and --etcd-keyfile belong together: give both or none")
    if (chosen.etcd_user is None) != (chosen.etcd_password_file is None):
        raise OptionError("--etcd-user and --etcd-password-file belong together: give both or none")
    if chosen.etcd_cafile is not None and not chosen.event_log.startswith("etcd:https:"):
        raise OptionError(
            "--etcd-cafile counts with --event-log etcd:https://... only: nothing else shows a certificate"
        )


def _check_dashboard(chosen: Settings) -> None:
    if not chosen.has_dashboard:
        return
    local = ip_address(chosen.dashboard_bind_address).is_loopback
    proven = chosen.dashboard_proxy_secret_file or chosen.dashboard_client_ca_file
    if not chosen.dashboard_auth and not local:
        raise OptionError(
            f"--dashboard-auth: it must be given, none, token or proxy, as {chosen.dashboard_bind_address!r} "
            "(--dashboard-bind-address) is not a loopback address"
        )
    if chosen.dashboard_auth in ("token", "proxy") and chosen.open:
        raise OptionError(
            f"--dashboard-auth: {chosen.dashboard_auth!r} needs a cluster that says who may look: leave --demo and "
            "--insecure-no-auth out, or give none"
        )
    if chosen.dashboard_auth == "proxy" and not local and not proven:
        raise OptionError(
            "--dashboard-auth: 'proxy' needs --dashboard-proxy-secret-file or --dashboard-client-ca-file where others "
            "than the proxy can connect"
        )
    if (chosen.dashboard_tls_cert_file is None) != (chosen.dashboard_tls_private_key_file is None):
        raise OptionError("--dashboard-tls-cert-file and --dashboard-tls-private-key-file belong together")
    if chosen.dashboard_client_ca_file and not chosen.dashboard_tls_cert_file:
        raise OptionError("--dashboard-client-ca-file counts with --dashboard-tls-cert-file only")
