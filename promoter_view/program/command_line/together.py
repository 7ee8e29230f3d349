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
        raise OptionError("--tls-cert-file and --tls-private-key-file belong together: give both or none")
    if chosen.program.demo and (chosen.cluster.kubeconfig or chosen.cluster.context):
        raise OptionError("--demo brings its own cluster: leave --kubeconfig and --context out, or --demo")
    if chosen.program.demo_promoter is not None and not chosen.program.demo:
        raise OptionError("--demo-promoter counts with --demo only: a real cluster has its own release. Leave it out")
    if chosen.program.demo_seed is not None and not chosen.program.demo:
        raise OptionError("--demo-seed counts with --demo only: a real cluster has its own fleet. Leave it out")
    if chosen.cluster.discover_kinds and chosen.program.role == "dashboard":
        raise OptionError(
            "--discover-kinds: a program that watches the cluster finds new kinds: remove this, or --role dashboard"
        )
    if chosen.requestheader.allowed_names and chosen.requestheader.client_ca_file is None:
        raise OptionError(
            "--requestheader-allowed-names counts with --requestheader-client-ca-file only: without that the cluster "
            "says which names are allowed"
        )
    if (chosen.open or chosen.asks_nobody) and chosen.access.member_authorization:
        raise OptionError(
            "--member-authorization: without authentication (--demo, --insecure-no-auth, a dashboard for everybody) "
            "nobody knows whose members to show: leave one of them out"
        )
    if chosen.program.role == "dashboard" and chosen.program.demo:
        raise OptionError("--role: 'dashboard' watches an aggregated API, and --demo brings none: give all")
    if chosen.program.role == "dashboard" and not chosen.dashboard.port.number:
        raise OptionError("--dashboard-port: 0 is no dashboard, and --role dashboard serves nothing else: give a port")
    if chosen.open and not ip_address(chosen.api.bind_address).is_loopback:
        raise OptionError(
            f"--bind-address: {chosen.api.bind_address!r} is not a loopback address, and without authentication "
            "(--demo, --insecure-no-auth) only those are served: give 127.0.0.1 or ::1"
        )


def _check_argocd(chosen: Settings) -> None:
    if chosen.argocd.kubeconfig is not None and (chosen.program.demo or chosen.program.role == "dashboard"):
        raise OptionError(
            "--argocd-kubeconfig: Applications are reflected by whoever reflects a real cluster: leave --demo and "
            "--role dashboard out, or this"
        )
    if chosen.argocd.shard is not None and (chosen.program.demo or chosen.program.role == "dashboard"):
        raise OptionError(
            "--argocd-shard: Promotions are run on a real cluster, by whoever reflects it: leave --demo and "
            "--role dashboard out, or this"
        )
    if chosen.argocd.auto_promotion and chosen.argocd.shard is None:
        raise OptionError(
            "--argocd-auto-promotion: Promotions are made for the Stages of a shard: give --argocd-shard, or leave "
            "this out"
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
        raise OptionError(f"{useless[0]} counts with --event-log etcd:... only, and that is {chosen.event_log.url!r}")
    if (chosen.etcd.certfile is None) != (chosen.etcd.keyfile is None):
        raise OptionError("--etcd-certfile and --etcd-keyfile belong together: give both or none")
    if (chosen.etcd.user is None) != (chosen.etcd.password_file is None):
        raise OptionError("--etcd-user and --etcd-password-file belong together: give both or none")
    if chosen.etcd.cafile is not None and not chosen.event_log.url.startswith("etcd:https:"):
        raise OptionError(
            "--etcd-cafile counts with --event-log etcd:https://... only: nothing else shows a certificate"
        )


def _check_journal(chosen: Settings) -> None:
    log, place = chosen.event_log.url, chosen.journal.place
    if place is not None and is_shared(place, log) and not log.startswith("etcd:"):
        raise OptionError(f"--journal {place} counts with --event-log etcd:... only, and that is {log!r}")


def _check_dashboard(chosen: Settings) -> None:
    if not chosen.has_dashboard:
        return
    local = ip_address(chosen.dashboard.bind_address).is_loopback
    proven = chosen.dashboard_proxy.secret_file or chosen.dashboard.client_ca_file
    if not chosen.dashboard.auth and not local:
        raise OptionError(
            f"--dashboard-auth: it must be given, none, token or proxy, as {chosen.dashboard.bind_address!r} "
            "(--dashboard-bind-address) is not a loopback address"
        )
    if chosen.dashboard.auth in ("token", "proxy") and chosen.open:
        raise OptionError(
            f"--dashboard-auth: {chosen.dashboard.auth!r} needs a cluster that says who may look: leave --demo and "
            "--insecure-no-auth out, or give none"
        )
    if chosen.dashboard.auth == "proxy" and not local and not proven:
        raise OptionError(
            "--dashboard-auth: 'proxy' needs --dashboard-proxy-secret-file or --dashboard-client-ca-file where others "
            "than the proxy can connect"
        )
    if (chosen.dashboard.tls_cert_file is None) != (chosen.dashboard.tls_private_key_file is None):
        raise OptionError("--dashboard-tls-cert-file and --dashboard-tls-private-key-file belong together")
    if chosen.dashboard.client_ca_file and not chosen.dashboard.tls_cert_file:
        raise OptionError("--dashboard-client-ca-file counts with --dashboard-tls-cert-file only")
