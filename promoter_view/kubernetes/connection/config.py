"""How to reach a cluster: kubeconfig files, or the service account of our Pod. Reads files, connects to nothing.

The order is kubectl's, with in-cluster first after a given file; files named by KUBECONFIG are merged as client-go
does it: the first file that sets a value wins (kubernetes.io, "Organizing Cluster Access Using kubeconfig Files").
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from promoter_view.kubernetes.connection.cluster import ClusterConfig, ConfigError, FileSource, UserConfig
from promoter_view.kubernetes.connection.contexts import environment_proxy, namespace_of, select
from promoter_view.kubernetes.connection.kubeconfig import Kubeconfig, merge, read_kubeconfig
from promoter_view.kubernetes.connection.tls import ClusterPolicy, certificates_in, material_of, own_certificate
from promoter_view.network.targets import parse_target

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


def load_cluster(
    kubeconfig: str | None,
    context: str | None,
    environ: Mapping[str, str],
    *,
    service_account: Path = SERVICE_ACCOUNT,
) -> ClusterConfig:
    """A given file; else in-cluster; else $KUBECONFIG; else ~/.kube/config.

    ``context`` names one of the kubeconfig's, and so passes over in-cluster. Errors: ConfigError, which names file
    and field.
    """
    if kubeconfig is None and context is None and _in_cluster(environ, service_account):
        return _service_account(environ, service_account)
    return select(_merged(kubeconfig, environ), context, environ)


def load_as_kubectl(
    kubeconfig: str | None,
    context: str | None,
    environ: Mapping[str, str],
    *,
    service_account: Path = SERVICE_ACCOUNT,
) -> tuple[ClusterConfig, str]:
    """The cluster and the namespace that kubectl would take: in-cluster comes last. Errors: ConfigError."""
    given = kubeconfig or context or any(path.exists() for path in _default_paths(environ))
    if not given and _in_cluster(environ, service_account):
        return _service_account(environ, service_account), own_namespace(environ, service_account=service_account)
    config = _merged(kubeconfig, environ)
    return select(config, context, environ), namespace_of(config, context) or "default"


def load_named_cluster(
    option: str, kubeconfig: str | None, context: str | None, environ: Mapping[str, str]
) -> ClusterConfig:
    """As load_cluster; what TLS would trip over is an error now, too, by file and field.

    Errors: ConfigError, which also names the option where it was given.
    """
    try:
        config = load_cluster(kubeconfig, context, environ)
        policy = ClusterPolicy(material_of(config, own_certificate(config.user)))
        target = parse_target(config.server)
        policy.creatorForNetloc(target.name.encode("ascii"), target.port)
    except ConfigError as error:
        raise ConfigError(f"{option}: {error}" if kubeconfig else str(error)) from error
    return config


def own_namespace(environ: Mapping[str, str], *, service_account: Path = SERVICE_ACCOUNT) -> str:
    """The namespace of our Pod; ``default`` outside of a cluster."""
    told = service_account / "namespace"
    if not _in_cluster(environ, service_account) or not told.exists():
        return "default"
    return told.read_text().strip() or "default"


def cluster_identity(config: ClusterConfig) -> str:
    """A digest that names the cluster: of its CA certificates, where none are given of its URL."""
    authority = config.authority.read() if config.authority is not None else b""
    if not authority:
        return hashlib.sha256(config.server.encode()).hexdigest()[:32]
    digests = sorted(certificate.digest("sha256") for certificate in certificates_in(authority))
    return hashlib.sha256(b"".join(digests)).hexdigest()[:32]


def _merged(kubeconfig: str | None, environ: Mapping[str, str]) -> Kubeconfig:
    paths = [Path(kubeconfig)] if kubeconfig else _default_paths(environ)
    documents = [read_kubeconfig(path) for path in paths if kubeconfig or path.exists()]
    if not documents:
        named = ", ".join(map(str, paths))
        raise ConfigError(f"no cluster: not running in one, and no kubeconfig at {named}")
    return merge(documents)


def _default_paths(environ: Mapping[str, str]) -> list[Path]:
    named = [Path(part) for part in environ.get("KUBECONFIG", "").split(":") if part]
    return named or [_home(environ) / ".kube" / "config"]


def _home(environ: Mapping[str, str]) -> Path:
    if environ.get("HOME"):
        return Path(environ["HOME"])
    try:
        return Path.home()
    except RuntimeError:
        # A container's user is often a number that has no entry anywhere.
        return Path("~")


def _in_cluster(environ: Mapping[str, str], folder: Path) -> bool:
    return bool(environ.get("KUBERNETES_SERVICE_HOST")) and (folder / "token").exists()


def _service_account(environ: Mapping[str, str], folder: Path) -> ClusterConfig:
    host, port = environ["KUBERNETES_SERVICE_HOST"], environ.get("KUBERNETES_SERVICE_PORT", "443")
    server = f"https://{f'[{host}]' if ':' in host else host}:{port}"
    origin = "service account"
    try:
        target = parse_target(server)
    except ValueError as error:
        raise ConfigError(f"KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT: {error}") from error
    authority = FileSource(folder / "ca.crt", origin, "ca.crt")
    authority.read()
    return ClusterConfig(
        server=server,
        authority=authority,
        user=UserConfig(token=FileSource(folder / "token", origin, "token")),
        proxy=environment_proxy(environ, target, origin),
        origin=origin,
    )
