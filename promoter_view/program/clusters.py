"""Which clusters the options name, and what is believed and shown there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from promoter_view.kubernetes.connection.cluster import ClusterConfig, Clusters
from promoter_view.kubernetes.connection.config import cluster_identity, load_named_cluster
from promoter_view.program.command_line.settings import Settings
from promoter_view.web.expiry import Expiry


def load_clusters(settings: Settings, environ: Mapping[str, str]) -> Clusters | None:
    """What ``--kubeconfig`` and ``--argocd-kubeconfig`` lead to; None with ``--demo``, which brings its own.

    Errors: ConfigError.
    """
    if settings.program.demo:
        return None
    elsewhere = settings.argocd.kubeconfig
    return Clusters(
        load_named_cluster("--kubeconfig", settings.cluster.kubeconfig, settings.cluster.context, environ),
        None if elsewhere is None else load_named_cluster("--argocd-kubeconfig", elsewhere, None, environ),
    )


def follow_certificates(settings: Settings, clusters: Clusters | None, expiry: Expiry) -> None:
    """Says when what we believe and show elsewhere ends; what a plugin gives is the plugin's to renew."""
    for option, config in _named(clusters):
        if config.authority is not None:
            expiry.follow_bundle(f"{option}-certificate-authority", config.authority.read)
        if config.user.certificate is not None:
            expiry.follow_chain(f"{option}-client-certificate", config.user.certificate.read)
    if settings.etcd.cafile is not None:
        expiry.follow_bundle("etcd-cafile", Path(settings.etcd.cafile).read_bytes)
    if settings.etcd.certfile is not None:
        expiry.follow_chain("etcd-certfile", Path(settings.etcd.certfile).read_bytes)


def _named(clusters: Clusters | None) -> Iterator[tuple[str, ClusterConfig]]:
    if clusters is not None:
        yield "kubeconfig", clusters.main
        if clusters.applications is not None:
            yield "argocd-kubeconfig", clusters.applications


def identities(clusters: Clusters) -> tuple[str, str]:
    """What the log knows each of them by; "" where there is one only. Errors: ConfigError."""
    applications = clusters.applications
    return cluster_identity(clusters.main), "" if applications is None else cluster_identity(applications)
