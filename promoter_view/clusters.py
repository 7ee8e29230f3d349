"""Which clusters the options name."""

from __future__ import annotations

from collections.abc import Mapping

from promoter_view.kubernetes.cluster_config import Clusters
from promoter_view.kubernetes.config import cluster_identity, load_cluster
from promoter_view.settings import Settings


def load_clusters(settings: Settings, environ: Mapping[str, str]) -> Clusters | None:
    """What ``--kubeconfig`` and ``--argocd-kubeconfig`` lead to; None with ``--demo``, which brings its own.

    Errors: ConfigError.
    """
    if settings.demo:
        return None
    elsewhere = settings.argocd_kubeconfig
    return Clusters(
        load_cluster(settings.kubeconfig, settings.context, environ),
        None if elsewhere is None else load_cluster(elsewhere, None, environ),
    )


def identities(clusters: Clusters) -> tuple[str, str]:
    """What the log knows each of them by; "" where there is one only. Errors: ConfigError."""
    applications = clusters.applications
    return cluster_identity(clusters.main), "" if applications is None else cluster_identity(applications)
