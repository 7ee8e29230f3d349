"""Which options go together, and which leave each other out. Pure."""

from __future__ import annotations

from ipaddress import ip_address

from promoter_view.journal.places import is_shared
from promoter_view.program.command_line.declaring import OptionError
from promoter_view.program.command_line.settings import Settings


def check_together(chosen: Settings) -> None:
    """What each option cannot say for itself. Errors: OptionError."""
    _check_api(chosen)
    _check_argocd(chosen)
    _check_etcd(chosen)
    _check_journal(chosen)
    _check_dashboard(chosen)


def _check_api(chosen: Settings) -> None:
    if (chosen.api.tls_cert_file is None) != (chosen.api.tls_private_key_file is None):
        raise OptionError("--tls-cert-file and --tls-private-key-file need each other: give both or none")
    if chosen.program.demo and (chosen.cluster.kubeconfig or chosen.cluster.context):
        raise OptionError("--demo has its own cluster: remove --kubeconfig and --context, or --demo")
    if chosen.program.demo_promoter is not None and not chosen.program.demo:
        raise OptionError("--demo-promoter works only with --demo: remove it, or add --demo")
    if chosen.program.demo_seed is not None and not chosen.program.demo:
        raise OptionError("--demo-seed works only with --demo: remove it, or add --demo")
    if chosen.cluster.discover_kinds and chosen.program.role == "dashboard":
        raise OptionError(
            "--discover-kinds: only a program that watches the cluster finds new kinds: remove this option, or "
            "--role dashboard"
        )
    if chosen.requestheader.allowed_names and chosen.requestheader.client_ca_file is None:
        raise OptionError(
            "--requestheader-allowed-names works only with --requestheader-client-ca-file: without it the cluster's "
            "configuration has the allowed names"
        )
    if (chosen.open or chosen.asks_nobody) and chosen.access.member_authorization:
        raise OptionError(
            "--member-authorization: without authentication (--demo, --insecure-no-auth, a dashboard for everybody) "
            "there are no users whose permissions could be checked: remove one of these options"
        )
    if chosen.program.role == "dashboard" and chosen.program.demo:
        raise OptionError("--role: 'dashboard' watches an aggregated API, and --demo has none: give --role all")
    if chosen.program.role == "dashboard" and not chosen.dashboard.port.number:
        raise OptionError("--dashboard-port: 0 is no dashboard, and --role dashboard serves nothing else: give a port")
    if chosen.open and not ip_address(chosen.api.bind_address).is_loopback:
        raise OptionError(
            f"--bind-address: {chosen.api.bind_address!r} is not a loopback address; without authentication (--demo, "
            f"--insecure-no-auth) only loopback is allowed: give 127.0.0.1 or ::1"
        )


def _check_argocd(chosen: Settings) -> None:
    if chosen.argocd.kubeconfig is not None and (chosen.program.demo or chosen.program.role == "dashboard"):
        raise OptionError(
            "--argocd-kubeconfig: only a program that watches a real cluster reads Applications: remove --demo and "
            "--role dashboard, or this option"
        )
    if chosen.argocd.shard is not None and (chosen.program.demo or chosen.program.role == "dashboard"):
        raise OptionError(
            "--argocd-shard: only a program that watches a real cluster runs Promotions: remove --demo and --role "
            "dashboard, or this option"
        )
    if chosen.argocd.auto_promotion and chosen.argocd.shard is None:
        raise OptionError(
            "--argocd-auto-promotion: it works only for the Stages of a shard: add --argocd-shard, or remove this "
            "option"
        )


def _check_etcd(chosen: Settings) -> None:
    given = {
        "--etcd-cafile": chosen.etcd.cafile,
        "--etcd-certfile": chosen.etcd.certfile,
        "--etcd-keyfile": chosen.etcd.keyfile,
        "--etcd-user": chosen.etcd.user,
        "--etcd-password-file": chosen.etcd.password_file,
    }
    useless = [name for name, value in given.items() if value is not None]
    if useless and not chosen.event_log.url.startswith("etcd:"):
        raise OptionError(f"{useless[0]} works only with --event-log etcd:..., not with {chosen.event_log.url!r}")
    if (chosen.etcd.certfile is None) != (chosen.etcd.keyfile is None):
        raise OptionError("--etcd-certfile and --etcd-keyfile need each other: give both or none")
    if (chosen.etcd.user is None) != (chosen.etcd.password_file is None):
        raise OptionError("--etcd-user and --etcd-password-file need each other: give both or none")
    if chosen.etcd.cafile is not None and not chosen.event_log.url.startswith("etcd:https:"):
        raise OptionError("--etcd-cafile works only with --event-log etcd:https://...")


def _check_journal(chosen: Settings) -> None:
    log, place = chosen.event_log.url, chosen.journal.place
    if place is not None and is_shared(place, log) and not log.startswith("etcd:"):
        raise OptionError(f"--journal {place} works only with --event-log etcd:..., not with {log!r}")


def _check_dashboard(chosen: Settings) -> None:
    if not chosen.has_dashboard:
        return
    local = ip_address(chosen.dashboard.bind_address).is_loopback
    proven = chosen.dashboard_proxy.secret_file or chosen.dashboard.client_ca_file
    if not chosen.dashboard.auth and not local:
        raise OptionError(
            f"--dashboard-auth: required (none, token or proxy), because {chosen.dashboard.bind_address!r} "
            "(--dashboard-bind-address) is not a loopback address"
        )
    if chosen.dashboard.auth in ("token", "proxy") and chosen.open:
        raise OptionError(
            f"--dashboard-auth: {chosen.dashboard.auth!r} needs a cluster that authenticates users: remove --demo "
            f"and --insecure-no-auth, or give none"
        )
    if chosen.dashboard.auth == "proxy" and not local and not proven:
        raise OptionError(
            "--dashboard-auth: 'proxy' needs --dashboard-proxy-secret-file or --dashboard-client-ca-file if other "
            "clients than the proxy can connect"
        )
    if (chosen.dashboard.tls_cert_file is None) != (chosen.dashboard.tls_private_key_file is None):
        raise OptionError(
            "--dashboard-tls-cert-file and --dashboard-tls-private-key-file need each other: give both or none"
        )
    if chosen.dashboard.client_ca_file and not chosen.dashboard.tls_cert_file:
        raise OptionError("--dashboard-client-ca-file works only with --dashboard-tls-cert-file")
